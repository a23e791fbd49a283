//! A runtime of plain threads, so that storage tests depend on no runtime adapter.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt as _};
use maestro_core::model::Timestamp;
use maestro_core::runtime::{External, Runtime};

/// One thread per spawned future, and the clocks of the machine.
#[derive(Debug)]
pub(crate) struct Threads {
    started: Instant,
    random: Mutex<fastrand::Rng>,
    spawned: AtomicU64,
}

impl Threads {
    #[expect(clippy::disallowed_methods, reason = "this is a runtime: its clock is the machine's")]
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            spawned: AtomicU64::new(0),
        })
    }

    fn run(&self, name: &str, work: impl FnOnce() + Send + 'static) {
        let number = self.spawned.fetch_add(1, Ordering::Relaxed);
        let thread = std::thread::Builder::new().name(format!("{name} {number}"));
        thread.spawn(work).expect("the machine has a thread left");
    }
}

impl Runtime for Threads {
    fn spawn(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        self.run(name, move || futures::executor::block_on(future));
    }

    fn spawn_dedicated(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        self.spawn(name, future);
    }

    fn spawn_blocking(&self, name: &'static str, call: Box<dyn FnOnce() + Send>) {
        self.run(name, call);
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        // The sleeper is gone as soon as nobody waits for it: the channel tells it.
        let (awake, woken) = oneshot::channel();
        let (waits, waiter) = mpsc::channel::<()>();
        self.run("sleep", move || {
            if waiter.recv_timeout(duration) == Err(RecvTimeoutError::Timeout) {
                awake.send(()).ok();
            }
        });
        async move {
            woken.await.ok();
            drop(waits);
        }
        .boxed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is a runtime: its clock is the machine's")]
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }

    #[expect(clippy::disallowed_methods, reason = "this is a runtime: its clock is the machine's")]
    fn monotonic(&self) -> Duration {
        Instant::now().duration_since(self.started)
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }

    fn external(&self) -> External {
        External::none()
    }
}
