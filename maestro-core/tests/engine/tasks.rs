//! What becomes of tasks.

use std::time::Duration;

use maestro_core::model::{EventData, Outcome, Position, RetryPolicy, TaskState, When};
use maestro_core::runtime::Runtime as _;
use maestro_core::{ErrorKind, Running};

use crate::support::{ask, of_kind, project, under_seeds};

#[test]
fn an_agent_task_succeeds_with_the_agents_last_words() {
    under_seeds(|world| async move {
        let maestro = world.node().await;
        let shop = project(&maestro).await;
        let task = maestro.tasks().submit(ask(&shop, "hello")).await.unwrap();
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("did: hello"));
        let info = task.info().await.unwrap();
        assert_eq!((info.attempts.len(), info.usage.turns), (1, 1));
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn the_events_of_a_task_begin_with_its_submission_and_end_with_its_end() {
    under_seeds(|world| async move {
        let maestro = world.node().await;
        let shop = project(&maestro).await;
        let task = maestro.tasks().submit(ask(&shop, "hello")).await.unwrap();
        let mut events = task.events();
        let mut types = Vec::new();
        let mut last = std::collections::HashMap::new();
        while let Some(event) = events.next().await {
            let event = event.unwrap();
            if let Some(seq) = event.seq {
                let before = last.insert(event.stream.clone(), seq).unwrap_or(0);
                assert_eq!(seq, before + 1, "stream {}", event.stream);
            }
            types.push(event.event_type().to_owned());
        }
        assert_eq!(types.first().map(String::as_str), Some("task.submitted"));
        assert_eq!(types.last().map(String::as_str), Some("task.ended"));
        for expected in ["task.started", "session.opened", "turn.started", "message", "turn.ended"]
        {
            assert!(types.iter().any(|found| found == expected), "{expected} in {types:?}");
        }
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn needs_come_first_and_a_failed_need_cancels_what_waits_for_it() {
    under_seeds(|world| async move {
        let maestro = world.node().await;
        let good = maestro.tasks().submit(of_kind("fails-twice")).await.unwrap();
        let after = maestro.tasks().submit(of_kind("fails-twice").needs([&good])).await.unwrap();
        let mut always = of_kind("fails-twice").needs([&good]);
        always.when = When::Always;
        always.retry = RetryPolicy::attempts(3);
        let always = maestro.tasks().submit(always).await.unwrap();
        assert!(matches!(good.wait().await.unwrap(), Outcome::Failed { .. }));
        let ended = after.wait().await.unwrap();
        assert!(matches!(ended, Outcome::Cancelled { .. }), "{ended:?}");
        assert_eq!(after.info().await.unwrap().reason.as_deref(), Some("need_failed"));
        assert_eq!(always.wait().await.unwrap(), Outcome::succeeded("attempt 3"));
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn a_failure_is_tried_again_after_a_pause_that_grows() {
    under_seeds(|world| async move {
        let maestro = world.node().await;
        let spec = of_kind("fails-twice").retry(RetryPolicy::attempts(3));
        let task = maestro.tasks().submit(spec).await.unwrap();
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("attempt 3"));
        let info = task.info().await.unwrap();
        let starts: Vec<_> = info.attempts.iter().map(|attempt| attempt.started_at).collect();
        assert!(starts[1].since(starts[0]) >= Duration::from_secs(1));
        assert!(starts[2].since(starts[1]) >= Duration::from_secs(2));
        let tokens: Vec<_> = info.attempts.iter().map(|attempt| attempt.token).collect();
        assert!(tokens.is_sorted() && tokens[0] < tokens[2]);
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn cancelling_asks_the_worker_and_ends_a_deaf_one_after_the_grace() {
    under_seeds(|world| async move {
        let maestro = world.node().await;
        for kind in ["patient", "deaf"] {
            let task = maestro.tasks().submit(of_kind(kind)).await.unwrap();
            let mut events = task.events();
            while let Some(event) = events.next().await {
                if matches!(event.unwrap().data, EventData::TaskStarted(_)) {
                    break;
                }
            }
            task.cancel("enough").await.unwrap();
            let outcome = task.wait().await.unwrap();
            assert!(matches!(outcome, Outcome::Cancelled { .. }), "{kind}: {outcome:?}");
            assert_eq!(task.info().await.unwrap().state, TaskState::Cancelled);
        }
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn a_deadline_ends_a_task_whoever_works_on_it() {
    under_seeds(|world| async move {
        let maestro = world.node().await;
        let spec = of_kind("deaf").deadline(Duration::from_mins(1));
        let task = maestro.tasks().submit(spec).await.unwrap();
        let Outcome::Failed { error, .. } = task.wait().await.unwrap() else {
            panic!("the deadline did not fail it");
        };
        assert_eq!(error.kind, ErrorKind::Timeout);
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn a_panic_is_a_failure_that_says_what_was_said() {
    under_seeds(|world| async move {
        let maestro = world.node().await;
        let task = maestro.tasks().submit(of_kind("panics")).await.unwrap();
        let outcome = task.wait().await.unwrap();
        assert!(outcome.summary().contains("on purpose"), "{outcome:?}");
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn the_same_key_is_the_same_task_and_another_request_is_refused() {
    under_seeds(|world| async move {
        let maestro = world.builder().concurrency(0).build().await.unwrap();
        let shop = project(&maestro).await;
        let spec = ask(&shop, "hello").idempotency_key("k");
        let first = maestro.tasks().submit(spec.clone()).await.unwrap();
        let second = maestro.tasks().submit(spec).await.unwrap();
        assert_eq!(first.id(), second.id());
        let other = ask(&shop, "other").idempotency_key("k");
        let error = maestro.tasks().submit(other).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn bad_input_names_the_field() {
    under_seeds(|world| async move {
        let maestro = world.builder().concurrency(0).build().await.unwrap();
        let shop = project(&maestro).await;
        let mut no_project = ask(&shop, "hello");
        no_project.project = None;
        let cases = [
            (ask(&shop, " "), "prompt"),
            (no_project, "project"),
            (ask(&shop, "a").idempotency_key(""), "idempotency_key"),
            (ask(&shop, "a").retry(RetryPolicy::attempts(0)), "retry.max_attempts"),
            (ask(&shop, "a").deadline(Duration::ZERO), "deadline_ms"),
            (ask(&shop, "a").project("nowhere"), "project"),
        ];
        for (spec, field) in cases {
            let error = maestro.tasks().submit(spec).await.unwrap_err();
            assert!(error.message().contains(&format!("`{field}`")), "{field}: {error}");
            assert_eq!(error.operation(), "task.submit");
        }
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn a_project_runs_no_more_than_its_limit_at_once() {
    under_seeds(|world| async move {
        let maestro = world.builder().concurrency(8).build().await.unwrap();
        let mut limited = maestro_core::model::ProjectSpec::new("one", std::env::temp_dir());
        limited.max_running = Some(1);
        let one = maestro.projects().ensure(limited).await.unwrap();
        let mut tasks = Vec::new();
        for _ in 0..4 {
            let spec = of_kind("fails-twice").project(&one);
            tasks.push(maestro.tasks().submit(spec).await.unwrap());
        }
        let mut spans = Vec::new();
        for task in tasks {
            task.wait().await.unwrap();
            let info = task.info().await.unwrap();
            spans.push((info.started_at.unwrap(), info.ended_at.unwrap()));
        }
        spans.sort();
        for pair in spans.windows(2) {
            assert!(pair[0].1 <= pair[1].0, "two ran at once: {pair:?}");
        }
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn a_feed_that_begins_after_the_end_of_a_task_ends_at_once() {
    under_seeds(|world| async move {
        let maestro = world.node().await;
        let project = project(&maestro).await;
        let task = maestro.tasks().submit(ask(&project, "hello")).await.unwrap();
        let mut all = task.events();
        let mut last = None;
        while let Some(event) = all.next().await {
            last = event.unwrap().cursor;
        }
        let begun = world.runtime.now();
        for after in [Position::Now, Position::After(last.unwrap())] {
            assert!(task.events_after(after).next().await.is_none());
        }
        assert_eq!(world.runtime.now(), begun, "nothing is waited for");

        // One that goes on is followed to its next end.
        let mut live = task.events_after(Position::Now);
        task.reply("more").await.unwrap();
        let mut told = Vec::new();
        while let Some(event) = live.next().await {
            told.push(event.unwrap().event_type().to_owned());
        }
        assert_eq!(told.last().map(String::as_str), Some("task.ended"), "{told:?}");
        maestro.close(Running::Park).await.unwrap();
    });
}
