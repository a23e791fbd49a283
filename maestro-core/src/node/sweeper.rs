//! Sweeps: what every node does over and over, so that nothing stays stuck.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::model::Timestamp;
use crate::node::core::Core;
use crate::node::{presence, recovery};
use crate::runtime::RuntimeExt as _;
use crate::storage::{ListOrder, ListQuery, RecordKind};
use crate::{approval, command, session, task};

/// Sweeps until the node stops: at once, every `sweep_every` with jitter, and when something is due
/// before that.
pub(crate) async fn sweep_for_ever(core: Arc<Core>) {
    while !core.stopping.is_closed() {
        core.note_progress();
        if let Err(error) = presence::rejoin(&core).await {
            tracing::warn!(%error, "this node could not join again; the next sweep tries again");
        }
        core.take_alarm();
        sweep(&core).await;
        rest(&core).await;
    }
}

/// Waits for the next sweep.
async fn rest(core: &Core) {
    let every = core.runtime().jitter(core.parts.sweep_every);
    let next = core.runtime().monotonic().saturating_add(every);
    loop {
        let left = next.saturating_sub(core.runtime().monotonic());
        let alarm = core.alarm().map(|at| at.since(core.now()));
        let pause = alarm.map_or(left, |alarm| alarm.min(left));
        if pause.is_zero() {
            return;
        }
        // The heart has to see that the sweeper lives, however seldom it sweeps.
        let pause = pause.min(Duration::from_secs(1));
        let stopped = Box::pin(core.stopped());
        let news = futures::future::select(stopped, Box::pin(core.nudged()));
        core.runtime().timeout(pause, news).await;
        core.note_progress();
        if core.stopping.is_closed() {
            return;
        }
    }
}

/// One pass over everything that may be stuck. Nothing that fails keeps the rest from being done.
async fn sweep(core: &Arc<Core>) {
    note(core, recovery::recover_nodes(core).await, "nodes that are gone");
    note(core, recovery::recover_lapsed(core).await, "lapsed leases");
    core.note_progress();
    note(core, approval::sweep(core).await, "approvals");
    note(core, command::expire(core).await, "commands");
    note(core, Box::pin(task::sweep(core)).await, "tasks");
    note(core, session::take_up(core).await, "sessions");
    note(core, set_alarm(core).await, "what is due next");
    core.wake();
}

fn note(core: &Core, result: Result<()>, what: &str) {
    // The store is closed beneath the last sweep of a node.
    if core.stopping.is_closed() {
        return;
    }
    if let Err(error) = result {
        tracing::warn!(%error, what, "a part of a sweep did not get through; the next one tries again");
    }
}

/// Finds what is due before the next sweep.
async fn set_alarm(core: &Core) -> Result<()> {
    let now = core.now();
    for kind in [RecordKind::TASK, RecordKind::APPROVAL, RecordKind::SESSION] {
        let mut query = ListQuery::new(None, kind);
        query.due_by = Some(now + core.parts.sweep_every * 2);
        query.order = ListOrder::Due;
        let page = core.store.storage.list(&query).await?;
        let later = |at: &Timestamp| *at > now;
        let due = page.records.iter().filter_map(|record| record.columns.due_at).find(later);
        if let Some(due) = due {
            core.set_alarm(due);
        }
    }
    Ok(())
}
