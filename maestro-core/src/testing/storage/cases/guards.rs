//! Guards: what must hold for a commit to happen.

use crate::error::ErrorKind;
use crate::id::LeaseToken;
use crate::testing::storage::ctx::{Ctx, LAPSED, key, key_of, want};

pub(super) async fn guards_absent_on_a_record_is_already_exists(cx: Ctx) {
    let a = key("a");
    cx.have(&[&a]).await;
    let error = cx.refused(cx.change().create(&a), ErrorKind::AlreadyExists).await;
    assert!(!error.is_retryable(), "repeating it cannot help: {error:?}");
    assert_eq!(cx.record(&a).await.version, 1);
}

pub(super) async fn guards_another_version_is_conflict(cx: Ctx) {
    let a = key("a");
    cx.have(&[&a]).await;
    for version in [0, 2, u64::MAX >> 1] {
        cx.refused(cx.change().update(&a, version), ErrorKind::Conflict).await;
    }
    cx.ok(cx.change().update(&a, 1)).await;
    cx.refused(cx.change().update(&a, 1), ErrorKind::Conflict).await;
    cx.refused(cx.change().delete(&a, 1), ErrorKind::Conflict).await;
}

pub(super) async fn guards_a_version_of_nothing_is_conflict(cx: Ctx) {
    cx.refused(cx.change().update(&key("a"), 1), ErrorKind::Conflict).await;
    cx.refused(cx.change().update(&key("a"), 0), ErrorKind::Conflict).await;
    cx.refused(cx.change().delete(&key("a"), 1), ErrorKind::Conflict).await;
}

pub(super) async fn guards_a_lease_of_nothing_is_lost(cx: Ctx) {
    let change = cx.change().lease(&key("a"), cx.node(), LeaseToken(1));
    cx.refused(change, ErrorKind::LeaseLost).await;
}

pub(super) async fn guards_a_lease_never_taken_is_lost(cx: Ctx) {
    let a = key("a");
    cx.have(&[&a]).await;
    for token in [0, 1] {
        let change = cx.change().lease(&a, cx.node(), LeaseToken(token)).update(&a, 1);
        cx.refused(change, ErrorKind::LeaseLost).await;
    }
}

pub(super) async fn guards_a_lease_holds_for_its_node_and_token(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let token = cx.take(node, want(&a)).await;
    cx.refused(cx.change().lease(&a, cx.node(), token), ErrorKind::LeaseLost).await;
    let other = LeaseToken(token.0 + 1);
    cx.refused(cx.change().lease(&a, node, other), ErrorKind::LeaseLost).await;
    cx.ok(cx.change().lease(&a, node, token).update(&a, 1)).await;
}

pub(super) async fn guards_an_older_token_is_lost(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let older = cx.take(node, want(&a)).await;
    let newer = cx.take(node, want(&a)).await;
    cx.refused(cx.change().lease(&a, node, older).update(&a, 1), ErrorKind::LeaseLost).await;
    cx.ok(cx.change().lease(&a, node, newer).update(&a, 1)).await;
}

pub(super) async fn guards_a_lapsed_lease_counts_until_it_is_taken(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    let token = cx.take(node, want(&a)).await;
    cx.advance(LAPSED);
    cx.ok(cx.change().lease(&a, node, token).update(&a, 1)).await;
    cx.take(cx.node(), want(&a)).await;
    cx.refused(cx.change().lease(&a, node, token).update(&a, 2), ErrorKind::LeaseLost).await;
}

pub(super) async fn guards_the_first_that_fails_decides(cx: Ctx) {
    let (a, missing) = (key("a"), key("missing"));
    cx.have(&[&a]).await;
    let lease = |change: super::super::change::Change| change.lease(&a, cx.node(), LeaseToken(7));
    cx.refused(lease(cx.change().absent(&a)).version(&missing, 1), ErrorKind::AlreadyExists).await;
    cx.refused(lease(cx.change().version(&missing, 1)).absent(&a), ErrorKind::Conflict).await;
    cx.refused(lease(cx.change()).absent(&a).version(&missing, 1), ErrorKind::LeaseLost).await;
    // A guard that holds decides nothing.
    cx.refused(lease(cx.change().version(&a, 1)).absent(&a), ErrorKind::LeaseLost).await;
}

pub(super) async fn guards_may_name_records_that_do_not_change(cx: Ctx) {
    let (a, b) = (key("a"), key("b"));
    cx.have(&[&a]).await;
    cx.refused(cx.change().version(&a, 2).create(&b), ErrorKind::Conflict).await;
    cx.ok(cx.change().version(&a, 1).absent(&key("c")).create(&b)).await;
    assert_eq!(cx.record(&a).await.version, 1, "a guard changes nothing");
    assert!(cx.find(&key("c")).await.is_none(), "a guard makes nothing");
    let receipt = cx.ok(cx.change().version(&a, 1)).await;
    assert_eq!(receipt, crate::storage::Receipt::default(), "guards alone are a commit too");
}

pub(super) async fn guards_see_the_state_before_the_commit(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    // Both would fail after the put.
    cx.ok(cx.change().absent(&a).absent(&a).put_any(&a)).await;
    cx.ok(cx.change().version(&a, 1).put_any(&a).version(&a, 1)).await;
    // The lease is acquired by the same commit, so before it nobody held it.
    let change = cx.change().lease(&a, node, LeaseToken(1)).acquire(&a, node, 1000);
    cx.refused(change, ErrorKind::LeaseLost).await;
}

pub(super) async fn guards_that_contradict_each_other_never_hold(cx: Ctx) {
    let a = key("a");
    cx.refused(cx.change().absent(&a).version(&a, 1).put_any(&a), ErrorKind::Conflict).await;
    cx.have(&[&a]).await;
    let change = cx.change().version(&a, 1).absent(&a).put_any(&a);
    cx.refused(change, ErrorKind::AlreadyExists).await;
}

pub(super) async fn guards_look_at_one_tenant(cx: Ctx) {
    let (a, same_id) = (key_of("one", "a"), key_of("two", "a"));
    cx.have(&[&a]).await;
    cx.refused(cx.change().update(&same_id, 1), ErrorKind::Conflict).await;
    cx.have(&[&same_id]).await;
}
