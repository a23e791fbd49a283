//! The tokio adapter.

mod sleep;

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::runtime::{Builder, Handle};

use self::sleep::Sleep;
use super::{External, Runtime, clock, dedicated, panics};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Timestamp;

/// Runs on a tokio runtime that the embedder owns.
///
/// Both flavours work. The runtime must have its timer enabled (`enable_all` or `enable_time`, as
/// `#[tokio::main]` has), and must outlive what runs on it: what is spawned on a runtime that was
/// shut down is dropped.
///
/// Dedicated futures run on a thread with a small runtime of its own, which also drives the sleeps
/// that they await, so that a blocked main runtime cannot delay them. That runtime has a timer and
/// no I/O driver.
///
/// # Examples
///
/// ```
/// use maestro_core::runtime::{RuntimeExt as _, tokio::TokioRuntime};
/// # use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> maestro_core::Result<()> {
/// let runtime = TokioRuntime::try_current()?;
/// let late = runtime.timeout(Duration::from_millis(1), std::future::pending::<()>());
/// assert!(late.await.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TokioRuntime {
    handle: Handle,
}

impl TokioRuntime {
    /// Runs on the runtime of `handle`.
    pub fn new(handle: Handle) -> Self {
        Self { handle }
    }

    /// The runtime that the caller runs in, if there is one.
    pub fn current() -> Option<Self> {
        Handle::try_current().ok().map(Self::new)
    }

    /// The runtime that the caller runs in.
    ///
    /// # Errors
    /// `InvalidConfig` when the calling thread is in no tokio runtime; the message says what to do.
    pub fn try_current() -> Result<Self> {
        match Handle::try_current() {
            Ok(handle) => Ok(Self::new(handle)),
            Err(error) => Err(Error::new(
                ErrorKind::InvalidConfig,
                "no tokio runtime on this thread: call from within one (`#[tokio::main]`, \
                 `Runtime::block_on`, `Handle::enter`) or pass `TokioRuntime::new(handle)`",
            )
            .caused_by(error)),
        }
    }
}

impl Runtime for TokioRuntime {
    fn spawn(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        self.handle.spawn(panics::contained(name, future));
    }

    fn spawn_dedicated(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        let fallback = self.clone();
        let drive = move |future| match Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => {
                let _home = sleep::home(runtime.handle().clone());
                runtime.block_on(panics::contained(name, future));
                Ok(())
            }
            Err(error) => {
                tracing::error!(task = name, %error, "no runtime of its own; it shares the others");
                Err(future)
            }
        };
        dedicated::run(name, future, drive, move |future| {
            fallback.spawn(name, future);
        });
    }

    fn spawn_blocking(&self, name: &'static str, call: Box<dyn FnOnce() + Send>) {
        self.handle.spawn_blocking(move || panics::contained_call(name, call));
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(Sleep::new(self.handle.clone(), duration))
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn monotonic(&self) -> Duration {
        clock::monotonic()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        clock::fill_random(bytes);
    }

    fn external(&self) -> External {
        External::none()
    }
}
