//! What a user's own code fails with, panics included: the caller is told, and nothing is lost.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use maestro_core::agent::agent_fn;
use maestro_core::approval::PermissionHandler;
use maestro_core::model::{
    ApprovalInfo, ApprovalState, ApprovalUpdated, Decision, EventData, Outcome, SessionSpec,
    SessionState,
};
use maestro_core::{Error, ErrorKind, Result, Running};
use serde_json::json;

use crate::asking::{events, newest, opened, question, with};
use crate::puppet::Puppet;
use crate::support::{World, of_kind, project, under_seeds};

/// Answers as the command that is asked about says.
#[derive(Debug)]
struct Moody;

#[async_trait]
impl PermissionHandler for Moody {
    async fn decide(&self, approval: &ApprovalInfo) -> Result<Option<Decision>> {
        match approval.input["command"].as_str() {
            Some("fail") => Err(Error::new(ErrorKind::Unavailable, "the book of rules is lent")),
            Some("panic") => panic!("no such page"),
            Some("misfit") => Ok(Some(Decision::Answer { answers: json!({ "a": "b" }) })),
            _ => Ok(None),
        }
    }
}

#[test]
fn a_permission_handler_that_fails_leaves_the_question_to_a_person_and_says_so() {
    under_seeds(|world| async move {
        let builder = with(&world, &Puppet::default()).permission_handler(Moody);
        let maestro = builder.build().await.unwrap();
        let session = opened(&maestro).await;
        let failures = [
            ("fail", ErrorKind::Unavailable, "the book of rules is lent"),
            ("panic", ErrorKind::Internal, "the permission handler panicked: no such page"),
            ("misfit", ErrorKind::InvalidArgument, "`answers` fit a question only"),
        ];
        for (count, (command, kind, why)) in failures.into_iter().enumerate() {
            let turn = session.prompt(format!("ask {command}")).await.unwrap();
            let mut asked = question(&world, &maestro).await;
            while asked.handler_error.is_none() {
                world.sleep(crate::asking::A_WHILE).await;
                asked = maestro.approvals().get(asked.id).await.unwrap();
            }
            let error = asked.handler_error.clone().unwrap();
            assert_eq!(error.kind, kind, "{error}");
            assert!(error.message.contains(why), "{error}");
            assert_eq!(asked.state, ApprovalState::Pending, "a person is asked");
            let told = events(&maestro, &["approval.updated"]).await;
            assert_eq!(told.len(), count + 1);
            let EventData::ApprovalUpdated(ApprovalUpdated { handler_error, .. }) =
                &told[count].data
            else {
                panic!("{:?}", told[count]);
            };
            assert_eq!(handler_error.as_ref(), Some(&error));
            assert_eq!(told[count].actor.to_string(), "policy:permission_handler");

            maestro.approvals().deny(asked.id, "a person says no").await.unwrap();
            assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("a person says no"));
            assert_eq!(newest(&maestro).await.handler_error, Some(error), "it stays on the record");
        }
        let turn = session.prompt("ask ls").await.unwrap();
        let asked = question(&world, &maestro).await;
        maestro.approvals().allow(asked.id).await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));
        assert_eq!(newest(&maestro).await.handler_error, None);
        maestro.close(Running::Park).await.unwrap();
    });
}

/// What is logged while something runs on this thread.
#[derive(Debug, Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(run: impl FnOnce()) -> String {
    let log = Logged::default();
    let written = log.clone();
    let to_log = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing_subscriber::filter::LevelFilter::ERROR)
        .with_writer(move || written.clone())
        .finish();
    tracing::subscriber::with_default(to_log, run);
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_permission_handler_that_fails_is_logged_with_what_becomes_of_the_question() {
    for (command, why) in [
        ("fail", "the book of rules is lent"),
        ("panic", "the permission handler panicked: no such page"),
        ("misfit", "`answers` fit a question only"),
    ] {
        let log = logged(|| {
            let world = World::of(7);
            world.runtime.clone().block_on(async {
                let builder = with(&world, &Puppet::default()).permission_handler(Moody);
                let maestro = builder.build().await.unwrap();
                let session = opened(&maestro).await;
                let turn = session.prompt(format!("ask {command}")).await.unwrap();
                let asked = question(&world, &maestro).await;
                while newest(&maestro).await.handler_error.is_none() {
                    world.sleep(crate::asking::A_WHILE).await;
                }
                maestro.approvals().deny(asked.id, "no").await.unwrap();
                turn.wait().await.unwrap();
                maestro.close(Running::Park).await.unwrap();
            });
        });
        assert!(log.contains("the question waits for a person"), "{command}: {log}");
        assert!(log.contains(why) && log.contains("ERROR"), "{command}: {log}");
    }
    // Nothing is wrong, so nothing is said.
    let log = logged(|| {
        let world = World::of(7);
        world.runtime.clone().block_on(async {
            let builder = with(&world, &Puppet::default()).permission_handler(Moody);
            let maestro = builder.build().await.unwrap();
            let turn = opened(&maestro).await.prompt("ask ls").await.unwrap();
            let asked = question(&world, &maestro).await;
            maestro.approvals().allow(asked.id).await.unwrap();
            turn.wait().await.unwrap();
            maestro.close(Running::Park).await.unwrap();
        });
    });
    assert_eq!(log, "");
}

