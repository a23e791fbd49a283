//! Unique keys, and streams.

use crate::error::ErrorKind;
use crate::id::TenantId;
use crate::storage::{RecordKey, RecordKind};
use crate::testing::storage::change::{columns, unique};
use crate::testing::storage::ctx::{Ctx, key, key_of};

pub(super) async fn unique_keys_in_use_are_already_exists(cx: Ctx) {
    cx.have_with(&key("a"), unique("shop")).await;
    cx.have(&[&key("c")]).await;
    for change in [
        cx.change().create_with(&key("b"), unique("shop")),
        cx.change().update_with(&key("c"), 1, unique("shop")),
    ] {
        let error = cx.refused(change, ErrorKind::AlreadyExists).await;
        let named = error.context().any(|(_, value)| value.contains("shop"));
        assert!(named, "the context does not name the key: {error:?}");
    }
}

pub(super) async fn unique_keys_are_claimed_once_in_a_commit(cx: Ctx) {
    let change = cx.change().create_with(&key("a"), unique("shop"));
    let change = change.create_with(&key("b"), unique("shop"));
    cx.refused(change, ErrorKind::AlreadyExists).await;
    assert!(cx.find(&key("a")).await.is_none());
}

pub(super) async fn unique_keys_stay_with_their_record(cx: Ctx) {
    cx.have_with(&key("a"), unique("shop")).await;
    cx.ok(cx.change().update_with(&key("a"), 1, unique("shop"))).await;
    cx.refused(cx.change().create_with(&key("b"), unique("shop")), ErrorKind::AlreadyExists).await;
}

pub(super) async fn unique_keys_are_freed_by_a_change(cx: Ctx) {
    cx.have_with(&key("a"), unique("shop")).await;
    cx.ok(cx.change().update_with(&key("a"), 1, unique("store"))).await;
    cx.have_with(&key("b"), unique("shop")).await;
    cx.ok(cx.change().update_with(&key("a"), 2, columns("queued"))).await;
    cx.have_with(&key("c"), unique("store")).await;
}

pub(super) async fn unique_keys_are_freed_by_a_delete(cx: Ctx) {
    cx.have_with(&key("a"), unique("shop")).await;
    cx.ok(cx.change().delete(&key("a"), 1)).await;
    cx.have_with(&key("b"), unique("shop")).await;
    let change = cx.change().delete(&key("b"), 1).create_with(&key("c"), unique("shop"));
    cx.ok(change).await;
}

pub(super) async fn unique_keys_can_be_exchanged(cx: Ctx) {
    let (a, b) = (key("a"), key("b"));
    cx.ok(cx.change().create_with(&a, unique("1")).create_with(&b, unique("2"))).await;
    let change = cx.change().update_with(&a, 1, unique("2")).update_with(&b, 1, unique("1"));
    cx.ok(change).await;
    assert_eq!(cx.record(&a).await.columns.unique_key.as_deref(), Some("2"));
    let change = cx.change().create_with(&key("c"), unique("1"));
    cx.refused(change, ErrorKind::AlreadyExists).await;
}

pub(super) async fn unique_keys_are_of_one_tenant_and_kind(cx: Ctx) {
    let project = RecordKey::new(TenantId::default(), RecordKind::PROJECT, "a");
    for key in [key("a"), key_of("other", "a"), project] {
        cx.have_with(&key, unique("shop")).await;
    }
    // Records without a key do not share one.
    cx.have(&[&key("b"), &key("c")]).await;
}
