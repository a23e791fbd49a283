//! The runtime itself.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::driver::{Driver, Panicked};
use super::executor::Executor;
use super::timer::Sleep;
use crate::model::Timestamp;
use crate::runtime::{External, Runtime};

/// Runs everything on the thread that calls [`block_on`](Self::block_on), on a virtual clock, in an
/// order that the seed decides.
///
/// Clones share one runtime. It is a tool for tests: where a real runtime would hang, it panics.
///
/// # Contract
/// - The same seed and the same program give the same order, the same times and the same random
///   bytes. Wake-ups from other threads come when they come: whatever waits for them does not
///   repeat.
/// - The clock starts at [`START`](Self::START) (`monotonic` at zero). It advances only when
///   nothing is ready and no [`External`] guard is alive, and then to the next sleep's end; or by
///   [`advance`](Self::advance).
/// - While nothing is ready and a guard is alive, the thread waits for a wake-up. Work outside
///   wakes first and drops its guard afterwards, else the clock may move in between.
/// - Dedicated futures and blocking calls are tasks like all others, so a call that blocks until
///   another task acts waits for ever.
/// - A panic of a task ends that task, is printed with the seed and kept in
///   [`panicked`](Self::panicked).
/// - Tasks that hold a clone keep the runtime and each other alive until they end or
///   [`drop_tasks`](Self::drop_tasks).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use maestro_core::runtime::Runtime as _;
/// use maestro_core::runtime::manual::ManualRuntime;
///
/// let runtime = ManualRuntime::new(7);
/// let day = Duration::from_secs(86_400);
/// runtime.block_on(runtime.sleep(day));
/// assert_eq!(runtime.now(), ManualRuntime::START + day);
/// ```
#[derive(Clone)]
pub struct ManualRuntime {
    executor: Arc<Executor>,
}

impl ManualRuntime {
    /// When the virtual clock starts: 2026-01-01T00:00:00Z.
    pub const START: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

    /// How often the clock may advance in one [`block_on`](Self::block_on): 1 000 000. A heartbeat of
    /// one second reaches it after 11 days, a sleep of a year uses one.
    pub const MAX_ADVANCES: u32 = 1_000_000;

    /// A runtime whose order and random bytes come from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { executor: Arc::new(Executor::new(seed)) }
    }

    /// The seed that it was made with.
    pub fn seed(&self) -> u64 {
        self.executor.seed
    }

    /// Runs `future` and all tasks until `future` is done. Tasks that are left go on in the next
    /// call.
    ///
    /// # Panics
    /// - With the panic of `future`.
    /// - When everything is stuck: nothing is ready, no sleep is left and nothing external is in
    ///   flight. The message has the seed and the names of the waiting tasks.
    /// - When the clock advanced [`MAX_ADVANCES`](Self::MAX_ADVANCES) times in this call: `future`
    ///   is stuck, and only periodic tasks go round.
    /// - When called within itself or on two threads at once.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.drive().until_done(future)
    }

    /// Runs the tasks until none is ready. The clock stands still, and what is outside is not
    /// waited for.
    ///
    /// # Panics
    /// When called while another call drives the runtime.
    pub fn run_until_idle(&self) {
        self.drive().until_idle();
    }

    /// Moves the clock by `duration`, also while something external is in flight.
    ///
    /// Outside [`block_on`](Self::block_on) the tasks run as the time passes: those that are ready
    /// first, then sleep after sleep. Within a task (as after a suspended machine) the clock jumps,
    /// and what was due is ready when the caller next waits.
    pub fn advance(&self, duration: Duration) {
        let target = self.executor.lock().elapsed.saturating_add(duration);
        if let Some(driver) = Driver::start(&self.executor) {
            driver.until_idle();
            while self.executor.advance_to_next(target) {
                driver.until_idle();
            }
            self.executor.jump(target);
        } else {
            self.executor.jump(target);
        }
    }

    /// The tasks that ended by a panic, in that order.
    pub fn panicked(&self) -> Vec<Panicked> {
        self.executor.lock().panicked.clone()
    }

    /// Drops every task where it stands, as the end of the process would, and says how many.
    ///
    /// A task that is being polled ends when it next waits.
    pub fn drop_tasks(&self) -> usize {
        // They are dropped here, outside the lock: destructors may use the runtime.
        let tasks = self.executor.take_tasks();
        tasks.len()
    }

    fn drive(&self) -> Driver<'_> {
        match Driver::start(&self.executor) {
            Some(driver) => driver,
            None => panic!(
                "the manual runtime (seed {}) is driven already: wait with `.await` inside a task, \
                 and drive it from one thread",
                self.seed()
            ),
        }
    }
}

impl Runtime for ManualRuntime {
    fn spawn(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        self.executor.add(name, Some(future));
    }

    fn spawn_dedicated(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        self.spawn(name, future);
    }

    fn spawn_blocking(&self, name: &'static str, call: Box<dyn FnOnce() + Send>) {
        self.spawn(name, Box::pin(async move { call() }));
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(Sleep::new(Arc::clone(&self.executor), duration))
    }

    fn now(&self) -> Timestamp {
        Self::START + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        self.executor.lock().elapsed
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        self.executor.lock().bytes.fill(bytes);
    }

    fn external(&self) -> External {
        self.executor.external_begins();
        let executor = Arc::clone(&self.executor);
        External::new(move || executor.external_ends())
    }
}

impl fmt::Debug for ManualRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.executor.lock();
        f.debug_struct("ManualRuntime")
            .field("seed", &self.executor.seed)
            .field("elapsed", &state.elapsed)
            .field("tasks", &state.tasks.len())
            .field("ready", &state.ready.len())
            .field("externals", &state.externals)
            .finish_non_exhaustive()
    }
}
