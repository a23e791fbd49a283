//! The heartbeat: keeps leases, on a thread of its own.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};

use crate::id::TenantId;
use crate::node::core::Core;
use crate::runtime::RuntimeExt as _;
use crate::storage::{RecordKey, RecordKind, Watch};

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
    let watch = core.store.storage.watch();
    // Of this node's own record, and what may be anything.
    watch.only(&RecordKey::new(TenantId::default(), RecordKind::NODE, core.node_id));
    loop {
        match core.runtime().timeout(tick, told(&core, &watch)).await {
            Some(Told::Stop) => return,
            Some(Told::News) => core.check_store().await,
            None => {}
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

/// Why the heart wakes before its time.
enum Told {
    Stop,
    News,
}

/// Waits until the node stops, or something may have become of the store.
async fn told(core: &Core, watch: &Watch) -> Told {
    let news = async {
        if watch.next().await.is_none() {
            // The store was closed, and the node stops.
            std::future::pending::<()>().await;
        }
    };
    match select(pin!(core.stopped()), pin!(news)).await {
        Either::Left(_) => Told::Stop,
        Either::Right(_) => Told::News,
    }
}
