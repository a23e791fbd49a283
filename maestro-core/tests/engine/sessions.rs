//! Sessions and approvals through the public API.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use maestro_core::approval::{ApprovalFilter, PermissionHandler};
use maestro_core::model::{
    ApprovalInfo, ApprovalState, Decision, Event, EventData, Remember, SessionSpec, SessionState,
    StopReason,
};
use maestro_core::session::{SessionFilter, SessionHandle};
use maestro_core::storage::{ListQuery, RecordKind, StorageConfig as _};
use maestro_core::{ErrorKind, Maestro, MaestroBuilder, Result, Running};
use serde_json::json;

use crate::puppet::Puppet;
use crate::support::{World, project, under_seeds};

/// How long a mock owner of the clock waits before it looks again.
pub(crate) const A_WHILE: Duration = Duration::from_secs(1);

pub(crate) fn with(world: &World, puppet: &Puppet) -> MaestroBuilder {
    world.builder().agent("puppet", puppet.clone())
}

pub(crate) async fn opened(maestro: &Maestro) -> SessionHandle {
    let project = project(maestro).await;
    let spec = SessionSpec::in_project(project.id().to_string()).agent("puppet");
    maestro.sessions().open(spec).await.unwrap()
}

/// The one approval that waits.
pub(crate) async fn question(world: &World, maestro: &Maestro) -> ApprovalInfo {
    loop {
        let page = maestro.approvals().list(ApprovalFilter::pending()).await.unwrap();
        if let Some(approval) = page.approvals.into_iter().next() {
            return approval;
        }
        world.sleep(A_WHILE).await;
    }
}

pub(crate) async fn until_heard(world: &World, puppet: &Puppet, what: &str) {
    while !puppet.heard().iter().any(|heard| heard == what) {
        world.sleep(A_WHILE).await;
    }
}

pub(crate) async fn all_events(session: &SessionHandle) -> Vec<Event> {
    let mut events = session.events();
    let mut all = Vec::new();
    while let Some(event) = events.next().await {
        all.push(event.unwrap());
    }
    all
}

pub(crate) fn types(events: &[Event]) -> Vec<&str> {
    events.iter().map(Event::event_type).collect()
}

#[test]
fn a_session_tells_everything_from_its_beginning_to_its_end() {
    under_seeds(|world| async move {
        let maestro = with(&world, &Puppet::default()).build().await.unwrap();
        let session = opened(&maestro).await;
        let turn = session.prompt("hello").await.unwrap();
        let ended = turn.wait().await.unwrap();
        assert_eq!(ended.result.as_deref(), Some("hello"));
        assert_eq!(ended.stop_reason, Some(StopReason::EndTurn));
        session.close().await.unwrap();
        session.close().await.unwrap();

        let events = all_events(&session).await;
        let told = types(&events);
        let order = [
            "session.opened",
            "session.updated",
            "prompt.queued",
            "turn.started",
            "session.running",
            "message",
            "turn.ended",
            "usage.recorded",
            "session.idle",
            "session.closed",
        ];
        assert_eq!(told, order);
        let seqs: Vec<u64> = events.iter().filter_map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
        for event in &events[2..8] {
            let of_no_turn = event.event_type().starts_with("session.");
            assert!(of_no_turn || event.refs.turn_id == Some(turn.id()), "{event:?}");
        }
        let framed: Vec<&str> =
            events.iter().filter(|event| event.raw.is_some()).map(Event::event_type).collect();
        assert_eq!(framed, ["message", "turn.ended"], "each frame once, on its first event");

        let info = session.info().await.unwrap();
        assert_eq!(info.state, SessionState::Closed);
        assert_eq!((info.usage.output_tokens, info.usage.cost_micro_usd), (3, 7));
        let error = session.prompt("more").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        maestro.close(Running::Park).await.unwrap();
    });
}

/// How many commands the nodes have given each other.
async fn commands(world: &World) -> usize {
    let store = world.memory.open(Arc::new(world.runtime.clone())).await.unwrap();
    let query = ListQuery::new(None, RecordKind::COMMAND);
    store.list(&query).await.unwrap().records.len()
}

#[test]
fn an_owner_in_this_process_that_works_takes_prompts_without_a_command() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let owner = with(&world, &puppet).build().await.unwrap();
        let other = with(&world, &puppet).build().await.unwrap();
        let session = opened(&owner).await;
        session.prompt("near").await.unwrap().wait().await.unwrap();
        assert_eq!(commands(&world).await, 0);
        let session = other.sessions().get(session.id()).await.unwrap();
        session.prompt("far").await.unwrap().wait().await.unwrap();
        assert_eq!(commands(&world).await, 1);
        // Where nobody works, no prompt brings a process by itself.
        let watcher = with(&world, &puppet).concurrency(0).build().await.unwrap();
        let session = opened(&watcher).await;
        session.prompt("watched").await.unwrap().wait().await.unwrap();
        assert_eq!(commands(&world).await, 2);
        assert_eq!(puppet.heard(), ["near", "far", "watched"]);
        watcher.close(Running::Park).await.unwrap();
        other.close(Running::Park).await.unwrap();
        owner.close(Running::Park).await.unwrap();
    });
}

