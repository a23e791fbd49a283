//! Feeds, hints, and the end of a handle.

use std::collections::BTreeMap;

use futures::future::join_all;

use crate::error::ErrorKind;
use crate::id::{ProjectId, SessionId, TaskId};
use crate::model::{
    Actor, Cursor, CursorParts, EventFilter, EventQuery, EventRefs, NewEvent, Position, StreamKey,
    Timestamp,
};
use crate::runtime::{RuntimeExt as _, spawn};
use crate::testing::storage::change::{event, events, text};
use crate::testing::storage::ctx::{
    Ctx, must, must_fail, of_default_tenant, stream, tasks, tenant_id,
};
use crate::testing::storage::feed::said;

pub(super) async fn feeds_give_back_what_was_appended(cx: Ctx) {
    let full = NewEvent {
        at: Timestamp::from_micros(1_234_567_891_234_567),
        event_type: "x.full".to_owned(),
        actor: Actor::policy("p"),
        refs: EventRefs {
            project_id: Some(cx.clock.id()),
            session_id: Some(cx.clock.id()),
            turn_id: Some(cx.clock.id()),
            task_id: Some(cx.clock.id()),
            attempt: Some(3),
            account_id: Some(cx.clock.id()),
            node_id: Some(cx.node()),
            trace_id: Some("00-trace".to_owned()),
        },
        schema: 7,
        data: text("data"),
        raw: Some(text("raw \u{0} bytes")),
    };
    let bare = event("x.bare", "");
    cx.ok(cx.change().append(&stream("s"), vec![full.clone(), bare.clone()])).await;
    let seen = cx.feed_from(Position::Beginning).events(2).await;
    assert_eq!(*seen[0].event, full);
    assert_eq!(*seen[1].event, bare);
    assert_eq!((&seen[1].stream, seen[1].seq), (&stream("s"), 2));
}

pub(super) async fn feeds_of_nothing_are_empty(cx: Ctx) {
    for after in [Position::Beginning, Position::Now] {
        cx.feed_from(after).ends().await;
    }
}

pub(super) async fn feeds_start_now(cx: Ctx) {
    cx.ok(cx.change().append(&stream("s"), events(&["before"]))).await;
    cx.feed_from(Position::Beginning).events(1).await;
    let mut feed = cx.feed_from(Position::Now);
    assert!(feed.page().await.is_empty(), "now is after all that is there");
    cx.ok(cx.change().append(&stream("s"), events(&["after"]))).await;
    assert_eq!(feed.texts(1).await, ["after"]);
}

pub(super) async fn feeds_page(cx: Ctx) {
    cx.ok(cx.change().append(&stream("s"), events(&["1", "2", "3", "4", "5"]))).await;
    cx.feed_from(Position::Beginning).events(5).await;
    for limit in 1..=6 {
        let mut feed = cx.feed_from(Position::Beginning).limit(limit);
        assert_eq!(feed.texts(5).await, ["1", "2", "3", "4", "5"], "by {limit}");
        feed.ends().await;
    }
}

pub(super) async fn feeds_resume_after_every_event(cx: Ctx) {
    cx.ok(cx.change().append(&stream("s"), events(&["1", "2"]))).await;
    cx.ok(cx.change().append(&stream("t"), events(&["3", "4"]))).await;
    let all = cx.feed_from(Position::Beginning).events(4).await;
    for (index, event) in all.iter().enumerate() {
        let mut feed = cx.feed_from(Position::After(event.cursor.clone()));
        let rest: Vec<String> = all[index + 1..].iter().map(said).collect();
        assert_eq!(feed.texts(rest.len()).await, rest, "after {}", said(event));
        feed.ends().await;
    }
}

pub(super) async fn feeds_go_on_from_an_empty_page(cx: Ctx) {
    cx.ok(cx.change().append(&stream("s"), events(&["1"]))).await;
    let mut feed = cx.feed_from(Position::Beginning);
    feed.events(1).await;
    let earlier = feed.cursor();
    feed.ends().await;
    let later = feed.cursor();
    cx.ok(cx.change().append(&stream("s"), events(&["2"]))).await;
    for cursor in [earlier, later] {
        let mut feed = cx.feed_from(Position::After(cursor));
        assert_eq!(feed.texts(1).await, ["2"]);
        feed.ends().await;
    }
}

pub(super) async fn feeds_say_whether_there_is_more(cx: Ctx) {
    let change = cx.change().append(&stream("s"), vec![event("x.a", "1"), event("x.b", "2")]);
    cx.ok(change.append(&stream("t"), vec![event("x.a", "3")])).await;
    cx.feed_from(Position::Beginning).events(3).await;
    let filter = EventFilter { types: vec!["x.a".to_owned()], ..of_default_tenant() };
    let query = |limit| EventQuery { filter: filter.clone(), after: Position::Beginning, limit };
    let page = must(cx.storage.read_events(&query(2)).await, "read_events");
    // Late events may come later, but what is told as the end must be the end for now.
    assert!(!page.more, "there are two that match: {page:?}");
    let page = must(cx.storage.read_events(&query(1)).await, "read_events");
    let rest = EventQuery { after: Position::After(page.next), ..query(1) };
    let rest = must(cx.storage.read_events(&rest).await, "read_events");
    assert!(!rest.more, "the last one was read: {rest:?}");
}

