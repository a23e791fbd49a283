//! Commits: everything that can fail comes before the first change.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::tables::{Kept, Tables, is_claimable};
use crate::error::Result;
use crate::id::{LeaseToken, NodeId, TenantId};
use crate::model::{StreamKey, Timestamp};
use crate::storage::{
    Append, Commit, Expect, Guard, Hint, Lease, LeaseChange, Put, Receipt, Record, RecordKey,
    RecordKind, failure, validate,
};

/// The records as they will be after a commit, as far as it changes them.
#[derive(Default)]
struct Draft {
    /// None for a record that will not be there.
    records: BTreeMap<RecordKey, Option<Arc<Record>>>,
    /// Records whose leases end and with them their permits.
    ended: BTreeSet<RecordKey>,
    last_token: LeaseToken,
    receipt: Receipt,
}

impl Tables {
    /// Applies a commit. The hint is none when it was applied before.
    pub(super) fn commit(
        &mut self,
        commit: Commit,
        now: Timestamp,
    ) -> Result<(Receipt, Option<Hint>)> {
        if let Some(receipt) = self.receipt(&commit.id) {
            return Ok((receipt.clone(), None));
        }
        for guard in &commit.guards {
            self.check(guard)?;
        }
        self.check_unique_keys(&commit)?;
        let Commit { id, puts, deletes, appends, leases, .. } = commit;

        let mut draft = Draft { last_token: self.last_token, ..Draft::default() };
        for put in puts {
            self.draft_put(put, &mut draft);
        }
        for key in deletes {
            draft.ended.insert(key.clone());
            draft.records.insert(key, None);
        }
        for change in leases {
            self.draft_lease(change, now, &mut draft)?;
        }

        let streams = self.append(appends, &mut draft.receipt);
        let receipt = draft.receipt.clone();
        let records = self.apply(draft);
        self.keep_receipt(id, receipt.clone(), now);
        Ok((receipt, Some(Hint::Touched { records, streams })))
    }

    fn check(&self, guard: &Guard) -> Result<()> {
        let found = self.records.get(&guard.key);
        match guard.expect {
            Expect::Absent => match found {
                None => Ok(()),
                Some(_) => Err(failure::exists(&guard.key)),
            },
            Expect::Version { version } => match found.map(|record| record.version) {
                Some(found) if found == version => Ok(()),
                found => Err(failure::version(&guard.key, version, found)),
            },
            Expect::Lease { node_id, token } => match found {
                Some(record) if holds(&record.lease, node_id, token) => Ok(()),
                _ => Err(failure::lease_lost(&guard.key)),
            },
        }
    }

    /// Unique keys hold for the state after the commit, so two records can exchange theirs.
    fn check_unique_keys(&self, commit: &Commit) -> Result<()> {
        let changed: HashSet<&RecordKey> =
            commit.puts.iter().map(|put| &put.key).chain(&commit.deletes).collect();
        let mut claimed = HashSet::new();
        for put in &commit.puts {
            let Some(unique_key) = &put.columns.unique_key else {
                continue;
            };
            let name = (put.key.tenant_id.clone(), put.key.kind.clone(), unique_key.clone());
            let stays = self.unique.get(&name).is_some_and(|owner| !changed.contains(owner));
            if stays || !claimed.insert(name) {
                return Err(failure::unique_key_taken(&put.key, unique_key));
            }
        }
        Ok(())
    }

    fn draft_put(&self, put: Put, draft: &mut Draft) {
        let before = self.records.get(&put.key);
        let record = Record {
            key: put.key.clone(),
            version: before.map_or(1, |record| record.version + 1),
            schema: put.schema,
            columns: put.columns,
            body: put.body,
            lease: before.map_or_else(Lease::default, |record| record.lease),
        };
        draft.receipt.versions.push(record.version);
        draft.records.insert(put.key, Some(Arc::new(record)));
    }

    fn draft_lease(&self, change: LeaseChange, now: Timestamp, draft: &mut Draft) -> Result<()> {
        let key = match &change {
            LeaseChange::Acquire { key, .. } | LeaseChange::Release { key, .. } => key.clone(),
        };
        let record = match draft.records.get(&key) {
            Some(drafted) => drafted.as_ref(),
            None => self.records.get(&key),
        };
        let (mut record, lease) = match (change, record) {
            (LeaseChange::Acquire { .. }, None) => return Err(failure::lease_of_nothing(&key)),
            (LeaseChange::Release { .. }, None) => return Err(failure::lease_lost(&key)),
            (LeaseChange::Acquire { node_id, ttl_ms, .. }, Some(record)) => {
                if !is_claimable(&record.lease, now) {
                    return Err(failure::lease_held(&key));
                }
                draft.last_token = LeaseToken(draft.last_token.0 + 1);
                draft.receipt.tokens.push(draft.last_token);
                let until = validate::lapse(now, ttl_ms);
                let lease = Lease { node_id: Some(node_id), token: draft.last_token, until };
                (Arc::clone(record), lease)
            }
            (LeaseChange::Release { node_id, token, .. }, Some(record)) => {
                if !holds(&record.lease, node_id, token) {
                    return Err(failure::lease_lost(&key));
                }
                (Arc::clone(record), Lease { node_id: None, ..record.lease })
            }
        };
        Arc::make_mut(&mut record).lease = lease;
        draft.ended.insert(key.clone());
        draft.records.insert(key, Some(record));
        Ok(())
    }

    /// Appends events and gives the streams that got some.
    fn append(&mut self, appends: Vec<Append>, receipt: &mut Receipt) -> Vec<StreamKey> {
        let mut streams = BTreeSet::new();
        for Append { stream, events } in appends {
            let mut last = self.streams.get(&stream).copied().unwrap_or(0);
            receipt.first_seqs.push(last + 1);
            if events.is_empty() {
                continue;
            }
            for event in events {
                last += 1;
                let stream = stream.clone();
                self.events.push(Arc::new(Kept { stream, seq: last, event }));
            }
            self.streams.insert(stream.clone(), last);
            streams.insert(stream);
        }
        streams.into_iter().collect()
    }

    /// Makes a draft true and gives the records that it touched.
    fn apply(&mut self, draft: Draft) -> Vec<RecordKey> {
        self.last_token = draft.last_token;
        for key in &draft.ended {
            self.end_permits(key);
        }
        // All old names go before the new ones come, so that two records can exchange theirs.
        for key in draft.records.keys() {
            if let Some(name) = self.records.get(key).and_then(|record| unique_name(record)) {
                self.unique.remove(&name);
            }
        }
        let touched = draft.records.keys().cloned().collect();
        for (key, record) in draft.records {
            match record {
                Some(record) => {
                    if let Some(name) = unique_name(&record) {
                        self.unique.insert(name, key.clone());
                    }
                    self.records.insert(key, record);
                }
                None => {
                    self.records.remove(&key);
                }
            }
        }
        touched
    }
}

fn unique_name(record: &Record) -> Option<(TenantId, RecordKind, String)> {
    let unique_key = record.columns.unique_key.clone()?;
    Some((record.key.tenant_id.clone(), record.key.kind.clone(), unique_key))
}

/// Whether this node holds the lease with this token, lapsed or not.
pub(super) fn holds(lease: &Lease, node_id: NodeId, token: LeaseToken) -> bool {
    lease.node_id == Some(node_id) && lease.token == token
}
