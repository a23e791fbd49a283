//! Replies to tasks that are over or wait for a person.

use std::time::Duration;

use maestro_core::model::{AttemptState, Outcome, ReplySpec, TaskState};
use maestro_core::task::task_fn;
use maestro_core::{ErrorKind, Running};

use crate::puppet::Puppet;
use crate::sessions::{crash, until_heard, with};
use crate::support::{ask, of_kind, project, under_seeds};

#[test]
fn a_reply_after_success_is_another_attempt_in_the_same_session() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let shop = project(&maestro).await;
        let task = maestro.tasks().submit(ask(&shop, "first").agent("puppet")).await.unwrap();
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("first"));
        let before = task.info().await.unwrap();

        let reply = || ReplySpec::from("more").idempotency_key("k");
        let queued = task.reply(reply()).await.unwrap();
        assert_eq!((queued.state, queued.outcome), (TaskState::Queued, None));
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("more"));
        // The same reply again, as after an answer that was lost.
        task.reply(reply()).await.unwrap();
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("more"));
        assert_eq!(puppet.heard(), ["first", "more"]);
        let error = task.reply(ReplySpec::from("other").idempotency_key("k")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);

        let info = task.info().await.unwrap();
        assert_eq!(info.session_id, before.session_id);
        assert_eq!(info.workspace_id, before.workspace_id);
        assert_eq!(info.attempts.len(), 2);
        assert_eq!(info.usage.turns, 2);
        let mut ends = 0;
        let mut events = task.events();
        while let Some(event) = events.next().await {
            ends += u32::from(event.unwrap().event_type() == "task.ended");
        }
        assert_eq!(ends, 2, "the events go on to the last end");
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn an_agent_that_forgot_is_told_what_the_task_was_before_the_reply() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let shop = project(&maestro).await;
        let task = maestro.tasks().submit(ask(&shop, "first").agent("puppet")).await.unwrap();
        task.wait().await.unwrap();
        puppet.forget();
        task.reply("more").await.unwrap();
        task.wait().await.unwrap();
        let heard = puppet.heard();
        assert_eq!(heard.len(), 2);
        assert!(heard[1].contains("first") && heard[1].contains("more"), "{heard:?}");
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn a_reply_after_a_failure_gives_the_task_another_chance() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let shop = project(&maestro).await;
        let task = maestro.tasks().submit(ask(&shop, "refuse").agent("puppet")).await.unwrap();
        assert!(matches!(task.wait().await.unwrap(), Outcome::Failed { .. }));
        task.reply("please").await.unwrap();
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("please"));
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn a_task_that_waits_for_a_person_sees_the_reply_and_can_be_cancelled_after_it() {
    under_seeds(|world| async move {
        let asks = task_fn(|context| async move {
            match context.task().replies.last() {
                None => Outcome::InputRequired {
                    reason: "which".to_owned(),
                    detail: serde_json::Value::Null,
                },
                Some(reply) if reply.number == 1 => {
                    context.cancelled().await;
                    Outcome::Cancelled { reason: "asked to".to_owned() }
                }
                Some(reply) => Outcome::succeeded(format!("reply {}", reply.number)),
            }
        });
        let maestro = world.builder().task("asks", asks).build().await.unwrap();
        let task = maestro.tasks().submit(of_kind("asks")).await.unwrap();
        assert!(matches!(task.wait().await.unwrap(), Outcome::InputRequired { .. }));
        // At once: the worker of the first attempt may not have ended yet.
        task.reply("this").await.unwrap();
        while task.info().await.unwrap().state != TaskState::Running {
            world.sleep(Duration::from_millis(10)).await;
        }
        let error = task.reply("too early").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        task.cancel("enough").await.unwrap();
        let reason = "asked to".to_owned();
        assert_eq!(task.wait().await.unwrap(), Outcome::Cancelled { reason });
        task.reply("that").await.unwrap();
        assert_eq!(task.wait().await.unwrap(), Outcome::succeeded("reply 2"));
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn a_crash_during_a_reply_goes_on_with_the_reply() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let first = with(&world, &puppet).build().await.unwrap();
        let shop = project(&first).await;
        let task = first.tasks().submit(ask(&shop, "first").agent("puppet")).await.unwrap();
        task.wait().await.unwrap();
        task.reply("hang").await.unwrap();
        until_heard(&world, &puppet, "hang").await;
        let id = task.id();
        drop((task, shop));
        let second = crash(&world, first, &puppet).await;
        let task = second.tasks().handle(id);
        assert!(task.wait().await.unwrap().is_success());
        let heard = puppet.heard();
        assert_eq!(heard.len(), 3, "{heard:?}");
        assert!(heard[2].contains("Go on where you stopped"), "{heard:?}");
        let attempts = task.info().await.unwrap().attempts;
        let states: Vec<AttemptState> = attempts.iter().map(|attempt| attempt.state).collect();
        let expected = [AttemptState::Succeeded, AttemptState::Lost, AttemptState::Succeeded];
        assert_eq!(states, expected);
        second.close(Running::Park).await.unwrap();
    });
}
