//! Streams.

use futures::future::join_all;

use crate::error::ErrorKind;
use crate::model::{Position, StreamKey};
use crate::runtime::spawn;
use crate::testing::storage::change::events;
use crate::testing::storage::ctx::{Ctx, key, stream, tenant_id};
use crate::testing::storage::feed::said;

pub(super) async fn streams_start_at_one_without_gaps(cx: Ctx) {
    let s = stream("s");
    let mut next = 1;
    for data in [&["a"][..], &["b", "c", "d"], &["e"]] {
        let receipt = cx.ok(cx.change().append(&s, events(data))).await;
        assert_eq!(receipt.first_seqs, [next]);
        next += u64::try_from(data.len()).unwrap_or(u64::MAX);
    }
    let mut feed = cx.feed_from(Position::Beginning);
    let seen = feed.events(5).await;
    assert_eq!(seen.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(seen.iter().map(said).collect::<String>(), "abcde");
    assert!(seen.iter().all(|event| event.stream == s));
    feed.ends().await;
}

pub(super) async fn streams_take_several_appends_of_one_commit(cx: Ctx) {
    let (s, t) = (stream("s"), stream("t"));
    let change = cx.change().append(&s, events(&["1", "2"])).append(&t, events(&["1"]));
    let change = change.append(&s, events(&["3"])).append(&s, Vec::new());
    let receipt = cx.ok(change).await;
    assert_eq!(receipt.first_seqs, [1, 1, 3, 4], "an empty append tells where the next one goes");
    assert_eq!(cx.ok(cx.change().append(&s, events(&["4"]))).await.first_seqs, [4]);
    let seen = cx.feed_from(Position::Beginning).events(5).await;
    let of_s: Vec<String> = seen.iter().filter(|event| event.stream == s).map(said).collect();
    assert_eq!(of_s, ["1", "2", "3", "4"]);
}

pub(super) async fn streams_of_two_tenants_are_two(cx: Ctx) {
    for tenant in ["one", "two"] {
        let s = StreamKey::of(tenant_id(tenant), "task", "s");
        assert_eq!(cx.ok(cx.change().append(&s, events(&["1"]))).await.first_seqs, [1]);
    }
}

pub(super) async fn streams_change_no_version(cx: Ctx) {
    let a = key("a");
    cx.have(&[&a]).await;
    cx.ok(cx.change().version(&a, 1).append(&stream("a"), events(&["1"]))).await;
    cx.ok(cx.change().version(&a, 1).append(&stream("a"), events(&["2"]))).await;
    assert_eq!(cx.record(&a).await.version, 1);
}

pub(super) async fn streams_outlive_records(cx: Ctx) {
    let a = key("a");
    cx.ok(cx.change().create(&a).append(&stream("a"), events(&["1"]))).await;
    cx.ok(cx.change().delete(&a, 1).append(&stream("a"), events(&["2"]))).await;
    let receipt = cx.ok(cx.change().create(&a).append(&stream("a"), events(&["3"]))).await;
    assert_eq!(receipt.first_seqs, [3]);
}

pub(super) async fn streams_have_no_gaps_when_many_append(cx: Ctx) {
    let other = cx.open_again().await;
    let writers = (0..16).map(|writer| {
        let cx = if writer % 2 == 0 { cx.clone() } else { other.clone() };
        let runtime = cx.clock.clone();
        let work = async move {
            let mut seqs = Vec::new();
            for _ in 0..8 {
                let change = cx.change().append(&stream("s"), events(&["a", "b"]));
                seqs.push(cx.ok(change).await.first_seqs[0]);
                // Some of the commits around it fail, and must use up nothing.
                let change = cx.change().version(&key("none"), 1);
                let change = change.append(&stream("s"), events(&["never"]));
                cx.refused(change, ErrorKind::Conflict).await;
            }
            seqs
        };
        spawn(&*runtime, "writer", work)
    });
    let mut firsts: Vec<u64> = join_all(writers).await.into_iter().flatten().collect();
    firsts.sort_unstable();
    assert_eq!(firsts, (0..128).map(|n| n * 2 + 1).collect::<Vec<u64>>());
    let mut feed = cx.feed_from(Position::Beginning);
    let seen = feed.events(256).await;
    assert!(seen.iter().map(|event| event.seq).eq(1..=256), "in the order of seq");
    assert!(seen.iter().map(said).eq((0..256).map(|n| ["a", "b"][n % 2])), "as they were written");
}
