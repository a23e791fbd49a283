//! What a node holds in memory.

use std::sync::PoisonError;

use crate::maestro::Maestro;

/// How much a node holds in memory for what is under way on it. All of it is given back when that is
/// over; what is durable is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Held {
    /// Sessions that have a process here, or are about to.
    pub sessions: usize,
    /// Those of them that could do without it.
    pub warm: usize,
    /// Sessions and tasks that commands are taken for.
    pub owners: usize,
    /// Leases, the node's own among them.
    pub leases: usize,
    /// Tasks whose signs of life are counted.
    pub tasks: usize,
    /// Sessions that are writing a text.
    pub texts: usize,
    /// Feeds that show texts.
    pub feeds: usize,
}

/// Counts what a node holds now. What was just told to end may still be among it.
pub fn held(maestro: &Maestro) -> Held {
    let core = maestro.core();
    Held {
        sessions: core.sessions.count(),
        warm: core.warm.count(),
        owners: core.owners.lock().unwrap_or_else(PoisonError::into_inner).len(),
        leases: core.leases.count(),
        tasks: core.activity.watched(),
        texts: core.live.boards(),
        feeds: core.live.watchers(),
    }
}
