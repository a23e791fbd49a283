//! Tasks that wait for a person, and those that wait behind them.

use maestro_core::approval::{ApprovalFilter, PermissionHandler};
use maestro_core::id::TaskId;
use maestro_core::model::{ApprovalInfo, Decision, Outcome, TaskState};
use maestro_core::task::task_fn;
use maestro_core::{Error, ErrorKind, Maestro, MaestroBuilder, Result, Running};
use serde_json::Value;

use crate::asking::{A_WHILE, newest, question, with};
use crate::puppet::Puppet;
use crate::support::{World, ask, of_kind, project, under_seeds};

/// A node whose tasks ask: those of the agent, and those that wait at a gate.
fn asking(world: &World) -> MaestroBuilder {
    let gated = task_fn(|context| async move {
        match context.gate("Ship it?", Value::Null).await {
            Ok(_) => Outcome::succeeded("shipped"),
            Err(error) => Outcome::failed(&error),
        }
    });
    with(world, &Puppet::default()).task("gated", gated)
}

/// Every reason with what it refers to.
async fn reasons(maestro: &Maestro, task: TaskId) -> Vec<(String, Option<String>)> {
    let reasons = maestro.tasks().explain(task).await.unwrap();
    reasons.into_iter().map(|reason| (reason.code, reason.reference)).collect()
}

async fn submit_asking(maestro: &Maestro) -> TaskId {
    let project = project(maestro).await;
    maestro.tasks().submit(ask(&project, "ask ls").agent("puppet")).await.unwrap().id()
}

#[test]
fn a_task_that_asks_needs_a_person_until_it_is_answered() {
    under_seeds(|world| async move {
        let maestro = asking(&world).build().await.unwrap();
        let gated =
            async |maestro: &Maestro| maestro.tasks().submit(of_kind("gated")).await.unwrap().id();
        for task in [submit_asking(&maestro).await, gated(&maestro).await] {
            let asked = loop {
                let pending = maestro.approvals().all(ApprovalFilter::pending()).await.unwrap();
                if let Some(asked) = pending.into_iter().find(|it| it.task_id == Some(task)) {
                    break asked;
                }
                world.sleep(A_WHILE).await;
            };
            let needs_person = ("needs_person".to_owned(), Some(asked.id.to_string()));
            assert_eq!(reasons(&maestro, task).await, [needs_person]);
            maestro.approvals().allow(asked.id).await.unwrap();
            // Answered, so it goes on or is over already.
            assert_eq!(reasons(&maestro, task).await, []);
            assert!(maestro.tasks().handle(task).wait().await.unwrap().is_success());
            assert_eq!(reasons(&maestro, task).await, []);
        }
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn who_waits_behind_a_task_that_needs_a_person_is_told_which_and_so_is_any_node() {
    under_seeds(|world| async move {
        let worker = asking(&world).concurrency(1).build().await.unwrap();
        let watcher = world.builder().concurrency(0).build().await.unwrap();
        let holder = submit_asking(&worker).await;
        let asked = question(&world, &worker).await;
        let behind = worker.tasks().submit(of_kind("fails-twice")).await.unwrap().id();
        for node in [&worker, &watcher] {
            let told = reasons(node, behind).await;
            let codes: Vec<&str> = told.iter().map(|(code, _)| code.as_str()).collect();
            assert_eq!(codes, ["position", "place_needs_person"]);
            assert_eq!(told[1].1, Some(holder.to_string()));
            let explained = node.tasks().explain(behind).await.unwrap();
            assert!(explained[1].fix.contains(&asked.id.to_string()), "{}", explained[1].fix);
        }
        watcher.approvals().allow(asked.id).await.unwrap();
        let codes = reasons(&watcher, behind).await;
        assert!(codes.iter().all(|(code, _)| code != "place_needs_person"), "{codes:?}");
        while worker.tasks().get(behind).await.unwrap().state == TaskState::Queued {
            world.sleep(A_WHILE).await;
        }
        worker.close(Running::Park).await.unwrap();
        watcher.close(Running::Park).await.unwrap();
    });
}

#[test]
fn of_many_holders_those_that_have_waited_longest_are_told() {
    under_seeds(|world| async move {
        let maestro = asking(&world).concurrency(12).build().await.unwrap();
        let mut holders = Vec::new();
        for asked in 1..=12 {
            holders.push(maestro.tasks().submit(of_kind("gated")).await.unwrap().id());
            let approvals = maestro.approvals();
            while approvals.all(ApprovalFilter::pending()).await.unwrap().len() < asked {
                world.sleep(A_WHILE).await;
            }
        }
        let behind = maestro.tasks().submit(of_kind("patient")).await.unwrap().id();
        let told = reasons(&maestro, behind).await.into_iter();
        let told: Vec<_> = told.skip(1).map(|(_, reference)| reference.unwrap()).collect();
        let longest: Vec<_> = holders[..10].iter().map(ToString::to_string).collect();
        assert_eq!(told, longest);
        maestro.close(Running::Park).await.unwrap();
    });
}

/// Fails at once.
#[derive(Debug)]
struct Broken;

#[async_trait::async_trait]
impl PermissionHandler for Broken {
    async fn decide(&self, _: &ApprovalInfo) -> Result<Option<Decision>> {
        Err(Error::new(ErrorKind::Internal, "KeyError: 'mood'"))
    }
}

#[test]
fn a_task_whose_handler_failed_says_that_it_did() {
    under_seeds(|world| async move {
        let maestro = asking(&world).permission_handler(Broken).build().await.unwrap();
        let task = submit_asking(&maestro).await;
        let asked = question(&world, &maestro).await;
        while newest(&maestro).await.handler_error.is_none() {
            world.sleep(A_WHILE).await;
        }
        let explained = maestro.tasks().explain(task).await.unwrap();
        assert_eq!(explained[0].code, "needs_person");
        assert!(explained[0].fix.contains("handler failed: KeyError: 'mood'"), "{explained:?}");
        maestro.approvals().allow(asked.id).await.unwrap();
        maestro.close(Running::Wait).await.unwrap();
    });
}
