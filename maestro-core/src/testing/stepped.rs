//! A runtime with a clock that a test moves.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;

use crate::model::Timestamp;
use crate::runtime::{External, Runtime};

/// Any runtime, with its clocks moved forward on request.
///
/// # Contract
/// - `now` and `monotonic` are those of the runtime beneath plus what [`advance`](Self::advance)
///   has added; [`frozen`](Self::frozen) ones stand still in between.
/// - `sleep` takes as long as beneath: advancing does not wake sleepers.
pub struct SteppedRuntime {
    base: Arc<dyn Runtime>,
    /// The clocks of a frozen runtime.
    stopped: Option<(Timestamp, Duration)>,
    offset_us: AtomicU64,
}

impl SteppedRuntime {
    /// A clock that runs on.
    pub fn new(base: Arc<dyn Runtime>) -> Self {
        Self { base, stopped: None, offset_us: AtomicU64::new(0) }
    }

    /// A clock that stands at `now` and moves only when it is advanced.
    pub fn frozen(base: Arc<dyn Runtime>, now: Timestamp) -> Self {
        let stopped = Some((now, base.monotonic()));
        Self { base, stopped, offset_us: AtomicU64::new(0) }
    }

    /// Moves both clocks forward.
    pub fn advance(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.offset_us.fetch_add(micros, Ordering::SeqCst);
    }

    fn offset(&self) -> Duration {
        Duration::from_micros(self.offset_us.load(Ordering::SeqCst))
    }
}

impl fmt::Debug for SteppedRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SteppedRuntime")
            .field("now", &self.now())
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl Runtime for SteppedRuntime {
    fn spawn(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        self.base.spawn(name, future);
    }

    fn spawn_dedicated(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        self.base.spawn_dedicated(name, future);
    }

    fn spawn_blocking(&self, name: &'static str, call: Box<dyn FnOnce() + Send>) {
        self.base.spawn_blocking(name, call);
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.base.sleep(duration)
    }

    fn now(&self) -> Timestamp {
        self.stopped.map_or_else(|| self.base.now(), |(now, _)| now) + self.offset()
    }

    fn monotonic(&self) -> Duration {
        self.stopped.map_or_else(|| self.base.monotonic(), |(_, time)| time) + self.offset()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        self.base.fill_random(bytes);
    }

    fn external(&self) -> External {
        self.base.external()
    }
}
