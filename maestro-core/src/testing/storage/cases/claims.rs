//! Claims and permits.

use std::time::Duration;

use futures::future::join_all;

use super::permits::limited;
use crate::error::ErrorKind;
use crate::runtime::{Runtime as _, spawn};
use crate::storage::{ClaimOutcome, Want};
use crate::testing::storage::change::events;
use crate::testing::storage::ctx::{Ctx, LAPSED, TTL_MS, key, key_of, stream, want, want_with};

pub(super) async fn claims_take_what_is_free(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let before = cx.record(&a).await;
    let earliest = cx.clock.now() + Duration::from_millis(TTL_MS);
    let outcome = cx.claim_one(node, want(&a)).await;
    let ClaimOutcome::Claimed { record } = outcome else { panic!("not claimed: {outcome:?}") };
    assert_eq!(*record, cx.record(&a).await, "the record as it is with its new lease");
    assert_eq!(record.lease.node_id, Some(node));
    assert!(record.lease.token > before.lease.token);
    let latest = cx.clock.now() + Duration::from_millis(TTL_MS);
    assert!((earliest..=latest).contains(&record.lease.until));
    assert_eq!((record.version, record.body), (before.version, before.body));
}

pub(super) async fn claims_find_it_held(cx: Ctx) {
    let (a, holder) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    cx.take(holder, want(&a)).await;
    let before = cx.record(&a).await;
    let outcome = cx.claim_one(cx.node(), want(&a)).await;
    let until = before.lease.until;
    assert_eq!(outcome, ClaimOutcome::Held { node_id: holder, until });
    assert_eq!(cx.record(&a).await, before);
}

pub(super) async fn claims_find_it_missing(cx: Ctx) {
    cx.have(&[&key_of("other", "a")]).await;
    let outcome = cx.claim_one(cx.node(), want_with(&key("a"), &[("s", 0)])).await;
    assert_eq!(outcome, ClaimOutcome::Missing);
}

pub(super) async fn claims_find_it_stale(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    cx.ok(cx.change().update(&a, 1)).await;
    let of_version = |version| Want { version: Some(version), ..want(&a) };
    assert_eq!(cx.claim_one(node, of_version(1)).await, ClaimOutcome::Stale { version: 2 });
    assert_eq!(cx.record(&a).await.lease.node_id, None);
    cx.take(node, of_version(2)).await;
}

pub(super) async fn claims_take_what_lapsed(cx: Ctx) {
    let (a, holder, node) = (key("a"), cx.node(), cx.node());
    cx.have(&[&a]).await;
    let first = cx.take(holder, want(&a)).await;
    cx.advance(Duration::from_millis(TTL_MS / 2));
    let outcome = cx.claim_one(node, want(&a)).await;
    assert!(matches!(outcome, ClaimOutcome::Held { .. }), "too early: {outcome:?}");
    cx.advance(LAPSED);
    assert!(cx.take(node, want(&a)).await > first);
    assert_eq!(cx.record(&a).await.lease.node_id, Some(node));
}

pub(super) async fn claims_seize_from_the_dead(cx: Ctx) {
    let (a, dead, node) = (key("a"), cx.node(), cx.node());
    cx.have(&[&a]).await;
    let first = cx.take(dead, want(&a)).await;
    let from = |holder| Want { seize_from: Some(holder), ..want(&a) };
    let outcome = cx.claim_one(node, from(cx.node())).await;
    assert!(matches!(outcome, ClaimOutcome::Held { .. }), "another one died: {outcome:?}");
    let second = cx.take(node, from(dead)).await;
    assert!(second > first);
    cx.refused(cx.change().lease(&a, dead, first), ErrorKind::LeaseLost).await;
    // The seizing is done: it takes nothing from the new holder.
    let outcome = cx.claim_one(cx.node(), from(dead)).await;
    assert!(matches!(outcome, ClaimOutcome::Held { node_id, .. } if node_id == node));
    cx.have(&[&key("b")]).await;
    cx.take(node, Want { seize_from: Some(dead), ..want(&key("b")) }).await;
}

