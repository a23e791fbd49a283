//! Spawned futures with a result, on top of any runtime.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::RemoteHandle;

use crate::runtime::Runtime;

/// A future that runs on a runtime. Dropping it cancels the future; a panic resurfaces on await.
///
/// # Panics
/// Awaiting it panics with the panic of the future, and also when the runtime was shut down with
/// the future in it.
#[must_use = "dropping it cancels the future"]
pub struct Spawned<T>(RemoteHandle<T>);

impl<T> Spawned<T> {
    /// Lets it run to its end with nobody waiting.
    ///
    /// A panic of it goes to the process's panic hook and no further, so a runtime does not report
    /// it; work that nobody ever waits for is better given to [`Runtime::spawn`].
    pub fn detach(self) {
        self.0.forget();
    }
}

impl<T: 'static> Future for Spawned<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.0.poll_unpin(cx)
    }
}

impl<T> fmt::Debug for Spawned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawned").finish_non_exhaustive()
    }
}

/// Runs a future on `runtime` and keeps its result.
pub fn spawn<F>(runtime: &dyn Runtime, name: &'static str, future: F) -> Spawned<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (remote, handle) = future.remote_handle();
    runtime.spawn(name, remote.boxed());
    Spawned(handle)
}

/// Something outside the runtime is in flight while this lives.
pub struct External(Option<Box<dyn FnOnce() + Send>>);

impl External {
    /// A guard that nobody needs to hear of.
    pub fn none() -> Self {
        Self(None)
    }

    /// A guard that calls `done` when it is dropped.
    pub fn new(done: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(done)))
    }
}

impl Drop for External {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done();
        }
    }
}

impl fmt::Debug for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("External").finish_non_exhaustive()
    }
}
