//! A reader of a feed that knows that events may come late.

use std::time::Duration;

use super::ctx::{Ctx, must};
use crate::model::{Cursor, EventFilter, EventQuery, Position, StoredEvent};
use crate::runtime::Runtime as _;

/// How often a feed is looked at before an event counts as missing. Where feeds are published in
/// the background, each empty look waits a millisecond, so this is some seconds.
const LOOKS: u32 = 5_000;
/// How often nothing must come before nothing counts as true.
const LOOKS_FOR_NOTHING: u32 = 8;

/// A feed that is being read.
#[derive(Debug)]
pub(super) struct Feed {
    cx: Ctx,
    filter: EventFilter,
    after: Position,
    limit: u32,
}

impl Feed {
    pub(super) fn new(cx: Ctx, filter: EventFilter, after: Position) -> Self {
        Self { cx, filter, after, limit: EventQuery::MAX_LIMIT }
    }

    pub(super) fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// One page, whatever it holds. Reading goes on after it.
    pub(super) async fn page(&mut self) -> Vec<StoredEvent> {
        let query = EventQuery {
            filter: self.filter.clone(),
            after: self.after.clone(),
            limit: self.limit,
        };
        let page = must(self.cx.storage.read_events(&query).await, "read_events");
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        assert!(page.events.len() <= limit, "a page is longer than its limit");
        self.after = Position::After(page.next);
        page.events
    }

    /// The next `count` events.
    pub(super) async fn events(&mut self, count: usize) -> Vec<StoredEvent> {
        let mut events = Vec::new();
        for _ in 0..LOOKS {
            let page = self.page().await;
            let was_empty = page.is_empty();
            events.extend(page);
            if events.len() >= count {
                assert_eq!(events.len(), count, "more events than there are: {events:?}");
                return events;
            }
            if was_empty {
                self.cx.clock.sleep(Duration::from_millis(1)).await;
            }
        }
        panic!("{} of {count} events came: {events:?}", events.len())
    }

    /// What the next `count` events say.
    pub(super) async fn texts(&mut self, count: usize) -> Vec<String> {
        let events = self.events(count).await;
        events.iter().map(said).collect()
    }

    /// Checks that there is nothing more.
    pub(super) async fn ends(&mut self) {
        for _ in 0..LOOKS_FOR_NOTHING {
            let page = self.page().await;
            assert!(page.is_empty(), "there is more: {page:?}");
        }
    }

    /// Where it stands.
    pub(super) fn cursor(&self) -> Cursor {
        match &self.after {
            Position::After(cursor) => cursor.clone(),
            position => panic!("nothing was read yet from {position:?}"),
        }
    }
}

/// What an event says.
pub(super) fn said(event: &StoredEvent) -> String {
    String::from_utf8_lossy(&event.event.data.bytes).into_owned()
}
