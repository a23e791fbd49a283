//! Authority: machines that sleep, heartbeats that do not get through, and what is left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use maestro_core::model::{AttemptState, Outcome, TaskState};
use maestro_core::runtime::Runtime as _;
use maestro_core::task::{Task, task_fn};
use maestro_core::{Maestro, Running};

use crate::puppet::Puppet;
use crate::sessions::{opened, until_heard, with};
use crate::store::Switched;
use crate::support::{World, of_kind, under_seeds};

/// Works for two minutes, and says so if the attempt has lost its authority meanwhile. `at_once`
/// counts how many do at the same time, and keeps the highest count.
fn slow(world: &World, now: &Arc<AtomicU32>, most: &Arc<AtomicU32>) -> impl Task {
    struct Guard(Arc<AtomicU32>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let runtime = Arc::new(world.runtime.clone());
    let (now, most) = (Arc::clone(now), Arc::clone(most));
    task_fn(move |context| {
        let runtime = Arc::clone(&runtime);
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let _guard = Guard(now);
            runtime.sleep(Duration::from_mins(2)).await;
            match context.verify().await {
                Ok(()) => Outcome::succeeded(format!("attempt {}", context.attempt())),
                Err(error) => Outcome::failed(&error),
            }
        }
    })
}

async fn running(world: &World, maestro: &Maestro, kind: &str) -> maestro_core::task::TaskHandle {
    let task = maestro.tasks().submit(of_kind(kind)).await.unwrap();
    while task.info().await.unwrap().state != TaskState::Running {
        world.sleep(Duration::from_secs(1)).await;
    }
    task
}

#[test]
fn a_machine_that_slept_keeps_its_work_when_nobody_took_it_meanwhile() {
    under_seeds(|world| async move {
        let most = Arc::default();
        let puppet = Puppet::default();
        let slow = slow(&world, &Arc::default(), &most);
        let worker = with(&world, &puppet).task("slow", slow).build().await.unwrap();
        // On the same machine: it wakes up at the same moment, and may look first.
        let watcher = world.builder().concurrency(0).build().await.unwrap();
        let task = running(&world, &worker, "slow").await;
        let session = opened(&worker).await;
        session.prompt("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        for _ in 0..3 {
            world.runtime.advance(Duration::from_hours(8));
            world.sleep(Duration::from_secs(7)).await;
        }
        session.interrupt().await.unwrap();
        session.prompt("hello").await.unwrap().wait().await.unwrap();
        assert_eq!(puppet.heard(), ["hang", "hello"]);
        assert_eq!(session.info().await.unwrap().processes, 1);
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("attempt 1"));
        watcher.close(Running::Park).await.unwrap();
        worker.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_node_whose_heartbeats_fail_stops_joins_again_and_takes_its_work_up_again() {
    under_seeds(|world| async move {
        let (now, most) = (Arc::default(), Arc::default());
        let store = Switched::new(&world.memory);
        let builder = world.builder().storage(store.clone());
        let node = builder.task("slow", slow(&world, &now, &most)).build().await.unwrap();
        let task = running(&world, &node, "slow").await;
        store.mute(true);
        let muted = world.runtime.now();
        while now.load(Ordering::SeqCst) > 0 {
            world.sleep(Duration::from_secs(1)).await;
        }
        // Two thirds of the lease's time, and what a look takes.
        let took = world.runtime.now().since(muted);
        assert!(took < Duration::from_secs(26), "it stopped by itself after {took:?}");
        world.sleep(Duration::from_mins(1)).await;
        store.mute(false);
        assert!(task.wait().await.unwrap().is_success());
        let attempts = task.info().await.unwrap().attempts;
        assert!(attempts.len() > 1);
        assert_eq!(attempts[0].state, AttemptState::Lost);
        assert_eq!(most.load(Ordering::SeqCst), 1);
        node.close(Running::Park).await.unwrap();
    });
}

#[test]
fn another_node_takes_over_and_the_old_one_never_works_beside_it() {
    under_seeds(|world| async move {
        let (now, most) = (Arc::default(), Arc::default());
        let store = Switched::new(&world.memory);
        let builder = world.builder().storage(store.clone());
        let first = builder.task("slow", slow(&world, &now, &most)).build().await.unwrap();
        let mut tasks = vec![running(&world, &first, "slow").await];
        let builder = world.builder().task("slow", slow(&world, &now, &most));
        let second = builder.concurrency(1).build().await.unwrap();
        // Claimed later than the node's own lease was last renewed.
        store.mute(true);
        world.sleep(Duration::from_secs(15)).await;
        tasks.push(first.tasks().submit(of_kind("slow")).await.unwrap());
        world.sleep(Duration::from_mins(3)).await;
        store.mute(false);
        for task in &tasks {
            let outcome = task.wait().await.unwrap();
            let attempts = task.info().await.unwrap().attempts;
            assert!(outcome.is_success(), "{outcome:?} {attempts:?}");
            assert!(attempts.is_sorted_by_key(|attempt| attempt.token));
            for pair in attempts.windows(2) {
                assert!(pair[0].ended_at.unwrap() <= pair[1].started_at, "{attempts:?}");
            }
        }
        assert!(most.load(Ordering::SeqCst) <= 2);
        // The first node is as good as new.
        second.close(Running::Park).await.unwrap();
        let task = first.tasks().submit(of_kind("slow")).await.unwrap();
        assert!(task.wait().await.unwrap().is_success());
        first.close(Running::Park).await.unwrap();
    });
}
