//! The rules of a commit.

use crate::error::ErrorKind;
use crate::testing::storage::change::columns;
use crate::testing::storage::change::events;
use crate::testing::storage::ctx::{Ctx, key, stream, want};

pub(super) async fn rules_a_put_needs_a_guard(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.refused(cx.change().put_any(&a), ErrorKind::InvalidArgument).await;
    cx.refused(cx.change().absent(&key("b")).put_any(&a), ErrorKind::InvalidArgument).await;
    cx.have(&[&a]).await;
    let token = cx.take(node, want(&a)).await;
    let change = cx.change().lease(&a, node, token).put_any(&a);
    cx.refused(change, ErrorKind::InvalidArgument).await;
}

pub(super) async fn rules_a_delete_needs_a_version_guard(cx: Ctx) {
    let a = key("a");
    cx.refused(cx.change().absent(&a).drop_any(&a), ErrorKind::InvalidArgument).await;
    cx.have(&[&a]).await;
    cx.refused(cx.change().drop_any(&a), ErrorKind::InvalidArgument).await;
    assert!(cx.find(&a).await.is_some());
}

pub(super) async fn rules_a_record_is_changed_once(cx: Ctx) {
    let a = key("a");
    cx.refused(cx.change().create(&a).put_any(&a), ErrorKind::InvalidArgument).await;
    cx.have(&[&a]).await;
    cx.refused(cx.change().update(&a, 1).drop_any(&a), ErrorKind::InvalidArgument).await;
    cx.refused(cx.change().delete(&a, 1).drop_any(&a), ErrorKind::InvalidArgument).await;
    assert_eq!(cx.record(&a).await.version, 1);
}

pub(super) async fn rules_a_commit_that_breaks_them_does_nothing(cx: Ctx) {
    let (a, b) = (key("a"), key("b"));
    let broken = cx.change().create(&b).put(&a, columns("x"), super::super::change::text("x"));
    let broken = broken.append(&stream("s"), events(&["no"]));
    cx.refused(broken, ErrorKind::InvalidArgument).await;
    assert!(cx.find(&b).await.is_none(), "the part that fits did not happen either");
    let receipt = cx.ok(cx.change().append(&stream("s"), events(&["yes"]))).await;
    assert_eq!(receipt.first_seqs, [1], "no event was appended");
}
