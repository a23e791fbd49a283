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

/// What a cursor holds, for stores. No part has a line break in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorParts {
    /// Which feed: another store, or the same one restored from a backup, has another epoch.
    pub epoch: String,
    /// The [`EventFilter::fingerprint`] that it was made for; none fits every filter.
    pub filter: Option<String>,
    /// The position, in the store's own form.
    pub position: String,
}

impl Cursor {
    /// Between the parts; none of them holds it.
    const SEPARATOR: char = '\n';

    /// Packs a position.
    pub fn pack(parts: &CursorParts) -> Self {
        let CursorParts { epoch, filter, position } = parts;
        let filter = filter.as_deref().unwrap_or_default();
        let text = [epoch, filter, position].join(&Self::SEPARATOR.to_string());
        Self(URL_SAFE_NO_PAD.encode(text))
    }

    fn parts(&self) -> Option<CursorParts> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(&self.0).ok()?).ok()?;
        let mut parts = text.split(Self::SEPARATOR).map(str::to_owned);
        let (epoch, filter, position) = (parts.next()?, parts.next()?, parts.next()?);
        let filter = Some(filter).filter(|filter| !filter.is_empty());
        parts.next().is_none().then_some(CursorParts { epoch, filter, position })
    }

    /// Unpacks a position, checking that it belongs to this feed and filter.
    ///
    /// # Errors
    /// `InvalidArgument` naming the `cursor`.
    pub fn unpack(&self, epoch: &str, filter: &EventFilter) -> Result<String> {
        let parts = self
            .parts()
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
#[non_exhaustive]
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
    /// Events of these types; `task.*` means every type that starts with `task.`.
    pub fn of_types<T: Into<String>>(types: impl IntoIterator<Item = T>) -> Self {
        Self { types: types.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Events of these tasks, their sessions' included.
    pub fn of_tasks(tasks: impl IntoIterator<Item = TaskId>) -> Self {
        Self { task_ids: tasks.into_iter().collect(), ..Self::default() }
    }
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
