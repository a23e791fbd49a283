//! Reading events after a position.

use std::mem;
use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::convert::{self, EVENT};
use super::fault::Fault;
use super::read::{distinct, latest};
use super::tail::{Kept, Tail};
use crate::error::{Error, Result};
use crate::id::TenantId;
use crate::model::{
    Cursor, CursorParts, EventFilter, EventPage, EventQuery, Position, StoredEvent,
};
use crate::storage::validate;

/// How many positions one transaction looks at when no index leads to the events that are wanted.
/// A longer one would keep the log from being reset.
const WINDOW: i64 = 20_000;

/// How many bytes of content a page holds before it ends early.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

/// A reading under way.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    filter: EventFilter,
    fingerprint: String,
    epoch: String,
    after: Start,
    limit: usize,
    events: Vec<StoredEvent>,
    bytes: usize,
}

#[derive(Debug, Clone, Copy)]
enum Start {
    Now,
    After(i64),
}

/// How far a reading came.
#[derive(Debug)]
pub(super) enum Step {
    /// The page is complete.
    Page(EventPage),
    /// Look further in another transaction.
    Further(Reading),
}

impl Reading {
    pub(super) fn new(query: &EventQuery, epoch: &str) -> Result<Self> {
        validate::events(query)?;
        let after = match &query.after {
            Position::Beginning => Start::After(0),
            Position::Now => Start::Now,
            Position::After(cursor) => {
                let position = cursor.unpack(epoch, &query.filter)?;
                Start::After(position.parse().map_err(|_| {
                    Error::invalid("cursor", "holds a position that this store did not make")
                })?)
            }
        };
        Ok(Self {
            filter: query.filter.clone(),
            fingerprint: query.filter.fingerprint(),
            epoch: epoch.to_owned(),
            after,
            limit: query.limit as usize,
            events: Vec::new(),
            bytes: 0,
        })
    }

    /// Reads what this process has just committed. Gives the page if that fills it; what comes after
    /// is in the file, if anything is.
    pub(super) fn recent(&mut self, tail: &Tail) -> Option<EventPage> {
        let Start::After(after) = self.after else {
            return None;
        };
        let (mut found, mut more) = (Vec::new(), false);
        let last = tail.read(after, |position, kept| {
            if self.filter.matches(&kept.stream.tenant_id, &kept.event) {
                more = found.len() == self.limit || self.bytes > PAGE_BYTES;
                if more {
                    return false;
                }
                self.bytes += kept.bytes();
                found.push((position, kept.clone()));
            }
            true
        })?;
        let stored = found.into_iter().map(|(position, Kept { stream, seq, event, .. })| {
            StoredEvent { cursor: self.cursor(position), stream, seq, event }
        });
        self.events = stored.collect();
        self.after = Start::After(last);
        more.then(|| self.page(last, true))
    }

    /// Reads on as of one moment.
    pub(super) fn step(mut self, connection: &Connection) -> Result<Step, Fault> {
        let latest = latest(connection)?;
        let after = match self.after {
            Start::Now => return Ok(Step::Page(self.page(latest, false))),
            Start::After(after) => after,
        };
        if after > latest {
            // The file went back in time, for example to a copy of itself.
            let error =
                Error::invalid("cursor", "is ahead of the store; list again and start there");
            return Err(error.into());
        }
        let room = self.limit - self.events.len();
        // Commits are in the order of their positions, so nothing at or before `latest` can appear
        // later: the reading may skip what does not match for good.
        let indexed = index(&self.filter).is_some();
        let until = if indexed { latest } else { latest.min(after + WINDOW) };
        let found = match index(&self.filter) {
            Some(index) => by_index(connection, &self.filter, &index, after, room + 1)?,
            None => by_position(connection, &self.filter, after, until, room + 1)?,
        };
        for (count, position) in found.iter().enumerate() {
            if count == room || (self.bytes > PAGE_BYTES && !self.events.is_empty()) {
                let last = found[..count].last().copied().unwrap_or(after);
                return Ok(Step::Page(self.page(last, true)));
            }
            let event = self.load(connection, *position)?;
            self.events.push(event);
        }
        if until < latest {
            self.after = Start::After(until);
            return Ok(Step::Further(self));
        }
        Ok(Step::Page(self.page(latest, false)))
    }

    fn load(&mut self, connection: &Connection, position: i64) -> Result<StoredEvent, Fault> {
        let sql = format!("SELECT {EVENT} FROM event WHERE position = ?1");
        let (stream, seq, event) =
            connection.prepare_cached(&sql)?.query_row([position], convert::event)?;
        self.bytes += event.data.bytes.len();
        self.bytes += event.raw.as_ref().map_or(0, |raw| raw.bytes.len());
        Ok(StoredEvent { cursor: self.cursor(position), stream, seq, event: Arc::new(event) })
    }

