//! Events: immutable facts, each with one home stream.

mod agent;
mod approval;
mod data;
mod plan;
mod session;
mod task;
mod text;
mod tool;
mod turn;
mod usage;
mod workspace;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use agent::*;
pub use approval::*;
pub use data::EventData;
pub use plan::*;
pub use session::*;
pub use task::*;
pub use text::*;
pub use tool::{FileChanged, ToolContent, ToolEnded, ToolStarted, ToolStatus, ToolUpdated};
pub use turn::*;
pub use usage::*;
pub use workspace::*;

use crate::error::Result;
use crate::id::{AccountId, NodeId, ProjectId, SessionId, TaskId, TenantId, TurnId};
use crate::model::{Actor, Cursor, Envelope, Timestamp};

/// The home of events: `task/<id>`, `session/<id>`, `node/<id>` … of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamKey {
    /// Whose stream it is.
    pub tenant_id: TenantId,
    /// Its name within the tenant.
    pub name: String,
}

impl StreamKey {
    /// The stream of a thing, for example `("task", id)`.
    pub fn of(tenant_id: TenantId, kind: &str, id: impl fmt::Display) -> Self {
        Self { tenant_id, name: format!("{kind}/{id}") }
    }
}

impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant_id, self.name)
    }
}

/// What an event is about; clear columns that feeds filter on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EventRefs {
    /// The project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The turn of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The attempt of the task, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The account that it is billed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The node that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<NodeId>,
    /// The trace that the embedder gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// An event on its way into a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// When it happened, by the clock of the node.
    pub at: Timestamp,
    /// Its type, for example `task.started`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Who did it.
    pub actor: Actor,
    /// What it is about.
    #[serde(flatten)]
    pub refs: EventRefs,
    /// The schema version of `data`.
    pub schema: u32,
    /// The content, typed by `type`.
    pub data: Envelope,
    /// The agent's own frame, verbatim, on the first event that was made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Envelope>,
}

/// An event as a store gives it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// The feed position right after this event.
    pub cursor: Cursor,
    /// Its home.
    pub stream: StreamKey,
    /// Its place in the home stream, from 1, without gaps.
    pub seq: u64,
    /// The event.
    #[serde(flatten)]
    pub event: Arc<NewEvent>,
}

/// An event as a subscriber reads it.
///
/// Durable events have `seq` and `cursor`. Text deltas are ephemeral: they have neither, and the
/// `message` that follows replaces them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// Resume here to read on after this event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// Its home stream, for example `task/<id>`.
    pub stream: String,
    /// Its place in the home stream, from 1, without gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// When it happened, by the clock of the node that it happened on.
    pub at: Timestamp,
    /// Whose data it is.
    pub tenant_id: TenantId,
    /// Who did it.
    pub actor: Actor,
    /// What it is about.
    #[serde(flatten)]
    pub refs: EventRefs,
    /// The schema version of `data`.
    pub schema: u32,
    /// `type` and `data`.
    #[serde(flatten)]
    pub data: EventData,
    /// The agent's own frame, verbatim, on the first event that was made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

impl Event {
    /// The schema version of `data` that this version writes.
    pub const SCHEMA: u32 = 1;

    /// An event of the default tenant and actor that stands in no stream.
    pub fn new(at: Timestamp, data: EventData) -> Self {
        Self {
            cursor: None,
            stream: String::new(),
            seq: None,
            at,
            tenant_id: TenantId::default(),
            actor: Actor::default(),
            refs: EventRefs::default(),
            schema: Self::SCHEMA,
            data,
            raw: None,
        }
    }

    /// Decodes a stored event. A type that this version does not know becomes
    /// [`EventData::Other`].
    pub fn from_stored(stored: StoredEvent) -> Result<Self> {
        let StoredEvent { cursor, stream, seq, event } = stored;
        let data = EventData::of_stored(event.event_type.clone(), &event.data)?;
        let event = Arc::unwrap_or_clone(event);
        Ok(Self {
            cursor: Some(cursor),
            stream: stream.name,
            seq: Some(seq),
            at: event.at,
            tenant_id: stream.tenant_id,
            actor: event.actor,
            refs: event.refs,
            schema: event.schema,
            data,
            raw: event.raw.as_ref().map(Envelope::to_text),
        })
    }

    /// The event's type, for example `task.started`.
    pub fn event_type(&self) -> &str {
        self.data.event_type()
    }
}

impl fmt::Display for Event {
    /// One line: when, where, what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.stream)?;
        if let Some(seq) = self.seq {
            write!(f, "#{seq}")?;
        }
        write!(f, " {}", self.event_type())
    }
}
