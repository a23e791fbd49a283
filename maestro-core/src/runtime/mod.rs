//! The runtime port: tasks, time and chance. Nothing else in the library knows a clock or a spawn.

mod bell;
#[cfg(any(feature = "tokio", feature = "smol"))]
mod clock;
#[cfg(any(feature = "tokio", feature = "smol"))]
mod dedicated;
mod latch;
pub mod manual;
mod panics;
#[cfg(feature = "smol")]
pub mod smol;
mod task;
#[cfg(feature = "tokio")]
pub mod tokio;

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{BoxFuture, Either, select};
use uuid::Uuid;

pub(crate) use bell::Bell;
pub(crate) use latch::Latch;
pub(crate) use panics::caught;
pub use task::{External, Spawned, spawn};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Timestamp;

/// Tasks, time and chance.
///
/// # Contract
/// - A spawned future runs until it ends, also when nobody waits for it, and starts without being
///   polled by the caller.
/// - A panic of a spawned future ends that future only.
/// - `sleep` is woken by the runtime itself and may be created and polled anywhere.
/// - `monotonic` never goes back and counts the time that the machine was suspended.
pub trait Runtime: fmt::Debug + Send + Sync + 'static {
    /// Runs a future beside the others. The name is for people.
    fn spawn(&self, name: &'static str, future: BoxFuture<'static, ()>);

    /// Runs a future on a thread of its own, so that busy neighbours cannot starve it.
    fn spawn_dedicated(&self, name: &'static str, future: BoxFuture<'static, ()>);

    /// Runs a call that may block its thread.
    fn spawn_blocking(&self, name: &'static str, call: Box<dyn FnOnce() + Send>);

    /// Ends after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// The time since some fixed moment.
    fn monotonic(&self) -> Duration;

    /// Unpredictable bytes; predictable under a seeded runtime.
    fn fill_random(&self, bytes: &mut [u8]);

    /// Says that something outside the runtime is in flight, until the guard is dropped. A virtual
    /// clock does not advance meanwhile.
    fn external(&self) -> External;
}

/// Conveniences over every [`Runtime`].
pub trait RuntimeExt: Runtime {
    /// A new UUID version 7.
    fn uuid(&self) -> Uuid {
        let mut random = [0; 10];
        self.fill_random(&mut random);
        let millis = u64::try_from(self.now().as_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// A new typed id.
    fn id<T: From<Uuid>>(&self) -> T {
        T::from(self.uuid())
    }

    /// A uniform number below `bound`, which must not be 0.
    fn random_below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill_random(&mut bytes);
        // The bias is below 2^-32 for the small bounds that jitter uses.
        u64::from_le_bytes(bytes) % bound.max(1)
    }

    /// `duration` made longer or shorter by up to a fifth, so that many do not act at once.
    fn jitter(&self, duration: Duration) -> Duration {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let span = micros / 5;
        Duration::from_micros((micros - span).saturating_add(self.random_below(span * 2 + 1)))
    }

    /// The result of a call that may block, or that takes long, made off the asynchronous threads. The
    /// call is made to its end also when nobody waits for it any more.
    ///
    /// # Errors
    /// `Internal` when it panics.
    fn blocking<T: Send + 'static>(
        &self,
        name: &'static str,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send {
        let (sender, receiver) = oneshot::channel();
        let external = self.external();
        let call = move || {
            // Nobody waits any more when the caller was dropped.
            let _ = sender.send(call());
            drop(external);
        };
        self.spawn_blocking(name, Box::new(call));
        async move {
            receiver.await.map_err(|_| {
                Error::new(ErrorKind::Internal, "a blocking call ended with no result")
                    .with("call", name)
            })
        }
    }

    /// The result of `future`, or none if `duration` passes first.
    fn timeout<F: Future + Send>(
        &self,
        duration: Duration,
        future: F,
    ) -> impl Future<Output = Option<F::Output>> + Send {
        let sleep = self.sleep(duration);
        async move {
            match select(pin!(future), sleep).await {
                Either::Left((output, _)) => Some(output),
                Either::Right(((), _)) => None,
            }
        }
    }
}

impl<R: Runtime + ?Sized> RuntimeExt for R {}
