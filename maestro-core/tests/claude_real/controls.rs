//! Settings, limits and raw requests.

use maestro_core::ErrorKind;
use maestro_core::agent::AgentPrompt;
use maestro_core::model::{ContentBlock, EventData, StopReason};
use maestro_core::runtime::RuntimeExt as _;
use serde_json::json;

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;
use crate::read::{asks, count, ends, facts, texts};

for_each_release! {
    modes_models_and_raw_requests,
    a_budget_is_overshot_by_one_call,
    the_most_calls_of_a_turn,
    messages_whole_only,
    attachments,
}

async fn modes_models_and_raw_requests(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let change = |spec: &mut maestro_core::model::SessionSpec| {
        spec.max_thinking_tokens = Some(2000);
        spec.setting_sources = Some(Vec::new());
    };
    let mut talk = house.open_with(change).await;
    talk.session.set_model("claude-haiku-4-5").await.expect("it is known");
    talk.session.set_mode("acceptEdits").await.expect("it is known");
    if release.knows_its_modes() {
        // The oldest takes any word.
        let error = talk.session.set_mode("nonsense").await.expect_err("no mode");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    let none = json!({ "subtype": "nonesuch" });
    let error = talk.session.control(none).await.expect_err("no request");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let version = talk.session.control(json!({ "subtype": "get_binary_version" })).await;
    assert_eq!(version.expect("it says")["version"], release.version());

    let seen = talk.ask("scenario: write-file path=c.txt content=x").await;
    assert!(!asks(&seen));
    let model = facts(&seen).find_map(|fact| match fact {
        EventData::SessionUpdated(updated) => updated.model.clone(),
        _ => None,
    });
    assert_eq!(model.as_deref(), Some("claude-haiku-4-5"));
    assert!(house.home.path().join(".claude").is_dir());
    for asked in ["get_context_usage", "get_session_cost"] {
        let told = talk.session.control(json!({ "subtype": asked })).await.expect(asked);
        assert!(told.is_object(), "{asked}: {told}");
    }
    let taken = json!({ "subtype": "cancel_async_message", "message_uuid": house.runtime.uuid() });
    let told = talk.session.control(taken).await.expect("it is known");
    assert_eq!(told["cancelled"], false);
}

/// What is spent is known after a call of the model, so that the one which exceeds the budget is paid.
async fn a_budget_is_overshot_by_one_call(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open_with(|spec| spec.budget_micro_usd = Some(1)).await;
    let seen = talk.ask("scenario: bash").await;
    let end = ends(&seen)[0];
    let error = end.error.clone().expect("it was stopped");
    assert_eq!(error.kind, ErrorKind::ResourceExhausted);
    let limit = error.limit.expect("it says which limit");
    assert_eq!((limit.limit.as_str(), limit.max), ("budget_micro_usd", 1));
    // It says by how much: the newest by the whole of one call, the oldest also by the next one.
    assert!(limit.used > limit.max, "{limit:?}");
    let calls = if release.stops_at_the_call_over_the_budget() { 1 } else { 2 };
    assert_eq!(house.model.requests().len(), calls);
    // Every later prompt of the process fails at once.
    let seen = talk.ask("scenario: hello").await;
    assert!(ends(&seen)[0].error.is_some());
    assert_eq!(house.model.requests().len(), calls);
}

async fn the_most_calls_of_a_turn(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open_with(|spec| spec.max_turn_requests = Some(1)).await;
    let seen = talk.ask("scenario: bash").await;
    assert_eq!(ends(&seen)[0].stop_reason, StopReason::MaxTurnRequests);
    // It is a limit of each prompt.
    let seen = talk.ask("scenario: hello").await;
    assert_eq!(texts(&seen), ["Hello from the scripted model."]);
}

async fn messages_whole_only(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open_with(|spec| spec.partial_messages = Some(false)).await;
    let seen = talk.ask("scenario: hello").await;
    assert_eq!(texts(&seen), ["Hello from the scripted model."]);
    assert_eq!(count(&seen, "message.delta"), 0);
}

async fn attachments(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    // One transparent pixel.
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let blocks = vec![
        ContentBlock::text("scenario: hello"),
        ContentBlock::Image { media_type: "image/png".to_owned(), data: png.to_owned() },
        ContentBlock::File {
            name: Some("notes.txt".to_owned()),
            media_type: "text/plain".to_owned(),
            data: "TWluZCB0aGUgZ2FwLg==".to_owned(),
        },
    ];
    let prompt = AgentPrompt::new(house.runtime.uuid(), blocks);
    talk.session.prompt(&prompt).await.expect("it is sent");
    let seen = talk.until_idle().await;
    assert_eq!(ends(&seen)[0].error, None);
    let heard = house.last_request();
    assert!(heard.contains("\"image\"") && heard.contains("Mind the gap."), "{heard}");
}
