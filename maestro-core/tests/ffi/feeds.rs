//! Feeds, in batches.

use serde_json::{Value, json};

use crate::fake::{Fake, Shop, all};

fn talker() -> Value {
    json!({ "agents": { "s": { "kind": "scripted", "default": [{ "do": "say", "text": "One two" }] } } })
}

#[tokio::test]
async fn a_session_s_feed_ends_with_it_and_resumes_by_cursor() {
    let shop = Shop::open(talker(), Fake::default()).await;
    let session = shop.session().await;
    shop.turn(&session, "Count").await;
    shop.command("sessions.close", json!({ "session_id": session })).await.unwrap();
    let args = json!({ "session_id": session, "after": { "at": "beginning" } });
    let feed = shop.feed("session", args).await;
    let events = all(&feed).await;
    let types: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types.first(), Some(&"session.opened"), "{types:?}");
    assert_eq!(types.last(), Some(&"session.closed"), "{types:?}");
    assert!(types.contains(&"message"), "{types:?}");
    assert_eq!(feed.next_batch(1).await.unwrap(), None, "an end stays one");

    let at = events.iter().position(|event| event["type"] == "message").unwrap();
    let after = json!({ "at": "after", "cursor": events[at]["cursor"] });
    let rest = shop.feed("session", json!({ "session_id": session, "after": after })).await;
    assert_eq!(all(&rest).await, events[at + 1..]);
}

#[tokio::test]
async fn a_feed_that_is_cancelled_ends_for_who_waits() {
    let shop = Shop::open(talker(), Fake::default()).await;
    let feed = shop.feed("events", json!({ "after": { "at": "now" } })).await;
    let (batch, ()) = futures::join!(feed.next_batch(10), async { feed.cancel() });
    assert_eq!(batch.unwrap(), None);
    assert_eq!(feed.next_batch(10).await.unwrap(), None);
}

#[tokio::test]
async fn a_feed_of_nothing_is_an_error_and_then_the_end() {
    let shop = Shop::open(talker(), Fake::default()).await;
    let nobody = "00000000-0000-7000-8000-000000000000";
    let feed =
        shop.feed("task", json!({ "task_id": nobody, "after": { "at": "beginning" } })).await;
    let error = feed.next_batch(1).await.unwrap_err();
    assert_eq!(error.kind(), maestro_core::ErrorKind::NotFound);
    assert_eq!(feed.next_batch(1).await.unwrap(), None);
}

#[tokio::test]
async fn a_view_is_given_whole_after_each_change() {
    let shop = Shop::open(talker(), Fake::default()).await;
    let session = shop.session().await;
    let feed = shop.feed("view", json!({ "session_id": session, "keep": 50 })).await;
    let turn = shop.turn(&session, "Count").await;
    shop.command("sessions.close", json!({ "session_id": session })).await.unwrap();
    let views = all(&feed).await;
    let last = views.last().unwrap();
    assert_eq!(last["state"], "closed");
    assert!(last.to_string().contains("One two"), "{turn} {last}");
}
