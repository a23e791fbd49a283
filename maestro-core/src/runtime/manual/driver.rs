//! Driving a manual runtime: one future and all the tasks, until something is done.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::future::BoxFuture;

use super::ManualRuntime;
use super::executor::{Executor, Step, TaskId, TaskWaker};
use crate::runtime::panics;

/// A spawned task of a [`ManualRuntime`](super::ManualRuntime) that ended by a panic.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Panicked {
    /// The name that it was spawned with.
    pub name: &'static str,
    /// What the panic said.
    pub message: String,
}

/// The one place that polls. There is one at a time per runtime.
pub(super) struct Driver<'a>(&'a Arc<Executor>);

impl<'a> Driver<'a> {
    /// Starts to drive. None: somebody drives already.
    pub(super) fn start(executor: &'a Arc<Executor>) -> Option<Self> {
        let before = std::mem::replace(&mut executor.lock().driven, true);
        // Made only when nobody drives: dropping it says that nobody does any more.
        (!before).then(|| Self(executor))
    }

    /// Runs until `future` is done, and moves the clock as needed.
    pub(super) fn until_done<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let main = Main::new(self.0);
        let mut advances = 0;
        loop {
            match self.0.step() {
                Step::Poll(id, _, None) if id == main.id => {
                    if let Poll::Ready(output) = self.poll(id, future.as_mut()) {
                        return output;
                    }
                }
                Step::Poll(id, name, task) => self.run(id, name, task),
                Step::Idle => {
                    if self.0.park() {
                        continue;
                    }
                    if !self.0.advance_to_next(Duration::MAX) {
                        self.stuck("no timer is set and nothing external is in flight");
                    }
                    advances += 1;
                    if advances > ManualRuntime::MAX_ADVANCES {
                        self.stuck("only timers go round");
                    }
                }
            }
        }
    }

    /// Runs until nothing is ready. The clock stands still.
    pub(super) fn until_idle(&self) {
        while let Step::Poll(id, name, task) = self.0.step() {
            self.run(id, name, task);
        }
    }

    fn poll<F: Future + ?Sized>(&self, id: TaskId, future: Pin<&mut F>) -> Poll<F::Output> {
        let waker = Waker::from(Arc::new(TaskWaker { executor: Arc::clone(self.0), id }));
        future.poll(&mut Context::from_waker(&waker))
    }

    fn run(&self, id: TaskId, name: &'static str, task: Option<BoxFuture<'static, ()>>) {
        let Some(mut future) = task else {
            return;
        };
        // The future is dropped inside too: a destructor that panics is a panic of its task. It is
        // not looked at after a panic.
        let outcome = catch_unwind(AssertUnwindSafe(|| match self.poll(id, future.as_mut()) {
            Poll::Pending => drop(self.0.put_back(id, future)),
            Poll::Ready(()) => {
                self.0.remove(id);
                drop(future);
            }
        }));
        if let Err(payload) = outcome {
            self.0.remove(id);
            self.report(name, panics::message(&*payload));
        }
    }

    #[expect(
        clippy::print_stderr,
        reason = "a test tool: the seed has to be seen to run the failure again"
    )]
    fn report(&self, name: &'static str, message: &str) {
        let seed = self.0.seed;
        eprintln!("task `{name}` panicked under seed {seed}: {message}");
        self.0.lock().panicked.push(Panicked { name, message: message.to_owned() });
    }

    fn stuck(&self, why: &str) -> ! {
        let names: Vec<_> = self.0.lock().tasks.values().map(|task| task.name).collect();
        panic!(
            "stuck under seed {}: nothing is ready, {why}; waiting: {}",
            self.0.seed,
            names.join(", ")
        );
    }
}

impl Drop for Driver<'_> {
    #[expect(
        clippy::print_stderr,
        reason = "a test tool: the seed has to be seen to run the failure again"
    )]
    fn drop(&mut self) {
        self.0.lock().driven = false;
        if std::thread::panicking() {
            eprintln!("the manual runtime was under seed {}", self.0.seed);
        }
    }
}

/// The task that stands for the future of `block_on`, gone when that returns or panics.
struct Main<'a> {
    executor: &'a Executor,
    id: TaskId,
}

impl<'a> Main<'a> {
    fn new(executor: &'a Executor) -> Self {
        let id = executor.add("block_on", None);
        executor.lock().main = Some(id);
        Self { executor, id }
    }
}

impl Drop for Main<'_> {
    fn drop(&mut self) {
        self.executor.remove(self.id);
        self.executor.lock().main = None;
    }
}
