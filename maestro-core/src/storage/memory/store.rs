//! A handle of the store in memory.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::Shared;
use super::read::place;
use crate::error::Result;
use crate::model::{EventPage, EventQuery, StoredEvent};
use crate::runtime::Runtime;
use crate::storage::{
    Claim, ClaimOutcome, Commit, Hint, Hints, ListPage, ListQuery, Receipt, Record, RecordKey,
    Renew, Renewed, Storage, Watch, failure, page, validate,
};

/// One node's handle: it holds the lock only while it looks up or changes, never while it awaits.
#[derive(Debug)]
pub(super) struct MemoryStorage {
    shared: Arc<Shared>,
    runtime: Arc<dyn Runtime>,
    hints: Arc<Hints>,
    closed: AtomicBool,
}

impl MemoryStorage {
    pub(super) fn new(shared: Arc<Shared>, runtime: Arc<dyn Runtime>, hints: Arc<Hints>) -> Self {
        Self { shared, runtime, hints, closed: AtomicBool::new(false) }
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn ensure_open(&self) -> Result<()> {
        if self.is_closed() { Err(failure::closed()) } else { Ok(()) }
    }
}

impl fmt::Display for MemoryStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory")
    }
}

#[async_trait]
impl Storage for MemoryStorage {
    async fn commit(&self, commit: Commit) -> Result<Receipt> {
        self.ensure_open()?;
        validate::commit(&commit)?;
        let (receipt, hint) = {
            let mut tables = self.shared.lock();
            tables.commit(commit, self.runtime.now())?
        };
        if let Some(hint) = hint {
            self.shared.tell(&hint);
        }
        Ok(receipt)
    }

    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Record>>> {
        self.ensure_open()?;
        let found: Vec<Option<Arc<Record>>> = {
            let tables = self.shared.lock();
            keys.iter().map(|key| tables.records.get(key).cloned()).collect()
        };
        Ok(found.into_iter().map(|record| record.map(Arc::unwrap_or_clone)).collect())
    }

    async fn list(&self, query: &ListQuery) -> Result<ListPage> {
        self.ensure_open()?;
        let after = validate::list(query)?;
        let found = {
            let tables = self.shared.lock();
            tables.list(query, after.as_ref(), self.runtime.now())
        };
        let last = found.rows.last().filter(|_| found.more);
        Ok(ListPage {
            next: last.map(|record| page::pack(query, place(record))),
            records: found.rows.into_iter().map(Arc::unwrap_or_clone).collect(),
            as_of: found.as_of,
        })
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<ClaimOutcome>> {
        self.ensure_open()?;
        validate::claim(claim)?;
        let outcomes: Vec<ClaimOutcome> = {
            let mut tables = self.shared.lock();
            let now = self.runtime.now();
            let wants = claim.wants.iter();
            wants.map(|want| tables.claim(want, claim.node_id, claim.ttl_ms, now)).collect()
        };
        let claimed = outcomes.iter().filter_map(|outcome| match outcome {
            ClaimOutcome::Claimed { record } => Some(record.key.clone()),
            _ => None,
        });
        let records: Vec<RecordKey> = claimed.collect();
        if !records.is_empty() {
            self.shared.tell(&Hint::Touched { records, streams: Vec::new() });
        }
        Ok(outcomes)
    }

    async fn renew(&self, renew: &Renew) -> Result<Renewed> {
        self.ensure_open()?;
        let mut tables = self.shared.lock();
        Ok(tables.renew(renew, self.runtime.now()))
    }

    async fn read_events(&self, query: &EventQuery) -> Result<EventPage> {
        self.ensure_open()?;
        validate::events(query)?;
        let print = query.filter.fingerprint();
        let (read, cursors, next) = {
            let tables = self.shared.lock();
            let read = tables.read_events(query)?;
            let cursor = |position| tables.cursor(position, Some(&print));
            let cursors: Vec<_> = read.events.iter().map(|(at, _)| cursor(*at)).collect();
            let next = cursor(read.next);
            (read, cursors, next)
        };
        let events = read.events.into_iter().zip(cursors);
        let events = events.map(|((_, kept), cursor)| StoredEvent {
            cursor,
            stream: kept.stream.clone(),
            seq: kept.seq,
            event: Arc::clone(&kept.event),
        });
        Ok(EventPage { events: events.collect(), next, more: read.more })
    }

    fn watch(&self) -> Watch {
        let watch = self.hints.watch();
        // The other order would leave a watcher waiting for ever beside a `close`.
        if self.is_closed() {
            self.hints.close();
        }
        watch
    }

    async fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        self.hints.close();
        Ok(())
    }
}
