//! Applying a commit to a connection, inside a transaction that the writer has begun.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::append::{Placed, append};
use super::fault::Fault;
use super::lease;
use super::record::{delete, free_unique_key, put, version};
use crate::error::{Error, ErrorKind};
use crate::model::Timestamp;
use crate::storage::{Commit, Expect, LeaseChange, Receipt, RecordKey, failure};

/// How long receipts are kept, in microseconds: the contract's day and an hour for clocks that
/// were set.
const RECEIPTS_KEPT: i64 = 25 * 3600 * 1_000_000;

/// How many receipts are trimmed at once.
pub(super) const TRIM: u32 = 500;

/// Applies a commit, and says where its events went; nowhere, if it was applied before. An error leaves
/// rows behind that the caller has to roll back.
pub(super) fn commit(
    connection: &Connection,
    commit: &Commit,
    now: Timestamp,
) -> Result<(Receipt, Vec<Placed>), Fault> {
    let id = commit.id.to_string();
    if let Some(receipt) = receipt(connection, &id)? {
        return Ok((receipt, Vec::new()));
    }
    for guard in &commit.guards {
        check(connection, &guard.key, &guard.expect)?;
    }
    for key in &commit.deletes {
        delete(connection, key)?;
    }
    // Two records may swap their unique keys in one commit: all are freed before any is taken.
    if commit.puts.len() > 1 {
        for put in &commit.puts {
            free_unique_key(connection, put)?;
        }
    }
    let mut receipt = Receipt::default();
    for each in &commit.puts {
        receipt.versions.push(put(connection, each)?);
    }
    for change in &commit.leases {
        match change {
            LeaseChange::Acquire { key, node_id, ttl_ms } => {
                let token = lease::acquire(connection, key, *node_id, *ttl_ms, now)?;
                receipt.tokens.push(token);
            }
            LeaseChange::Release { key, node_id, token } => {
                lease::release(connection, key, *node_id, *token)?;
            }
        }
    }
    let mut placed = Vec::with_capacity(commit.appends.len());
    for each in &commit.appends {
        placed.push(append(connection, each)?);
    }
    receipt.first_seqs.extend(placed.iter().map(|placed| placed.seq));
    let json = serde_json::to_string(&receipt).map_err(|error| {
        Error::new(ErrorKind::Internal, "a receipt cannot be written").caused_by(error)
    })?;
    connection
        .prepare_cached("INSERT INTO commit_log (commit_id, at, receipt) VALUES (?1, ?2, ?3)")?
        .execute(params![id, now.as_micros(), json])?;
    Ok((receipt, placed))
}

fn receipt(connection: &Connection, id: &str) -> Result<Option<Receipt>, Fault> {
    let json: Option<String> = connection
        .prepare_cached("SELECT receipt FROM commit_log WHERE commit_id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    json.map(|json| {
        serde_json::from_str(&json).map_err(|error| {
            Error::new(ErrorKind::Internal, "a stored receipt cannot be read")
                .caused_by(error)
                .into()
        })
    })
    .transpose()
}

/// Removes old receipts, few at a time. Whether there may be more.
pub(super) fn trim(connection: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    let removed = connection
        .prepare_cached(
            "DELETE FROM commit_log WHERE commit_id IN
             (SELECT commit_id FROM commit_log WHERE at < ?1 ORDER BY at LIMIT ?2)",
        )?
        .execute(params![now.as_micros().saturating_sub(RECEIPTS_KEPT), TRIM])?;
    Ok(removed >= TRIM as usize)
}

fn check(connection: &Connection, key: &RecordKey, expect: &Expect) -> Result<(), Fault> {
    match expect {
        Expect::Absent => match version(connection, key)? {
            None => Ok(()),
            Some(_) => Err(failure::exists(key).into()),
        },
        Expect::Version { version: expected } => match version(connection, key)? {
            Some(found) if found == *expected => Ok(()),
            found => Err(failure::version(key, *expected, found).into()),
        },
        Expect::Lease { node_id, token } => lease::must_hold(connection, key, *node_id, *token),
    }
}