pub(super) async fn feeds_filter(cx: Ctx) {
    let (project, session, task): (ProjectId, SessionId, TaskId) =
        (cx.clock.id(), cx.clock.id(), cx.clock.id());
    let with = |event_type: &str, data: &str, refs: EventRefs| NewEvent {
        refs,
        ..event(event_type, data)
    };
    let refs = EventRefs::default;
    let list = vec![
        with("task.started", "1", EventRefs { task_id: Some(task), ..refs() }),
        with("task.ended", "2", EventRefs { project_id: Some(project), ..refs() }),
        with(
            "message",
            "3",
            EventRefs { session_id: Some(session), task_id: Some(task), ..refs() },
        ),
        with("task", "4", refs()),
    ];
    cx.ok(cx.change().append(&stream("s"), list)).await;
    let other = StreamKey::of(tenant_id("other"), "task", "s");
    cx.ok(cx.change().append(&other, vec![event("task.ended", "5")])).await;

    let ours = of_default_tenant;
    let types = |types: &[&str]| types.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let not_there: TaskId = cx.clock.id();
    for (filter, expected) in [
        (EventFilter::default(), "12345"),
        (ours(), "1234"),
        (EventFilter { tenant_id: Some(tenant_id("other")), ..ours() }, "5"),
        (EventFilter { tenant_id: Some(tenant_id("nobody")), ..ours() }, ""),
        (EventFilter { project_ids: vec![project], ..ours() }, "2"),
        (EventFilter { session_ids: vec![cx.clock.id(), session], ..ours() }, "3"),
        (EventFilter { task_ids: vec![task], ..ours() }, "13"),
        (EventFilter { task_ids: vec![not_there], ..ours() }, ""),
        (EventFilter { task_ids: vec![task], project_ids: vec![project], ..ours() }, ""),
        (EventFilter { types: types(&["task.ended"]), ..ours() }, "2"),
        (EventFilter { types: types(&["task.ended"]), ..EventFilter::default() }, "25"),
        (EventFilter { types: types(&["task.*"]), ..ours() }, "12"),
        (EventFilter { types: types(&["message", "task"]), ..ours() }, "34"),
        (EventFilter { types: types(&["*"]), ..ours() }, "1234"),
        (EventFilter { types: types(&["task_*", "task%", "t?sk"]), ..ours() }, ""),
        (EventFilter { types: types(&["task.*"]), task_ids: vec![task], ..ours() }, "1"),
    ] {
        for limit in [1, 100] {
            let mut feed = cx.feed(filter.clone(), Position::Beginning).limit(limit);
            let mut seen = feed.texts(expected.len()).await;
            seen.sort_unstable();
            assert_eq!(seen.concat(), expected, "{filter:?}");
            feed.ends().await;
        }
    }
}

pub(super) async fn feeds_have_limits(cx: Ctx) {
    for limit in [0, EventQuery::MAX_LIMIT + 1] {
        let query = EventQuery { filter: of_default_tenant(), after: Position::Beginning, limit };
        must_fail(cx.storage.read_events(&query).await, ErrorKind::InvalidArgument);
    }
}

pub(super) async fn feeds_refuse_foreign_cursors(cx: Ctx) {
    cx.ok(cx.change().append(&stream("s"), events(&["1"]))).await;
    let mut feed = cx.feed_from(Position::Beginning);
    feed.events(1).await;
    let ours = feed.cursor();
    let storage = &cx.storage;
    let read = |filter: EventFilter, cursor: Cursor| {
        let query = EventQuery { filter, after: Position::After(cursor), limit: 1 };
        async move { storage.read_events(&query).await }
    };
    let foreign = Cursor::pack(&CursorParts {
        epoch: "another".to_owned(),
        filter: None,
        position: "1".to_owned(),
    });
    must(read(of_default_tenant(), ours.clone()).await, "our own cursor");
    let narrow = EventFilter { types: vec!["x.*".to_owned()], ..of_default_tenant() };
    for (filter, cursor) in [
        (narrow, ours),
        (of_default_tenant(), foreign),
        (of_default_tenant(), Cursor::from_text("")),
        (of_default_tenant(), Cursor::from_text("no cursor")),
    ] {
        must_fail(read(filter, cursor).await, ErrorKind::InvalidArgument);
    }
}

pub(super) async fn feeds_go_on_through_another_handle(cx: Ctx) {
    cx.ok(cx.change().append(&stream("s"), events(&["1"]))).await;
    let mut feed = cx.feed_from(Position::Beginning);
    feed.events(1).await;
    let again = cx.open_again().await;
    must(cx.storage.close().await, "close");
    again.ok(again.change().append(&stream("s"), events(&["2"]))).await;
    let mut feed = again.feed_from(Position::After(feed.cursor()));
    assert_eq!(feed.texts(1).await, ["2"]);
}

pub(super) async fn feeds_show_every_event_once_while_many_write(cx: Ctx) {
    const STREAMS: usize = 8;
    const EVENTS: usize = 25;
    let start = cx.list(&tasks()).await.as_of;
    let writers = (0..STREAMS).map(|writer| {
        let cx = cx.clone();
        let runtime = cx.clock.clone();
        let work = async move {
            for n in 0..EVENTS {
                let home = stream(&writer.to_string());
                cx.ok(cx.change().append(&home, events(&[&n.to_string()]))).await;
            }
        };
        spawn(&*runtime, "writer", work)
    });
    let writers: Vec<_> = writers.collect();
    let mut feed = cx.feed_from(Position::After(start)).limit(7);
    let seen = feed.events(STREAMS * EVENTS).await;
    join_all(writers).await;
    feed.ends().await;
    let mut streams: BTreeMap<&StreamKey, u64> = BTreeMap::new();
    for event in &seen {
        let last = streams.entry(&event.stream).or_default();
        *last += 1;
        assert_eq!(event.seq, *last, "{} goes on with its next seq", event.stream);
    }
}
