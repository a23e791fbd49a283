//! The whole storage contract once more, as simply as it can be said: lists that are scanned.
//!
//! It is written from the words of the contract, apart from every backend, so that a mistake in
//! one of them is not made in both. Clarity over speed, everywhere.

mod claim;
mod commit;
mod list;

use std::sync::Arc;

use crate::id::{CommitId, LeaseToken};
use crate::model::{EventFilter, NewEvent, StreamKey};
use crate::storage::{Receipt, Record, RecordKey};

/// A store that is easy to believe in.
///
/// Tokens are the one thing that a store may choose freely, so long as they grow: calls that give
/// tokens are told those that the store under test gave, and take them if they are fit.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    records: Vec<Record>,
    /// Which lease holds a place in which scope.
    permits: Vec<(RecordKey, String)>,
    events: Vec<ReferenceEvent>,
    receipts: Vec<(CommitId, Receipt)>,
    /// Every token that was ever given.
    tokens: Vec<(RecordKey, LeaseToken)>,
}

/// An event of a [`Reference`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReferenceEvent {
    /// Its home.
    pub stream: StreamKey,
    /// Its place there.
    pub seq: u64,
    /// The event.
    pub event: Arc<NewEvent>,
}

impl Reference {
    /// A record, if there is one.
    pub fn get(&self, key: &RecordKey) -> Option<&Record> {
        self.records.iter().find(|record| record.key == *key)
    }

    /// The last token that was given for a record, also before it was deleted; 0 if none was.
    pub fn last_token(&self, key: &RecordKey) -> LeaseToken {
        let of_key = self.tokens.iter().filter(|(of, _)| of == key);
        of_key.map(|(_, token)| *token).max().unwrap_or_default()
    }

    /// How many events there are.
    pub fn event_count(&self) -> usize {
        self.events.len()
    }

    /// The events from the `start`th on that a filter shows.
    pub fn events(&self, start: usize, filter: &EventFilter) -> Vec<&ReferenceEvent> {
        let shown = |kept: &&ReferenceEvent| filter.matches(&kept.stream.tenant_id, &kept.event);
        self.events.iter().skip(start).filter(shown).collect()
    }

    fn get_mut(&mut self, key: &RecordKey) -> Option<&mut Record> {
        self.records.iter_mut().find(|record| record.key == *key)
    }

    /// The next token of a record: the one that the store under test gave, if it is greater than
    /// all before, or else one that cannot be taken for it.
    fn next_token(&mut self, key: &RecordKey, given: Option<LeaseToken>) -> LeaseToken {
        let last = self.last_token(key);
        let token = given.filter(|given| *given > last).unwrap_or(LeaseToken(last.0 + 1_000_000));
        self.tokens.push((key.clone(), token));
        token
    }

    fn end_permits(&mut self, key: &RecordKey) {
        self.permits.retain(|(holder, _)| holder != key);
    }
}
