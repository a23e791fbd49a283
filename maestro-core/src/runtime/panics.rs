//! Panics of spawned work end that work only, and are told.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
#[cfg(any(feature = "tokio", feature = "smol"))]
use std::panic::catch_unwind;

use futures::FutureExt as _;

use crate::error::{Error, ErrorKind, Result};

/// What the panic said.
pub(super) fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

/// Runs what a user wrote; a panic of it is an error, which says that `what` panicked, and with what.
pub(crate) async fn caught<T>(what: &str, future: impl Future<Output = T>) -> Result<T> {
    // Nothing of the future is looked at after it panicked.
    AssertUnwindSafe(future).catch_unwind().await.map_err(|payload| {
        let why = format!("{what} panicked: {}", message(&*payload));
        tracing::error!("{why}");
        Error::new(ErrorKind::Internal, why)
    })
}

/// Runs `future`; a panic ends it as if it had returned, and is logged under its name.
#[cfg(any(feature = "tokio", feature = "smol"))]
pub(super) async fn contained(name: &'static str, future: impl Future<Output = ()>) {
    // Nothing of the future is looked at after it panicked.
    if let Err(payload) = AssertUnwindSafe(future).catch_unwind().await {
        tracing::error!(task = name, panic = message(&*payload), "a task panicked");
    }
}

/// Like [`contained`], for a call.
#[cfg(any(feature = "tokio", feature = "smol"))]
pub(super) fn contained_call(name: &'static str, call: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(call)) {
        tracing::error!(task = name, panic = message(&*payload), "a call panicked");
    }
}
