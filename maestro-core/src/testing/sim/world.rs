//! A store and the reference, side by side.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::generate;
use super::op::{Op, Start};
use crate::error::{Error, Result};
use crate::id::LeaseToken;
use crate::model::{EventFilter, EventQuery, Position, StoredEvent, Timestamp};
use crate::runtime::Runtime;
use crate::storage::{
    Claim, ClaimOutcome, Commit, Lease, ListQuery, Record, RecordKey, Renew, Storage,
};
use crate::testing::SteppedRuntime;
use crate::testing::reference::Reference;
use crate::testing::storage::{Bench, Fresh};

/// When every simulation starts: in November 2023.
const START: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

/// How often a feed is found empty before it is believed: more often than a store that shows
/// events late hides them.
const EMPTY_PAGES: u32 = 5;

/// What does not agree.
type Checked = std::result::Result<(), String>;

/// A store, what it should hold, and readers of its feed.
pub(super) struct World {
    pub(super) reference: Reference,
    clock: Arc<SteppedRuntime>,
    place: Fresh,
    storage: Arc<dyn Storage>,
    readers: Vec<Option<Reader>>,
    /// The keys that are compared after each step.
    keys: Vec<RecordKey>,
}

/// A reader of the feed.
struct Reader {
    filter: EventFilter,
    after: Position,
    /// How many events there were before it started.
    start: usize,
    seen: Vec<StoredEvent>,
}

