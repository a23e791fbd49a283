//! Lists: filters, orders, pages.

use crate::model::Timestamp;
use crate::storage::{Columns, LeaseFilter, Link, ListOrder, ListQuery, RecordKind};
use crate::testing::storage::change::{columns, unique};
use crate::testing::storage::ctx::{Ctx, LAPSED, key, key_of, tasks, tenant_id, want, with};

fn in_group(group: &str) -> Columns {
    with(|columns| columns.group = Some(group.to_owned()))
}

fn due(micros: i64) -> Columns {
    with(|columns| columns.due_at = Some(Timestamp::from_micros(micros)))
}

pub(super) async fn lists_of_nothing_are_empty(cx: Ctx) {
    let page = cx.list(&tasks()).await;
    assert!(page.records.is_empty() && page.next.is_none());
}

pub(super) async fn lists_give_whole_records(cx: Ctx) {
    cx.have_with(&key("a"), in_group("g")).await;
    cx.take(cx.node(), want(&key("a"))).await;
    assert_eq!(cx.list(&tasks()).await.records, [cx.record(&key("a")).await]);
}

pub(super) async fn lists_keep_to_a_kind_and_tenant(cx: Ctx) {
    let project = crate::storage::RecordKey { kind: RecordKind::PROJECT, ..key("p") };
    cx.have(&[&key("a"), &key_of("one", "b"), &key_of("two", "c"), &project]).await;
    assert_eq!(cx.ids(&tasks()).await, ["a"]);
    let of = |tenant: Option<&str>| ListQuery::new(tenant.map(tenant_id), RecordKind::TASK);
    assert_eq!(cx.ids(&of(Some("two"))).await, ["c"]);
    assert!(cx.ids(&of(Some("three"))).await.is_empty());
    assert_eq!(cx.ids(&of(None)).await, ["a", "b", "c"], "every tenant's");
}

pub(super) async fn lists_filter_by_columns(cx: Ctx) {
    cx.have_with(&key("a"), columns("queued")).await;
    cx.have_with(&key("b"), columns("running")).await;
    cx.have_with(&key("c"), in_group("g")).await;
    cx.have_with(&key("d"), in_group("h")).await;
    cx.have_with(&key("e"), unique("u")).await;
    cx.have_with(&key("f"), with(|c| c.parent = Some("p".to_owned()))).await;
    let both = Columns { state: "running".to_owned(), ..in_group("g") };
    cx.have_with(&key("g"), both).await;
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();

    let states = |names| ListQuery { states: texts(names), ..tasks() };
    assert_eq!(cx.ids(&states(&["running"])).await, ["b", "g"]);
    assert_eq!(cx.ids(&states(&["running", "queued"])).await.len(), 7);
    assert!(cx.ids(&states(&["runnin", "RUNNING", ""])).await.is_empty(), "whole and exact");
    let groups = |names| ListQuery { groups: texts(names), ..tasks() };
    assert_eq!(cx.ids(&groups(&["g"])).await, ["c", "g"]);
    assert_eq!(cx.ids(&groups(&["h", "g", "none"])).await, ["c", "d", "g"]);
    let narrowed = ListQuery { states: texts(&["running"]), ..groups(&["g"]) };
    assert_eq!(cx.ids(&narrowed).await, ["g"], "every given field narrows");
    let named = |name: &str| ListQuery { unique_key: Some(name.to_owned()), ..tasks() };
    assert_eq!(cx.ids(&named("u")).await, ["e"]);
    assert!(cx.ids(&named("v")).await.is_empty());
    let parent = ListQuery { parent: Some("p".to_owned()), ..tasks() };
    assert_eq!(cx.ids(&parent).await, ["f"]);
}

pub(super) async fn lists_filter_by_capability(cx: Ctx) {
    let requires = |name: &str| with(|columns| columns.requires = Some(name.to_owned()));
    cx.have(&[&key("any")]).await;
    cx.have_with(&key("claude"), requires("agent:claude")).await;
    cx.have_with(&key("other"), requires("agent:other")).await;
    let capable = |names: Option<&[&str]>| ListQuery {
        capable: names.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
        ..tasks()
    };
    assert_eq!(cx.ids(&capable(None)).await, ["any", "claude", "other"]);
    assert_eq!(cx.ids(&capable(Some(&[]))).await, ["any"]);
    assert_eq!(cx.ids(&capable(Some(&["agent:claude"]))).await, ["any", "claude"]);
    let all = capable(Some(&["agent:other", "task:shell", "agent:claude"]));
    assert_eq!(cx.ids(&all).await, ["any", "claude", "other"]);
}

