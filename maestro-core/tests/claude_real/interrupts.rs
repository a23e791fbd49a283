//! Stopping a turn, and adding to it.

use maestro_core::agent::AgentEvent;
use maestro_core::model::{Decision, StopReason, ToolStatus};

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;
use crate::read::{count, ends, origins, texts, tool_ends};

for_each_release! {
    in_the_middle_of_a_message,
    in_the_middle_of_a_tool,
    a_steer_becomes_part_of_the_turn,
    a_steer_is_taken_back_with_the_turn,
}

async fn in_the_middle_of_a_message(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: slow count=1000 delay_ms=50").await;
    talk.until_delta().await;
    talk.session.interrupt().await.expect("it is told");
    let seen = talk.until_idle().await;
    let end = ends(&seen)[0];
    assert_eq!((&end.stop_reason, &end.error), (&StopReason::Cancelled, &None));
    // The same process goes on.
    let seen = talk.ask("scenario: hello").await;
    assert_eq!(texts(&seen), ["Hello from the scripted model."]);
}

async fn in_the_middle_of_a_tool(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: bash command=\"touch runs.txt; sleep 60\"").await;
    let asked = talk.question().await;
    talk.answer(&asked, Decision::allow()).await;
    while !house.file("runs.txt").exists() {
        tokio::task::yield_now().await;
    }
    talk.session.interrupt().await.expect("it is told");
    let seen = talk.until_idle().await;
    assert_eq!(ends(&seen)[0].stop_reason, StopReason::Cancelled);
    assert_eq!(tool_ends(&seen)[0].0, ToolStatus::Interrupted);
}

async fn a_steer_becomes_part_of_the_turn(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    // The question is open while the steer is sent, so it is there at the next boundary.
    talk.prompt("scenario: bash command=\"touch x.txt\"").await;
    let asked = talk.question().await;
    let steer = talk.steer("And mind the gap.").await;
    if release.says_what_it_read() {
        // It says when it has read it.
        let queued = |event: &AgentEvent| {
            use maestro_core::model::EventData;
            matches!(event, AgentEvent::Fact(EventData::AgentFrame(frame))
                if frame.frame_type == "command_lifecycle")
        };
        talk.until(queued).await;
    }
    talk.answer(&asked, Decision::allow()).await;
    let seen = talk.until_idle().await;
    let folded = AgentEvent::PromptFolded { prompt_id: steer };
    assert!(seen.contains(&folded), "{seen:?}");
    assert_eq!((origins(&seen).len(), ends(&seen).len()), (0, 1), "one turn in all");
    assert!(house.last_request().contains("And mind the gap."));
}

async fn a_steer_is_taken_back_with_the_turn(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    talk.prompt("scenario: slow count=1000 delay_ms=50").await;
    talk.until_delta().await;
    let steer = talk.steer("scenario: hello text=\"Not this.\"").await;
    if release.says_what_it_read() {
        // Else it may not have been read when it is to be forgotten.
        let read = |event: &AgentEvent| {
            use maestro_core::model::EventData;
            matches!(event, AgentEvent::Fact(EventData::AgentFrame(frame))
                if frame.frame_type == "command_lifecycle")
        };
        talk.until(read).await;
    }
    talk.session.interrupt().await.expect("it is told");
    let seen = talk.until_idle().await;
    assert_eq!(ends(&seen)[0].stop_reason, StopReason::Cancelled);
    if release.forgets_what_is_queued() {
        assert!(seen.contains(&AgentEvent::PromptCancelled { prompt_id: steer }), "{seen:?}");
        assert!(!texts(&seen).contains(&"Not this.".to_owned()));
    } else {
        // The older one runs what was queued, which is then a turn of its own.
        assert!(count(&seen, "message") > 0);
    }
}