pub(super) async fn claims_again_by_the_holder_give_a_new_token(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let first = cx.take(node, want(&a)).await;
    let second = cx.take(node, want(&a)).await;
    assert!(second > first);
    assert!(!cx.renew(node, &a, first).await);
    assert!(cx.renew(node, &a, second).await);
}

pub(super) async fn claims_give_ever_greater_tokens(cx: Ctx) {
    let (a, nodes) = (key("a"), [cx.node(), cx.node()]);
    cx.have(&[&a]).await;
    let mut version = 1;
    let mut last = cx.record(&a).await.lease.token;
    for round in 0..12 {
        let node = nodes[round % 2];
        let token = if round % 4 == 3 {
            cx.ok(cx.change().acquire(&a, node, TTL_MS)).await.tokens[0]
        } else {
            cx.take(node, want(&a)).await
        };
        assert!(token > last, "{token} after {last}");
        last = token;
        match round % 3 {
            0 => drop(cx.ok(cx.change().release(&a, node, token)).await),
            1 => cx.advance(LAPSED),
            _ => {
                cx.ok(cx.change().delete(&a, version)).await;
                cx.have(&[&a]).await;
                version = 1;
            }
        }
    }
    assert_eq!(version, 1);
}

pub(super) async fn claims_change_neither_version_nor_events(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.ok(cx.change().create(&a).append(&stream("a"), events(&["1"]))).await;
    let mut feed = cx.feed_from(crate::model::Position::Beginning);
    feed.events(1).await;
    let token = cx.take(node, want(&a)).await;
    cx.renew(node, &a, token).await;
    assert_eq!(cx.record(&a).await.version, 1);
    feed.ends().await;
    cx.ok(cx.change().update(&a, 1)).await;
}

pub(super) async fn claims_decide_each_want_alone(cx: Ctx) {
    let (a, b, c, node) = (key("a"), key("b"), key("c"), cx.node());
    cx.have(&[&a, &b, &c]).await;
    cx.take(cx.node(), want(&b)).await;
    let wants = vec![want(&key("none")), want(&a), want(&b), want_with(&c, &[("s", 0)])];
    let outcomes = cx.claim(node, wants).await;
    assert_eq!(outcomes[0], ClaimOutcome::Missing);
    assert!(matches!(&outcomes[1], ClaimOutcome::Claimed { record } if record.key == a));
    assert!(matches!(outcomes[2], ClaimOutcome::Held { .. }));
    assert_eq!(outcomes[3], limited("s"));
    assert!(cx.claim(node, Vec::new()).await.is_empty());
}

pub(super) async fn claims_see_the_wants_before(cx: Ctx) {
    let (a, b, node) = (key("a"), key("b"), cx.node());
    cx.have(&[&a, &b]).await;
    let wants = vec![want_with(&a, &[("s", 1)]), want_with(&b, &[("s", 1)])];
    let outcomes = cx.claim(node, wants).await;
    assert!(matches!(outcomes[0], ClaimOutcome::Claimed { .. }));
    assert_eq!(outcomes[1], limited("s"));
}

pub(super) async fn claims_race_and_one_wins(cx: Ctx) {
    let (a, other) = (key("a"), cx.open_again().await);
    cx.have(&[&a]).await;
    let racers = (0..64).map(|racer| {
        let (cx, a) = (if racer % 2 == 0 { cx.clone() } else { other.clone() }, a.clone());
        let runtime = cx.clock.clone();
        spawn(&*runtime, "racer", async move { cx.claim_one(cx.node(), want(&a)).await })
    });
    let outcomes = join_all(racers).await;
    let won = |outcome: &&ClaimOutcome| matches!(outcome, ClaimOutcome::Claimed { .. });
    assert_eq!(outcomes.iter().filter(won).count(), 1, "exactly one wins: {outcomes:?}");
    let winner = cx.record(&a).await.lease.node_id;
    let told = outcomes.iter().all(|outcome| match outcome {
        ClaimOutcome::Held { node_id, .. } => Some(*node_id) == winner,
        outcome => matches!(outcome, ClaimOutcome::Claimed { .. }),
    });
    assert!(told, "all others hear who holds it: {outcomes:?}");
}
