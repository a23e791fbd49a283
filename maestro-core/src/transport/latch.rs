//! Something that happens once.

use std::convert::Infallible;
use std::fmt;
use std::sync::OnceLock;

use async_channel::{Receiver, Sender};

/// A value that is set once and can be waited for by anybody, on any runtime.
pub(super) struct Latch<T> {
    value: OnceLock<T>,
    closed: Receiver<Infallible>,
    close: Sender<Infallible>,
}

impl<T: Copy> Latch<T> {
    pub(super) fn new() -> Self {
        let (close, closed) = async_channel::bounded(1);
        Self { value: OnceLock::new(), closed, close }
    }

    /// Only the first value counts.
    pub(super) fn set(&self, value: T) {
        // A second value is what the caller was told is left out.
        let _ = self.value.set(value);
        self.close.close();
    }

    pub(super) fn get(&self) -> Option<T> {
        self.value.get().copied()
    }

    pub(super) async fn wait(&self) -> T {
        loop {
            if let Some(value) = self.get() {
                return value;
            }
            // Ends when it is closed, which comes after the value.
            let _ = self.closed.recv().await;
        }
    }
}

impl<T: Copy + fmt::Debug> fmt::Debug for Latch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Latch").field(&self.get()).finish()
    }
}
