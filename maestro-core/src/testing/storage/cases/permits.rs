//! Permits.

use futures::future::join_all;

use crate::error::ErrorKind;
use crate::runtime::spawn;
use crate::storage::{Claim, ClaimOutcome, Want};
use crate::testing::storage::ctx::{Ctx, LAPSED, TTL_MS, key, key_of, must_fail, want, want_with};

pub(super) fn limited(scope: &str) -> ClaimOutcome {
    ClaimOutcome::Limited { scope: scope.to_owned() }
}

pub(super) async fn permits_are_limited(cx: Ctx) {
    let keys = ["a", "b", "c", "d"].map(key);
    cx.have(&keys.each_ref()).await;
    let two = |key| want_with(key, &[("project:1", 2)]);
    cx.take(cx.node(), two(&keys[0])).await;
    cx.take(cx.node(), two(&keys[1])).await;
    assert_eq!(cx.claim_one(cx.node(), two(&keys[2])).await, limited("project:1"));
    assert_eq!(cx.record(&keys[2]).await.lease.node_id, None);
    // Each claim says what is allowed; what is held stays held.
    cx.take(cx.node(), want_with(&keys[2], &[("project:1", 3)])).await;
    assert_eq!(cx.claim_one(cx.node(), two(&keys[3])).await, limited("project:1"));
    cx.take(cx.node(), want_with(&keys[3], &[("project:2", 1)])).await;
}

pub(super) async fn permits_are_all_or_nothing(cx: Ctx) {
    let (a, b, c, node) = (key("a"), key("b"), key("c"), cx.node());
    cx.have(&[&a, &b, &c]).await;
    cx.take(node, want_with(&a, &[("full", 1)])).await;
    let both = want_with(&b, &[("empty", 1), ("full", 1)]);
    assert_eq!(cx.claim_one(node, both).await, limited("full"));
    assert_eq!(cx.record(&b).await.lease.node_id, None);
    cx.take(node, want_with(&c, &[("empty", 1)])).await;
    let none = want_with(&b, &[("full", 1), ("empty", 1)]);
    assert_eq!(cx.claim_one(node, none).await, limited("full"), "the first without a place");
}

pub(super) async fn permits_of_nothing_are_never_given(cx: Ctx) {
    cx.have(&[&key("a")]).await;
    let outcome = cx.claim_one(cx.node(), want_with(&key("a"), &[("s", 0)])).await;
    assert_eq!(outcome, limited("s"));
}

pub(super) async fn permits_end_with_a_release(cx: Ctx) {
    let (a, b, node) = (key("a"), key("b"), cx.node());
    cx.have(&[&a, &b]).await;
    let token = cx.take(node, want_with(&a, &[("s", 1), ("t", 1)])).await;
    cx.ok(cx.change().release(&a, node, token)).await;
    cx.take(node, want_with(&b, &[("t", 1), ("s", 1)])).await;
}

pub(super) async fn permits_end_with_a_claim_by_another(cx: Ctx) {
    let (a, b, dead, node) = (key("a"), key("b"), cx.node(), cx.node());
    cx.have(&[&a, &b]).await;
    cx.take(dead, want_with(&a, &[("s", 1)])).await;
    cx.take(node, Want { seize_from: Some(dead), ..want(&a) }).await;
    cx.take(node, want_with(&b, &[("s", 1)])).await;
}

pub(super) async fn permits_end_with_a_claim_by_the_same(cx: Ctx) {
    let (a, b, node) = (key("a"), key("b"), cx.node());
    cx.have(&[&a, &b]).await;
    cx.take(node, want_with(&a, &[("s", 1)])).await;
    cx.take(node, want_with(&a, &[("s", 1)])).await;
    assert_eq!(cx.claim_one(node, want_with(&b, &[("s", 1)])).await, limited("s"));
    cx.take(node, want_with(&a, &[("t", 1)])).await;
    cx.take(node, want_with(&b, &[("s", 1)])).await;
}

pub(super) async fn permits_end_with_the_record(cx: Ctx) {
    let (a, b, node) = (key("a"), key("b"), cx.node());
    cx.have(&[&a, &b]).await;
    cx.take(node, want_with(&a, &[("s", 1)])).await;
    cx.ok(cx.change().delete(&a, 1)).await;
    cx.take(node, want_with(&b, &[("s", 1)])).await;
}

pub(super) async fn permits_of_lapsed_leases_count(cx: Ctx) {
    let (a, b, node) = (key("a"), key("b"), cx.node());
    cx.have(&[&a, &b]).await;
    cx.take(node, want_with(&a, &[("s", 1)])).await;
    cx.advance(LAPSED);
    assert_eq!(cx.claim_one(node, want_with(&b, &[("s", 1)])).await, limited("s"));
    cx.take(cx.node(), want(&a)).await;
    cx.take(node, want_with(&b, &[("s", 1)])).await;
}

pub(super) async fn permits_survive_puts_and_renewals(cx: Ctx) {
    let (a, b, node) = (key("a"), key("b"), cx.node());
    cx.have(&[&a, &b]).await;
    let token = cx.take(node, want_with(&a, &[("s", 1)])).await;
    cx.ok(cx.change().lease(&a, node, token).update(&a, 1)).await;
    cx.renew(node, &a, token).await;
    assert_eq!(cx.claim_one(node, want_with(&b, &[("s", 1)])).await, limited("s"));
}

pub(super) async fn permits_are_of_one_tenant(cx: Ctx) {
    let (a, b) = (key_of("one", "a"), key_of("two", "a"));
    cx.have(&[&a, &b]).await;
    cx.take(cx.node(), want_with(&a, &[("s", 1)])).await;
    cx.take(cx.node(), want_with(&b, &[("s", 1)])).await;
}

pub(super) async fn permits_of_one_scope_are_asked_for_once(cx: Ctx) {
    let a = key("a");
    cx.have(&[&a]).await;
    let wants = vec![want_with(&a, &[("s", 2), ("s", 2)])];
    let claim = Claim { node_id: cx.node(), ttl_ms: TTL_MS, wants };
    must_fail(cx.storage.claim(&claim).await, ErrorKind::InvalidArgument);
    assert_eq!(cx.record(&a).await.lease.node_id, None);
}

pub(super) async fn permits_hold_under_a_race(cx: Ctx) {
    let keys: Vec<_> = (0..64).map(|n| key(&format!("{n:02}"))).collect();
    let refs: Vec<_> = keys.iter().collect();
    cx.have(&refs).await;
    let other = cx.open_again().await;
    let racers = keys.into_iter().enumerate().map(|(racer, key)| {
        let cx = if racer % 2 == 0 { cx.clone() } else { other.clone() };
        let runtime = cx.clock.clone();
        let want = want_with(&key, &[("s", 5)]);
        spawn(&*runtime, "racer", async move { cx.claim_one(cx.node(), want).await })
    });
    let outcomes = join_all(racers).await;
    let won = |outcome: &&ClaimOutcome| matches!(outcome, ClaimOutcome::Claimed { .. });
    assert_eq!(outcomes.iter().filter(won).count(), 5);
    assert!(outcomes.iter().all(|outcome| won(&outcome) || *outcome == limited("s")));
}
