//! Records on a connection, inside a transaction that the writer has begun.

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use super::convert::{self, int};
use super::fault::Fault;
use super::lease;
use crate::model::Timestamp;
use crate::storage::{Columns, Put, RecordKey, failure};

/// The version of a record, if there is one.
pub(super) fn version(connection: &Connection, key: &RecordKey) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached(
            "SELECT version FROM record WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3",
        )?
        .query_row(params![key.tenant_id.as_str(), key.kind.as_str(), key.id], |row| {
            convert::count(row, 0)
        })
        .optional()
}

/// Removes a record that is there, with its links and its lease.
pub(super) fn delete(connection: &Connection, key: &RecordKey) -> Result<(), Fault> {
    let address = params![key.tenant_id.as_str(), key.kind.as_str(), key.id];
    let columns = connection
        .prepare_cached(
            "DELETE FROM record WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3
             RETURNING state, unique_key, grp, parent, requires, priority, due_at, links",
        )?
        .query_row(address, |row| convert::columns(row, 0))?;
    unlink(connection, key, &columns)?;
    lease::end(connection, key)
}

/// Frees the unique key that a put is going to change.
pub(super) fn free_unique_key(connection: &Connection, put: &Put) -> Result<(), Fault> {
    connection
        .prepare_cached(
            "UPDATE record SET unique_key = NULL WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3
             AND unique_key IS NOT NULL AND unique_key IS NOT ?4",
        )?
        .execute(params![
            put.key.tenant_id.as_str(),
            put.key.kind.as_str(),
            put.key.id,
            put.columns.unique_key
        ])?;
    Ok(())
}

/// Writes a record and gives its new version.
pub(super) fn put(connection: &Connection, put: &Put) -> Result<u64, Fault> {
    let found = connection
        .prepare_cached(
            "SELECT state, unique_key, grp, parent, requires, priority, due_at, links, rowid,
                    version
             FROM record WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3",
        )?
        .query_row(params![put.key.tenant_id.as_str(), put.key.kind.as_str(), put.key.id], |row| {
            let place: (i64, u64) = (row.get(8)?, convert::count(row, 9)?);
            Ok((convert::columns(row, 0)?, place))
        })
        .optional()?;
    match found {
        None => {
            insert(connection, put)?;
            link(connection, &put.key, &put.columns)?;
            Ok(1)
        }
        // Most puts change the body only, and then no index is touched.
        Some((columns, (rowid, version))) if columns == put.columns => {
            connection
                .prepare_cached(
                    "UPDATE record SET version = ?2, schema = ?3, key_id = ?4, codec = ?5, body = ?6
                     WHERE rowid = ?1",
                )?
                .execute(params![
                    rowid,
                    int(version + 1),
                    put.schema,
                    put.body.key_id,
                    put.body.codec,
                    &*put.body.bytes
                ])?;
            Ok(version + 1)
        }
        Some((columns, (rowid, version))) => {
            update(connection, put, rowid, version + 1)?;
            if columns.links != put.columns.links {
                unlink(connection, &put.key, &columns)?;
                link(connection, &put.key, &put.columns)?;
            }
            Ok(version + 1)
        }
    }
}

fn insert(connection: &Connection, put: &Put) -> Result<(), Fault> {
    let columns = &put.columns;
    connection
        .prepare_cached(
            "INSERT INTO record (tenant_id, kind, id, version, schema, state, unique_key, grp,
                 parent, requires, priority, due_at, links, key_id, codec, body)
             VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            put.key.tenant_id.as_str(),
            put.key.kind.as_str(),
            put.key.id,
            put.schema,
            columns.state,
            columns.unique_key,
            columns.group,
            columns.parent,
            columns.requires,
            columns.priority,
            columns.due_at.map(Timestamp::as_micros),
            convert::links_to_json(&columns.links),
            put.body.key_id,
            put.body.codec,
            &*put.body.bytes,
        ])
        .map_err(|error| unique(error, put))?;
    Ok(())
}

fn update(connection: &Connection, put: &Put, rowid: i64, version: u64) -> Result<(), Fault> {
    let columns = &put.columns;
    connection
        .prepare_cached(
            "UPDATE record SET version = ?2, schema = ?3, state = ?4, unique_key = ?5, grp = ?6,
                 parent = ?7, requires = ?8, priority = ?9, due_at = ?10, links = ?11,
                 key_id = ?12, codec = ?13, body = ?14
             WHERE rowid = ?1",
        )?
        .execute(params![
            rowid,
            int(version),
            put.schema,
            columns.state,
            columns.unique_key,
            columns.group,
            columns.parent,
            columns.requires,
            columns.priority,
            columns.due_at.map(Timestamp::as_micros),
            convert::links_to_json(&columns.links),
            put.body.key_id,
            put.body.codec,
            &*put.body.bytes,
        ])
        .map_err(|error| unique(error, put))?;
    Ok(())
}

/// The address was looked up before, so the constraint that can fail is the unique key.
fn unique(error: rusqlite::Error, put: &Put) -> Fault {
    match &put.columns.unique_key {
        Some(key) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            failure::unique_key_taken(&put.key, key).into()
        }
        _ => error.into(),
    }
}

fn link(connection: &Connection, key: &RecordKey, columns: &Columns) -> Result<(), Fault> {
    for link in &columns.links {
        // The same link may be named twice; the row keeps both, the index one.
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO record_link (tenant_id, kind, rel, target, id)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                key.tenant_id.as_str(),
                key.kind.as_str(),
                link.rel,
                link.target,
                key.id
            ])?;
    }
    Ok(())
}

fn unlink(connection: &Connection, key: &RecordKey, columns: &Columns) -> Result<(), Fault> {
    for link in &columns.links {
        connection
            .prepare_cached(
                "DELETE FROM record_link WHERE tenant_id = ?1 AND kind = ?2 AND rel = ?3
                 AND target = ?4 AND id = ?5",
            )?
            .execute(params![
                key.tenant_id.as_str(),
                key.kind.as_str(),
                link.rel,
                link.target,
                key.id
            ])?;
    }
    Ok(())
}
