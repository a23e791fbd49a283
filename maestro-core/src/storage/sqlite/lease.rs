//! Leases and permits on a connection, inside a transaction that the writer has begun.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::convert::{self, RECORD, RECORD_LEASE, int};
use super::fault::Fault;
use super::record::version;
use crate::id::{LeaseToken, NodeId};
use crate::model::Timestamp;
use crate::storage::{
    Claim, ClaimOutcome, Permit, RecordKey, Renew, Renewed, Want, failure, validate,
};

/// A lease as its row holds it.
struct Held {
    node_id: Option<NodeId>,
    token: LeaseToken,
    last: LeaseToken,
    until: Timestamp,
}

impl Held {
    /// Who keeps others from taking it.
    fn holder(&self, now: Timestamp) -> Option<NodeId> {
        self.node_id.filter(|_| now < self.until)
    }
}

fn held(connection: &Connection, key: &RecordKey) -> rusqlite::Result<Option<Held>> {
    connection
        .prepare_cached(
            "SELECT node_id, token, last_token, until FROM lease
             WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3",
        )?
        .query_row(params![key.tenant_id.as_str(), key.kind.as_str(), key.id], |row| {
            Ok(Held {
                node_id: convert::id(row, 0)?,
                token: LeaseToken(convert::count(row, 1)?),
                last: LeaseToken(convert::count(row, 2)?),
                until: Timestamp::from_micros(row.get(3)?),
            })
        })
        .optional()
}

/// Gives the lease to a node, with a new token, and ends the permits of the one before.
fn give(
    connection: &Connection,
    key: &RecordKey,
    node_id: NodeId,
    until: Timestamp,
    before: Option<&Held>,
) -> rusqlite::Result<LeaseToken> {
    let token = LeaseToken(before.map_or(0, |held| held.last.0) + 1);
    connection
        .prepare_cached(
            "INSERT INTO lease (tenant_id, kind, id, node_id, token, last_token, until)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
             ON CONFLICT DO UPDATE SET node_id = ?4, token = ?5, last_token = ?5, until = ?6",
        )?
        .execute(params![
            key.tenant_id.as_str(),
            key.kind.as_str(),
            key.id,
            node_id.to_string(),
            int(token.0),
            until.as_micros()
        ])?;
    if before.is_some() {
        end_permits(connection, key)?;
    }
    Ok(token)
}

fn end_permits(connection: &Connection, key: &RecordKey) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM permit WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3")?
        .execute(params![key.tenant_id.as_str(), key.kind.as_str(), key.id])?;
    Ok(())
}

/// Checks that a node holds a record with this token. A lapsed lease that nobody took counts.
pub(super) fn must_hold(
    connection: &Connection,
    key: &RecordKey,
    node_id: NodeId,
    token: LeaseToken,
) -> Result<(), Fault> {
    match held(connection, key)? {
        Some(held) if held.node_id == Some(node_id) && held.token == token => Ok(()),
        _ => Err(failure::lease_lost(key).into()),
    }
}

/// Takes a free or lapsed lease of a record that exists.
pub(super) fn acquire(
    connection: &Connection,
    key: &RecordKey,
    node_id: NodeId,
    ttl_ms: u64,
    now: Timestamp,
) -> Result<LeaseToken, Fault> {
    if version(connection, key)?.is_none() {
        return Err(failure::lease_of_nothing(key).into());
    }
    let before = held(connection, key)?;
    if before.as_ref().is_some_and(|held| held.holder(now).is_some()) {
        return Err(failure::lease_held(key).into());
    }
    let until = validate::lapse(now, ttl_ms);
    Ok(give(connection, key, node_id, until, before.as_ref())?)
}

/// Gives a lease back, with its permits.
pub(super) fn release(
    connection: &Connection,
    key: &RecordKey,
    node_id: NodeId,
    token: LeaseToken,
) -> Result<(), Fault> {
    must_hold(connection, key, node_id, token)?;
    connection
        .prepare_cached(
            "UPDATE lease SET node_id = NULL WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3",
        )?
        .execute(params![key.tenant_id.as_str(), key.kind.as_str(), key.id])?;
    Ok(end_permits(connection, key)?)
}

