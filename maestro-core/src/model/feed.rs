//! Feeds: reading events after a position.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::id::{ProjectId, SessionId, TaskId, TenantId};
use crate::model::StoredEvent;

/// An opaque position in a feed. Only a store makes and reads one; nobody compares two.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

/// What a cursor holds, for stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CursorParts {
    /// Which feed: another store, or the same one restored from a backup, has another epoch.
    #[serde(rename = "e")]
    pub epoch: String,
    /// The [`EventFilter::fingerprint`] that it was made for; none fits every filter.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The position, in the store's own form.
    #[serde(rename = "p")]
    pub position: String,
}

impl Cursor {
    /// Packs a position.
    pub fn pack(parts: &CursorParts) -> Self {
        let json = serde_json::to_vec(parts).unwrap_or_default();
        Self(URL_SAFE_NO_PAD.encode(json))
    }

    /// Unpacks a position, checking that it belongs to this feed and filter.
    ///
    /// # Errors
    /// `InvalidArgument` naming the `cursor`.
    pub fn unpack(&self, epoch: &str, filter: &EventFilter) -> Result<String> {
        let parts: CursorParts = URL_SAFE_NO_PAD
            .decode(self.0.as_bytes())
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or_else(|| Error::invalid("cursor", "is not one that this library made"))?;
        if parts.epoch != epoch {
            return Err(Error::invalid(
                "cursor",
                "is of another store; list again and start there",
            ));
        }
        match parts.filter {
            Some(print) if print != filter.fingerprint() => {
                Err(Error::invalid("cursor", "was made for another filter"))
            }
            _ => Ok(parts.position),
        }
    }

    /// The text to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a text that was kept. It is checked when it is used.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which events a feed shows. Every given field narrows; an empty list means "any".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EventFilter {
    /// Whose events; none means every tenant's and is for a node's own use only.
    pub tenant_id: Option<TenantId>,
    /// Events of these projects.
    pub project_ids: Vec<ProjectId>,
    /// Events of these sessions.
    pub session_ids: Vec<SessionId>,
    /// Events of these tasks, their sessions' included.
    pub task_ids: Vec<TaskId>,
    /// Events of these types; `task.*` means every type that starts with `task.`.
    pub types: Vec<String>,
}

impl EventFilter {
    /// A short, stable name for the filter.
    pub fn fingerprint(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(&Sha256::digest(json)[..9])
    }

    /// Whether the filter shows an event.
    pub fn matches(&self, tenant_id: &TenantId, event: &crate::model::NewEvent) -> bool {
        let refs = &event.refs;
        let among = |wanted: bool, found: bool| wanted || found;
        self.tenant_id.as_ref().is_none_or(|tenant| tenant == tenant_id)
            && among(
                self.project_ids.is_empty(),
                refs.project_id.is_some_and(|id| self.project_ids.contains(&id)),
            )
            && among(
                self.session_ids.is_empty(),
                refs.session_id.is_some_and(|id| self.session_ids.contains(&id)),
            )
            && among(
                self.task_ids.is_empty(),
                refs.task_id.is_some_and(|id| self.task_ids.contains(&id)),
            )
            && among(
                self.types.is_empty(),
                self.types.iter().any(|pattern| type_matches(pattern, &event.event_type)),
            )
    }
}

/// Whether an event type fits a pattern: the type itself, or a prefix that ends with `*`.
pub fn type_matches(pattern: &str, event_type: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => event_type.starts_with(prefix),
        None => pattern == event_type,
    }
}

/// Where a feed starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", content = "cursor", rename_all = "snake_case")]
pub enum Position {
    /// Before the first event that is kept.
    Beginning,
    /// After the last event that there is now.
    Now,
    /// After a position that was read before.
    After(Cursor),
}

/// What to read of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventQuery {
    /// Which events.
    pub filter: EventFilter,
    /// From where.
    pub after: Position,
    /// At most this many; 1 to [`EventQuery::MAX_LIMIT`].
    pub limit: u32,
}

impl EventQuery {
    /// The most events of one page.
    pub const MAX_LIMIT: u32 = 1000;
}

/// One page of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPage {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Where to read on.
    pub next: Cursor,
    /// Whether more events were there at the time of the reading.
    pub more: bool,
}
