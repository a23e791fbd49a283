//! Answers that come when the process that had asked is gone.

use std::time::Duration;

use maestro_core::agent::scripted::{Script, ScriptedAgent, ToolStep};
use maestro_core::id::{ApprovalId, SessionId};
use maestro_core::model::{ApprovalInfo, ApprovalState, GrantState};
use maestro_core::{ErrorKind, Maestro, MaestroBuilder, Running};
use serde_json::json;

use crate::asking::{
    context, crash, events, freed, newest, nothing_waits, opened, question, resolved, with,
};
use crate::puppet::Puppet;
use crate::support::{World, ask, project, under_seeds};

/// Loses the node of a session whose agent has asked. The next one only watches, so that an answer
/// comes before anybody goes on.
async fn lost(
    world: &World,
    puppet: &Puppet,
    next: impl FnOnce() -> MaestroBuilder,
) -> (Maestro, SessionId, ApprovalId) {
    let first = with(world, puppet).build().await.unwrap();
    let session = opened(&first).await;
    let id = session.id();
    session.prompt("ask").await.unwrap();
    let asked = question(world, &first).await.id;
    drop(session);
    let watcher = crash(world, vec![first], next).await;
    freed(world, &watcher, id).await;
    let approval = watcher.approvals().get(asked).await.unwrap();
    assert_eq!(approval.state, ApprovalState::OwnerLost);
    (watcher, id, asked)
}

fn watching(world: &World) -> MaestroBuilder {
    world.builder().concurrency(0)
}

/// Starts a node that goes on with the session.
async fn goes_on(world: &World, puppet: &Puppet, watcher: Maestro) -> Maestro {
    let next = with(world, puppet).build().await.unwrap();
    watcher.close(Running::Park).await.unwrap();
    next
}

/// Lets the session be asked again, and gives the newest approval once it is answered.
async fn asked_again(
    world: &World,
    maestro: &Maestro,
    id: SessionId,
    prompt: &str,
) -> (Option<String>, ApprovalInfo) {
    let session = maestro.sessions().get(id).await.unwrap();
    let turn = session.prompt(prompt).await.unwrap();
    let ended = turn.wait().await.unwrap();
    let newest = newest(maestro).await;
    world.sleep(Duration::from_secs(1)).await;
    (ended.result, newest)
}

#[test]
fn an_answer_after_the_loss_answers_the_same_question_once() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let (maestro, id, asked) = lost(&world, &puppet, || watching(&world)).await;
        let granted = maestro.approvals().allow(asked).await.unwrap();
        assert_eq!(granted.state, ApprovalState::OwnerLost);
        let grant = granted.grant.clone().unwrap();
        assert_eq!(grant.state, GrantState::Open);
        assert_eq!(grant.expires_at, grant.created_at + Duration::from_hours(24));
        assert_eq!(maestro.approvals().allow(asked).await.unwrap(), granted, "the same again");
        let error = maestro.approvals().deny(asked, "no").await.unwrap_err();
        assert_eq!(
            (error.kind(), context(&error, "decision")),
            (ErrorKind::Conflict, "allow".into())
        );

        let maestro = goes_on(&world, &puppet, maestro).await;
        let (result, newest) = asked_again(&world, &maestro, id, "ask").await;
        assert_eq!(result.as_deref(), Some("allowed"));
        assert_ne!(newest.id, asked);
        assert_eq!((newest.state, newest.granted_by), (ApprovalState::Allowed, Some(asked)));
        let said = resolved(&maestro, newest.id).await;
        assert_eq!((said.by.to_string().as_str(), said.granted_by), ("person:local", Some(asked)));
        let grant = maestro.approvals().get(asked).await.unwrap().grant.unwrap();
        assert_eq!((grant.state, grant.used_by), (GrantState::Spent, Some(newest.id)));

        // It is spent: the next time a person is asked.
        let session = maestro.sessions().get(id).await.unwrap();
        session.prompt("ask").await.unwrap();
        let again = question(&world, &maestro).await;
        assert_eq!(again.granted_by, None);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_denial_after_the_loss_holds_too_and_another_input_is_asked_about() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let (maestro, id, asked) = lost(&world, &puppet, || watching(&world)).await;
        maestro.approvals().deny(asked, "never that").await.unwrap();
        let maestro = goes_on(&world, &puppet, maestro).await;
        let session = maestro.sessions().get(id).await.unwrap();
        let turn = session.prompt("ask make").await.unwrap();
        let other = question(&world, &maestro).await;
        assert_eq!(other.input["command"], "make");
        maestro.approvals().allow(other.id).await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));
        let (result, newest) = asked_again(&world, &maestro, id, "ask").await;
        assert_eq!(result.as_deref(), Some("never that"));
        assert_eq!((newest.state, newest.granted_by), (ApprovalState::Denied, Some(asked)));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_answer_to_the_first_question_answers_the_second_that_waits_already() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let (maestro, id, asked) = lost(&world, &puppet, || watching(&world)).await;
        let maestro = goes_on(&world, &puppet, maestro).await;
        let session = maestro.sessions().get(id).await.unwrap();
        let turn = session.prompt("ask").await.unwrap();
        let again = question(&world, &maestro).await;
        let granted = maestro.approvals().allow(asked).await.unwrap();
        assert_eq!(granted.grant.unwrap().used_by, Some(again.id));
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));
        let said = resolved(&maestro, again.id).await;
        assert_eq!((said.granted_by, said.by.to_string().as_str()), (Some(asked), "person:local"));
        maestro.close(Running::Park).await.unwrap();
    });
}