impl World {
    pub(super) async fn open(bench: &Bench) -> Self {
        let clock = Arc::new(SteppedRuntime::frozen(bench.runtime(), START));
        let place = bench.fresh().await;
        let storage = open(&place, &clock).await;
        let storage = storage.unwrap_or_else(|error| panic!("the store does not open: {error:?}"));
        let readers = (0..generate::READERS).map(|_| None).collect();
        let keys = generate::keys();
        Self { reference: Reference::default(), clock, place, storage, readers, keys }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Does one operation on both sides, and compares what they say and what they hold.
    pub(super) async fn step(&mut self, op: &Op) -> Checked {
        match op {
            Op::Commit(commit) => self.commit(commit).await?,
            Op::Claim(claim) => self.claim(claim).await?,
            Op::Renew(renew) => self.renew(renew).await?,
            Op::Advance { ms } => self.clock.advance(Duration::from_millis(*ms)),
            Op::List(query) => self.list(query).await?,
            Op::Subscribe { slot, filter, start } => {
                self.subscribe(*slot, filter, *start).await?;
            }
            Op::Drain { slot, limit } => self.drain(*slot, *limit).await?,
            Op::Reopen { close } => self.reopen(*close).await?,
        }
        self.compare().await
    }

    /// Compares what only readers see.
    pub(super) async fn finish(&mut self) -> Checked {
        self.subscribe(0, &EventFilter::default(), Start::Beginning).await?;
        for slot in 0..self.readers.len() {
            self.drain(slot, EventQuery::MAX_LIMIT).await?;
        }
        Ok(())
    }

    async fn commit(&mut self, commit: &Commit) -> Checked {
        let result = self.storage.commit(commit.clone()).await;
        let given = result.as_ref().map(|receipt| receipt.tokens.clone()).unwrap_or_default();
        let expected = self.reference.commit(commit, self.clock.now(), &given);
        same("commit", &expected, &result.map_err(|error| error.kind()))
    }

    async fn claim(&mut self, claim: &Claim) -> Checked {
        let outcomes = done("claim", self.storage.claim(claim).await)?;
        let given: Vec<LeaseToken> = outcomes.iter().filter_map(token).collect();
        let expected = self.reference.claim(claim, self.clock.now(), &given);
        same("claim", &expected, &outcomes)
    }

    async fn renew(&mut self, renew: &Renew) -> Checked {
        let renewed = done("renew", self.storage.renew(renew).await)?;
        same("renew", &self.reference.renew(renew, self.clock.now()), &renewed)
    }

    async fn list(&self, query: &ListQuery) -> Checked {
        let mut query = query.clone();
        let expected = self.reference.list(&query, self.clock.now());
        let mut rest = &expected[..];
        loop {
            let page = done("list", self.storage.list(&query).await)?;
            let (due, later) = rest.split_at(rest.len().min(query.limit as usize));
            same("ids of a page", &ids(due.iter().copied()), &ids(&page.records))?;
            for (expected, seen) in due.iter().zip(&page.records) {
                self.same_record(Some(expected), Some(seen))?;
            }
            same("whether a page follows", &!later.is_empty(), &page.next.is_some())?;
            if page.next.is_none() {
                return Ok(());
            }
            (query.page_token, rest) = (page.next, later);
        }
    }

    async fn subscribe(&mut self, slot: usize, filter: &EventFilter, start: Start) -> Checked {
        let after = match start {
            Start::Beginning => Position::Beginning,
            Start::Now => {
                let (filter, after) = (filter.clone(), Position::Now);
                let query = EventQuery { filter, after, limit: 1 };
                let page = done("read_events", self.storage.read_events(&query).await)?;
                same("events from now on", &Vec::new(), &page.events)?;
                Position::After(page.next)
            }
            Start::AsOf => {
                let query = ListQuery::new(filter.tenant_id.clone(), self.keys[0].kind.clone());
                Position::After(done("list", self.storage.list(&query).await)?.as_of)
            }
        };
        let start = if start == Start::Beginning { 0 } else { self.reference.event_count() };
        let filter = filter.clone();
        self.readers[slot] = Some(Reader { filter, after, start, seen: Vec::new() });
        Ok(())
    }

    async fn drain(&mut self, slot: usize, limit: u32) -> Checked {
        let Some(reader) = &mut self.readers[slot] else {
            return Ok(());
        };
        let mut empty = 0;
        while empty < EMPTY_PAGES {
            let (filter, after) = (reader.filter.clone(), reader.after.clone());
            let query = EventQuery { filter, after, limit };
            let page = done("read_events", self.storage.read_events(&query).await)?;
            empty = if page.events.is_empty() { empty + 1 } else { 0 };
            reader.after = Position::After(page.next);
            reader.seen.extend(page.events);
        }
        // Only the order within a stream is promised.
        let mut expected = self.reference.events(reader.start, &reader.filter);
        expected.sort_by_key(|kept| &kept.stream);
        let mut seen: Vec<&StoredEvent> = reader.seen.iter().collect();
        seen.sort_by_key(|stored| &stored.stream);
        let expected: Vec<_> = expected.iter().map(|e| (&e.stream, e.seq, &e.event)).collect();
        let seen: Vec<_> = seen.iter().map(|e| (&e.stream, e.seq, &e.event)).collect();
        same("the events of a feed, by stream", &expected, &seen)
    }

    async fn reopen(&mut self, close: bool) -> Checked {
        if close {
            done("close", self.storage.close().await)?;
        }
        self.storage = done("open", open(&self.place, &self.clock).await)?;
        Ok(())
    }

    async fn compare(&self) -> Checked {
        let found = done("get", self.storage.get(&self.keys).await)?;
        same("the number of answers", &self.keys.len(), &found.len())?;
        for (key, seen) in self.keys.iter().zip(&found) {
            self.same_record(self.reference.get(key), seen.as_ref())?;
        }
        Ok(())
    }

    /// Compares two records, apart from what the contract leaves open in a free lease.
    fn same_record(&self, expected: Option<&Record>, seen: Option<&Record>) -> Checked {
        let mut seen = seen.cloned();
        if let (Some(expected), Some(seen)) = (expected, &mut seen)
            && expected.lease.node_id.is_none()
            && seen.lease.node_id.is_none()
        {
            // A record that was made anew may show the last token of the one before it.
            let inherited = self.reference.last_token(&expected.key);
            let is_new = expected.lease.token == LeaseToken(0) && seen.lease.token == inherited;
            let token = if is_new { expected.lease.token } else { seen.lease.token };
            seen.lease = Lease { node_id: None, token, until: expected.lease.until };
        }
        same("a record", &expected, &seen.as_ref())
    }
}

async fn open(place: &Fresh, clock: &Arc<SteppedRuntime>) -> Result<Arc<dyn Storage>> {
    let runtime: Arc<dyn Runtime> = Arc::<SteppedRuntime>::clone(clock);
    place.config.open(runtime).await
}

fn token(outcome: &ClaimOutcome) -> Option<LeaseToken> {
    match outcome {
        ClaimOutcome::Claimed { record } => Some(record.lease.token),
        _ => None,
    }
}

fn ids<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<String> {
    records.into_iter().map(|record| record.key.to_string()).collect()
}

fn done<T>(what: &str, result: Result<T>) -> std::result::Result<T, String> {
    result.map_err(|error: Error| format!("{what} fails: {error:?}"))
}

fn same<T: PartialEq + Debug>(what: &str, expected: &T, seen: &T) -> Checked {
    if expected == seen {
        Ok(())
    } else {
        Err(format!("{what}\n  expected {expected:?}\n  seen     {seen:?}"))
    }
}
