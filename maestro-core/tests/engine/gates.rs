//! Tasks that wait for a go-ahead.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use maestro_core::approval::ApprovalFilter;
use maestro_core::model::{ApprovalKind, ApprovalState, EventData, Outcome, Remember, TaskState};
use maestro_core::task::task_fn;
use maestro_core::{ErrorKind, MaestroBuilder, Running};
use serde_json::json;

use crate::asking::{context, crash, events, nothing_waits, question};
use crate::support::{World, of_kind, under_seeds};

/// A node with a task that builds, waits at a gate, and deploys.
fn with_deploys(world: &World, built: &Arc<AtomicU32>) -> MaestroBuilder {
    let built = Arc::clone(built);
    let deploy = task_fn(move |context| {
        let built = Arc::clone(&built);
        async move {
            built.fetch_add(1, Ordering::SeqCst);
            let gate = context.gate("Deploy to production?", json!({ "to": "production" }));
            let gate = match gate.key("deploy").timeout(Duration::from_mins(10)).await {
                Ok(gate) => gate,
                Err(error) => return Outcome::failed(&error),
            };
            match gate.allowed_input() {
                Some(input) => Outcome::succeeded(format!("deployed to {}", input["to"])),
                None => Outcome::succeeded("not deployed"),
            }
        }
    });
    world.builder().task("deploy", deploy)
}

#[test]
fn a_gate_waits_over_a_crash_and_the_answer_is_found_by_its_key() {
    under_seeds(|world| async move {
        let built = Arc::default();
        let first = with_deploys(&world, &built).build().await.unwrap();
        let task = first.tasks().submit(of_kind("deploy")).await.unwrap().id();
        let gate = question(&world, &first).await;
        assert_eq!((gate.kind, gate.task_id), (ApprovalKind::Gate, Some(task)));
        assert_eq!((gate.session_id, gate.key.as_deref()), (None, Some("deploy")));
        let second = crash(&world, vec![first], || with_deploys(&world, &built)).await;
        while built.load(Ordering::SeqCst) < 2 {
            world.sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(question(&world, &second).await.id, gate.id, "it is the same gate");
        let error = second.approvals().answer(gate.id, json!({})).await.unwrap_err();
        assert_eq!(
            (error.kind(), context(&error, "field")),
            (ErrorKind::InvalidArgument, "answers".into())
        );
        let staging = Some(json!({ "to": "staging" }));
        second.approvals().allow_with(gate.id, staging, Remember::Once).await.unwrap();
        let outcome = second.tasks().handle(task).wait().await.unwrap();
        assert_eq!(outcome.summary(), "deployed to \"staging\"");
        let requested = events(&second, &["approval.requested"]).await;
        assert_eq!(requested.len(), 1);
        assert_eq!(requested[0].refs.task_id, Some(task));
        assert!(requested[0].stream.starts_with("task/"), "{}", requested[0].stream);
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_answer_that_came_while_nobody_waited_is_found() {
    under_seeds(|world| async move {
        let built = Arc::default();
        let first = with_deploys(&world, &built).build().await.unwrap();
        let task = first.tasks().submit(of_kind("deploy")).await.unwrap().id();
        let gate = question(&world, &first).await;
        first.close(Running::Park).await.unwrap();
        let watcher = world.builder().concurrency(0).build().await.unwrap();
        assert_eq!(watcher.tasks().get(task).await.unwrap().state, TaskState::Queued);
        watcher.approvals().deny(gate.id, "not on a Friday").await.unwrap();
        let second = with_deploys(&world, &built).build().await.unwrap();
        let outcome = second.tasks().handle(task).wait().await.unwrap();
        assert_eq!(outcome.summary(), "not deployed");
        second.close(Running::Park).await.unwrap();
        watcher.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_gate_that_nobody_answers_in_time_is_denied() {
    under_seeds(|world| async move {
        let maestro = with_deploys(&world, &Arc::default()).build().await.unwrap();
        let task = maestro.tasks().submit(of_kind("deploy")).await.unwrap();
        assert_eq!(task.wait().await.unwrap().summary(), "not deployed");
        let page = maestro.approvals().list(ApprovalFilter::default().task(task.id())).await;
        let gate = &page.unwrap().approvals[0];
        assert_eq!(gate.state, ApprovalState::Expired);
        assert_eq!(gate.decided_at, Some(gate.expires_at.unwrap()).max(gate.decided_at));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_cancelled_task_takes_its_gate_with_it_and_a_retry_opens_another() {
    under_seeds(|world| async move {
        let maestro = with_deploys(&world, &Arc::default()).build().await.unwrap();
        let task = maestro.tasks().submit(of_kind("deploy")).await.unwrap();
        let gate = question(&world, &maestro).await;
        task.cancel("not needed").await.unwrap();
        task.wait().await.unwrap();
        assert_eq!(task.info().await.unwrap().state, TaskState::Cancelled);
        while !nothing_waits(&maestro).await {
            world.sleep(Duration::from_secs(1)).await;
        }
        let withdrawn = events(&maestro, &["approval.withdrawn"]).await;
        assert_eq!(withdrawn.len(), 1);
        let EventData::ApprovalWithdrawn(data) = &withdrawn[0].data else { panic!() };
        assert_eq!(data.approval_id, Some(gate.id));
        assert_eq!(data.reason, "task_cancelled");
        let error = maestro.approvals().allow(gate.id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);

        maestro.tasks().retry(task.id()).await.unwrap();
        let other = question(&world, &maestro).await;
        assert_ne!(other.id, gate.id);
        maestro.approvals().allow(other.id).await.unwrap();
        assert_eq!(task.wait().await.unwrap().summary(), "deployed to \"production\"");
        maestro.close(Running::Park).await.unwrap();
    });
}
