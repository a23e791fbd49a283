//! A commit is data: what must hold, what changes, what is appended.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{CommitId, LeaseToken, NodeId};
use crate::model::{Envelope, NewEvent, StreamKey};
use crate::storage::{Columns, RecordKey};

/// A change of the store that happens whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Retrying the same id gives the first result and changes nothing.
    pub id: CommitId,
    /// What must hold. They may name records that the commit does not change.
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// Records to write. Each needs a [`Expect::Version`] or [`Expect::Absent`] guard.
    #[serde(default)]
    pub puts: Vec<Put>,
    /// Records to remove. Each needs a [`Expect::Version`] guard.
    #[serde(default)]
    pub deletes: Vec<RecordKey>,
    /// Events to append. Appending changes no record's version.
    #[serde(default)]
    pub appends: Vec<Append>,
    /// Leases to take or give back.
    #[serde(default)]
    pub leases: Vec<LeaseChange>,
}

impl Commit {
    /// An empty commit.
    pub fn new(id: CommitId) -> Self {
        Self {
            id,
            guards: Vec::new(),
            puts: Vec::new(),
            deletes: Vec::new(),
            appends: Vec::new(),
            leases: Vec::new(),
        }
    }
}

/// Something that must hold for a commit to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// The record it is about.
    pub key: RecordKey,
    /// What must be true of it.
    pub expect: Expect,
}

/// What a [`Guard`] expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "expect", rename_all = "snake_case")]
pub enum Expect {
    /// The record does not exist; otherwise `AlreadyExists`.
    Absent,
    /// The record has this version; otherwise `Conflict`.
    Version {
        /// The version that was read.
        version: u64,
    },
    /// This node holds the record with this token; otherwise `LeaseLost`. A lease that has lapsed
    /// but was taken by nobody still counts.
    Lease {
        /// The holding node.
        node_id: NodeId,
        /// Its token.
        token: LeaseToken,
    },
}

/// The new content of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Put {
    /// Its address.
    pub key: RecordKey,
    /// The schema version of the body.
    pub schema: u32,
    /// The clear columns. They replace the old ones whole.
    pub columns: Columns,
    /// The content.
    pub body: Envelope,
}

/// Events for one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Append {
    /// The stream that becomes their home.
    pub stream: StreamKey,
    /// The events, in order. They get consecutive `seq`s. There may be none: then the receipt tells
    /// the `seq` that the next one would get. They are shared by what keeps and what reads them.
    pub events: Vec<Arc<NewEvent>>,
}

/// A change of a lease inside a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum LeaseChange {
    /// Takes a free or lapsed lease of a record that exists after the commit; otherwise `Conflict`,
    /// also when the same node holds it. It ends the permits of the lease it replaces.
    Acquire {
        /// The record.
        key: RecordKey,
        /// Who takes it.
        node_id: NodeId,
        /// How long it lasts without renewal.
        ttl_ms: u64,
    },
    /// Gives a lease back together with the permits taken with it; `LeaseLost` if not held.
    Release {
        /// The record.
        key: RecordKey,
        /// The holding node.
        node_id: NodeId,
        /// Its token.
        token: LeaseToken,
    },
}

/// What a commit did. A retry of its id gives the same again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Receipt {
    /// The new version of each put, in order.
    pub versions: Vec<u64>,
    /// The `seq` of the first event of each append, in order.
    pub first_seqs: Vec<u64>,
    /// The token of each [`LeaseChange::Acquire`], in order.
    pub tokens: Vec<LeaseToken>,
}
