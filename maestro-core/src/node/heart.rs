//! The heartbeat: keeps leases, on a thread of its own.

use std::sync::Arc;
use std::time::Duration;

use crate::node::core::Core;
use crate::runtime::RuntimeExt as _;

/// Renews every lease each third of its time, until the node stops.
///
/// It stops beating over a dead engine: when no loop of the node has gone round for a whole lease
/// time, every lease is given up, so that others can take the work over. Only time that this thread
/// saw pass counts: while the machine sleeps, nothing can go round.
pub(crate) async fn beat(core: Arc<Core>) {
    let times = core.leases.times();
    // Woken more often than it renews, so that the cutoff is kept to the second.
    let tick = times.beat() / 2;
    let mut looked = core.runtime().monotonic();
    let mut renewed = looked;
    let mut progress = core.progress();
    let mut stalled = Duration::ZERO;
    loop {
        if core.runtime().timeout(tick, core.stopped()).await.is_some() {
            return;
        }
        let now = core.runtime().monotonic();
        let passed = now.saturating_sub(looked);
        looked = now;
        stalled = if core.progress() == progress {
            stalled + passed.min(tick * 2)
        } else {
            Duration::ZERO
        };
        progress = core.progress();
        if stalled > times.ttl {
            tracing::error!("the node makes no progress; giving up its leases");
            core.leases.lose_all();
            continue;
        }
        // After a jump the machine slept, and the store knows whether the leases are still ours:
        // it is asked before they are given up.
        let slept = passed >= times.beat();
        if !slept {
            core.leases.cut_off();
        }
        if slept || now.saturating_sub(renewed) >= times.beat() {
            renewed = now;
            core.renew().await;
            core.leases.cut_off();
        }
    }
}
