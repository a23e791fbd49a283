//! What the store in memory holds.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::id::{CommitId, LeaseToken, TenantId};
use crate::model::{NewEvent, StreamKey, Timestamp};
use crate::storage::{Lease, Receipt, Record, RecordKey, RecordKind};

/// How long the receipt of a commit is kept.
const RECEIPTS_KEPT: Duration = Duration::from_hours(24);

/// The whole content of a store.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// What cursors of this store carry; empty until it is first opened.
    pub(super) epoch: String,
    /// The records. They are shared, so that a reader copies bodies without holding the lock.
    pub(super) records: BTreeMap<RecordKey, Arc<Record>>,
    /// Who has a unique key.
    pub(super) unique: HashMap<(TenantId, RecordKind, String), RecordKey>,
    /// The last `seq` of each stream.
    pub(super) streams: HashMap<StreamKey, u64>,
    /// Every event in the order of the commits. A feed position is a length of this list.
    pub(super) events: Vec<Arc<Kept>>,
    /// The scopes in which the lease of a record holds a place.
    permits: HashMap<RecordKey, Vec<String>>,
    /// The records whose leases hold the places of a scope.
    holders: HashMap<(TenantId, String), BTreeSet<RecordKey>>,
    receipts: HashMap<CommitId, Receipt>,
    receipts_by_age: VecDeque<(Timestamp, CommitId)>,
    /// The latest token of the whole store: one counter for all records needs no memory of
    /// deleted ones.
    pub(super) last_token: LeaseToken,
}

/// An event with its home.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) stream: StreamKey,
    pub(super) seq: u64,
    pub(super) event: Arc<NewEvent>,
}

impl Tables {
    /// The receipt of a commit that was applied before.
    pub(super) fn receipt(&self, id: &CommitId) -> Option<&Receipt> {
        self.receipts.get(id)
    }

    /// Keeps a receipt, and lets go of those that are old enough.
    pub(super) fn keep_receipt(&mut self, id: CommitId, receipt: Receipt, now: Timestamp) {
        self.receipts.insert(id, receipt);
        self.receipts_by_age.push_back((now, id));
        while let Some((at, oldest)) = self.receipts_by_age.front().copied() {
            if now.since(at) <= RECEIPTS_KEPT {
                break;
            }
            self.receipts_by_age.pop_front();
            self.receipts.remove(&oldest);
        }
    }

    /// Whether a scope has a place for the lease of `key`, whose present place does not count.
    pub(super) fn has_place(&self, key: &RecordKey, scope: &str, max: u32) -> bool {
        let scope = (key.tenant_id.clone(), scope.to_owned());
        let taken = self
            .holders
            .get(&scope)
            .map_or(0, |holders| holders.iter().filter(|holder| *holder != key).count());
        u32::try_from(taken).is_ok_and(|taken| taken < max)
    }

    /// Ends the permits of a record's lease.
    pub(super) fn end_permits(&mut self, key: &RecordKey) {
        for scope in self.permits.remove(key).unwrap_or_default() {
            let scope = (key.tenant_id.clone(), scope);
            if let Some(holders) = self.holders.get_mut(&scope) {
                holders.remove(key);
                if holders.is_empty() {
                    self.holders.remove(&scope);
                }
            }
        }
    }

    /// Gives the lease of a record its permits.
    pub(super) fn take_permits(&mut self, key: &RecordKey, scopes: Vec<String>) {
        for scope in &scopes {
            let scope = (key.tenant_id.clone(), scope.clone());
            self.holders.entry(scope).or_default().insert(key.clone());
        }
        if !scopes.is_empty() {
            self.permits.insert(key.clone(), scopes);
        }
    }
}

/// Whether the holder's time has passed; also true of a free lease.
pub(super) fn is_claimable(lease: &Lease, now: Timestamp) -> bool {
    lease.node_id.is_none() || lease.until <= now
}
