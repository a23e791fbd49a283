//! The heartbeat: keeps leases, on a thread of its own.

use std::sync::Arc;

use crate::node::core::Core;
use crate::runtime::RuntimeExt as _;
use crate::storage::Renew;

/// Renews every lease each third of its time, until the node stops.
///
/// It stops beating over a dead engine: when no loop of the node has made progress for a whole
/// lease time, every lease is given up, so that others can take the work over.
pub(crate) async fn beat(core: Arc<Core>) {
    let times = core.leases.times();
    // Woken more often than it renews, so that the cutoff is kept to the second.
    let tick = times.beat() / 2;
    let mut last = core.runtime().monotonic();
    loop {
        if core.runtime().timeout(tick, core.stopped()).await.is_some() {
            return;
        }
        core.leases.cut_off();
        let now = core.runtime().monotonic();
        if now.saturating_sub(core.last_progress()) > times.ttl {
            tracing::error!("the node makes no progress; giving up its leases");
            core.leases.lose_all();
            continue;
        }
        // A jump means that the machine slept: look at once whether the leases are still ours.
        if now.saturating_sub(last) < times.beat() {
            continue;
        }
        last = now;
        let leases = core.leases.all();
        if leases.is_empty() {
            continue;
        }
        let ttl_ms = u64::try_from(times.ttl.as_millis()).unwrap_or(u64::MAX);
        let renew = Renew { node_id: core.node_id, ttl_ms, leases };
        let sent = core.store.storage.renew(&renew);
        match core.runtime().timeout(times.beat(), sent).await {
            Some(Ok(renewed)) => core.leases.renewed(&renew.leases, &renewed.lost, now),
            Some(Err(error)) => tracing::warn!(%error, "a heartbeat did not get through"),
            None => tracing::warn!("a heartbeat got no answer in time"),
        }
    }
}