/// Ends the lease of a record that is deleted. The latest token stays, so that it never repeats.
pub(super) fn end(connection: &Connection, key: &RecordKey) -> Result<(), Fault> {
    connection
        .prepare_cached(
            "UPDATE lease SET node_id = NULL, token = 0, until = 0
             WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3",
        )?
        .execute(params![key.tenant_id.as_str(), key.kind.as_str(), key.id])?;
    Ok(end_permits(connection, key)?)
}

/// Decides the wants of a claim, one after another.
pub(super) fn claim(
    connection: &Connection,
    claim: &Claim,
    now: Timestamp,
) -> Result<Vec<ClaimOutcome>, Fault> {
    let until = validate::lapse(now, claim.ttl_ms);
    claim.wants.iter().map(|want| decide(connection, claim.node_id, want, now, until)).collect()
}

fn decide(
    connection: &Connection,
    node_id: NodeId,
    want: &Want,
    now: Timestamp,
    until: Timestamp,
) -> Result<ClaimOutcome, Fault> {
    let key = &want.key;
    let Some(version) = version(connection, key)? else {
        return Ok(ClaimOutcome::Missing);
    };
    let before = held(connection, key)?;
    if let Some(held) = &before
        && let Some(holder) = held.holder(now)
        && holder != node_id
        && Some(holder) != want.seize_from
    {
        return Ok(ClaimOutcome::Held { node_id: holder, until: held.until });
    }
    if want.version.is_some_and(|wanted| wanted != version) {
        return Ok(ClaimOutcome::Stale { version });
    }
    for permit in &want.permits {
        if others(connection, key, permit)? >= u64::from(permit.max) {
            return Ok(ClaimOutcome::Limited { scope: permit.scope.clone() });
        }
    }
    give(connection, key, node_id, until, before.as_ref())?;
    for permit in &want.permits {
        connection
            .prepare_cached(
                "INSERT INTO permit (tenant_id, scope, kind, id) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![key.tenant_id.as_str(), permit.scope, key.kind.as_str(), key.id])?;
    }
    let record = connection
        .prepare_cached(&format!(
            "SELECT {RECORD} FROM record r {RECORD_LEASE}
             WHERE r.tenant_id = ?1 AND r.kind = ?2 AND r.id = ?3"
        ))?
        .query_row(params![key.tenant_id.as_str(), key.kind.as_str(), key.id], convert::record)?;
    Ok(ClaimOutcome::Claimed { record: Box::new(record) })
}

/// How many places of a scope other leases hold.
fn others(connection: &Connection, key: &RecordKey, permit: &Permit) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM permit WHERE tenant_id = ?1 AND scope = ?2
             AND NOT (kind = ?3 AND id = ?4)",
        )?
        .query_row(
            params![key.tenant_id.as_str(), permit.scope, key.kind.as_str(), key.id],
            |row| convert::count(row, 0),
        )
}

/// Extends the leases that are still held with their tokens.
pub(super) fn renew(
    connection: &Connection,
    renew: &Renew,
    now: Timestamp,
) -> Result<Renewed, Fault> {
    let until = validate::lapse(now, renew.ttl_ms);
    let node = renew.node_id.to_string();
    let mut renewed = Renewed::default();
    for (key, token) in &renew.leases {
        let kept = connection
            .prepare_cached(
                "UPDATE lease SET until = ?6 WHERE tenant_id = ?1 AND kind = ?2 AND id = ?3
                 AND node_id = ?4 AND token = ?5",
            )?
            .execute(params![
                key.tenant_id.as_str(),
                key.kind.as_str(),
                key.id,
                node,
                int(token.0),
                until.as_micros()
            ])?;
        if kept == 0 {
            renewed.lost.push(key.clone());
        }
    }
    Ok(renewed)
}
