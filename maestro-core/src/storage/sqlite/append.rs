//! Events on a connection, inside a transaction that the writer has begun.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::convert::{self, actor_kind, int};
use super::fault::Fault;
use crate::model::{NewEvent, StreamKey};
use crate::storage::Append;

/// Where events went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    /// The `seq` of the first.
    pub(super) seq: u64,
    /// The position of the first: one transaction writes at a time, so the others follow it. Without
    /// meaning when there are none.
    pub(super) position: i64,
}

/// Appends events to a stream.
pub(super) fn append(connection: &Connection, append: &Append) -> Result<Placed, Fault> {
    let (tenant, name) = (append.stream.tenant_id.as_str(), &append.stream.name);
    if append.events.is_empty() {
        let next: Option<u64> = connection
            .prepare_cached("SELECT next_seq FROM stream WHERE tenant_id = ?1 AND name = ?2")?
            .query_row(params![tenant, name], |row| convert::count(row, 0))
            .optional()?;
        return Ok(Placed { seq: next.unwrap_or(1), position: 0 });
    }
    let count = append.events.len() as u64;
    let next = connection
        .prepare_cached(
            "INSERT INTO stream (tenant_id, name, next_seq) VALUES (?1, ?2, 1 + ?3)
             ON CONFLICT DO UPDATE SET next_seq = next_seq + ?3 RETURNING next_seq",
        )?
        .query_row(params![tenant, name, int(count)], |row| convert::count(row, 0))?;
    let first = next - count;
    for (event, seq) in append.events.iter().zip(first..) {
        insert_event(connection, &append.stream, seq, event)?;
    }
    Ok(Placed { seq: first, position: connection.last_insert_rowid() - int(count) + 1 })
}

fn insert_event(
    connection: &Connection,
    stream: &StreamKey,
    seq: u64,
    event: &NewEvent,
) -> Result<(), Fault> {
    let refs = &event.refs;
    let text = |id: Option<&dyn std::fmt::Display>| id.map(ToString::to_string);
    connection
        .prepare_cached(
            "INSERT INTO event (tenant_id, stream, seq, at, type, actor_kind, actor_id, project_id,
                 session_id, turn_id, task_id, attempt, node_id, trace_id, schema, data_key_id,
                 data_codec, data, raw_key_id, raw_codec, raw, account_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                 ?18, ?19, ?20, ?21, ?22)",
        )?
        .execute(params![
            stream.tenant_id.as_str(),
            stream.name,
            int(seq),
            event.at.as_micros(),
            event.event_type,
            actor_kind(event.actor.kind),
            event.actor.id,
            text(refs.project_id.as_ref().map(|id| id as _)),
            text(refs.session_id.as_ref().map(|id| id as _)),
            text(refs.turn_id.as_ref().map(|id| id as _)),
            text(refs.task_id.as_ref().map(|id| id as _)),
            refs.attempt,
            text(refs.node_id.as_ref().map(|id| id as _)),
            refs.trace_id,
            event.schema,
            event.data.key_id,
            event.data.codec,
            &*event.data.bytes,
            event.raw.as_ref().map(|raw| &raw.key_id),
            event.raw.as_ref().map(|raw| &raw.codec),
            event.raw.as_ref().map(|raw| &*raw.bytes),
            text(refs.account_id.as_ref().map(|id| id as _)),
        ])?;
    Ok(())
}
