//! What the model's service does wrong.

use maestro_core::ErrorKind;
use maestro_core::agent::AgentEvent;
use maestro_core::model::{EventData, StopReason};

use crate::for_each_release;
use crate::house::House;
use crate::program::Release;
use crate::read::{count, ends, facts, texts};

for_each_release! {
    what_cannot_be_repeated,
    what_is_repeated,
    what_is_given_up,
    a_connection_that_drops_in_a_message,
    an_error_in_a_message,
}

async fn what_cannot_be_repeated(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    let seen = talk.ask("scenario: error-400").await;
    let error = ends(&seen)[0].error.clone().expect("it failed");
    assert_eq!((error.kind, error.retryable), (ErrorKind::InvalidArgument, false));
    assert!(error.message.contains("400"), "{}", error.message);
    let seen = talk.ask("scenario: max-tokens").await;
    assert!(!ends(&seen).is_empty());
    let seen = talk.ask("scenario: hello").await;
    assert_eq!(texts(&seen), ["Hello from the scripted model."]);
}

fn retries(seen: &[AgentEvent]) -> Vec<(u32, Option<u16>, Option<u64>)> {
    let retries = facts(seen).filter_map(|fact| match fact {
        EventData::AgentRetrying(retry) => Some((retry.attempt, retry.status, retry.delay_ms)),
        _ => None,
    });
    retries.collect()
}

async fn what_is_repeated(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    for (scenario, status) in [("error-401", 401), ("error-429", 429), ("error-529", 529)] {
        let seen = talk.ask(&format!("scenario: {scenario}")).await;
        assert_eq!(texts(&seen), [format!("Recovered from {status}.")]);
        assert_eq!(ends(&seen)[0].error, None);
        let retries = retries(&seen);
        assert_eq!(retries.len(), 1, "{scenario}: {retries:?}");
        assert_eq!((retries[0].0, retries[0].1), (1, Some(status)));
        // It was told to wait for a second.
        assert!(status != 429 || retries[0].2 >= Some(1000), "{retries:?}");
    }
}

async fn what_is_given_up(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    let seen = talk.ask("scenario: error-529 times=20").await;
    let end = ends(&seen)[0];
    let error = end.error.clone().expect("it failed");
    assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, true), "{error:?}");
    assert_ne!(end.stop_reason, StopReason::EndTurn);
}

async fn a_connection_that_drops_in_a_message(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    let seen = talk.ask("scenario: drop-mid").await;
    assert_eq!(texts(&seen), ["This sentence has two halves."]);
    assert_eq!(count(&seen, "message.superseded"), 1, "{seen:?}");
    let generations: Vec<_> = facts(&seen)
        .filter_map(|fact| match fact {
            EventData::MessageDelta(delta) => Some((delta.generation, delta.offset)),
            _ => None,
        })
        .collect();
    assert_eq!(generations.first(), Some(&(0, 0)));
    if release.streams_again_after_a_drop() {
        assert!(generations.contains(&(1, 0)), "it is streamed again: {generations:?}");
        assert_eq!(retries(&seen).len(), 1);
    }
}

/// It is asked for again without a stream: pieces, and then a message that they are not of.
async fn an_error_in_a_message(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open().await;
    let seen = talk.ask("scenario: stream-error").await;
    assert_eq!(texts(&seen), ["This sentence has two halves."]);
    assert!(count(&seen, "message.delta") > 0);
    assert_eq!(count(&seen, "message.superseded"), 1, "{seen:?}");
    assert_eq!(ends(&seen)[0].error, None);
}
