//! Commits of the reference.

use std::sync::Arc;
use std::time::Duration;

use super::{Reference, ReferenceEvent};
use crate::error::ErrorKind;
use crate::id::LeaseToken;
use crate::model::Timestamp;
use crate::storage::{Commit, Expect, Guard, Lease, LeaseChange, Receipt, Record, RecordKey};

impl Reference {
    /// Applies a commit. `given` are the tokens that the store under test gave for it.
    ///
    /// # Errors
    /// The kind of the error that the contract asks for.
    pub fn commit(
        &mut self,
        commit: &Commit,
        now: Timestamp,
        given: &[LeaseToken],
    ) -> Result<Receipt, ErrorKind> {
        obeys_the_rules(commit)?;
        if let Some((_, receipt)) = self.receipts.iter().find(|(id, _)| *id == commit.id) {
            return Ok(receipt.clone());
        }
        for guard in &commit.guards {
            self.holds(guard)?;
        }
        // Whatever fails from here on fails on a copy.
        let mut after = self.clone();
        let receipt = after.apply(commit, now, given)?;
        after.receipts.push((commit.id, receipt.clone()));
        *self = after;
        Ok(receipt)
    }

    fn holds(&self, guard: &Guard) -> Result<(), ErrorKind> {
        let record = self.get(&guard.key);
        let (holds, otherwise) = match guard.expect {
            Expect::Absent => (record.is_none(), ErrorKind::AlreadyExists),
            Expect::Version { version } => {
                (record.is_some_and(|record| record.version == version), ErrorKind::Conflict)
            }
            Expect::Lease { node_id, token } => {
                let held = |record: &Record| {
                    record.lease.node_id == Some(node_id) && record.lease.token == token
                };
                (record.is_some_and(held), ErrorKind::LeaseLost)
            }
        };
        if holds { Ok(()) } else { Err(otherwise) }
    }

    fn apply(
        &mut self,
        commit: &Commit,
        now: Timestamp,
        given: &[LeaseToken],
    ) -> Result<Receipt, ErrorKind> {
        let mut receipt = Receipt::default();
        for put in &commit.puts {
            let before = self.get(&put.key);
            let version = before.map_or(1, |record| record.version + 1);
            let lease = before.map_or_else(Lease::default, |record| record.lease);
            self.records.retain(|record| record.key != put.key);
            self.records.push(Record {
                key: put.key.clone(),
                version,
                schema: put.schema,
                columns: put.columns.clone(),
                body: put.body.clone(),
                lease,
            });
            receipt.versions.push(version);
        }
        for key in &commit.deletes {
            self.records.retain(|record| record.key != *key);
            self.end_permits(key);
        }
        self.unique_keys_are_unique()?;
        for change in &commit.leases {
            self.change_lease(change, now, given, &mut receipt)?;
        }
        for append in &commit.appends {
            let of_stream = self.events.iter().filter(|kept| kept.stream == append.stream);
            let last = of_stream.map(|kept| kept.seq).max().unwrap_or(0);
            receipt.first_seqs.push(last + 1);
            for (seq, event) in (last + 1..).zip(&append.events) {
                let (stream, event) = (append.stream.clone(), Arc::clone(event));
                self.events.push(ReferenceEvent { stream, seq, event });
            }
        }
        Ok(receipt)
    }

    fn unique_keys_are_unique(&self) -> Result<(), ErrorKind> {
        for (index, one) in self.records.iter().enumerate() {
            for other in &self.records[index + 1..] {
                if one.columns.unique_key.is_some()
                    && one.columns.unique_key == other.columns.unique_key
                    && one.key.tenant_id == other.key.tenant_id
                    && one.key.kind == other.key.kind
                {
                    return Err(ErrorKind::AlreadyExists);
                }
            }
        }
        Ok(())
    }

    fn change_lease(
        &mut self,
        change: &LeaseChange,
        now: Timestamp,
        given: &[LeaseToken],
        receipt: &mut Receipt,
    ) -> Result<(), ErrorKind> {
        match change {
            LeaseChange::Acquire { key, node_id, ttl_ms } => {
                let record = self.get(key).ok_or(ErrorKind::Conflict)?;
                if record.lease.node_id.is_some() && record.lease.until > now {
                    return Err(ErrorKind::Conflict);
                }
                let token = self.next_token(key, given.get(receipt.tokens.len()).copied());
                receipt.tokens.push(token);
                let until = now + Duration::from_millis(*ttl_ms);
                let lease = Lease { node_id: Some(*node_id), token, until };
                self.get_mut(key).ok_or(ErrorKind::Conflict)?.lease = lease;
                self.end_permits(key);
            }
            LeaseChange::Release { key, node_id, token } => {
                let record = self.get_mut(key).ok_or(ErrorKind::LeaseLost)?;
                if record.lease.node_id != Some(*node_id) || record.lease.token != *token {
                    return Err(ErrorKind::LeaseLost);
                }
                record.lease.node_id = None;
                self.end_permits(key);
            }
        }
        Ok(())
    }
}

fn obeys_the_rules(commit: &Commit) -> Result<(), ErrorKind> {
    let put_keys = commit.puts.iter().map(|put| &put.key);
    let changed: Vec<_> = put_keys.clone().chain(&commit.deletes).collect();
    let is_twice = |index: usize| changed[..index].contains(&changed[index]);
    if (0..changed.len()).any(is_twice) {
        return Err(ErrorKind::InvalidArgument);
    }
    let has = |key: &RecordKey, wanted: fn(&Expect) -> bool| {
        commit.guards.iter().any(|guard| guard.key == *key && wanted(&guard.expect))
    };
    let of_version = |expect: &Expect| matches!(expect, Expect::Version { .. });
    let of_any = |expect: &Expect| matches!(expect, Expect::Version { .. } | Expect::Absent);
    for key in put_keys {
        if !has(key, of_any) {
            return Err(ErrorKind::InvalidArgument);
        }
    }
    for key in &commit.deletes {
        if !has(key, of_version) {
            return Err(ErrorKind::InvalidArgument);
        }
    }
    Ok(())
}
