//! Orders, pages and positions of lists.

use crate::error::ErrorKind;
use crate::model::{Position, Timestamp};
use crate::storage::{LeaseFilter, ListOrder, ListQuery, RecordKind};
use crate::testing::storage::change::events;
use crate::testing::storage::ctx::{Beside as _, Ctx, key, key_of, must_fail, stream, tasks, with};

async fn have_all_orders(cx: &Ctx) {
    let of = |priority, micros: Option<i64>| {
        with(|columns| {
            columns.priority = priority;
            columns.due_at = micros.map(Timestamp::from_micros);
        })
    };
    cx.have_with(&key("c"), of(1, Some(50))).await;
    cx.have_with(&key("a"), of(-5, None)).await;
    cx.have_with(&key("e"), of(1, Some(-7))).await;
    cx.have_with(&key("B"), of(9, Some(50))).await;
    cx.have_with(&key("d"), of(1, None)).await;
}

const ORDERS: [(ListOrder, [&str; 5]); 4] = [
    (ListOrder::Oldest, ["B", "a", "c", "d", "e"]),
    (ListOrder::Newest, ["e", "d", "c", "a", "B"]),
    (ListOrder::Priority, ["B", "c", "d", "e", "a"]),
    (ListOrder::Due, ["e", "B", "c", "a", "d"]),
];

pub(super) async fn lists_are_ordered(cx: Ctx) {
    have_all_orders(&cx).await;
    for (order, expected) in ORDERS {
        assert_eq!(cx.ids(&ListQuery { order, ..tasks() }).await, expected, "{order:?}");
    }
}

pub(super) async fn lists_page_in_every_order(cx: Ctx) {
    have_all_orders(&cx).await;
    for (order, expected) in ORDERS {
        for limit in 1..=5 {
            let query = ListQuery { order, limit, ..tasks() };
            assert_eq!(cx.ids(&query).await, expected, "{order:?} by {limit}");
        }
    }
}

pub(super) async fn lists_of_all_tenants_page_too(cx: Ctx) {
    for order in [ListOrder::Oldest, ListOrder::Newest, ListOrder::Priority, ListOrder::Due] {
        for tenant in ["t1", "t2", "t3"] {
            let of = |id| format!("{order:?}{id}");
            cx.have(&[&key_of(tenant, &of(1)), &key_of(tenant, &of(2))]).await;
        }
    }
    for order in [ListOrder::Oldest, ListOrder::Newest, ListOrder::Priority, ListOrder::Due] {
        let all = ListQuery { order, tenant_id: None, ..tasks() };
        let whole = cx.ids(&all).await;
        assert_eq!(whole.len(), 24);
        assert_eq!(cx.ids(&ListQuery { limit: 1, ..all }).await, whole, "{order:?}");
    }
}

pub(super) async fn lists_know_their_last_page(cx: Ctx) {
    cx.have(&[&key("a"), &key("b")]).await;
    let page = cx.list(&ListQuery { limit: 2, ..tasks() }).await;
    assert!(page.next.is_none(), "nothing follows a page that holds all");
    let page = cx.list(&ListQuery { limit: 1, ..tasks() }).await;
    let page_token = page.next;
    assert!(page_token.is_some());
    let page = cx.list(&ListQuery { limit: 1, page_token, ..tasks() }).await;
    assert!(page.next.is_none() && page.records.len() == 1);
}

pub(super) async fn lists_page_while_records_change(cx: Ctx) {
    for id in ["b", "d", "f", "h"] {
        cx.have(&[&key(id)]).await;
    }
    let query = ListQuery { limit: 2, ..tasks() };
    let first = cx.list(&query).await;
    let ids = |page: &crate::storage::ListPage| {
        page.records.iter().map(|record| record.key.id.clone()).collect::<String>()
    };
    assert_eq!(ids(&first), "bd");
    // The row that the token stands on goes, one comes before it, one comes behind it.
    cx.ok(cx.change().delete(&key("d"), 1).create(&key("a")).create(&key("g"))).await;
    cx.ok(cx.change().update(&key("f"), 1).update(&key("b"), 1)).await;
    let second = cx.list(&ListQuery { page_token: first.next, ..query.clone() }).await;
    assert_eq!(ids(&second), "fg");
    cx.ok(cx.change().delete(&key("h"), 1)).await;
    let third = cx.list(&ListQuery { page_token: second.next, ..query }).await;
    assert!(third.records.is_empty() && third.next.is_none());
}

