//! Commits: whole or not at all, and once.

use std::future::poll_fn;
use std::task::Poll;

use futures::FutureExt as _;

use crate::error::ErrorKind;
use crate::id::LeaseToken;
use crate::model::{Envelope, Position};
use crate::storage::{Columns, Lease, Link, Put, Receipt};
use crate::testing::storage::change::{events, text, unique};
use crate::testing::storage::ctx::{Ctx, LAPSED, TTL_MS, key, stream, tasks, want};

pub(super) async fn commits_an_empty_one_is_fine(cx: Ctx) {
    let change = cx.change();
    assert_eq!(cx.ok(change.clone()).await, Receipt::default());
    assert_eq!(cx.ok(change).await, Receipt::default());
}

pub(super) async fn commits_give_back_what_was_put(cx: Ctx) {
    let a = key("a");
    let full = Columns {
        state: "running".to_owned(),
        unique_key: Some("name ünïcode".to_owned()),
        group: Some(String::new()),
        parent: Some("p".to_owned()),
        requires: Some("agent:claude".to_owned()),
        priority: i32::MIN,
        due_at: Some(crate::model::Timestamp::from_micros(-1)),
        links: vec![
            Link { rel: "needs".to_owned(), target: "t2".to_owned() },
            Link { rel: "needs".to_owned(), target: "t1".to_owned() },
        ],
    };
    let body =
        Envelope { key_id: "key-7".into(), codec: "zstd+json".into(), bytes: (0..=255).collect() };
    let mut change = cx.change().absent(&a);
    let put = Put { key: a.clone(), schema: 42, columns: full.clone(), body: body.clone() };
    change.0.puts.push(put);
    cx.ok(change).await;
    let record = cx.record(&a).await;
    assert_eq!((record.version, record.schema), (1, 42));
    assert_eq!((record.key, record.columns, record.body), (a.clone(), full, body));
    assert_eq!(record.lease, Lease { until: record.lease.until, ..Lease::default() });

    let change = cx.change().version(&a, 1).put(&a, Columns::default(), text(""));
    cx.ok(change).await;
    let record = cx.record(&a).await;
    assert_eq!(record.columns, Columns::default(), "columns are replaced whole");
    assert_eq!((record.body, record.schema), (text(""), 1));
}

pub(super) async fn commits_grow_the_version_by_one(cx: Ctx) {
    let (a, b) = (key("a"), key("b"));
    let receipt = cx.ok(cx.change().create(&a)).await;
    assert_eq!(receipt.versions, [1]);
    let receipt = cx.ok(cx.change().update(&a, 1).create(&b)).await;
    assert_eq!(receipt.versions, [2, 1], "in the order of the puts");
    let receipt = cx.ok(cx.change().update(&b, 1).update(&a, 2)).await;
    assert_eq!(receipt.versions, [2, 3]);
    assert_eq!(cx.record(&a).await.version, 3);
}

pub(super) async fn commits_keep_the_lease_of_what_they_put(cx: Ctx) {
    let (a, node) = (key("a"), cx.node());
    cx.have(&[&a]).await;
    cx.take(node, want(&a)).await;
    let before = cx.record(&a).await.lease;
    cx.ok(cx.change().update(&a, 1)).await;
    assert_eq!(cx.record(&a).await.lease, before);
}

pub(super) async fn commits_delete(cx: Ctx) {
    let (a, b) = (key("a"), key("b"));
    cx.have(&[&a, &b]).await;
    cx.ok(cx.change().delete(&a, 1)).await;
    assert!(cx.find(&a).await.is_none());
    assert_eq!(cx.ids(&tasks()).await, ["b"]);
    let receipt = cx.ok(cx.change().create(&a)).await;
    assert_eq!(receipt.versions, [1], "a record made anew starts over");
}

pub(super) async fn commits_give_the_first_receipt_again(cx: Ctx) {
    let (a, b, node) = (key("a"), key("b"), cx.node());
    let first = cx.change().create(&a).append(&stream("s"), events(&["1", "2"]));
    let first = first.append(&stream("t"), events(&["1"])).acquire(&a, node, TTL_MS);
    let receipt = cx.ok(first.clone()).await;
    assert_eq!((receipt.first_seqs.len(), receipt.tokens.len()), (2, 1));
    assert_eq!(cx.ok(first.clone()).await, receipt, "at once");

    cx.ok(cx.change().update(&a, 1).create(&b).append(&stream("s"), events(&["3"]))).await;
    cx.take(node, want(&a)).await;
    let before = cx.get(&[a.clone(), b.clone()]).await;
    assert_eq!(cx.ok(first.clone()).await, receipt, "also when its guards would fail now");
    assert_eq!(cx.get(&[a.clone(), b]).await, before, "it changes no record and no lease");

    cx.ok(cx.change().delete(&a, 2)).await;
    assert_eq!(cx.ok(first.clone()).await, receipt, "also when its record is gone");
    assert!(cx.find(&a).await.is_none());
    cx.advance(LAPSED);
    assert_eq!(cx.ok(first.clone()).await, receipt, "hours later");
    assert_eq!(cx.open_again().await.ok(first).await, receipt, "also through another handle");

    let mut feed = cx.feed_from(Position::Beginning);
    assert_eq!(feed.events(4).await.len(), 4, "its events are there once");
    feed.ends().await;
}

