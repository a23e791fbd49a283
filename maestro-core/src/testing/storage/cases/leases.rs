//! Leases in commits, and renewals.

use std::time::Duration;

use crate::error::ErrorKind;
use crate::id::LeaseToken;
use crate::runtime::Runtime as _;
use crate::storage::{ClaimOutcome, LeaseFilter, ListQuery, Renew};
use crate::testing::storage::ctx::{
    Ctx, LAPSED, TTL_MS, key, key_of, must, tasks, want, want_with,
};

pub(super) async fn leases_are_acquired_when_free(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let before = cx.clock.now();
    let receipt = cx.ok(cx.change().acquire(&a, node, TTL_MS)).await;
    let record = cx.record(&a).await;
    assert_eq!(receipt.tokens, [record.lease.token]);
    assert_eq!(record.lease.node_id, Some(node));
    assert!(record.lease.until >= before + Duration::from_millis(TTL_MS));
    assert!(record.lease.until <= cx.clock.now() + Duration::from_millis(TTL_MS));
    assert_eq!(record.version, 1, "a lease is no change of the record");
    cx.ok(cx.change().lease(&a, node, record.lease.token)).await;
}

pub(super) async fn leases_are_acquired_with_the_record(cx: Ctx) {
    let (a, b, node) = (key("a"), key("b"), cx.node());
    let change = cx.change().create(&a).create(&b);
    let receipt = cx.ok(change.acquire(&b, node, TTL_MS).acquire(&a, node, TTL_MS)).await;
    let tokens = [cx.record(&b).await.lease.token, cx.record(&a).await.lease.token];
    assert_eq!(receipt.tokens, tokens, "in the order of the changes");
    assert!(tokens.iter().all(|token| token.0 > 0));
}

pub(super) async fn leases_that_are_held_are_not_acquired(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    cx.take(node, want(&a)).await;
    let before = cx.record(&a).await;
    cx.refused(cx.change().acquire(&a, cx.node(), TTL_MS), ErrorKind::Conflict).await;
    cx.refused(cx.change().acquire(&a, node, TTL_MS), ErrorKind::Conflict).await;
    assert_eq!(cx.record(&a).await, before);
}

pub(super) async fn leases_that_lapsed_are_acquired(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a, &key("b")]).await;
    let lapsed = cx.take(cx.node(), want_with(&a, &[("s", 1)])).await;
    cx.advance(LAPSED);
    let receipt = cx.ok(cx.change().acquire(&a, node, TTL_MS)).await;
    assert!(receipt.tokens[0] > lapsed);
    assert_eq!(cx.record(&a).await.lease.node_id, Some(node));
    cx.take(node, want_with(&key("b"), &[("s", 1)])).await;
}

pub(super) async fn leases_of_nothing_are_not_acquired(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.refused(cx.change().acquire(&a, node, TTL_MS), ErrorKind::Conflict).await;
    cx.have(&[&a]).await;
    let change = cx.change().delete(&a, 1).acquire(&a, node, TTL_MS);
    cx.refused(change, ErrorKind::Conflict).await;
    assert!(cx.find(&a).await.is_some());
}

pub(super) async fn leases_are_given_back(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let token = cx.take(node, want(&a)).await;
    cx.ok(cx.change().update(&a, 1).release(&a, node, token)).await;
    let lease = cx.record(&a).await.lease;
    assert_eq!((lease.node_id, lease.token), (None, token), "the token outlives the holder");
    cx.refused(cx.change().lease(&a, node, token), ErrorKind::LeaseLost).await;
    assert!(!cx.renew(node, &a, token).await);
    let next = cx.take(cx.node(), want(&a)).await;
    assert!(next > token, "a token is never used again");
}

pub(super) async fn leases_that_are_not_held_are_not_given_back(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    let release = |token| cx.change().release(&a, node, token);
    cx.refused(release(LeaseToken(0)), ErrorKind::LeaseLost).await;
    cx.have(&[&a]).await;
    cx.refused(release(LeaseToken(0)), ErrorKind::LeaseLost).await;
    let token = cx.take(node, want(&a)).await;
    cx.refused(cx.change().release(&a, cx.node(), token), ErrorKind::LeaseLost).await;
    cx.refused(release(LeaseToken(token.0 + 1)), ErrorKind::LeaseLost).await;
    cx.ok(release(token)).await;
    cx.refused(release(token), ErrorKind::LeaseLost).await;
}

pub(super) async fn leases_that_lapsed_are_given_back(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let token = cx.take(node, want(&a)).await;
    cx.advance(LAPSED);
    cx.ok(cx.change().release(&a, node, token)).await;
    assert_eq!(cx.record(&a).await.lease.node_id, None);
}

