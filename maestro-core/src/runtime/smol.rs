//! The smol adapter.

use std::time::Duration;

use futures::future::BoxFuture;

use super::{External, Runtime, clock, dedicated, panics};
use crate::model::Timestamp;

/// Runs on smol's global executor, whose threads start with the first use and live as long as the
/// process.
///
/// There is nothing to configure here; smol itself reads the number of its threads from
/// `SMOL_THREADS` (default 1).
#[derive(Debug, Clone, Copy, Default)]
pub struct SmolRuntime;

impl SmolRuntime {
    /// A handle to smol's global executor.
    pub fn new() -> Self {
        Self
    }
}

impl Runtime for SmolRuntime {
    fn spawn(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        smol::spawn(panics::contained(name, future)).detach();
    }

    fn spawn_dedicated(&self, name: &'static str, future: BoxFuture<'static, ()>) {
        let drive = move |future| {
            smol::block_on(panics::contained(name, future));
            Ok(())
        };
        dedicated::run(name, future, drive, move |future| Self.spawn(name, future));
    }

    fn spawn_blocking(&self, name: &'static str, call: Box<dyn FnOnce() + Send>) {
        smol::unblock(move || panics::contained_call(name, call)).detach();
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let timer = smol::Timer::after(duration);
        Box::pin(async move {
            timer.await;
        })
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
