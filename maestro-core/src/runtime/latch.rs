//! Something that happens once.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{Ordering, fence};

use event_listener::{Event, listener};

/// A value that is set once and can be waited for by anybody, on any runtime.
pub(crate) struct Latch<T = ()> {
    value: OnceLock<T>,
    set: Event,
}

impl<T> Default for Latch<T> {
    fn default() -> Self {
        Self { value: OnceLock::new(), set: Event::new() }
    }
}

impl<T: Copy> Latch<T> {
    /// Only the first value counts.
    pub(crate) fn set(&self, value: T) {
        // A second value is what the caller was told is left out.
        let _ = self.value.set(value);
        self.set.notify(usize::MAX);
    }

    pub(crate) fn get(&self) -> Option<T> {
        self.value.get().copied()
    }

    pub(crate) fn is_set(&self) -> bool {
        self.value.get().is_some()
    }

    pub(crate) async fn wait(&self) -> T {
        loop {
            if let Some(value) = self.get() {
                return value;
            }
            listener!(self.set => set);
            // It may have been set before we listened. The fence keeps the look behind that, as the one in
            // `notify` keeps the setter's.
            fence(Ordering::SeqCst);
            if let Some(value) = self.get() {
                return value;
            }
            set.await;
        }
    }
}

impl<T: Copy + fmt::Debug> fmt::Debug for Latch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Latch").field(&self.get()).finish()
    }
}
