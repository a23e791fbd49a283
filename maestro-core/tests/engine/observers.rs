//! Two nodes on one store: one works, the other, in another process, only watches and asks.

use std::time::Duration;

use maestro_core::model::{ApprovalState, EventData, EventFilter, Outcome, Position, TaskState};
use maestro_core::task::TaskFilter;
use maestro_core::{ErrorKind, Maestro, Running};
use serde_json::json;

use crate::puppet::Puppet;
use crate::sessions::{A_WHILE, opened, question, until_heard, with};
use crate::support::{World, ask, of_kind, project, under_seeds};

async fn pair(world: &World, puppet: &Puppet) -> (Maestro, Maestro) {
    let worker = with(world, puppet).build().await.unwrap();
    let watcher = Maestro::builder()
        .runtime(std::sync::Arc::new(world.runtime.clone()))
        .storage(world.memory.clone())
        .transport(std::sync::Arc::new(crate::support::NoPrograms))
        .concurrency(0)
        .build()
        .await
        .unwrap();
    (worker, watcher)
}

#[test]
fn a_watcher_submits_waits_follows_and_cancels() {
    under_seeds(|world| async move {
        let (worker, watcher) = pair(&world, &Puppet::default()).await;
        let shop = project(&watcher).await;
        let task = watcher.tasks().submit(ask(&shop, "hello").agent("puppet")).await.unwrap();
        let mut types = Vec::new();
        let mut events = task.events();
        while let Some(event) = events.next().await {
            types.push(event.unwrap().event_type().to_owned());
        }
        assert_eq!(types.first().map(String::as_str), Some("task.submitted"));
        assert_eq!(types.last().map(String::as_str), Some("task.ended"));
        assert!(types.iter().any(|told| told == "message"), "{types:?}");
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("hello"));

        let mut feed =
            watcher.events().subscribe(EventFilter::default(), Position::Now).await.unwrap();
        let patient = watcher.tasks().submit(of_kind("patient")).await.unwrap();
        loop {
            let event = feed.next().await.unwrap().unwrap();
            if matches!(event.data, EventData::TaskStarted(_)) {
                assert_eq!(event.refs.node_id, Some(worker.node_id()));
                break;
            }
        }
        patient.cancel("enough").await.unwrap();
        let reason = "asked to".to_owned();
        assert_eq!(patient.wait().await.unwrap(), Outcome::Cancelled { reason });
        watcher.close(Running::Park).await.unwrap();
        worker.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_watcher_answers_for_the_agent_of_another_node() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let (worker, watcher) = pair(&world, &puppet).await;
        let shop = project(&watcher).await;
        let task = watcher.tasks().submit(ask(&shop, "ask").agent("puppet")).await.unwrap();
        let asked = question(&world, &watcher).await;
        let allowed = watcher.approvals().allow(asked.id).await.unwrap();
        assert_eq!(allowed.state, ApprovalState::Allowed);
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("allowed"));
        assert_eq!(puppet.heard(), ["ask", "question-1: allowed"]);
        watcher.close(Running::Park).await.unwrap();
        worker.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_watchers_prompt_brings_a_parked_session_back_on_a_node_that_can_run_it() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let (worker, watcher) = pair(&world, &puppet).await;
        let id = opened(&worker).await.id();
        worker.close(Running::Park).await.unwrap();
        let second = with(&world, &puppet).build().await.unwrap();
        let session = watcher.sessions().get(id).await.unwrap();
        assert_eq!(session.info().await.unwrap().node_id, None, "nobody runs it");
        let turn = session.prompt("from afar").await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("from afar"));
        assert_eq!(session.info().await.unwrap().node_id, Some(second.node_id()));

        let hanging = session.prompt("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        session.interrupt().await.unwrap();
        assert!(hanging.wait().await.unwrap().stop_reason.is_some());
        session.close().await.unwrap();
        watcher.close(Running::Park).await.unwrap();
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_setting_of_a_parked_session_reaches_its_next_process() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let (worker, watcher) = pair(&world, &puppet).await;
        let id = opened(&worker).await.id();
        worker.close(Running::Park).await.unwrap();
        let second = with(&world, &puppet).build().await.unwrap();
        let session = watcher.sessions().get(id).await.unwrap();
        session.set_mode("plan").await.unwrap();
        assert_eq!(puppet.heard(), ["mode plan"]);
        assert_eq!(session.info().await.unwrap().node_id, Some(second.node_id()));
        watcher.close(Running::Park).await.unwrap();
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_request_that_takes_long_is_carried_out_once_and_does_not_expire() {
    under_seeds(|world| async move {
        let (open, gate) = async_channel::bounded(1);
        let puppet = Puppet::behind(gate);
        let (worker, watcher) = pair(&world, &puppet).await;
        let session = watcher.sessions().get(opened(&worker).await.id()).await.unwrap();
        let asking = session.control(json!({ "a": 1 }));
        let opening = async {
            world.sleep(Duration::from_mins(10)).await;
            open.send(()).await.unwrap();
        };
        let (answer, ()) = futures::future::join(asking, opening).await;
        assert_eq!(answer.unwrap(), json!({ "echo": { "a": 1 } }));
        assert_eq!(puppet.heard(), ["control {\"a\":1}"]);
        watcher.close(Running::Park).await.unwrap();
        worker.close(Running::Park).await.unwrap();
    });
}

#[test]
fn what_nobody_can_do_is_said_and_a_watcher_names_the_node_that_could() {
    under_seeds(|world| async move {
        let (worker, watcher) = pair(&world, &Puppet::default()).await;
        let id = opened(&worker).await.id();
        let task = watcher.tasks().submit(of_kind("nobody's")).await.unwrap();
        let reasons = watcher.tasks().explain(task.id()).await.unwrap();
        assert_eq!(reasons[0].code, "no_capable_node");
        for kind in ["patient"; 5] {
            watcher.tasks().submit(of_kind(kind)).await.unwrap();
        }
        world.sleep(A_WHILE).await;
        let page = watcher.tasks().list(TaskFilter::default()).await.unwrap();
        let queued = page
            .tasks
            .iter()
            .find(|task| task.state == TaskState::Queued && task.spec.kind == "patient");
        let reasons = watcher.tasks().explain(queued.unwrap().id).await.unwrap();
        assert_eq!(reasons[0].code, "position", "the other node is capable");
        worker.close(Running::Park).await.unwrap();

        let session = watcher.sessions().get(id).await.unwrap();
        let error = session.prompt("anybody?").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        watcher.close(Running::Park).await.unwrap();
    });
}
