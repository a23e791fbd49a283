//! Reading records.

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, TenantId};
use crate::model::{Cursor, Timestamp};
use crate::storage::{Link, Record, RecordKind};

/// Which records to list. Every given field narrows; an empty list means "any".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListQuery {
    /// Whose records; none means every tenant's and is for a node's own sweeps only.
    pub tenant_id: Option<TenantId>,
    /// Which kind.
    pub kind: RecordKind,
    /// Any of these states.
    #[serde(default)]
    pub states: Vec<String>,
    /// This unique key.
    #[serde(default)]
    pub unique_key: Option<String>,
    /// Any of these groups.
    #[serde(default)]
    pub groups: Vec<String>,
    /// This parent.
    #[serde(default)]
    pub parent: Option<String>,
    /// Records that require nothing, or one of these. None means that requirements do not matter.
    #[serde(default)]
    pub capable: Option<Vec<String>>,
    /// Has this link.
    #[serde(default)]
    pub link: Option<Link>,
    /// Is due at or before this time.
    #[serde(default)]
    pub due_by: Option<Timestamp>,
    /// In which state the lease is.
    #[serde(default)]
    pub lease: Option<LeaseFilter>,
    /// At most this many of each group, the first in the order; at least 1. Records without a group
    /// are one group; groups are of one tenant.
    #[serde(default)]
    pub per_group: Option<u32>,
    /// The order. Pages keep to it.
    #[serde(default)]
    pub order: ListOrder,
    /// At most this many; 1 to [`ListQuery::MAX_LIMIT`].
    pub limit: u32,
    /// Where the page before ended.
    #[serde(default)]
    pub page_token: Option<String>,
}

impl ListQuery {
    /// The most records of one page.
    pub const MAX_LIMIT: u32 = 1000;
    /// How many records a page has when nobody says otherwise.
    pub const DEFAULT_LIMIT: u32 = 100;

    /// All records of a kind, oldest first, in pages of [`ListQuery::DEFAULT_LIMIT`].
    pub fn new(tenant_id: Option<TenantId>, kind: RecordKind) -> Self {
        Self {
            tenant_id,
            kind,
            states: Vec::new(),
            unique_key: None,
            groups: Vec::new(),
            parent: None,
            capable: None,
            link: None,
            due_by: None,
            lease: None,
            per_group: None,
            order: ListOrder::Oldest,
            limit: Self::DEFAULT_LIMIT,
            page_token: None,
        }
    }
}

/// In which order records are listed. Text is compared by its bytes, and a list of all tenants
/// breaks ties by tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListOrder {
    /// By id, which for ids that Maestro makes is by time.
    #[default]
    Oldest,
    /// By id, backwards.
    Newest,
    /// Highest priority first, then by id.
    Priority,
    /// Soonest due first, then by id; those without a time come last.
    Due,
}

/// Which leases a listed record may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "lease", rename_all = "snake_case")]
pub enum LeaseFilter {
    /// Nobody holds it, or the holder's time has lapsed.
    Claimable,
    /// Somebody holds it and the time has lapsed.
    Lapsed,
    /// This node holds it.
    HeldBy {
        /// The node.
        node_id: NodeId,
    },
}

/// One page of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPage {
    /// The records.
    pub records: Vec<Record>,
    /// Where the next page starts; none when this is the last.
    pub next: Option<String>,
    /// A feed position that is not later than what the page shows: watching from it misses nothing.
    /// It fits every filter of the same tenant.
    pub as_of: Cursor,
}
