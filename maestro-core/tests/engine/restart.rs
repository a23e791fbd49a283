//! Tasks that begin again, and what a cancel does to those that do not.

use std::time::Duration;

use maestro_core::model::{Outcome, RetryPolicy, TaskState};
use maestro_core::runtime::Runtime as _;
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::storage::memory::Memory;
use maestro_core::task::task_fn;
use maestro_core::{ErrorKind, Running};

use crate::support::{World, of_kind, under_seeds};

#[test]
fn a_retried_task_still_waits_for_what_it_needs() {
    under_seeds(|world| async move {
        let maestro = world.node().await;
        let need = maestro.tasks().submit(of_kind("fails-twice")).await.unwrap();
        let after = maestro.tasks().submit(of_kind("patient").needs([&need])).await.unwrap();
        assert!(matches!(after.wait().await.unwrap(), Outcome::Cancelled { .. }));
        let error = maestro.tasks().retry(after.id()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "its need has failed");

        maestro.tasks().retry(need.id()).await.unwrap();
        let again = maestro.tasks().retry(after.id()).await;
        if let Ok(again) = again {
            assert_eq!(again.state, TaskState::Pending, "it waits for the need");
        }
        need.wait().await.unwrap();
        maestro.tasks().retry(need.id()).await.unwrap();
        assert!(need.wait().await.unwrap().is_success());
        if after.info().await.unwrap().state.is_ended() {
            maestro.tasks().retry(after.id()).await.unwrap();
        }
        while after.info().await.unwrap().state != TaskState::Running {
            world.sleep(Duration::from_secs(1)).await;
        }
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_task_that_asks_a_person_after_it_was_cancelled_is_cancelled() {
    under_seeds(|world| async move {
        let asks = task_fn(|context| async move {
            context.cancelled().await;
            Outcome::InputRequired { reason: "sure?".to_owned(), detail: serde_json::Value::Null }
        });
        let maestro = world.builder().task("asks", asks).build().await.unwrap();
        let task = maestro.tasks().submit(of_kind("asks")).await.unwrap();
        while task.info().await.unwrap().state != TaskState::Running {
            world.sleep(Duration::from_secs(1)).await;
        }
        task.cancel("enough").await.unwrap();
        task.wait().await.unwrap();
        assert_eq!(task.info().await.unwrap().state, TaskState::Cancelled);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn failures_of_many_are_not_tried_again_all_at_once() {
    under_seeds(|world| async move {
        let maestro = world.builder().concurrency(100).build().await.unwrap();
        let mut tasks = Vec::new();
        for _ in 0..20 {
            let spec = of_kind("fails-twice").retry(RetryPolicy::attempts(3));
            tasks.push(maestro.tasks().submit(spec).await.unwrap());
        }
        let mut waits = std::collections::BTreeSet::new();
        for task in tasks {
            task.wait().await.unwrap();
            let attempts = task.info().await.unwrap().attempts;
            let wait = attempts[1].started_at.since(attempts[0].ended_at.unwrap());
            // A second, up to half of one by chance, and what a look takes.
            let expected = Duration::from_secs(1)..Duration::from_millis(1600);
            assert!(expected.contains(&wait), "{wait:?}");
            waits.insert(wait);
        }
        assert!(waits.len() > 5, "{waits:?}");
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_long_chain_ends_with_its_first_task() {
    let world = World { runtime: ManualRuntime::new(1), memory: Memory::new() };
    world.runtime.clone().block_on(async {
        let maestro = world.builder().concurrency(0).build().await.unwrap();
        let first = maestro.tasks().submit(of_kind("patient")).await.unwrap();
        let mut last = first.clone();
        for _ in 0..2000 {
            last = maestro.tasks().submit(of_kind("patient").needs([&last])).await.unwrap();
        }
        first.cancel("enough").await.unwrap();
        assert_eq!(last.info().await.unwrap().reason.as_deref(), Some("need_failed"));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_close_ends_with_the_last_work_and_not_a_moment_later() {
    under_seeds(|world| async move {
        for running in [Running::Wait, Running::Park] {
            let ends = task_fn(|context| async move {
                context.cancelled().await;
                Outcome::Cancelled { reason: "asked to".to_owned() }
            });
            let maestro = world.builder().task("ends", ends).build().await.unwrap();
            let task = maestro.tasks().submit(of_kind("ends")).await.unwrap();
            while task.info().await.unwrap().state != TaskState::Running {
                world.sleep(Duration::from_secs(1)).await;
            }
            if running == Running::Wait {
                task.cancel("enough").await.unwrap();
            }
            let begun = world.runtime.now();
            maestro.close(running).await.unwrap();
            let took = world.runtime.now().since(begun);
            assert!(took < Duration::from_millis(30), "{running:?} took {took:?}");
        }
    });
}
