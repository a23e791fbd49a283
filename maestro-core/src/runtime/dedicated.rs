//! A thread for one future.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use futures::future::BoxFuture;

/// Drives `future` with `drive` on a new thread of that name.
///
/// The thread ends with the future. When the machine gives no thread, or `drive` gives the future
/// back, it goes to `fallback`: shared workers are worse than a thread of its own and better than
/// a heart that never beats.
pub(super) fn run(
    name: &'static str,
    future: BoxFuture<'static, ()>,
    drive: impl FnOnce(BoxFuture<'static, ()>) -> Result<(), BoxFuture<'static, ()>> + Send + 'static,
    fallback: impl Fn(BoxFuture<'static, ()>) + Clone + Send + 'static,
) {
    // A thread that fails to start drops its closure, so the future waits in a place of its own.
    let place = Arc::new(Mutex::new(Some(future)));
    let take =
        |place: &Mutex<Option<_>>| place.lock().unwrap_or_else(PoisonError::into_inner).take();
    let started = thread::Builder::new().name(name.to_owned()).spawn({
        let (place, fallback) = (Arc::clone(&place), fallback.clone());
        move || {
            if let Some(future) = take(&place)
                && let Err(future) = drive(future)
            {
                fallback(future);
            }
        }
    });
    if let Err(error) = started
        && let Some(future) = take(&place)
    {
        tracing::error!(task = name, %error, "no thread of its own; it shares the others");
        fallback(future);
    }
}
