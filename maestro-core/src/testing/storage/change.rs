//! Commits in the few words that cases need.

use std::sync::Arc;

use crate::id::{CommitId, LeaseToken, NodeId};
use crate::model::{Actor, Envelope, EventRefs, NewEvent, StreamKey, Timestamp};
use crate::storage::{Append, Columns, Commit, Expect, Guard, LeaseChange, Put, RecordKey};

/// A commit that is being written.
#[derive(Debug, Clone)]
pub(super) struct Change(pub(super) Commit);

impl Change {
    pub(super) fn new(id: CommitId) -> Self {
        Self(Commit::new(id))
    }

    pub(super) fn guard(mut self, key: &RecordKey, expect: Expect) -> Self {
        self.0.guards.push(Guard { key: key.clone(), expect });
        self
    }

    pub(super) fn absent(self, key: &RecordKey) -> Self {
        self.guard(key, Expect::Absent)
    }

    pub(super) fn version(self, key: &RecordKey, version: u64) -> Self {
        self.guard(key, Expect::Version { version })
    }

    pub(super) fn lease(self, key: &RecordKey, node_id: NodeId, token: LeaseToken) -> Self {
        self.guard(key, Expect::Lease { node_id, token })
    }

    pub(super) fn put(mut self, key: &RecordKey, columns: Columns, body: Envelope) -> Self {
        self.0.puts.push(Put { key: key.clone(), schema: 1, columns, body });
        self
    }

    /// A put whose content does not matter.
    pub(super) fn put_any(self, key: &RecordKey) -> Self {
        self.put(key, columns("queued"), text("any"))
    }

    pub(super) fn create(self, key: &RecordKey) -> Self {
        self.create_with(key, columns("queued"))
    }

    pub(super) fn create_with(self, key: &RecordKey, columns: Columns) -> Self {
        self.absent(key).put(key, columns, text("created"))
    }

    pub(super) fn update(self, key: &RecordKey, version: u64) -> Self {
        self.update_with(key, version, columns("queued"))
    }

    pub(super) fn update_with(self, key: &RecordKey, version: u64, columns: Columns) -> Self {
        self.version(key, version).put(key, columns, text("updated"))
    }

    /// A delete without a guard.
    pub(super) fn drop_any(mut self, key: &RecordKey) -> Self {
        self.0.deletes.push(key.clone());
        self
    }

    pub(super) fn delete(self, key: &RecordKey, version: u64) -> Self {
        self.version(key, version).drop_any(key)
    }

    pub(super) fn append(mut self, stream: &StreamKey, events: Vec<NewEvent>) -> Self {
        let events = events.into_iter().map(Arc::new).collect();
        self.0.appends.push(Append { stream: stream.clone(), events });
        self
    }

    pub(super) fn acquire(mut self, key: &RecordKey, node_id: NodeId, ttl_ms: u64) -> Self {
        self.0.leases.push(LeaseChange::Acquire { key: key.clone(), node_id, ttl_ms });
        self
    }

    pub(super) fn release(mut self, key: &RecordKey, node_id: NodeId, token: LeaseToken) -> Self {
        self.0.leases.push(LeaseChange::Release { key: key.clone(), node_id, token });
        self
    }
}

pub(super) fn columns(state: &str) -> Columns {
    Columns { state: state.to_owned(), ..Columns::default() }
}

pub(super) fn unique(unique_key: &str) -> Columns {
    Columns { unique_key: Some(unique_key.to_owned()), ..columns("queued") }
}

pub(super) fn text(text: &str) -> Envelope {
    Envelope::text(text)
}

pub(super) fn event(event_type: &str, data: &str) -> NewEvent {
    NewEvent {
        at: Timestamp::from_micros(1_700_000_000_123_456),
        event_type: event_type.to_owned(),
        actor: Actor::default(),
        refs: EventRefs::default(),
        schema: 1,
        data: text(data),
        raw: None,
    }
}

/// Events with these contents.
pub(super) fn events(data: &[&str]) -> Vec<NewEvent> {
    data.iter().map(|data| event("x.test", data)).collect()
}
