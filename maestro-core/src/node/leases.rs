//! The leases that this node holds, and the word that one is lost.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::id::{LeaseToken, NodeId};
use crate::node::store::Fence;
use crate::runtime::{Latch, Runtime};
use crate::storage::RecordKey;

/// How leases are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaseTimes {
    /// How long a lease lasts without renewal. Default 30 s: a node that hangs this long is taken
    /// for lost. Renewals go out every third of it.
    pub ttl: Duration,
}

impl LeaseTimes {
    /// Leases that last this long.
    pub fn new(ttl: Duration) -> Self {
        Self { ttl }
    }

    /// How often leases are renewed.
    pub fn beat(&self) -> Duration {
        self.ttl / 3
    }

    /// How long after the last successful renewal this node stops its own side effects.
    pub fn cutoff(&self) -> Duration {
        self.ttl * 2 / 3
    }
}

impl Default for LeaseTimes {
    fn default() -> Self {
        Self { ttl: Duration::from_secs(30) }
    }
}

#[derive(Debug, Default)]
struct Shared {
    lost: Latch,
    /// Whether a commit is under way that gives it back.
    going: AtomicBool,
}

impl Shared {
    fn lose(&self) {
        self.lost.set(());
    }
}

#[derive(Debug)]
struct Held {
    token: LeaseToken,
    /// When the last successful renewal was *sent*, by the monotonic clock.
    renewed: Duration,
    shared: Arc<Shared>,
}

/// A lease that this node holds. It is given back by a commit; dropping only forgets it.
#[derive(Debug)]
pub(crate) struct HeldLease {
    pub(crate) fence: Fence,
    shared: Arc<Shared>,
    leases: Arc<Leases>,
}

impl HeldLease {
    /// Ends when the lease is lost.
    pub(crate) async fn lost(&self) {
        self.shared.lost.wait().await;
    }

    /// Whether it is lost for good.
    pub(crate) fn is_lost(&self) -> bool {
        self.shared.lost.is_set()
    }

    /// A commit follows that gives it back. From here on a renewal that does not find it is no news; a
    /// commit that fails says whether it was lost.
    pub(crate) fn begin_return(&self) {
        self.shared.going.store(true, Ordering::SeqCst);
    }

    /// Whether side effects are still allowed.
    ///
    /// # Errors
    /// `LeaseLost`.
    pub(crate) fn verify(&self) -> Result<()> {
        if self.is_lost() || !self.leases.is_fresh(&self.fence) {
            return Err(Error::new(ErrorKind::LeaseLost, "this node has lost the lease")
                .with("record", &self.fence.key));
        }
        Ok(())
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        self.leases.forget(&self.fence);
    }
}

/// All leases of this node.
#[derive(Debug)]
pub(crate) struct Leases {
    node_id: NodeId,
    times: LeaseTimes,
    runtime: Arc<dyn Runtime>,
    /// The record of the node itself. Whoever holds its lease may take everything else from this
    /// node, so losing it loses all.
    own: OnceLock<RecordKey>,
    held: Mutex<HashMap<RecordKey, Held>>,
}

impl Leases {
    pub(crate) fn new(node_id: NodeId, times: LeaseTimes, runtime: Arc<dyn Runtime>) -> Self {
        Self { node_id, times, runtime, own: OnceLock::new(), held: Mutex::default() }
    }

    /// Says which lease all others depend on.
    pub(crate) fn depend_on(&self, own: RecordKey) {
        // A node that joins again has the same record.
        let _ = self.own.set(own);
    }

    /// Whether the node's own lease is held, be it stale.
    pub(crate) fn holds_own(&self) -> bool {
        self.own.get().is_some_and(|own| self.lock().contains_key(own))
    }

    /// Whether the node's own lease is held and was renewed in time.
    pub(crate) fn is_own_fresh(&self) -> bool {
        let now = self.runtime.monotonic();
        let held = self.lock();
        let own = self.own.get().and_then(|own| held.get(own));
        own.is_some_and(|held| now.saturating_sub(held.renewed) < self.times.cutoff())
    }

    /// Whether this node holds a record, be it stale.
    pub(crate) fn holds(&self, key: &RecordKey) -> bool {
        self.lock().contains_key(key)
    }

    pub(crate) fn times(&self) -> LeaseTimes {
        self.times
    }

    pub(crate) fn fence(&self, key: RecordKey, token: LeaseToken) -> Fence {
        Fence { key, node_id: self.node_id, token }
    }

    /// Keeps a lease that was claimed, by a call that was sent at `asked` of the monotonic clock.
    pub(crate) fn hold(
        self: &Arc<Self>,
        key: RecordKey,
        token: LeaseToken,
        asked: Duration,
    ) -> HeldLease {
        let shared = Arc::new(Shared::default());
        let held = Held { token, renewed: asked, shared: Arc::clone(&shared) };
        if let Some(before) = self.lock().insert(key.clone(), held) {
            before.shared.lose();
        }
        HeldLease { fence: self.fence(key, token), shared, leases: Arc::clone(self) }
    }

    /// What to renew.
    pub(crate) fn all(&self) -> Vec<(RecordKey, LeaseToken)> {
        self.lock().iter().map(|(key, held)| (key.clone(), held.token)).collect()
    }

    /// Notes the result of a renewal that was sent at `asked`.
    pub(crate) fn renewed(
        &self,
        sent: &[(RecordKey, LeaseToken)],
        lost: &[RecordKey],
        asked: Duration,
    ) {
        let mut held = self.lock();
        for (key, token) in sent {
            let is_lost = lost.contains(key);
            let Some(entry) = held.get_mut(key).filter(|entry| entry.token == *token) else {
                continue;
            };
            if is_lost {
                // One that is being given back is gone before its holder hears of it, and was not lost:
                // the commit itself says which.
                if !entry.shared.going.load(Ordering::SeqCst) {
                    tracing::warn!(record = %key, "lost a lease");
                    entry.shared.lose();
                }
                held.remove(key);
            } else {
                entry.renewed = entry.renewed.max(asked);
            }
        }
        self.lose_without_own(&mut held);
    }

    /// Gives up every lease whose last renewal is older than the cutoff.
    pub(crate) fn cut_off(&self) {
        let now = self.runtime.monotonic();
        let cutoff = self.times.cutoff();
        let mut held = self.lock();
        held.retain(|key, held| {
            let fresh = now.saturating_sub(held.renewed) < cutoff;
            if !fresh {
                tracing::warn!(record = %key, "could not renew a lease in time; stopping its work");
                held.shared.lose();
            }
            fresh
        });
        self.lose_without_own(&mut held);
    }

    fn lose_without_own(&self, held: &mut HashMap<RecordKey, Held>) {
        if self.own.get().is_some_and(|own| !held.contains_key(own)) {
            for (_, held) in held.drain() {
                held.shared.lose();
            }
        }
    }

    /// Gives up every lease: the engine of this node does not make progress.
    pub(crate) fn lose_all(&self) {
        for (_, held) in self.lock().drain() {
            held.shared.lose();
        }
    }

    fn is_fresh(&self, fence: &Fence) -> bool {
        let now = self.runtime.monotonic();
        self.lock().get(&fence.key).is_some_and(|held| {
            held.token == fence.token && now.saturating_sub(held.renewed) < self.times.cutoff()
        })
    }

    fn forget(&self, fence: &Fence) {
        let mut held = self.lock();
        if held.get(&fence.key).is_some_and(|entry| entry.token == fence.token) {
            held.remove(&fence.key);
        }
    }

    /// How many leases are held.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RecordKey, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