    fn cursor(&self, position: i64) -> Cursor {
        Cursor::pack(&CursorParts {
            epoch: self.epoch.clone(),
            filter: Some(self.fingerprint.clone()),
            position: position.to_string(),
        })
    }

    fn page(&mut self, next: i64, more: bool) -> EventPage {
        EventPage { next: self.cursor(next), events: mem::take(&mut self.events), more }
    }
}

/// An index that leads to the events of a filter.
pub(super) struct Index {
    name: &'static str,
    column: &'static str,
    ids: Vec<String>,
}

pub(super) fn index(filter: &EventFilter) -> Option<Index> {
    fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
        ids.iter().map(ToString::to_string).collect()
    }
    [
        ("event_task", "task_id", texts(&filter.task_ids)),
        ("event_session", "session_id", texts(&filter.session_ids)),
        ("event_project", "project_id", texts(&filter.project_ids)),
    ]
    .into_iter()
    .find(|(_, _, ids)| !ids.is_empty())
    .map(|(name, column, ids)| Index { name, column, ids })
}

/// Positions from an index: one seek for each id and tenant, then merged.
fn by_index(
    connection: &Connection,
    filter: &EventFilter,
    index: &Index,
    after: i64,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let tenants = match &filter.tenant_id {
        Some(tenant) => vec![tenant.as_str().to_owned()],
        None => distinct(
            connection,
            "SELECT min(tenant_id) FROM stream WHERE tenant_id > coalesce(?1, '')",
            &[],
        )?,
    };
    let mut found = Vec::new();
    for tenant in &tenants {
        for (sql, values) in seeks(filter, index, tenant, after, limit) {
            found.extend(positions(connection, &sql, values)?);
        }
    }
    found.sort_unstable();
    found.truncate(limit);
    Ok(found)
}

/// One query for each id, which gives its first positions in order.
pub(super) fn seeks(
    filter: &EventFilter,
    index: &Index,
    tenant: &str,
    after: i64,
    limit: usize,
) -> Vec<(String, Vec<Value>)> {
    let mut ids = index.ids.clone();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter()
        .map(|id| {
            let mut values =
                vec![Value::Text(tenant.to_owned()), Value::Text(id), Value::Integer(after)];
            let more = conditions(filter, Some(index.column), &mut values);
            let sql = format!(
                "SELECT position FROM event INDEXED BY {} WHERE tenant_id = ? AND {} = ? \
                 AND position > ?{more} ORDER BY position LIMIT {limit}",
                index.name, index.column
            );
            (sql, values)
        })
        .collect()
}

fn by_position(
    connection: &Connection,
    filter: &EventFilter,
    after: i64,
    until: i64,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let mut values = vec![Value::Integer(after), Value::Integer(until)];
    let mut more = String::new();
    if let Some(tenant) = &filter.tenant_id {
        more.push_str(" AND tenant_id = ?");
        values.push(tenant_value(tenant));
    }
    more.push_str(&conditions(filter, None, &mut values));
    let sql = format!(
        "SELECT position FROM event NOT INDEXED WHERE position > ? AND position <= ?{more} \
         ORDER BY position LIMIT {limit}"
    );
    positions(connection, &sql, values)
}

fn tenant_value(tenant: &TenantId) -> Value {
    Value::Text(tenant.as_str().to_owned())
}

/// What the index does not decide.
fn conditions(filter: &EventFilter, decided: Option<&str>, values: &mut Vec<Value>) -> String {
    let mut terms = Vec::new();
    let mut among = |column: &str, ids: Vec<String>| {
        if !ids.is_empty() && decided != Some(column) {
            let marks = vec!["?"; ids.len()].join(", ");
            terms.push(format!("{column} IN ({marks})"));
            values.extend(ids.into_iter().map(Value::Text));
        }
    };
    among("task_id", filter.task_ids.iter().map(ToString::to_string).collect());
    among("session_id", filter.session_ids.iter().map(ToString::to_string).collect());
    among("project_id", filter.project_ids.iter().map(ToString::to_string).collect());
    let types: Vec<String> = filter
        .types
        .iter()
        .map(|pattern| {
            let Some(prefix) = pattern.strip_suffix('*') else {
                values.push(Value::Text(pattern.clone()));
                return "type = ?".to_owned();
            };
            let length = i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX);
            values.extend([Value::Integer(length), Value::Text(prefix.to_owned())]);
            "substr(type, 1, ?) = ?".to_owned()
        })
        .collect();
    if !types.is_empty() {
        terms.push(format!("({})", types.join(" OR ")));
    }
    terms.iter().map(|term| [" AND ", term].concat()).collect()
}

fn positions(connection: &Connection, sql: &str, values: Vec<Value>) -> rusqlite::Result<Vec<i64>> {
    connection.prepare_cached(sql)?.query_map(params_from_iter(values), |row| row.get(0))?.collect()
}
