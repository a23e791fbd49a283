//! Permission for tools.

use std::time::Duration;

use maestro_core::ErrorKind;
use maestro_core::agent::AgentEvent;
use maestro_core::model::{Decision, EventData, Remember, ToolContent, ToolStatus};
use maestro_core::runtime::RuntimeExt as _;
use serde_json::json;

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;
use crate::read::{ends, facts, tool_ends};

for_each_release! {
    denied_and_allowed_with_changed_input,
    unanswered_it_waits_and_an_expiry_denies,
    two_are_open_at_once,
    one_is_withdrawn_by_an_interrupt,
    a_denial_can_stop_the_turn,
    half_of_a_surrogate_pair_is_asked_about_and_runs,
}

async fn denied_and_allowed_with_changed_input(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"touch denied.txt\"").await;
    let asked = talk.question().await;
    talk.answer(&asked, Decision::deny("Not on my watch.")).await;
    let seen = talk.until_idle().await;
    let (status, content) = &tool_ends(&seen)[0];
    assert_eq!(*status, ToolStatus::Denied);
    let told = ToolContent::Text { text: "Not on my watch.".to_owned() };
    assert_eq!(content, &[told]);
    assert_eq!(ends(&seen)[0].error, None);
    assert!(!house.file("denied.txt").exists());

    talk.prompt("scenario: bash command=\"touch shown.txt\"").await;
    let asked = talk.question().await;
    let input = json!({ "command": "touch effective.txt", "description": "Changed" });
    let allow = Decision::Allow { input: Some(input.clone()), remember: Remember::Once };
    talk.answer(&asked, allow).await;
    let seen = talk.until_idle().await;
    let effective = facts(&seen).find_map(|fact| match fact {
        EventData::ToolUpdated(updated) => updated.effective_input.clone(),
        _ => None,
    });
    assert_eq!(effective, Some(input));
    assert_eq!(tool_ends(&seen)[0].0, ToolStatus::Completed);
    assert!(house.file("effective.txt").exists());
    assert!(!house.file("shown.txt").exists());
}

/// The CLI itself waits without limit: that it is denied when its time is over is the engine's work,
/// which it does by an answer like this one.
async fn unanswered_it_waits_and_an_expiry_denies(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"touch never.txt\"").await;
    let asked = talk.question().await;
    let quiet = house.runtime.timeout(Duration::from_millis(300), talk.until_idle()).await;
    assert!(quiet.is_none(), "it goes on without an answer");
    talk.answer(&asked, Decision::default()).await;
    let seen = talk.until_idle().await;
    assert_eq!(tool_ends(&seen)[0].0, ToolStatus::Denied);
    assert!(!house.file("never.txt").exists());
}

async fn two_are_open_at_once(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: two-agents").await;
    let first = talk.question().await;
    let second = talk.question().await;
    assert_ne!(first.request_id, second.request_id);
    assert_ne!(first.agent_id, second.agent_id);
    // In the other order.
    talk.answer(&second, Decision::allow()).await;
    talk.answer(&first, Decision::allow()).await;
    talk.until_idle().await;
    assert!(house.file("a.txt").exists() && house.file("b.txt").exists());
}

async fn one_is_withdrawn_by_an_interrupt(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"touch never.txt\"").await;
    let asked = talk.question().await;
    talk.session.interrupt().await.expect("it is told");
    let seen = talk.until_idle().await;
    let withdrawn = AgentEvent::ApprovalWithdrawn { request_id: asked.request_id.clone() };
    assert!(seen.contains(&withdrawn));
    assert_eq!(tool_ends(&seen)[0].0, ToolStatus::Denied);
    let late = talk.session.answer(&asked.request_id, &Decision::allow()).await;
    assert_eq!(late.expect_err("it was taken back").kind(), ErrorKind::Conflict);
    assert!(!house.file("never.txt").exists());
}

async fn a_denial_can_stop_the_turn(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"touch never.txt\"").await;
    let asked = talk.question().await;
    let stop = Decision::Deny { message: "Stop.".to_owned(), interrupt: true };
    talk.answer(&asked, stop).await;
    let seen = talk.until_idle().await;
    assert_eq!(ends(&seen)[0].stop_reason, maestro_core::model::StopReason::Cancelled);
    assert_eq!(tool_ends(&seen)[0].0, ToolStatus::Denied);
}

/// The CLI hands on what a model writes, and no strict reader takes it.
async fn half_of_a_surrogate_pair_is_asked_about_and_runs(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"touch half.txt # \u{e000}\"").await;
    let asked = talk.question().await;
    assert_eq!(asked.input["command"], "touch half.txt # \u{fffd}");
    talk.answer(&asked, Decision::allow()).await;
    let seen = talk.until_idle().await;
    assert_eq!(tool_ends(&seen)[0].0, ToolStatus::Completed);
    assert_eq!(ends(&seen)[0].error, None);
    assert!(house.file("half.txt").exists());

    let seen = talk.ask("scenario: half").await;
    let end = &ends(&seen)[0];
    assert_eq!((&end.error, end.result.as_deref()), (&None, Some("cut \u{fffd}")));
    assert!(end.cost_micro_usd.is_some());
}
