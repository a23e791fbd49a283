//! The rules that every backend checks before it looks at its data, in one place for all.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::model::{EventQuery, Timestamp};
use crate::storage::page::{self, PageKey};
use crate::storage::{Claim, Commit, Expect, ListQuery, RecordKey};

/// The latest moment that a lease may run to: the end of the year 9000, so that every lease has a
/// wire form and `now + ttl` never overflows.
const LAST_MOMENT: Timestamp = Timestamp::from_micros(221_876_927_999_000_000);

/// Checks the rules of a commit that hold whatever the store holds.
pub(crate) fn commit(commit: &Commit) -> Result<()> {
    #[derive(Default)]
    struct Guarded {
        version: bool,
        absent: bool,
    }
    let mut guarded: HashMap<&RecordKey, Guarded> = HashMap::new();
    for guard in &commit.guards {
        match guard.expect {
            Expect::Version { .. } => guarded.entry(&guard.key).or_default().version = true,
            Expect::Absent => guarded.entry(&guard.key).or_default().absent = true,
            Expect::Lease { .. } => {}
        }
    }
    let mut changed = HashSet::new();
    for put in &commit.puts {
        once(&mut changed, &put.key, "puts")?;
        if !guarded.get(&put.key).is_some_and(|g| g.version || g.absent) {
            return Err(
                Error::invalid("puts", "needs a version or absence guard").with("record", &put.key)
            );
        }
    }
    for key in &commit.deletes {
        once(&mut changed, key, "deletes")?;
        if !guarded.get(key).is_some_and(|g| g.version) {
            return Err(Error::invalid("deletes", "needs a version guard").with("record", key));
        }
    }
    Ok(())
}

fn once<'a>(
    changed: &mut HashSet<&'a RecordKey>,
    key: &'a RecordKey,
    field: &'static str,
) -> Result<()> {
    if changed.insert(key) {
        Ok(())
    } else {
        Err(Error::invalid(field, "puts or deletes a record twice").with("record", key))
    }
}

/// Checks a claim: a want names each scope once.
pub(crate) fn claim(claim: &Claim) -> Result<()> {
    for want in &claim.wants {
        let mut scopes = HashSet::new();
        for permit in &want.permits {
            if !scopes.insert(&permit.scope) {
                return Err(Error::invalid("permits", "names a scope twice")
                    .with("record", &want.key)
                    .with("scope", &permit.scope));
            }
        }
    }
    Ok(())
}

/// Checks the limits of a list and gives the row that its page starts after, if any.
pub(crate) fn list(query: &ListQuery) -> Result<Option<PageKey>> {
    limit(query.limit, ListQuery::MAX_LIMIT)?;
    if query.per_group == Some(0) {
        return Err(Error::invalid("per_group", "must be at least 1"));
    }
    match &query.page_token {
        Some(token) => page::unpack(token, query).map(Some),
        None => Ok(None),
    }
}

/// Checks the limit of a feed reading.
pub(crate) fn events(query: &EventQuery) -> Result<()> {
    limit(query.limit, EventQuery::MAX_LIMIT)
}

fn limit(limit: u32, max: u32) -> Result<()> {
    if (1..=max).contains(&limit) {
        Ok(())
    } else {
        Err(Error::invalid("limit", format!("must be 1 to {max} and is {limit}")))
    }
}

/// When a lease that is taken or renewed now lapses. It has lapsed when the clock shows this
/// moment or a later one.
pub(crate) fn lapse(now: Timestamp, ttl_ms: u64) -> Timestamp {
    (now + Duration::from_millis(ttl_ms)).min(LAST_MOMENT)
}
