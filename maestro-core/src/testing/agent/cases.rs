//! The demands.

use super::{AgentHouse, Talk};
use crate::agent::{AgentEvent, AgentTurnEnd, Evidence};
use crate::error::ErrorKind;
use crate::model::{AgentPointer, Decision, EventData, Origin, StopReason, ToolStatus};

fn end(events: &[AgentEvent]) -> &AgentTurnEnd {
    let end = events.iter().find_map(|event| match event {
        AgentEvent::TurnEnded(end) => Some(end),
        _ => None,
    });
    end.expect("the turn has ended")
}

fn tool_status(events: &[AgentEvent]) -> Option<ToolStatus> {
    events.iter().find_map(|event| match event {
        AgentEvent::Fact(EventData::ToolEnded(ended)) => Some(ended.status),
        _ => None,
    })
}

fn speaks(event: &AgentEvent) -> bool {
    matches!(event, AgentEvent::Fact(EventData::MessageDelta(_) | EventData::Message(_)))
}

async fn ended(talk: &mut Talk) -> Vec<AgentEvent> {
    talk.until(|event| matches!(event, AgentEvent::Ended { .. })).await
}

pub(super) async fn prompt_is_a_turn(house: AgentHouse) {
    let mut talk = house.open().await;
    talk.prompt(&house.answers).await;
    let seen = talk.until_idle().await;
    let at = |fits: &dyn Fn(&AgentEvent) -> bool| seen.iter().position(fits);
    let prompted = |event: &AgentEvent| {
        matches!(event, AgentEvent::TurnStarted { origin: Origin::Prompt, .. })
    };
    let said = |event: &AgentEvent| matches!(event, AgentEvent::Fact(EventData::Message(_)));
    let over = |event: &AgentEvent| matches!(event, AgentEvent::TurnEnded(_));
    let idle = |event: &AgentEvent| matches!(event, AgentEvent::Idle);
    let order = [at(&prompted), at(&said), at(&over), at(&idle)];
    assert!(order.iter().all(Option::is_some), "{seen:?}");
    assert!(order.is_sorted(), "{order:?}: {seen:?}");
    assert_eq!(end(&seen).stop_reason, StopReason::EndTurn);
    assert_eq!(end(&seen).error, None);
}

pub(super) async fn ends_are_counted(house: AgentHouse) {
    let mut talk = house.open().await;
    let mut before = 0;
    for _ in 0..2 {
        talk.prompt(&house.answers).await;
        let seen = talk.until_idle().await;
        let end = end(&seen);
        assert!(end.counter > before, "{} after {before}", end.counter);
        assert_eq!(end.usage.turns, 1);
        assert_eq!(end.usage.cost_micro_usd, end.cost_micro_usd.unwrap_or_default().0);
        before = end.counter;
    }
}

pub(super) async fn permission(house: AgentHouse) {
    let mut talk = house.open().await;
    let cases =
        [(Decision::deny("No."), ToolStatus::Denied), (Decision::allow(), ToolStatus::Completed)];
    for (decision, expected) in cases {
        talk.prompt(&house.asks).await;
        let question = talk.question().await;
        let answered = talk.session.answer(&question, &decision).await;
        answered.expect("the agent waits");
        let seen = talk.until_idle().await;
        assert_eq!(tool_status(&seen), Some(expected), "{seen:?}");
        assert_eq!(end(&seen).error, None);
    }
}

pub(super) async fn answered_once(house: AgentHouse) {
    let mut talk = house.open().await;
    talk.prompt(&house.asks).await;
    let question = talk.question().await;
    let deny = Decision::deny("No.");
    let unknown = talk.session.answer("no-such-question", &deny).await;
    assert_eq!(unknown.expect_err("not asked").kind(), ErrorKind::Conflict);
    talk.session.answer(&question, &deny).await.expect("the agent waits");
    let late = talk.session.answer(&question, &Decision::allow()).await;
    assert_eq!(late.expect_err("answered").kind(), ErrorKind::Conflict);
    let seen = talk.until_idle().await;
    assert_eq!(tool_status(&seen), Some(ToolStatus::Denied), "{seen:?}");
}

