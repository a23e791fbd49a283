//! The tokio runtime of this process.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// Started when it is first needed, shared by all nodes and workers, and never ended: its threads hold
/// nothing of Node and keep no process alive.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

pub(crate) fn handle() -> napi::Result<Handle> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle().clone());
    }
    let built = Builder::new_multi_thread().enable_all().thread_name("maestro").build();
    let built = built
        .map_err(|error| napi::Error::from_reason(format!("no threads for Maestro: {error}")))?;
    // Of two that were built at once, one stays, and the other is ended without waiting.
    if let Err(second) = RUNTIME.set(built) {
        second.shutdown_background();
    }
    RUNTIME
        .get()
        .map(|runtime| runtime.handle().clone())
        .ok_or_else(|| napi::Error::from_reason("no threads for Maestro"))
}
