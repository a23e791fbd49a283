//! Claims and renewals.

use std::sync::Arc;

use super::commit::holds;
use super::tables::{Tables, is_claimable};
use crate::id::{LeaseToken, NodeId};
use crate::model::Timestamp;
use crate::storage::{ClaimOutcome, Lease, Permit, RecordKey, Renew, Renewed, Want, validate};

impl Tables {
    /// Decides one want.
    pub(super) fn claim(
        &mut self,
        want: &Want,
        node_id: NodeId,
        ttl_ms: u64,
        now: Timestamp,
    ) -> ClaimOutcome {
        let Some(record) = self.records.get(&want.key) else {
            return ClaimOutcome::Missing;
        };
        let lease = record.lease;
        if let Some(holder) = lease.node_id {
            let yields = holder == node_id || want.seize_from == Some(holder);
            if !yields && !is_claimable(&lease, now) {
                return ClaimOutcome::Held { node_id: holder, until: lease.until };
            }
        }
        if want.version.is_some_and(|version| version != record.version) {
            return ClaimOutcome::Stale { version: record.version };
        }
        let full = |permit: &&Permit| !self.has_place(&want.key, &permit.scope, permit.max);
        if let Some(permit) = want.permits.iter().find(full) {
            return ClaimOutcome::Limited { scope: permit.scope.clone() };
        }

        self.last_token = LeaseToken(self.last_token.0 + 1);
        let mut record = Arc::clone(record);
        Arc::make_mut(&mut record).lease = Lease {
            node_id: Some(node_id),
            token: self.last_token,
            until: validate::lapse(now, ttl_ms),
        };
        self.end_permits(&want.key);
        let scopes = want.permits.iter().map(|permit| permit.scope.clone()).collect();
        self.take_permits(&want.key, scopes);
        self.records.insert(want.key.clone(), Arc::clone(&record));
        ClaimOutcome::Claimed { record: Box::new(Arc::unwrap_or_clone(record)) }
    }

    /// Extends leases; those that are not held any more are lost.
    pub(super) fn renew(&mut self, renew: &Renew, now: Timestamp) -> Renewed {
        let until = validate::lapse(now, renew.ttl_ms);
        let keep = |(key, token): &(RecordKey, LeaseToken)| match self.records.get_mut(key) {
            Some(record) if holds(&record.lease, renew.node_id, *token) => {
                Arc::make_mut(record).lease.until = until;
                true
            }
            _ => false,
        };
        let (_, lost): (Vec<_>, Vec<_>) = renew.leases.iter().cloned().partition(keep);
        Renewed { lost: lost.into_iter().map(|(key, _)| key).collect() }
    }
}
