//! Ends of processes.

use maestro_core::agent::AgentEvent;
use maestro_core::model::{Decision, StopReason, ToolStatus};

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;
use crate::read::{ends, tool_ends};

for_each_release! { a_gentle_close_in_a_turn, a_kill_with_a_question_open }

async fn a_gentle_close_in_a_turn(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: slow count=1000 delay_ms=50").await;
    talk.until_delta().await;
    talk.session.close(false).await.expect("it closes");
    let seen = talk.until_ended().await;
    assert_eq!(ends(&seen)[0].stop_reason, StopReason::Cancelled);
    let Some(AgentEvent::Ended { error: None, .. }) = seen.last() else {
        panic!("not as asked: {:?}", seen.last());
    };
}

async fn a_kill_with_a_question_open(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"touch never.txt\"").await;
    let asked = talk.question().await;
    talk.kill();
    let seen = talk.until_ended().await;
    assert_eq!(tool_ends(&seen)[0].0, ToolStatus::Denied);
    let late = talk.session.answer(&asked.request_id, &Decision::allow()).await;
    assert!(late.is_err());
    assert!(!house.file("never.txt").exists());
}
