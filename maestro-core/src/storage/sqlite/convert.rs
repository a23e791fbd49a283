//! Between rows and the model.

use std::error::Error as StdError;
use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::Type;
use serde::Deserialize as _;
use serde::de::IntoDeserializer;
use serde::de::value::Error as ValueError;

use crate::id::{LeaseToken, TenantId};
use crate::model::{Actor, ActorKind, Envelope, EventRefs, NewEvent, StreamKey, Timestamp};
use crate::storage::{Columns, Lease, Link, Record, RecordKey, RecordKind};

/// The columns of [`record`], for a `FROM record r LEFT JOIN lease l`.
pub(super) const RECORD: &str = "r.tenant_id, r.kind, r.id, r.version, r.schema, r.state, \
     r.unique_key, r.grp, r.parent, r.requires, r.priority, r.due_at, r.links, r.key_id, r.codec, \
     r.body, l.node_id, l.token, l.until";

/// The tables of [`RECORD`]; a condition has to follow.
pub(super) const RECORD_LEASE: &str = "LEFT JOIN lease l \
     ON l.tenant_id = r.tenant_id AND l.kind = r.kind AND l.id = r.id";

/// The columns of [`event`].
pub(super) const EVENT: &str = "tenant_id, stream, seq, at, type, actor_kind, actor_id, \
     project_id, session_id, turn_id, task_id, attempt, node_id, trace_id, schema, data_key_id, \
     data_codec, data, raw_key_id, raw_codec, raw, account_id";

/// A count as SQLite keeps it. None of ours comes near the limit.
pub(super) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as we keep it.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

fn unreadable(
    column: usize,
    error: impl Into<Box<dyn StdError + Send + Sync + 'static>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

fn tenant(row: &Row<'_>, column: usize) -> rusqlite::Result<TenantId> {
    TenantId::new(row.get::<_, String>(column)?).map_err(|error| unreadable(column, error))
}

/// A typed id, or none.
pub(super) fn id<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T: FromStr<Err = crate::error::Error>,
{
    match row.get_ref(column)?.as_str_or_null()? {
        Some(text) => text.parse().map(Some).map_err(|error| unreadable(column, error)),
        None => Ok(None),
    }
}

/// The links of a record as its row keeps them.
pub(super) fn links_to_json(links: &[Link]) -> Option<String> {
    if links.is_empty() {
        return None;
    }
    let pairs: Vec<_> = links.iter().map(|link| (&link.rel, &link.target)).collect();
    Some(serde_json::to_string(&pairs).expect("pairs of strings have a JSON form"))
}

fn links(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<Link>> {
    let Some(json) = row.get_ref(column)?.as_str_or_null()? else {
        return Ok(Vec::new());
    };
    let pairs: Vec<(String, String)> =
        serde_json::from_str(json).map_err(|error| unreadable(column, error))?;
    Ok(pairs.into_iter().map(|(rel, target)| Link { rel, target }).collect())
}

/// The clear columns, from `state` to `links`, at `first`.
pub(super) fn columns(row: &Row<'_>, first: usize) -> rusqlite::Result<Columns> {
    Ok(Columns {
        state: row.get(first)?,
        unique_key: row.get(first + 1)?,
        group: row.get(first + 2)?,
        parent: row.get(first + 3)?,
        requires: row.get(first + 4)?,
        priority: row.get(first + 5)?,
        due_at: row.get::<_, Option<i64>>(first + 6)?.map(Timestamp::from_micros),
        links: links(row, first + 7)?,
    })
}

/// Content, whose key is at `first`.
fn envelope(row: &Row<'_>, first: usize) -> rusqlite::Result<Envelope> {
    let name = |at| Ok::<_, rusqlite::Error>(row.get_ref(first + at)?.as_str()?);
    Ok(Envelope::kept(name(0)?, name(1)?, row.get(first + 2)?))
}

/// A row of [`RECORD`].
pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        key: RecordKey {
            tenant_id: tenant(row, 0)?,
            kind: RecordKind::from_name(row.get::<_, String>(1)?),
            id: row.get(2)?,
        },
        version: count(row, 3)?,
        schema: row.get(4)?,
        columns: columns(row, 5)?,
        body: envelope(row, 13)?,
        lease: match row.get::<_, Option<i64>>(17)? {
            Some(_) => Lease {
                node_id: id(row, 16)?,
                token: LeaseToken(count(row, 17)?),
                until: Timestamp::from_micros(row.get(18)?),
            },
            None => Lease::default(),
        },
    })
}

/// The kind of actor as its column holds it; the same words as on the wire.
pub(super) fn actor_kind(kind: ActorKind) -> &'static str {
    kind.as_str()
}

fn actor(row: &Row<'_>, column: usize) -> rusqlite::Result<Actor> {
    let name = row.get_ref(column)?.as_str()?;
    let read = ActorKind::deserialize(IntoDeserializer::<ValueError>::into_deserializer(name));
    let kind = read.map_err(|error| unreadable(column, error.to_string()))?;
    Ok(Actor { kind, id: row.get(column + 1)? })
}

/// A row of [`EVENT`]: its home, its place there, and itself.
pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<(StreamKey, u64, NewEvent)> {
    let stream = StreamKey { tenant_id: tenant(row, 0)?, name: row.get(1)? };
    let event = NewEvent {
        at: Timestamp::from_micros(row.get(3)?),
        event_type: row.get(4)?,
        actor: actor(row, 5)?,
        refs: EventRefs {
            project_id: id(row, 7)?,
            session_id: id(row, 8)?,
            turn_id: id(row, 9)?,
            task_id: id(row, 10)?,
            attempt: row.get(11)?,
            account_id: id(row, 21)?,
            node_id: id(row, 12)?,
            trace_id: row.get(13)?,
        },
        schema: row.get(14)?,
        data: envelope(row, 15)?,
        raw: match row.get_ref(19)?.as_str_or_null()? {
            Some(_) => Some(envelope(row, 18)?),
            None => None,
        },
    };
    Ok((stream, count(row, 2)?, event))
}