#[test]
fn prompts_wait_for_each_other_and_an_interrupt_ends_one_turn_only() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&maestro).await;
        let first = session.prompt("hang").await.unwrap();
        let second = session.prompt("second").await.unwrap();
        let third = session.prompt("refuse").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        assert_eq!(puppet.heard(), ["hang"], "one prompt at a time");
        session.interrupt().await.unwrap();
        assert_eq!(first.wait().await.unwrap().stop_reason, Some(StopReason::Cancelled));
        assert_eq!(second.wait().await.unwrap().result.as_deref(), Some("second"));
        let refused = third.wait().await.unwrap();
        assert_eq!(refused.error.unwrap().kind, ErrorKind::InvalidArgument);
        // The record has forgotten the first one; the events have not.
        let again = first.wait().await.unwrap();
        assert_eq!((again.number, again.stop_reason), (1, Some(StopReason::Cancelled)));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn settings_and_raw_requests_reach_the_agent() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&maestro).await;
        session.set_mode("plan").await.unwrap();
        session.set_model("large").await.unwrap();
        assert_eq!(puppet.heard(), ["mode plan", "model large"]);
        let info = session.info().await.unwrap();
        assert_eq!((info.mode.as_deref(), info.model.as_deref()), (Some("plan"), Some("large")));
        assert_eq!(info.spec.mode.as_deref(), Some("plan"), "the next process starts with it");
        let answer = session.control(json!({ "a": 1 })).await.unwrap();
        assert_eq!(answer, json!({ "echo": { "a": 1 } }));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn the_first_answer_counts_and_reaches_the_agent() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&maestro).await;
        let turn = session.prompt("ask").await.unwrap();
        let asked = question(&world, &maestro).await;
        assert_eq!(asked.turn_id, Some(turn.id()));
        assert_eq!(session.info().await.unwrap().state, SessionState::RequiresAction);
        let error = maestro.approvals().answer(asked.id, json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);

        let allowed = maestro.approvals().allow(asked.id).await.unwrap();
        assert_eq!(allowed.state, ApprovalState::Allowed);
        assert_eq!(maestro.approvals().allow(asked.id).await.unwrap(), allowed);
        let error = maestro.approvals().deny(asked.id, "no").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let state = error.context().find(|(key, _)| *key == "state").map(|(_, value)| value);
        assert_eq!(state, Some("allowed"));
        let error =
            maestro.approvals().allow_with(asked.id, None, Remember::Session).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "it is another answer");

        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));
        assert_eq!(puppet.heard(), ["ask", "question-1: allowed"]);
        session.close().await.unwrap();
        let events = all_events(&session).await;
        let count = |name| types(&events).iter().filter(|told| **told == name).count();
        assert_eq!((count("approval.requested"), count("approval.resolved")), (1, 1));
        assert_eq!(count("approval.withdrawn"), 0);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_approval_is_denied_when_nobody_answers_in_time() {
    under_seeds(|world| async move {
        let maestro = with(&world, &Puppet::default()).build().await.unwrap();
        let project = project(&maestro).await;
        let mut spec = SessionSpec::in_project(project.id().to_string()).agent("puppet");
        spec.approval_timeout_ms = Some(60_000);
        let session = maestro.sessions().open(spec).await.unwrap();
        let turn = session.prompt("ask").await.unwrap();
        let asked = question(&world, &maestro).await;
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("Nobody answered in time."));
        let approval = maestro.approvals().get(asked.id).await.unwrap();
        assert_eq!(approval.state, ApprovalState::Expired);
        assert_eq!(
            maestro.approvals().allow(asked.id).await.unwrap_err().kind(),
            ErrorKind::Conflict
        );
        maestro.close(Running::Park).await.unwrap();
    });
}

#[derive(Debug)]
struct Allower;

#[async_trait]
impl PermissionHandler for Allower {
    async fn decide(&self, approval: &ApprovalInfo) -> Result<Option<Decision>> {
        Ok((approval.tool.as_deref() == Some("Bash")).then(Decision::allow))
    }
}

