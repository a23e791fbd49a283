//! Records: what a store keeps one current version of.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{LeaseToken, NodeId, TenantId};
use crate::model::{Envelope, Timestamp};

/// What a record is about. Stores treat it as an opaque name, so new kinds need no new store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordKind(Cow<'static, str>);

impl RecordKind {
    /// A node.
    pub const NODE: Self = Self::named("node");
    /// A project.
    pub const PROJECT: Self = Self::named("project");
    /// An account.
    pub const ACCOUNT: Self = Self::named("account");
    /// A task with its attempts.
    pub const TASK: Self = Self::named("task");
    /// A session with its queue of prompts.
    pub const SESSION: Self = Self::named("session");
    /// An approval.
    pub const APPROVAL: Self = Self::named("approval");
    /// A permission rule.
    pub const RULE: Self = Self::named("rule");
    /// A workspace.
    pub const WORKSPACE: Self = Self::named("workspace");
    /// What a session's agent is writing at the moment, for subscribers on other nodes.
    pub const PARTIAL: Self = Self::named("partial");
    /// A durable command.
    pub const COMMAND: Self = Self::named("command");
    /// An entry of the ledger.
    pub const LEDGER: Self = Self::named("ledger");

    /// A kind by its name.
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A kind whose name was read from somewhere.
    pub fn from_name(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of a record. The tenant leads every key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordKey {
    /// Whose record it is.
    pub tenant_id: TenantId,
    /// What it is about.
    pub kind: RecordKind,
    /// Its id within tenant and kind.
    pub id: String,
}

impl RecordKey {
    /// The address of a record.
    pub fn new(tenant_id: TenantId, kind: RecordKind, id: impl fmt::Display) -> Self {
        Self { tenant_id, kind, id: id.to_string() }
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.tenant_id, self.kind, self.id)
    }
}

/// A named, indexed reference from a record to another thing, for example `needs` to a task.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Link {
    /// What the reference means.
    pub rel: String,
    /// The id that it points to.
    pub target: String,
}

/// The clear columns: the only part of a record that is filtered, sorted or claimed on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Columns {
    /// The wire value of the record's state.
    pub state: String,
    /// Unique within tenant and kind, for example a project's name or an idempotency key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_key: Option<String>,
    /// The fairness group, for example a task's project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What the record belongs to, for example an approval's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The one capability that a node needs to work on it, for example `agent:claude`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires: Option<String>,
    /// Higher comes first.
    pub priority: i32,
    /// When a sweeper has to look at the record next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Indexed references to other things.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

/// Who holds a record, if anyone. The token outlives the holder, so that it never repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lease {
    /// The holding node; none when the lease is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<NodeId>,
    /// The token of the latest claim; 0 when there was none.
    pub token: LeaseToken,
    /// When it lapses unless renewed, by the store's clock. Meaningless when free.
    pub until: Timestamp,
}

/// The current version of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its address.
    pub key: RecordKey,
    /// Grows by one with every put; 1 at the first. Claims, renewals and appends do not change it.
    pub version: u64,
    /// The schema version of the body.
    pub schema: u32,
    /// The clear columns.
    pub columns: Columns,
    /// The content.
    pub body: Envelope,
    /// Who holds it.
    pub lease: Lease,
}
