//! Feeds, and giving up.

use std::sync::Arc;

use maestro_core::ffi;

use crate::failure::Failure;
use crate::host::Threads;

/// Gives up a call.
#[derive(Debug, uniffi::Object)]
pub struct Cancel(pub(crate) ffi::Cancel);

#[uniffi::export]
impl Cancel {
    /// One that has not been used.
    #[uniffi::constructor]
    #[expect(clippy::new_without_default, reason = "only Swift makes them")]
    pub fn new() -> Self {
        Self(ffi::Cancel::new())
    }

    /// Gives up every call that this was given to.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// A feed.
#[derive(Debug, uniffi::Object)]
pub struct EventStream {
    pub(crate) stream: Arc<ffi::EventStream>,
    pub(crate) threads: Arc<Threads>,
}

#[uniffi::export]
impl EventStream {
    /// Waits for one item or more and gives those that are there as a JSON array; none at the end.
    pub async fn next_batch(&self, max: u32) -> Result<Option<String>, Failure> {
        let stream = Arc::clone(&self.stream);
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        self.threads.run(async move { stream.next_batch(max).await }).await
    }

    /// Ends the feed.
    pub fn cancel(&self) {
        self.stream.cancel();
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.stream.cancel();
    }
}