pub(super) async fn commits_that_failed_may_be_repeated(cx: Ctx) {
    let (a, b) = (key("a"), key("b"));
    let change = cx.change().version(&a, 1).create(&b);
    cx.refused(change.clone(), ErrorKind::Conflict).await;
    cx.have(&[&a]).await;
    cx.ok(change).await;
    assert!(cx.find(&b).await.is_some());
}

/// A commit with one of everything, of which `last` is to fail.
async fn fails_whole(cx: &Ctx, kind: ErrorKind, last: super::super::change::Change) {
    let (old, gone, leased) = (key("old"), key("gone"), key("leased"));
    let node = cx.node();
    cx.have(&[&old, &gone, &leased]).await;
    let token = cx.take(node, want(&leased)).await;
    cx.ok(cx.change().append(&stream("s"), events(&["before"]))).await;
    let keys = [old.clone(), gone.clone(), leased.clone(), key("new")];
    let before = cx.get(&keys).await;

    let mut whole = cx.change().create_with(&key("new"), unique("new"));
    whole = whole.update_with(&old, 1, unique("old")).delete(&gone, 1);
    whole = whole.append(&stream("s"), events(&["never"])).release(&leased, node, token);
    let (whole, last) = (&mut whole.0, last.0);
    whole.guards.extend(last.guards);
    whole.puts.extend(last.puts);
    whole.leases.extend(last.leases);
    let change = super::super::change::Change(whole.clone());
    cx.refused(change, kind).await;

    assert_eq!(cx.get(&keys).await, before);
    let mut feed = cx.feed_from(Position::Beginning);
    assert_eq!(feed.texts(1).await, ["before"]);
    feed.ends().await;
    // Neither the unique keys nor the seq were used up.
    let receipt = cx.ok(cx.change().append(&stream("s"), events(&["after"]))).await;
    assert_eq!(receipt.first_seqs, [2]);
    cx.have_with(&key("x"), unique("new")).await;
    cx.have_with(&key("y"), unique("old")).await;
    cx.ok(cx.change().lease(&leased, node, token)).await;
}

pub(super) async fn commits_fail_whole_at_a_version_guard(cx: Ctx) {
    let last = cx.change().version(&key("old"), 9);
    fails_whole(&cx, ErrorKind::Conflict, last).await;
}

pub(super) async fn commits_fail_whole_at_an_absence_guard(cx: Ctx) {
    let last = cx.change().absent(&key("old"));
    fails_whole(&cx, ErrorKind::AlreadyExists, last).await;
}

pub(super) async fn commits_fail_whole_at_a_lease_guard(cx: Ctx) {
    let last = cx.change().lease(&key("old"), cx.node(), LeaseToken(1));
    fails_whole(&cx, ErrorKind::LeaseLost, last).await;
}

pub(super) async fn commits_fail_whole_at_a_unique_key(cx: Ctx) {
    cx.have_with(&key("taker"), unique("taken")).await;
    let last = cx.change().create_with(&key("late"), unique("taken"));
    fails_whole(&cx, ErrorKind::AlreadyExists, last).await;
}

pub(super) async fn commits_fail_whole_at_a_lease_to_acquire(cx: Ctx) {
    cx.have(&[&key("held")]).await;
    cx.take(cx.node(), want(&key("held"))).await;
    let last = cx.change().acquire(&key("held"), cx.node(), TTL_MS);
    fails_whole(&cx, ErrorKind::Conflict, last).await;
}

pub(super) async fn commits_fail_whole_at_a_lease_to_release(cx: Ctx) {
    let last = cx.change().release(&key("old"), cx.node(), LeaseToken(3));
    fails_whole(&cx, ErrorKind::LeaseLost, last).await;
}

pub(super) async fn commits_fail_whole_at_a_rule(cx: Ctx) {
    let last = cx.change().put_any(&key("unguarded"));
    fails_whole(&cx, ErrorKind::InvalidArgument, last).await;
}

pub(super) async fn commits_are_whole_when_their_caller_goes_away(cx: Ctx) {
    for round in 0..8 {
        let (a, b) = (key(&format!("a{round}")), key(&format!("b{round}")));
        let change = cx.change().create(&a).create(&b).append(&stream("s"), events(&["once"]));
        let mut commit = cx.storage.commit(change.0.clone());
        // Polled some times, then dropped, wherever it was.
        for _ in 0..round {
            let done = poll_fn(|task| Poll::Ready(commit.poll_unpin(task).is_ready())).await;
            if done {
                break;
            }
        }
        drop(commit);
        let found = cx.get(&[a.clone(), b.clone()]).await;
        assert_eq!(found[0].is_some(), found[1].is_some(), "half a commit is there");
        cx.ok(change).await;
        assert_eq!(cx.record(&a).await.version, 1);
        let seqs: u64 = cx.ok(cx.change().append(&stream("s"), Vec::new())).await.first_seqs[0];
        assert_eq!(seqs, round + 2, "its events are there once");
    }
}
