//! Attempts that show no sign of life.

use std::sync::Arc;
use std::time::Duration;

use maestro_core::model::{AttemptState, Outcome, RetryPolicy};
use maestro_core::runtime::Runtime as _;
use maestro_core::task::task_fn;
use maestro_core::{ErrorKind, Running};

use crate::puppet::Puppet;
use crate::sessions::{question, with};
use crate::support::{ask, of_kind, project, under_seeds};

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_silent_attempt_is_given_up_and_tried_again() {
    under_seeds(|world| async move {
        let maestro = world.node().await;
        let spec = of_kind("deaf").idle_timeout(MINUTE).retry(RetryPolicy::attempts(2));
        let task = maestro.tasks().submit(spec).await.unwrap();
        let Outcome::Failed { error, .. } = task.wait().await.unwrap() else {
            panic!("it did not fail");
        };
        assert_eq!(error.kind, ErrorKind::Timeout);
        let info = task.info().await.unwrap();
        assert_eq!(info.reason.as_deref(), Some("idle_timeout"));
        assert_eq!(info.attempts.len(), 2);
        for attempt in &info.attempts {
            assert_eq!(attempt.state, AttemptState::Failed);
            let took = attempt.ended_at.unwrap().since(attempt.started_at);
            assert!((MINUTE..MINUTE * 3 / 2).contains(&took), "{took:?}");
        }
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn signs_of_life_put_the_end_off() {
    under_seeds(|world| async move {
        let runtime = Arc::new(world.runtime.clone());
        let chatty = task_fn(move |context| {
            let runtime = Arc::clone(&runtime);
            async move {
                for minute in 0..10 {
                    runtime.sleep(MINUTE / 2).await;
                    context.progress(format!("{minute}"), None).await.unwrap();
                }
                Outcome::succeeded("done")
            }
        });
        let maestro = world.builder().task("chatty", chatty).build().await.unwrap();
        let spec = of_kind("chatty").idle_timeout(MINUTE);
        let task = maestro.tasks().submit(spec).await.unwrap();
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("done"));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn an_agent_that_waits_for_a_person_is_not_silent_but_one_that_hangs_is() {
    under_seeds(|world| async move {
        let maestro = with(&world, &Puppet::default()).build().await.unwrap();
        let shop = project(&maestro).await;
        let spec = |prompt| ask(&shop, prompt).agent("puppet").idle_timeout(MINUTE);
        let asks = maestro.tasks().submit(spec("ask")).await.unwrap();
        let hangs = maestro.tasks().submit(spec("hang")).await.unwrap();
        assert!(matches!(hangs.wait().await.unwrap(), Outcome::Failed { .. }));
        world.sleep(MINUTE * 10).await;
        let asked = question(&world, &maestro).await;
        maestro.approvals().allow(asked.id).await.unwrap();
        assert_eq!(asks.wait().await.unwrap(), Outcome::succeeded("allowed"));
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn the_sweeper_of_another_node_ends_what_is_silent_too() {
    under_seeds(|world| async move {
        let worker = world.builder().sweep_every(Duration::from_hours(1)).build().await.unwrap();
        world.sleep(Duration::from_secs(1)).await;
        let watcher = world.builder().concurrency(0).build().await.unwrap();
        let spec = of_kind("deaf").idle_timeout(MINUTE);
        let task = watcher.tasks().submit(spec).await.unwrap();
        assert!(matches!(task.wait().await.unwrap(), Outcome::Failed { .. }));
        let attempt = task.info().await.unwrap().attempts[0].clone();
        assert!(attempt.ended_at.unwrap().since(attempt.started_at) < MINUTE * 2);
        worker.close(Running::Park).await.unwrap();
        watcher.close(Running::Park).await.unwrap();
    });
}
