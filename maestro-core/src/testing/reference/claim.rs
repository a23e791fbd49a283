//! Claims and renewals of the reference.

use std::time::Duration;

use super::Reference;
use crate::id::LeaseToken;
use crate::model::Timestamp;
use crate::storage::{Claim, ClaimOutcome, Lease, Renew, Renewed, Want};

impl Reference {
    /// Decides a claim. `given` are the tokens that the store under test gave for it.
    pub fn claim(
        &mut self,
        claim: &Claim,
        now: Timestamp,
        given: &[LeaseToken],
    ) -> Vec<ClaimOutcome> {
        let mut given = given.iter().copied();
        let mut outcomes = Vec::new();
        for want in &claim.wants {
            let refusal = self.refusal(want, claim, now);
            outcomes.push(refusal.unwrap_or_else(|| {
                let token = self.next_token(&want.key, given.next());
                let until = now + Duration::from_millis(claim.ttl_ms);
                self.take(want, Lease { node_id: Some(claim.node_id), token, until })
            }));
        }
        outcomes
    }

    fn refusal(&self, want: &Want, claim: &Claim, now: Timestamp) -> Option<ClaimOutcome> {
        let Some(record) = self.get(&want.key) else {
            return Some(ClaimOutcome::Missing);
        };
        if let Some(holder) = record.lease.node_id {
            let has_lapsed = record.lease.until <= now;
            let is_dead = want.seize_from == Some(holder);
            if !has_lapsed && !is_dead && holder != claim.node_id {
                return Some(ClaimOutcome::Held { node_id: holder, until: record.lease.until });
            }
        }
        if want.version.is_some() && want.version != Some(record.version) {
            return Some(ClaimOutcome::Stale { version: record.version });
        }
        for permit in &want.permits {
            let others = self.permits.iter().filter(|(holder, scope)| {
                holder.tenant_id == want.key.tenant_id
                    && *scope == permit.scope
                    && *holder != want.key
            });
            if others.count() >= permit.max as usize {
                return Some(ClaimOutcome::Limited { scope: permit.scope.clone() });
            }
        }
        None
    }

    fn take(&mut self, want: &Want, lease: Lease) -> ClaimOutcome {
        self.end_permits(&want.key);
        for permit in &want.permits {
            self.permits.push((want.key.clone(), permit.scope.clone()));
        }
        match self.get_mut(&want.key) {
            None => ClaimOutcome::Missing,
            Some(record) => {
                record.lease = lease;
                ClaimOutcome::Claimed { record: Box::new(record.clone()) }
            }
        }
    }

    /// Extends leases.
    pub fn renew(&mut self, renew: &Renew, now: Timestamp) -> Renewed {
        let mut lost = Vec::new();
        for (key, token) in &renew.leases {
            match self.get_mut(key) {
                Some(record)
                    if record.lease.node_id == Some(renew.node_id)
                        && record.lease.token == *token =>
                {
                    record.lease.until = now + Duration::from_millis(renew.ttl_ms);
                }
                _ => lost.push(key.clone()),
            }
        }
        Renewed { lost }
    }
}