pub(super) async fn lists_have_limits(cx: Ctx) {
    cx.have(&[&key("a")]).await;
    for limit in [0, ListQuery::MAX_LIMIT + 1, u32::MAX] {
        let query = ListQuery { limit, ..tasks() };
        must_fail(cx.storage.list(&query).await, ErrorKind::InvalidArgument);
    }
    for limit in [1, ListQuery::MAX_LIMIT] {
        assert_eq!(cx.ids(&ListQuery { limit, ..tasks() }).await, ["a"]);
    }
    let query = ListQuery { per_group: Some(0), ..tasks() };
    must_fail(cx.storage.list(&query).await, ErrorKind::InvalidArgument);
}

pub(super) async fn lists_take_tokens_of_their_own_query_only(cx: Ctx) {
    cx.have(&[&key("a"), &key("b"), &key("c")]).await;
    let query = ListQuery { limit: 1, ..tasks() };
    let page_token = cx.list(&query).await.next;
    assert!(page_token.is_some());
    for other in [
        ListQuery { order: ListOrder::Newest, ..query.clone() },
        ListQuery { states: vec!["queued".to_owned()], ..query.clone() },
        ListQuery { tenant_id: None, ..query.clone() },
        ListQuery { kind: RecordKind::PROJECT, ..query.clone() },
        ListQuery { lease: Some(LeaseFilter::Claimable), ..query.clone() },
        ListQuery { per_group: Some(1), ..query.clone() },
    ] {
        let other = ListQuery { page_token: page_token.clone(), ..other };
        must_fail(cx.storage.list(&other).await, ErrorKind::InvalidArgument);
    }
    for garbage in ["", "garbage", "e30"] {
        let broken = ListQuery { page_token: Some(garbage.to_owned()), ..query.clone() };
        must_fail(cx.storage.list(&broken).await, ErrorKind::InvalidArgument);
    }
    assert_eq!(cx.ids(&ListQuery { limit: 2, page_token, ..query }).await, ["b", "c"]);
}

pub(super) async fn lists_tell_where_to_watch_from(cx: Ctx) {
    let change = cx.change().create(&key("a")).append(&stream("s"), events(&["before"]));
    cx.ok(change).await;
    cx.feed_from(Position::Beginning).events(1).await;
    let as_of = cx.list(&tasks()).await.as_of;
    let change = cx.change().create(&key("b")).append(&stream("s"), events(&["after"]));
    cx.ok(change).await;
    let mut feed = cx.feed_from(Position::After(as_of.clone()));
    assert_eq!(feed.texts(1).await, ["after"], "nothing is missed and nothing is old");
    // It fits every filter of the tenant.
    let mut narrow = super::super::ctx::of_default_tenant();
    narrow.types = vec!["x.*".to_owned()];
    assert_eq!(cx.feed(narrow, Position::After(as_of)).texts(1).await, ["after"]);
}

pub(super) async fn lists_and_watching_miss_nothing(cx: Ctx) {
    let writer = cx.clone();
    let runtime = cx.clock.clone();
    let mut writing = crate::runtime::spawn(&*runtime, "writer", async move {
        for n in 0..60 {
            let id = format!("{n:02}");
            let change = writer.change().create(&key(&id)).append(&stream(&id), events(&[&id]));
            writer.ok(change).await;
        }
    });
    let mut looks = Vec::new();
    let mut is_done = false;
    while !is_done {
        is_done = writing.is_done(&cx).await;
        looks.push(cx.list(&ListQuery { limit: 60, ..tasks() }).await);
    }
    assert_eq!(looks.last().map(|page| page.records.len()), Some(60), "what is done is seen");
    cx.feed_from(Position::Beginning).events(60).await;
    for page in looks {
        let shown = page.records.len();
        let mut feed = cx.feed_from(Position::After(page.as_of));
        let mut later: Vec<String> = Vec::new();
        for _ in 0..64 {
            later.extend(feed.page().await.iter().map(super::super::feed::said));
        }
        let missed = (shown..60).map(|n| format!("{n:02}")).find(|id| !later.contains(id));
        assert_eq!(missed, None, "after a list of {shown}");
    }
}
