//! The one thread that reads and writes all pipes, so that a busy embedder cannot starve them.

#![expect(
    clippy::disallowed_methods,
    reason = "the thread is named and owned by this adapter, and its event loop has its own clock"
)]

use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use tokio::runtime::{Builder, Handle};

use super::registry::Registry;
use crate::error::{Error, ErrorKind, Result};

/// A private event loop: started at first use, ended by [`IoThread::close`] or by dropping it.
#[derive(Debug)]
pub(super) struct IoThread {
    registry: Arc<Registry>,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    New,
    Running(Running),
    Closed {
        /// Closed when the thread is done.
        done: Receiver<Infallible>,
    },
}

#[derive(Debug)]
struct Running {
    handle: Handle,
    /// Closing it asks the thread to end.
    stop: Sender<Infallible>,
    done: Receiver<Infallible>,
    thread: JoinHandle<()>,
}

impl IoThread {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry, state: Mutex::new(State::New) }
    }

    /// Runs a future on the thread. It goes on when the caller stops waiting.
    ///
    /// # Errors
    /// `Closed`, or `Unavailable` when the system gives no thread.
    pub(super) async fn run<F, T>(&self, future: F) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let running = self.handle()?.spawn(future);
        running.await.map_err(|error| {
            if error.is_panic() {
                Error::new(ErrorKind::Internal, "the I/O thread panicked").caused_by(error)
            } else {
                closed()
            }
        })?
    }

    /// Runs a future on the thread if there is one, with nobody waiting.
    pub(super) fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        if let State::Running(running) = &*self.lock() {
            running.handle.spawn(future);
        }
    }

    fn handle(&self) -> Result<Handle> {
        let mut state = self.lock();
        match &*state {
            State::Running(running) => return Ok(running.handle.clone()),
            State::Closed { .. } => return Err(closed()),
            State::New => {}
        }
        let running = start(Arc::clone(&self.registry)).map_err(|error| {
            Error::new(ErrorKind::Unavailable, "there is no thread for processes").caused_by(error)
        })?;
        let handle = running.handle.clone();
        *state = State::Running(running);
        Ok(handle)
    }

    /// Ends every program and then the thread; returns when both are gone.
    pub(super) async fn close(&self) {
        let (done, thread) = self.ask_to_stop();
        // Ends when it is closed.
        let _ = done.recv().await;
        if let Some(thread) = thread {
            // Its last act was to say so; nothing in it panics but a defect, which it has printed.
            let _ = thread.join();
        }
    }

    fn ask_to_stop(&self) -> (Receiver<Infallible>, Option<JoinHandle<()>>) {
        let mut state = self.lock();
        let (done, thread) = match std::mem::replace(&mut *state, State::New) {
            State::Running(running) => {
                running.stop.close();
                (running.done, Some(running.thread))
            }
            State::Closed { done } => (done, None),
            State::New => (async_channel::bounded(1).1, None),
        };
        *state = State::Closed { done: done.clone() };
        (done, thread)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is replaced as a whole, so a panic elsewhere leaves it sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for IoThread {
    fn drop(&mut self) {
        // Not joined: the last connection may be dropped on this very thread.
        self.ask_to_stop();
    }
}

fn start(registry: Arc<Registry>) -> std::io::Result<Running> {
    let runtime =
        Builder::new_current_thread().thread_name("maestro-io-helper").enable_all().build()?;
    let handle = runtime.handle().clone();
    let (stop, stopped) = async_channel::bounded::<Infallible>(1);
    let (done_guard, done) = async_channel::bounded::<Infallible>(1);
    let thread = std::thread::Builder::new().name("maestro-io".to_owned()).spawn(move || {
        // Closes the channel also when the thread panics, and after the event loop is gone.
        let _done = done_guard;
        let runtime = runtime;
        runtime.block_on(async {
            // Ends when it is closed.
            let _ = stopped.recv().await;
            registry.end_all().await;
        });
    })?;
    Ok(Running { handle, stop, done, thread })
}

fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the transport is closed")
}

/// Runs a future on this thread, beside the caller; on the thread only.
pub(super) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    // What it panics with is printed; nobody waits for it.
    drop(tokio::spawn(future));
}

/// Runs a future on this thread, and ends when that has ended. News for it do not wake up the caller.
pub(super) fn beside(
    future: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = ()> {
    let task = tokio::spawn(future);
    async move {
        // What it panics with is printed.
        drop(task.await);
    }
}

/// Sleeps on the thread's clock.
pub(super) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The time since the thread's clock was first looked at.
pub(super) fn since_start() -> Duration {
    start_of_clock().elapsed()
}

/// Sleeps until that long after the thread's clock was first looked at. All who sleep until the same
/// time wake up together.
pub(super) async fn sleep_until(time: Duration) {
    tokio::time::sleep_until(start_of_clock() + time).await;
}

fn start_of_clock() -> tokio::time::Instant {
    static START: OnceLock<tokio::time::Instant> = OnceLock::new();
    *START.get_or_init(tokio::time::Instant::now)
}

/// What `future` gives, if it gives it in time.
pub(super) async fn within<F: Future>(duration: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(duration, future).await.ok()
}

/// Runs a call that may block, beside the thread.
pub(super) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(call).await.map_err(|error| {
        Error::new(ErrorKind::Internal, "a helper of the I/O thread panicked").caused_by(error)
    })?
}
