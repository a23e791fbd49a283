//! What becomes of the work of a node that is gone.

use std::time::Duration;

use maestro_core::model::{AttemptState, EventData, Outcome, RetryPolicy, TaskState};
use maestro_core::task::{TaskHandle, task_fn};
use maestro_core::{Error, ErrorKind, Maestro, Running};

use crate::support::{World, of_kind, under_seeds};

/// Submits a task and returns once an attempt of it runs.
async fn started(maestro: &Maestro, retry: RetryPolicy) -> TaskHandle {
    let task = maestro.tasks().submit(of_kind("deaf").retry(retry)).await.unwrap();
    let mut events = task.events();
    while let Some(event) = events.next().await {
        if matches!(event.unwrap().data, EventData::TaskStarted(_)) {
            break;
        }
    }
    task
}

/// Loses the node that holds everything, as a crash does, and starts another on the same store.
async fn crash(world: &World, maestro: Maestro) -> Maestro {
    world.runtime.drop_tasks();
    drop(maestro);
    world.sleep(Duration::from_secs(1)).await;
    world.node().await
}

#[test]
fn an_attempt_whose_node_is_gone_is_lost_and_the_task_goes_on() {
    under_seeds(|world| async move {
        let first = world.node().await;
        let task = started(&first, RetryPolicy::default()).await.id();
        let second = crash(&world, first).await;
        let task = second.tasks().handle(task);
        loop {
            let info = task.info().await.unwrap();
            if info.attempts.len() == 2 {
                assert_eq!(info.attempts[0].state, AttemptState::Lost);
                assert!(info.attempts[0].token < info.attempts[1].token);
                assert_eq!((info.crashes, info.failures), (1, 0));
                break;
            }
            world.sleep(Duration::from_secs(1)).await;
        }
        task.cancel("seen enough").await.unwrap();
        assert!(matches!(task.wait().await.unwrap(), Outcome::Cancelled { .. }));
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_task_that_takes_every_node_with_it_is_given_up_as_poison() {
    under_seeds(|world| async move {
        let mut node = world.node().await;
        let id = started(&node, RetryPolicy::default().max_crashes(1)).await.id();
        for attempt in 2..=3 {
            node = crash(&world, node).await;
            let task = node.tasks().handle(id);
            loop {
                let info = task.info().await.unwrap();
                if info.state.is_ended() || info.attempts.len() >= attempt {
                    break;
                }
                world.sleep(Duration::from_secs(1)).await;
            }
        }
        let info = node.tasks().get(id).await.unwrap();
        assert_eq!((info.state, info.reason.as_deref()), (TaskState::Failed, Some("poison")));
        node.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_clean_close_parks_the_attempt_and_costs_nothing() {
    under_seeds(|world| async move {
        let first = world.node().await;
        let id = started(&first, RetryPolicy::default()).await.id();
        first.close(Running::Park).await.unwrap();
        let second = world.builder().concurrency(0).build().await.unwrap();
        let info = second.tasks().get(id).await.unwrap();
        assert_eq!(info.state, TaskState::Queued);
        assert_eq!(info.attempts[0].state, AttemptState::Parked);
        assert_eq!((info.crashes, info.failures), (0, 0));
        second.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_attempt_that_runs_into_the_closing_is_parked_as_well() {
    // What it says when it is told of the closing, and whether that counts.
    let said = [
        (ErrorKind::Closed, AttemptState::Parked),
        // Its agent was stopped beneath it.
        (ErrorKind::Unavailable, AttemptState::Parked),
        // It would come again.
        (ErrorKind::InvalidArgument, AttemptState::Failed),
    ];
    under_seeds(|world| async move {
        for (kind, state) in said {
            let hasty = task_fn(move |context| async move {
                context.cancelled().await;
                Outcome::failed(&Error::new(kind, "this node is closing"))
            });
            let first = world.builder().task("hasty", hasty).build().await.unwrap();
            let task = first.tasks().submit(of_kind("hasty")).await.unwrap();
            let mut events = task.events();
            while !matches!(events.next().await.unwrap().unwrap().data, EventData::TaskStarted(_)) {
            }
            first.close(Running::Park).await.unwrap();
            let second = world.builder().concurrency(0).build().await.unwrap();
            let info = second.tasks().get(task.id()).await.unwrap();
            assert_eq!(info.attempts[0].state, state, "{info:?}");
            assert_eq!(info.state == TaskState::Queued, state == AttemptState::Parked);
            assert_eq!((info.crashes, info.failures), (0, u32::from(info.state.is_ended())));
            second.close(Running::Park).await.unwrap();
        }
    });
}
