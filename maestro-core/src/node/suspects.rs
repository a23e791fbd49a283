//! Nodes whose lease has lapsed by the wall clock, and since when this node sees it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::id::{LeaseToken, NodeId};
use crate::model::{NodeInfo, Timestamp};
use crate::node::core::Core;
use crate::node::store::Versioned;

/// Leases that seem to have lapsed.
///
/// Leases go by the wall clock, which jumps: when a laptop wakes up, every lease on it has lapsed
/// for the node that looks first, although the holder is about to renew it. So a lapse counts only
/// when it has been seen for longer than a living node takes to renew, by the clock that does not
/// jump.
#[derive(Debug, Default)]
pub(crate) struct Suspects {
    seen: Mutex<HashMap<NodeId, Sight>>,
}

#[derive(Debug)]
struct Sight {
    lease: (LeaseToken, Timestamp),
    /// How long it has been looked at; a look counts for a limited time, however long ago it was.
    watched: Duration,
    looked: Duration,
}

impl Suspects {
    /// Forgets a node whose lease is held again.
    pub(crate) fn clear(&self, id: NodeId) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Whether a lapsed lease has been seen lapsed for long enough.
    pub(crate) fn confirm(&self, core: &Core, node: &Versioned<NodeInfo>) -> bool {
        let now = core.parts.runtime.monotonic();
        let beat = core.leases.times().beat();
        let lease = (node.lease.token, node.lease.until);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Sight { lease, watched: Duration::ZERO, looked: now };
        let sight = seen.entry(node.value.id).or_insert_with(fresh);
        if sight.lease != lease {
            *sight = fresh();
        }
        // A gap in the looks means that this node slept as well.
        sight.watched += now.saturating_sub(sight.looked).min(beat);
        sight.looked = now;
        let confirmed = sight.watched > beat;
        if confirmed {
            seen.remove(&node.value.id);
        }
        confirmed
    }
}
