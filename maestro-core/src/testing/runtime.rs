//! What every [`Runtime`] must do.

mod ids;
mod tasks;
mod time;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::runtime::Runtime;

/// One demand of the contract. It panics when the runtime does not meet it, or never ends.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// What is demanded.
    pub name: &'static str,
    /// Whether it blocks a thread on purpose, which a single-threaded executor cannot survive.
    pub needs_threads: bool,
    /// The check, to be driven by the executor under test.
    pub run: fn(Arc<dyn Runtime>) -> BoxFuture<'static, ()>,
}

impl Case {
    const fn new(name: &'static str, run: fn(Arc<dyn Runtime>) -> BoxFuture<'static, ()>) -> Self {
        Self { name, needs_threads: false, run }
    }

    const fn with_threads(mut self) -> Self {
        self.needs_threads = true;
        self
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .field("needs_threads", &self.needs_threads)
            .finish_non_exhaustive()
    }
}

/// All demands.
pub const CASES: &[Case] = &[
    Case::new("a spawned future runs unpolled", tasks::runs_unpolled),
    Case::new("a spawned future runs with nobody waiting", tasks::outlives_its_parent),
    Case::new("a panic ends its task only", tasks::panics_are_contained),
    Case::new("dropping a handle cancels", tasks::drop_cancels),
    Case::new("a detached future goes on", tasks::detached_goes_on),
    Case::new("a panic resurfaces on await", tasks::panic_resurfaces),
    Case::new("a dedicated future runs", tasks::dedicated_runs),
    Case::new("a dedicated future keeps time while its parent blocks", tasks::dedicated_keeps_time)
        .with_threads(),
    Case::new("a blocking call runs", tasks::blocking_runs),
    Case::new("a blocking call blocks nobody", tasks::blocking_blocks_nobody).with_threads(),
    Case::new("an external guard may be dropped anywhere", tasks::external_is_sendable),
    Case::new("sleeps end in order and not early", time::sleeps_in_order),
    Case::new("a sleep of no time ends", time::sleeps_no_time),
    Case::new("a sleep ends when polled elsewhere", time::sleeps_elsewhere).with_threads(),
    Case::new("a sleep may move between threads", time::sleep_moves).with_threads(),
    Case::new("monotonic never goes back", time::monotonic),
    Case::new("a timeout gives the result in time", time::timeout_in_time),
    Case::new("a timeout gives up", time::timeout_gives_up),
    Case::new("ids are UUID version 7 and unique", ids::version_7),
    Case::new("ids sort by time", ids::sorted),
    Case::new("random bytes fill every length", ids::random_bytes),
    Case::new("a random number stays below its bound", ids::random_below),
    Case::new("jitter stays within a fifth", ids::jitter),
];

/// Checks `runtime` against all [`CASES`]; those that block a thread only if it has `threads`.
///
/// `drive` runs a future to its end on the executor under test, as its `block_on` does, and lets a
/// panic of the future through.
///
/// # Panics
/// Names the cases that failed; each has printed why.
pub fn check(runtime: &Arc<dyn Runtime>, threads: bool, drive: impl Fn(BoxFuture<'static, ()>)) {
    let fails = |case: &&Case| {
        let future = (case.run)(Arc::clone(runtime));
        catch_unwind(AssertUnwindSafe(|| drive(future))).is_err()
    };
    let failed: Vec<_> = CASES
        .iter()
        .filter(|case| threads || !case.needs_threads)
        .filter(fails)
        .map(|case| case.name)
        .collect();
    assert!(failed.is_empty(), "{runtime:?} failed: {failed:#?}");
}