pub(super) async fn lists_filter_by_link(cx: Ctx) {
    let link = |rel: &str, target: &str| Link { rel: rel.to_owned(), target: target.to_owned() };
    let links = |links: &[Link]| with(|columns| columns.links = links.to_vec());
    cx.have_with(&key("a"), links(&[link("needs", "1"), link("needs", "2")])).await;
    cx.have_with(&key("b"), links(&[link("needs", "2"), link("parent", "1")])).await;
    cx.have(&[&key("c")]).await;
    let having = |rel, target| ListQuery { link: Some(link(rel, target)), ..tasks() };
    assert_eq!(cx.ids(&having("needs", "1")).await, ["a"]);
    assert_eq!(cx.ids(&having("needs", "2")).await, ["a", "b"]);
    assert_eq!(cx.ids(&having("parent", "1")).await, ["b"]);
    assert!(cx.ids(&having("parent", "2")).await.is_empty());
    cx.ok(cx.change().update_with(&key("a"), 1, links(&[link("needs", "3")]))).await;
    assert_eq!(cx.ids(&having("needs", "2")).await, ["b"], "links are replaced whole");
    assert_eq!(cx.ids(&having("needs", "3")).await, ["a"]);
    cx.ok(cx.change().delete(&key("b"), 1)).await;
    assert!(cx.ids(&having("needs", "2")).await.is_empty(), "links go with their record");
    cx.have(&[&key("b")]).await;
    assert!(cx.ids(&having("needs", "2")).await.is_empty());
}

pub(super) async fn lists_filter_by_due_time(cx: Ctx) {
    cx.have_with(&key("early"), due(1_000_000)).await;
    cx.have_with(&key("late"), due(1_000_001)).await;
    cx.have(&[&key("never")]).await;
    let by = |micros| ListQuery { due_by: Some(Timestamp::from_micros(micros)), ..tasks() };
    assert!(cx.ids(&by(999_999)).await.is_empty());
    assert_eq!(cx.ids(&by(1_000_000)).await, ["early"]);
    assert_eq!(cx.ids(&by(i64::MAX >> 12)).await, ["early", "late"]);
}

pub(super) async fn lists_filter_by_lease(cx: Ctx) {
    let (lapsed, held, released) = (key("lapsed"), key("held"), key("released"));
    let (one, two) = (cx.node(), cx.node());
    cx.have(&[&key("free"), &lapsed, &held, &released]).await;
    cx.take(one, want(&lapsed)).await;
    let token = cx.take(one, want(&released)).await;
    cx.ok(cx.change().release(&released, one, token)).await;
    cx.advance(LAPSED);
    cx.take(two, want(&held)).await;
    let by = |lease| ListQuery { lease: Some(lease), ..tasks() };
    assert_eq!(cx.ids(&by(LeaseFilter::Claimable)).await, ["free", "lapsed", "released"]);
    assert_eq!(cx.ids(&by(LeaseFilter::Lapsed)).await, ["lapsed"]);
    assert_eq!(cx.ids(&by(LeaseFilter::HeldBy { node_id: two })).await, ["held"]);
    let of_one = by(LeaseFilter::HeldBy { node_id: one });
    assert_eq!(cx.ids(&of_one).await, ["lapsed"], "a lapsed lease is held until it is taken");
}

pub(super) async fn lists_take_the_first_of_each_group(cx: Ctx) {
    for (id, group, priority) in [
        ("1", Some("g"), 0),
        ("2", Some("g"), 5),
        ("3", Some("h"), 1),
        ("4", Some("g"), 5),
        ("5", None, 0),
        ("6", None, 9),
        ("7", None, 3),
    ] {
        let group = group.map(str::to_owned);
        let columns = with(|columns| (columns.group, columns.priority) = (group, priority));
        cx.have_with(&key(id), columns).await;
    }
    let first = |per_group, order| ListQuery { per_group: Some(per_group), order, ..tasks() };
    assert_eq!(cx.ids(&first(1, ListOrder::Oldest)).await, ["1", "3", "5"]);
    assert_eq!(cx.ids(&first(1, ListOrder::Newest)).await, ["7", "4", "3"]);
    assert_eq!(cx.ids(&first(2, ListOrder::Priority)).await, ["6", "2", "4", "7", "3"]);
    assert_eq!(cx.ids(&first(9, ListOrder::Oldest)).await.len(), 7);
    for limit in 1..=5 {
        let query = ListQuery { limit, ..first(2, ListOrder::Priority) };
        assert_eq!(cx.ids(&query).await, ["6", "2", "4", "7", "3"], "in pages of {limit}");
    }
    let of_g = ListQuery { groups: vec!["g".to_owned()], ..first(1, ListOrder::Priority) };
    assert_eq!(cx.ids(&of_g).await, ["2"], "among those that match");
    cx.have_with(
        &crate::storage::RecordKey { id: "8".to_owned(), ..key_of("other", "") },
        in_group("g"),
    )
    .await;
    let everywhere = ListQuery { tenant_id: None, ..first(1, ListOrder::Oldest) };
    assert_eq!(cx.ids(&everywhere).await, ["1", "3", "5", "8"], "groups are of one tenant");
}