/// A task whose agent asks before it writes, on a node that dies meanwhile.
#[test]
fn a_task_goes_on_by_the_answer_that_came_after_its_node_had_died() {
    under_seeds(|world| async move {
        let script = Script::new()
            .tool(ToolStep::new("Bash").input(json!({ "command": "make" })).ask())
            .say("Made.");
        let agent = ScriptedAgent::new().default_script(script);
        let node = || world.builder().agent("scripted", agent.clone());
        let first = node().build().await.unwrap();
        let shop = project(&first).await;
        let spec = ask(&shop, "Make it.").agent("scripted");
        let task = first.tasks().submit(spec).await.unwrap().id();
        let asked = question(&world, &first).await;
        drop(shop);
        // The next node only watches, so that the answer comes before anybody goes on.
        let watcher = crash(&world, vec![first], || world.builder().concurrency(0)).await;
        freed(&world, &watcher, asked.session_id.unwrap()).await;
        watcher.approvals().allow(asked.id).await.unwrap();
        let second = node().build().await.unwrap();
        let outcome = second.tasks().handle(task).wait().await.unwrap();
        assert_eq!(outcome.summary(), "Made.");
        assert_eq!(newest(&second).await.granted_by, Some(asked.id));
        let info = second.tasks().get(task).await.unwrap();
        assert_eq!((info.attempts.len(), info.crashes), (2, 1));
        second.close(Running::Park).await.unwrap();
        watcher.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_grant_that_nobody_used_lapses() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let minute = Duration::from_mins(1);
        let next = || watching(&world).grants_last(minute);
        let (maestro, id, asked) = lost(&world, &puppet, next).await;
        maestro.approvals().allow(asked).await.unwrap();
        world.sleep(2 * minute).await;
        let grant = maestro.approvals().get(asked).await.unwrap().grant.unwrap();
        assert_eq!((grant.state, grant.used_by), (GrantState::Expired, None));
        let maestro = goes_on(&world, &puppet, maestro).await;
        let session = maestro.sessions().get(id).await.unwrap();
        session.prompt("ask").await.unwrap();
        assert_eq!(question(&world, &maestro).await.granted_by, None);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_session_that_is_closed_takes_no_answer_any_more() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let (maestro, id, asked) = lost(&world, &puppet, || watching(&world)).await;
        maestro.sessions().get(id).await.unwrap().close().await.unwrap();
        let error = maestro.approvals().allow(asked).await.unwrap_err();
        assert_eq!(
            (error.kind(), context(&error, "state")),
            (ErrorKind::Conflict, "owner_lost".into())
        );
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_answer_that_had_not_reached_the_agent_when_its_node_died_is_not_lost() {
    let undelivered = std::cell::Cell::new(0);
    under_seeds(|world| {
        let undelivered = &undelivered;
        async move {
            let puppet = Puppet::default();
            let owner = with(&world, &puppet).build().await.unwrap();
            let other = world.builder().concurrency(0).build().await.unwrap();
            let session = opened(&owner).await;
            let id = session.id();
            session.prompt("ask").await.unwrap();
            let asked = question(&world, &owner).await.id;
            drop(session);
            other.approvals().allow(asked).await.unwrap();
            let maestro = crash(&world, vec![owner, other], || watching(&world)).await;
            freed(&world, &maestro, id).await;
            let approval = maestro.approvals().get(asked).await.unwrap();
            assert_eq!(approval.state, ApprovalState::Allowed, "an answer stays what it is");
            if approval.delivered_at.is_some() {
                // The agent may have acted on it, so that it does not count twice.
                assert_eq!(approval.grant, None);
                return;
            }
            undelivered.set(undelivered.get() + 1);
            assert_eq!(approval.grant.unwrap().state, GrantState::Open);
            let maestro = goes_on(&world, &puppet, maestro).await;
            let (result, newest) = asked_again(&world, &maestro, id, "ask").await;
            assert_eq!(result.as_deref(), Some("allowed"));
            assert_eq!(newest.granted_by, Some(asked));
            assert!(nothing_waits(&maestro).await);
            assert_eq!(events(&maestro, &["approval.granted"]).await.len(), 1);
            maestro.close(Running::Park).await.unwrap();
        }
    });
    assert!(undelivered.get() > 0, "no schedule lost the node before the answer had arrived");
}