pub(super) async fn interrupt(house: AgentHouse) {
    let mut talk = house.open().await;
    talk.session.interrupt().await.expect("nothing to stop is no error");
    talk.prompt(&house.endless).await;
    talk.until(speaks).await;
    talk.session.interrupt().await.expect("the agent is told");
    let seen = talk.until_idle().await;
    assert_eq!(end(&seen).stop_reason, StopReason::Cancelled);
    assert_eq!(end(&seen).error, None);

    talk.prompt(&house.asks).await;
    let request_id = talk.question().await;
    talk.session.interrupt().await.expect("the agent is told");
    let seen = talk.until_idle().await;
    assert_eq!(end(&seen).stop_reason, StopReason::Cancelled);
    assert_eq!(tool_status(&seen), Some(ToolStatus::Denied), "{seen:?}");
    let late = talk.session.answer(&request_id, &Decision::allow()).await;
    assert_eq!(late.expect_err("taken back").kind(), ErrorKind::Conflict);
    let withdrawn = AgentEvent::ApprovalWithdrawn { request_id };
    assert!(seen.contains(&withdrawn), "{seen:?}");

    talk.prompt(&house.answers).await;
    let seen = talk.until_idle().await;
    assert_eq!(end(&seen).stop_reason, StopReason::EndTurn);
}

pub(super) async fn nothing_after_the_end(house: AgentHouse) {
    for hard in [false, true] {
        let mut talk = house.open().await;
        talk.session.close(hard).await.expect("it closes");
        let seen = ended(&mut talk).await;
        let last = seen.last();
        assert!(matches!(last, Some(AgentEvent::Ended { error: None, .. })), "{last:?}");
        assert_eq!(talk.session.next().await, None);
        let prompt = crate::agent::AgentPrompt {
            id: crate::runtime::RuntimeExt::uuid(&*house.runtime),
            blocks: Vec::new(),
        };
        let deny = Decision::deny("No.");
        let calls = [
            talk.session.prompt(&prompt).await,
            talk.session.steer(&prompt).await,
            talk.session.interrupt().await,
            talk.session.answer("any", &deny).await,
            talk.session.set_mode("default").await,
            talk.session.set_model("any").await,
            talk.session.close(hard).await,
        ];
        for call in calls {
            assert_eq!(call.expect_err("it has ended").kind(), ErrorKind::Closed);
        }
    }
}

pub(super) async fn close_in_a_turn(house: AgentHouse) {
    let mut talk = house.open().await;
    talk.prompt(&house.endless).await;
    talk.until(speaks).await;
    talk.session.close(false).await.expect("it closes");
    let seen = ended(&mut talk).await;
    assert_eq!(end(&seen).stop_reason, StopReason::Cancelled);
}

pub(super) async fn resume(house: AgentHouse) {
    let mut talk = house.open().await;
    talk.prompt(&house.answers).await;
    talk.until_idle().await;
    assert!(talk.session.can_resume(), "it says so");
    talk.session.close(false).await.expect("it closes");
    ended(&mut talk).await;
    let pointer = talk.pointer;
    let evidence = house.agent.evidence(&house.cwd, &pointer).await;
    assert_eq!(evidence.expect("it can be looked at"), Evidence::Holds);
    let lost = AgentPointer { last_prompt: Some("never-sent".to_owned()), ..pointer.clone() };
    let evidence = house.agent.evidence(&house.cwd, &lost).await;
    assert_eq!(evidence.expect("it can be looked at"), Evidence::Missing);

    let resumed = house.try_open(Some(pointer.clone())).await;
    let mut talk = resumed.expect("it resumes");
    talk.prompt(&house.answers).await;
    let seen = talk.until_idle().await;
    assert_eq!(end(&seen).stop_reason, StopReason::EndTurn);
    assert_eq!(talk.pointer.agent_session_id, pointer.agent_session_id);
    assert_ne!(talk.pointer.last_message, pointer.last_message);
}

pub(super) async fn unknown_conversation(house: AgentHouse) {
    let unknown = AgentPointer {
        agent_session_id: Some("0198aaaa-0000-7000-8000-000000000000".to_owned()),
        ..AgentPointer::default()
    };
    let evidence = house.agent.evidence(&house.cwd, &unknown).await;
    assert_eq!(evidence.expect("it can be looked at"), Evidence::Missing);
    let opened = house.try_open(Some(unknown)).await;
    let error = opened.err().expect("there is no such conversation");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let nothing = house.try_open(Some(AgentPointer::default())).await;
    let error = nothing.err().expect("it names no conversation");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
