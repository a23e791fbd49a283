//! Claims and renewals: how a node comes to hold a record, and keeps it.

use serde::{Deserialize, Serialize};

use crate::id::{LeaseToken, NodeId};
use crate::model::Timestamp;
use crate::storage::{Record, RecordKey};

/// Takes exactly the named records, each all or nothing with its permits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who takes them.
    pub node_id: NodeId,
    /// How long the leases last without renewal.
    pub ttl_ms: u64,
    /// What is wanted.
    pub wants: Vec<Want>,
}

/// One record that a [`Claim`] wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// The record.
    pub key: RecordKey,
    /// The version that the decision to claim was based on; none takes any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// A holder that is known by evidence to be dead: its lease is taken although it has not lapsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seize_from: Option<NodeId>,
    /// Counted permits that are needed, all of them; each scope once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permits: Vec<Permit>,
}

/// One of `max` places in `scope`. It is held by the lease that it was claimed with, and counts
/// until that lease is released or claimed again, or its record deleted, also when it has lapsed:
/// capacity is never a cached number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Permit {
    /// What is counted, for example `project:…`. The tenant of the record is part of it.
    pub scope: String,
    /// How many may hold it at once.
    pub max: u32,
}

/// What became of one [`Want`]. Refusals are looked for in this order: missing, held, stale,
/// limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ClaimOutcome {
    /// The record is held now; this is its state at the claim, with the new lease.
    Claimed {
        /// The record.
        record: Box<Record>,
    },
    /// Another holds it.
    Held {
        /// The holder.
        node_id: NodeId,
        /// When its lease lapses unless renewed.
        until: Timestamp,
    },
    /// The record has another version by now.
    Stale {
        /// The current version.
        version: u64,
    },
    /// A permit is used up.
    Limited {
        /// The first scope asked for that has no place left.
        scope: String,
    },
    /// There is no such record.
    Missing,
}

/// Keeps leases from lapsing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renew {
    /// The holding node.
    pub node_id: NodeId,
    /// How long the leases last from now.
    pub ttl_ms: u64,
    /// The leases.
    pub leases: Vec<(RecordKey, LeaseToken)>,
}

/// What a renewal found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Renewed {
    /// The leases that are not held with that token any more. Their work must stop.
    pub lost: Vec<RecordKey>,
}