#[test]
fn a_permission_handler_answers_in_the_name_of_a_policy() {
    under_seeds(|world| async move {
        let builder = with(&world, &Puppet::default()).permission_handler(Allower);
        let maestro = builder.build().await.unwrap();
        let session = opened(&maestro).await;
        let turn = session.prompt("ask").await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));
        let page = maestro.approvals().list(ApprovalFilter::default()).await.unwrap();
        let by = page.approvals[0].decided_by.clone().unwrap();
        assert_eq!(by.to_string(), "policy:permission_handler");
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_process_that_dies_ends_its_turn_and_the_next_prompt_brings_a_new_one() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let session = opened(&maestro).await;
        let ended = session.prompt("die").await.unwrap().wait().await.unwrap();
        assert_eq!(ended.stop_reason, Some(StopReason::Cancelled));
        assert!(ended.error.unwrap().message.contains("process ended"));
        let turn = session.prompt("hello").await.unwrap().wait().await.unwrap();
        assert_eq!((turn.result.as_deref(), turn.process_number), (Some("hello"), 2));
        session.close().await.unwrap();
        let events = all_events(&session).await;
        assert!(types(&events).contains(&"session.failed"));
        let fresh = events.iter().find_map(|event| match &event.data {
            EventData::SessionResumed(resumed) => Some(resumed.fresh),
            _ => None,
        });
        assert_eq!(fresh, Some(false));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_start_that_fails_is_recorded_and_holds_nothing() {
    under_seeds(|world| async move {
        let maestro = with(&world, &Puppet::default()).build().await.unwrap();
        let project = project(&maestro).await;
        let spec =
            SessionSpec::in_project(project.id().to_string()).agent("puppet").model("broken");
        let error = maestro.sessions().open(spec).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let page = maestro.sessions().list(SessionFilter::default()).await.unwrap();
        let session = maestro.sessions().get(page.sessions[0].id).await.unwrap();
        session.close().await.unwrap();
        let events = all_events(&session).await;
        assert_eq!(types(&events), ["session.opened", "session.failed", "session.closed"]);
        maestro.close(Running::Park).await.unwrap();
    });
}

/// Loses the node as a crash does, and starts another.
pub(crate) async fn crash(world: &World, maestro: Maestro, puppet: &Puppet) -> Maestro {
    world.runtime.drop_tasks();
    drop(maestro);
    world.sleep(A_WHILE).await;
    with(world, puppet).build().await.unwrap()
}

#[test]
fn questions_of_a_node_that_is_gone_are_void_and_its_session_goes_on() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let first = with(&world, &puppet).build().await.unwrap();
        let session = opened(&first).await;
        let id = session.id();
        session.prompt("ask").await.unwrap();
        let asked = question(&world, &first).await;
        drop(session);
        let second = crash(&world, first, &puppet).await;
        let session = second.sessions().get(id).await.unwrap();
        while puppet.heard().len() < 2 {
            world.sleep(A_WHILE).await;
        }
        assert!(puppet.heard()[1].contains("Go on"), "{:?}", puppet.heard());
        let approval = second.approvals().get(asked.id).await.unwrap();
        assert_eq!(approval.state, ApprovalState::OwnerLost);
        let turn = session.prompt("hello").await.unwrap().wait().await.unwrap();
        assert_eq!(turn.result.as_deref(), Some("hello"));
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_agent_that_forgot_starts_anew_and_the_events_say_so() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let first = with(&world, &puppet).build().await.unwrap();
        let session = opened(&first).await;
        let id = session.id();
        session.prompt("hello").await.unwrap().wait().await.unwrap();
        drop(session);
        first.close(Running::Park).await.unwrap();
        puppet.forget();
        let second = with(&world, &puppet).build().await.unwrap();
        let session = second.sessions().resume(id).await.unwrap();
        session.close().await.unwrap();
        let resumed = all_events(&session).await.into_iter().find_map(|event| match event.data {
            EventData::SessionResumed(resumed) => Some((resumed.fresh, resumed.evidence)),
            _ => None,
        });
        assert_eq!(resumed, Some((true, "transcript_missing".to_owned())));
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_node_without_the_agent_asks_the_owner_and_says_when_there_is_none() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let owner = with(&world, &puppet).build().await.unwrap();
        let watcher = world.builder().concurrency(0).build().await.unwrap();
        let id = opened(&owner).await.id();
        let session = watcher.sessions().get(id).await.unwrap();
        let turn = session.prompt("from afar").await.unwrap().wait().await.unwrap();
        assert_eq!(turn.result.as_deref(), Some("from afar"));
        owner.close(Running::Park).await.unwrap();
        let error = session.prompt("anybody?").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(session.info().await.unwrap().queue.is_empty(), "the prompt is taken back");
        watcher.close(Running::Park).await.unwrap();
    });
}
