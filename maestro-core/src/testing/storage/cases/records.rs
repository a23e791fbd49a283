//! Reading records, and many at once.

use futures::future::join_all;

use crate::error::ErrorKind;
use crate::id::TenantId;
use crate::model::{Envelope, Position};
use crate::runtime::spawn;
use crate::storage::{RecordKey, RecordKind};
use crate::testing::storage::change::{columns, event, events, text};
use crate::testing::storage::ctx::{Beside as _, Ctx, key, must, stream, tasks, want, with};

pub(super) async fn commits_race_and_one_wins(cx: Ctx) {
    let a = key("a");
    cx.have(&[&a]).await;
    let other = cx.open_again().await;
    let racers = (0..64).map(|racer| {
        let cx = if racer % 2 == 0 { cx.clone() } else { other.clone() };
        let a = a.clone();
        let runtime = cx.clock.clone();
        let race = async move {
            let body = text(&racer.to_string());
            let change = cx.change().version(&a, 1).put(&a, columns("won"), body);
            match cx.storage.commit(change.0).await {
                Ok(receipt) => Some((racer, receipt)),
                Err(error) if error.kind() == ErrorKind::Conflict => None,
                Err(error) => panic!("{error:?} in place of conflict"),
            }
        };
        spawn(&*runtime, "racer", race)
    });
    let won: Vec<_> = join_all(racers).await.into_iter().flatten().collect();
    assert_eq!(won.len(), 1, "exactly one wins: {won:?}");
    assert_eq!(won[0].1.versions, [2]);
    let record = cx.record(&a).await;
    assert_eq!((record.version, record.body), (2, text(&won[0].0.to_string())));
}

pub(super) async fn commits_race_for_one_id_and_all_get_its_receipt(cx: Ctx) {
    let change = cx.change().create(&key("a")).append(&stream("s"), events(&["once"]));
    let racers = (0..16).map(|_| {
        let (cx, change) = (cx.clone(), change.clone());
        let runtime = cx.clock.clone();
        spawn(&*runtime, "racer", async move { cx.ok(change).await })
    });
    let receipts = join_all(racers).await;
    assert!(receipts.iter().all(|receipt| receipt.first_seqs == [1] && receipt.versions == [1]));
    let mut feed = cx.feed_from(Position::Beginning);
    feed.events(1).await;
    feed.ends().await;
}

pub(super) async fn commits_take_big_bodies(cx: Ctx) {
    const SIZE: usize = 5 << 20;
    let a = key("a");
    let bytes = (0..=250).cycle().take(SIZE).collect();
    let body = Envelope { bytes, ..text("") };
    let mut big = event("x.big", "");
    big.raw = Some(body.clone());
    let change = cx.change().absent(&a).put(&a, columns("queued"), body.clone());
    cx.ok(change.append(&stream("s"), vec![big])).await;
    assert!(cx.record(&a).await.body == body, "a body of 5 MiB came back changed");
    let kept = cx.feed_from(Position::Beginning).events(1).await;
    assert!(kept[0].event.raw.as_ref() == Some(&body), "an event of 5 MiB came back changed");
}

pub(super) async fn commits_take_many_records(cx: Ctx) {
    let keys: Vec<RecordKey> = (0..500).map(|n| key(&format!("{n:04}"))).collect();
    let refs: Vec<&RecordKey> = keys.iter().collect();
    cx.have(&refs).await;
    assert_eq!(cx.ids(&tasks()).await.len(), 500);
}

pub(super) async fn records_of_unknown_kinds_are_kept(cx: Ctx) {
    let kind = RecordKind::from_name("x.of the future/2");
    let a = RecordKey::new(TenantId::default(), kind.clone(), "a");
    cx.have(&[&a, &key("a")]).await;
    assert_eq!(cx.record(&a).await.key.kind, kind);
    let query = crate::storage::ListQuery { kind, ..tasks() };
    assert_eq!(cx.list(&query).await.records.len(), 1, "kinds are listed apart");
    cx.ok(cx.change().update(&a, 1)).await;
    cx.take(cx.node(), want(&a)).await;
    assert_eq!(cx.record(&key("a")).await.version, 1);
}

pub(super) async fn records_are_read_in_the_order_asked_for(cx: Ctx) {
    let (a, b) = (key("a"), key("b"));
    cx.have(&[&a, &b]).await;
    let found = cx.get(&[b.clone(), key("none"), a.clone(), b.clone()]).await;
    let found: Vec<_> = found.into_iter().map(|record| record.map(|record| record.key)).collect();
    assert_eq!(found, [Some(b.clone()), None, Some(a), Some(b)]);
    assert!(cx.get(&[]).await.is_empty());
}

pub(super) async fn records_are_read_as_of_one_moment(cx: Ctx) {
    let keys = [key("a"), key("b")];
    cx.have(&[&keys[0], &keys[1]]).await;
    let (writer, written) = (cx.clone(), keys.clone());
    let runtime = cx.clock.clone();
    let mut writing = spawn(&*runtime, "writer", async move {
        for version in 1..=50 {
            let change = writer.change().update(&written[0], version);
            writer.ok(change.update(&written[1], version)).await;
        }
    });
    let mut last = 0;
    let mut is_done = false;
    while !is_done {
        is_done = writing.is_done(&cx).await;
        let found = must(cx.storage.get(&keys).await, "get");
        let versions: Vec<u64> = found.iter().flatten().map(|record| record.version).collect();
        assert_eq!(versions[0], versions[1], "two moments in one answer");
        assert!(versions[0] >= last, "time went back");
        last = versions[0];
    }
    assert_eq!(last, 51, "what is done is seen");
}

pub(super) async fn records_survive_a_new_handle(cx: Ctx) {
    let a = key("a");
    cx.ok(cx.change().create_with(&a, with(|columns| columns.priority = 3))).await;
    cx.take(cx.node(), want(&a)).await;
    let before = cx.record(&a).await;
    let again = cx.open_again().await;
    assert_eq!(again.record(&a).await, before, "beside the first");
    must(cx.storage.close().await, "close");
    assert_eq!(again.record(&a).await, before, "after the first");
    must(again.storage.close().await, "close");
    assert_eq!(cx.open_again().await.record(&a).await, before, "after all");
}
