//! The real Claude Code against the scripted model. Needs npm once; see `examples/fetch-claude.sh`.
#![expect(clippy::print_stderr, reason = "a skipped test says why")]

mod support;

use maestro_core::ErrorKind;
use maestro_core::agent::{AgentEvent, Evidence};
use maestro_core::model::{AgentPointer, Decision, EventData, StopReason, ToolStatus};

use support::Stage;

#[tokio::test]
async fn a_prompt_streams_answers_and_ends_with_usage_and_cost() {
    let Some(stage) = Stage::set().await else { return };
    let session = stage.open(None).await.unwrap();
    for number in 1..=2 {
        let seen = stage.turn(&*session, "scenario: hello").await;
        let deltas = seen.iter().filter(|event| {
            matches!(event, AgentEvent::Fact(EventData::MessageDelta(_)))
        });
        assert!(deltas.count() > 0, "{seen:?}");
        let end = support::end(&seen);
        assert_eq!(end.stop_reason, StopReason::EndTurn);
        assert_eq!(end.error, None);
        assert_eq!((end.counter, end.usage.turns), (number, 1));
        // The second turn tells what it added, not the total.
        assert!(end.usage.output_tokens > 0 && end.usage.output_tokens < 100, "{:?}", end.usage);
        assert!(end.cost_micro_usd.is_some_and(|cost| cost.0 > 0 && cost.0 < 10_000), "{end:?}");
    }
    session.close(false).await.unwrap();
    stage.strike().await;
}

#[tokio::test]
async fn a_tool_waits_for_an_answer_and_does_as_it_is_told() {
    let Some(stage) = Stage::set().await else { return };
    for (decision, status, exists) in [
        (Decision::allow(), ToolStatus::Completed, true),
        (Decision::deny("Not on my watch"), ToolStatus::Denied, false),
    ] {
        let session = stage.open(None).await.unwrap();
        let file = stage.work().join(format!("{status:?}.txt"));
        let prompt = format!("scenario: bash command=\"touch {}\"", file.display());
        stage.answer_with(decision);
        let seen = stage.turn(&*session, &prompt).await;
        let ended = seen.iter().find_map(|event| match event {
            AgentEvent::Fact(EventData::ToolEnded(ended)) => Some(ended.status),
            _ => None,
        });
        assert_eq!(ended, Some(status), "{seen:?}");
        assert_eq!(file.exists(), exists);
        session.close(false).await.unwrap();
    }
    stage.strike().await;
}

#[tokio::test]
async fn an_interrupt_ends_the_turn_and_the_session_goes_on() {
    let Some(stage) = Stage::set().await else { return };
    let session = stage.open(None).await.unwrap();
    stage.prompt(&*session, "scenario: hang").await;
    stage.model().wait_for(|request| request.scenario() == Some("hang")).await;
    session.interrupt().await.unwrap_or_else(|error| panic!("{error}"));
    let seen = stage.until_idle(&*session).await;
    assert_eq!(support::end(&seen).stop_reason, StopReason::Cancelled, "{seen:?}");
    let seen = stage.turn(&*session, "scenario: hello").await;
    assert_eq!(support::end(&seen).stop_reason, StopReason::EndTurn);
    session.close(true).await.unwrap();
    stage.strike().await;
}

#[tokio::test]
async fn a_killed_session_is_resumed_where_the_transcript_holds_it() {
    let Some(stage) = Stage::set().await else { return };
    let session = stage.open(None).await.unwrap();
    let prompt = stage.prompt(&*session, "scenario: hello").await;
    let seen = stage.until_idle(&*session).await;
    let pointer = support::pointer(&seen, &prompt);
    session.close(false).await.unwrap();
    assert_eq!(stage.evidence(&pointer).await, Evidence::Holds);
    let resumed = stage.open(Some(pointer.clone())).await.unwrap();
    let seen = stage.turn(&*resumed, "scenario: hello").await;
    assert_eq!(support::end(&seen).error, None);
    resumed.close(false).await.unwrap();
    let other = AgentPointer { last_prompt: Some("never sent".to_owned()), ..pointer };
    assert_eq!(stage.evidence(&other).await, Evidence::Missing);
    stage.strike().await;
}

#[tokio::test]
async fn an_unknown_conversation_is_not_found() {
    let Some(stage) = Stage::set().await else { return };
    let unknown = AgentPointer {
        agent_session_id: Some("00000000-0000-4000-8000-000000000000".to_owned()),
        ..AgentPointer::default()
    };
    assert_eq!(stage.evidence(&unknown).await, Evidence::Missing);
    let error = stage.open(Some(unknown)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    stage.strike().await;
}

#[tokio::test]
async fn a_failing_model_fails_the_turn_and_says_why() {
    let Some(stage) = Stage::set().await else { return };
    let session = stage.open(None).await.unwrap();
    let seen = stage.turn(&*session, "scenario: error-400").await;
    let error = support::end(&seen).error.expect("the turn failed");
    assert_eq!(error.kind, ErrorKind::InvalidArgument, "{error:?}");
    session.close(false).await.unwrap();
    stage.strike().await;
}
