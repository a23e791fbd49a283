//! Closures as agents and tasks.

use maestro_core::agent::agent_fn;
use maestro_core::model::{ApprovalState, Decision, Outcome, SessionSpec, StopReason};
use maestro_core::{Error, ErrorKind, Running};
use serde_json::json;

use crate::asking::{nothing_waits, question};
use crate::support::{project, under_seeds};

#[test]
fn a_closure_asks_and_takes_its_question_back_when_it_is_interrupted() {
    under_seeds(|world| async move {
        let asks = agent_fn(|turn| async move {
            let answer = turn.ask("Shout", "Shout?", json!({ "words": 2 })).await?;
            Ok(format!("{}", matches!(answer, Decision::Allow { .. })))
        });
        let maestro = world.builder().agent("asks", asks).build().await.unwrap();
        let project = project(&maestro).await;
        let spec = SessionSpec::in_project(project.id().to_string()).agent("asks");
        let session = maestro.sessions().open(spec).await.unwrap();

        let turn = session.prompt("one").await.unwrap();
        let asked = question(&world, &maestro).await;
        assert_eq!((asked.tool.as_deref(), asked.title.as_str()), (Some("Shout"), "Shout?"));
        maestro.approvals().allow(&asked).await.unwrap();
        assert_eq!(turn.wait().await.unwrap().result.as_deref(), Some("true"));

        let turn = session.prompt("two").await.unwrap();
        let asked = question(&world, &maestro).await;
        session.interrupt().await.unwrap();
        assert_eq!(turn.wait().await.unwrap().stop_reason, Some(StopReason::Cancelled));
        assert!(nothing_waits(&maestro).await);
        let state = maestro.approvals().get(&asked).await.unwrap().state;
        assert_eq!(state, ApprovalState::Withdrawn);
        maestro.close(Running::Wait).await.unwrap();
    });
}

#[test]
fn an_outcome_is_made_of_a_result() {
    let done: Outcome = Ok(Outcome::succeeded("done")).into();
    assert!(done.is_success());
    let failed = Outcome::from(Err(Error::new(ErrorKind::Unavailable, "not yet")));
    assert!(matches!(failed, Outcome::Failed { retryable: true, .. }), "{failed:?}");
}