/// Never answers.
#[derive(Debug)]
struct Silent;

#[async_trait]
impl PermissionHandler for Silent {
    async fn decide(&self, _: &ApprovalInfo) -> Result<Option<Decision>> {
        std::future::pending().await
    }
}

#[test]
fn a_permission_handler_that_never_returns_holds_nobody_up() {
    under_seeds(|world| async move {
        let builder = with(&world, &Puppet::default()).permission_handler(Silent);
        let maestro = builder.build().await.unwrap();
        let session = opened(&maestro).await;
        let turn = session.prompt("ask ls").await.unwrap();
        let asked = question(&world, &maestro).await;
        world.sleep(Duration::from_hours(1)).await;
        assert_eq!(newest(&maestro).await.state, ApprovalState::Pending, "it is never allowed");
        maestro.approvals().allow(asked.id).await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));

        // Its expiry denies it.
        let project = project(&maestro).await;
        let mut spec = SessionSpec::in_project(project.id().to_string()).agent("puppet");
        spec.approval_timeout_ms = Some(60_000);
        let session = maestro.sessions().open(spec).await.unwrap();
        let turn = session.prompt("ask ls").await.unwrap();
        assert_ne!(turn.wait().await.unwrap().result.as_deref(), Some("allowed"));
        assert_eq!(newest(&maestro).await.state, ApprovalState::Expired);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_panic_of_an_agent_reaches_the_caller_and_its_session_goes_on() {
    under_seeds(|world| async move {
        let puppet = Puppet::default();
        let maestro = with(&world, &puppet).build().await.unwrap();
        let shop = project(&maestro).await;
        let spec = SessionSpec::in_project(shop.id().to_string()).agent("puppet");
        let error = maestro.sessions().open(spec.model("cursed")).await.unwrap_err();
        assert_eq!(error.message(), "the agent panicked: the wood is rotten");

        let session = opened(&maestro).await;
        let broken = session.prompt("break").await.unwrap().wait().await.unwrap();
        assert_eq!(broken.error.unwrap().message, "the agent panicked: a string broke");
        let error = session.control(json!("break")).await.unwrap_err();
        assert_eq!(error.message(), "the agent panicked: a string broke");
        let fine = session.prompt("hello").await.unwrap().wait().await.unwrap();
        assert_eq!((fine.result.as_deref(), fine.process_number), (Some("hello"), 1));

        let broken = session.prompt("break later").await.unwrap().wait().await.unwrap();
        assert_eq!(broken.error.unwrap().message, "the agent panicked: a string broke later");
        let fine = session.prompt("hello").await.unwrap().wait().await.unwrap();
        assert_eq!((fine.result.as_deref(), fine.process_number), (Some("hello"), 2));
        assert_eq!(session.info().await.unwrap().state, SessionState::Idle);
        maestro.close(Running::Park).await.unwrap();
    });
}

#[test]
fn a_panic_of_a_closure_is_the_error_of_its_turn_or_task() {
    under_seeds(|world| async move {
        let bad = agent_fn(|turn| async move {
            assert!(turn.prompt != "break", "the voice broke");
            Ok(turn.prompt)
        });
        let maestro = world.builder().agent("bad", bad).build().await.unwrap();
        let spec = SessionSpec::in_project(project(&maestro).await.id().to_string()).agent("bad");
        let session = maestro.sessions().open(spec).await.unwrap();
        let broken = session.prompt("break").await.unwrap().wait().await.unwrap();
        assert_eq!(broken.error.unwrap().message, "the agent panicked: the voice broke");
        let fine = session.prompt("hello").await.unwrap().wait().await.unwrap();
        assert_eq!(fine.result.as_deref(), Some("hello"));

        let task = maestro.tasks().submit(of_kind("panics")).await.unwrap();
        let Outcome::Failed { error, .. } = task.wait().await.unwrap() else {
            panic!("it succeeded");
        };
        assert_eq!(error.message, "the task panicked: on purpose");
        maestro.close(Running::Park).await.unwrap();
    });
}