pub(super) async fn leases_change_in_order(cx: Ctx) {
    let (a, old, new) = (key("a"), cx.node(), cx.node());
    cx.have(&[&a]).await;
    let token = cx.take(old, want(&a)).await;
    let change = cx.change().release(&a, old, token).acquire(&a, new, TTL_MS);
    let receipt = cx.ok(change).await;
    assert!(receipt.tokens[0] > token);
    assert_eq!(cx.record(&a).await.lease.node_id, Some(new));
    let change = cx.change().acquire(&a, old, TTL_MS).release(&a, new, receipt.tokens[0]);
    cx.refused(change, ErrorKind::Conflict).await;
}

pub(super) async fn leases_lapse_at_their_moment(cx: Ctx) {
    let (a, cx) = (key("a"), cx.open_frozen().await);
    cx.have(&[&a]).await;
    cx.take(cx.node(), want(&a)).await;
    let lapsed = ListQuery { lease: Some(LeaseFilter::Lapsed), ..tasks() };
    let claimable = ListQuery { lease: Some(LeaseFilter::Claimable), ..tasks() };
    let until = cx.record(&a).await.lease.until;
    cx.advance(Duration::from_micros(TTL_MS * 1000 - 1));
    assert!(cx.clock.now() < until);
    let outcome = cx.claim_one(cx.node(), want(&a)).await;
    assert!(matches!(outcome, ClaimOutcome::Held { .. }), "a moment too early: {outcome:?}");
    assert!(cx.ids(&lapsed).await.is_empty() && cx.ids(&claimable).await.is_empty());
    cx.advance(Duration::from_micros(1));
    assert_eq!(cx.clock.now(), until);
    assert_eq!(cx.ids(&lapsed).await, ["a"]);
    assert_eq!(cx.ids(&claimable).await, ["a"]);
    cx.take(cx.node(), want(&a)).await;
}

pub(super) async fn leases_end_with_the_record(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let token = cx.take(node, want(&a)).await;
    cx.ok(cx.change().delete(&a, 1)).await;
    assert!(!cx.renew(node, &a, token).await);
    cx.refused(cx.change().lease(&a, node, token), ErrorKind::LeaseLost).await;
    cx.have(&[&a]).await;
    assert_eq!(cx.record(&a).await.lease.node_id, None, "the new record is free");
    cx.refused(cx.change().lease(&a, node, token), ErrorKind::LeaseLost).await;
    assert!(cx.take(node, want(&a)).await > token, "a token is never used again");
}

pub(super) async fn renewals_extend_leases(cx: Ctx) {
    let (a, b, node) = (key("a"), key("b"), cx.node());
    cx.have(&[&a, &b]).await;
    let leases = vec![
        (a.clone(), cx.take(node, want(&a)).await),
        (b.clone(), cx.take(node, want(&b)).await),
    ];
    let before = cx.clock.now();
    let ttl_ms = 10 * TTL_MS;
    let renewed = cx.storage.renew(&Renew { node_id: node, ttl_ms, leases: leases.clone() }).await;
    assert!(must(renewed, "renew").lost.is_empty());
    cx.advance(LAPSED);
    for (key, token) in leases {
        let record = cx.record(&key).await;
        assert_eq!((record.lease.token, record.version), (token, 1), "only the time changes");
        assert!(record.lease.until >= before + Duration::from_millis(ttl_ms));
        let outcome = cx.claim_one(cx.node(), want(&key)).await;
        assert!(matches!(outcome, ClaimOutcome::Held { node_id, .. } if node_id == node));
    }
}

pub(super) async fn renewals_extend_lapsed_leases_that_nobody_took(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let token = cx.take(node, want(&a)).await;
    cx.advance(LAPSED);
    assert!(cx.renew(node, &a, token).await);
    let outcome = cx.claim_one(cx.node(), want(&a)).await;
    assert!(matches!(outcome, ClaimOutcome::Held { .. }), "it is held again: {outcome:?}");
}

pub(super) async fn renewals_tell_what_is_lost(cx: Ctx) {
    let keys = ["kept", "taken", "released", "deleted", "older"].map(key);
    let [kept, taken, released, deleted, older] = &keys;
    let node = cx.node();
    cx.have(&keys.each_ref()).await;
    let mut leases = Vec::new();
    for key in &keys {
        leases.push((key.clone(), cx.take(node, want(key)).await));
    }
    let mut seize = want(taken);
    seize.seize_from = Some(node);
    cx.take(cx.node(), seize).await;
    cx.ok(cx.change().release(released, node, leases[2].1).delete(deleted, 1)).await;
    cx.take(node, want(older)).await;
    leases.push((key("never"), LeaseToken(1)));
    leases.push((key_of("other", "kept"), leases[0].1));

    let renew = Renew { node_id: node, ttl_ms: TTL_MS, leases };
    let lost = must(cx.storage.renew(&renew).await, "renew").lost;
    let mut expected = keys.to_vec();
    expected.retain(|key| key != kept);
    expected.extend([key("never"), key_of("other", "kept")]);
    assert_eq!(lost, expected, "all that are lost, in the order asked");

    let stranger = Renew { node_id: cx.node(), ..renew };
    let lost = must(cx.storage.renew(&stranger).await, "renew").lost;
    assert_eq!(lost.len(), 7, "a lease is the node's own");
}
