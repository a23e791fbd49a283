//! What a user's own code fails with, panics included: the caller is told, and nothing is lost.

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
use crate::support::{of_kind, project, under_seeds};

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
