//! Hints: cheap, lossy news that a reader should look again.

use std::sync::{Arc, Mutex, PoisonError};

use crate::model::StreamKey;
use crate::storage::RecordKey;

/// What may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// These records and streams were committed to in this process.
    Touched {
        /// Records that were put, deleted, claimed or released.
        records: Vec<RecordKey>,
        /// Streams that were appended to.
        streams: Vec<StreamKey>,
    },
    /// Something changed, perhaps in another process.
    Anything,
}

/// A receiver of hints. It holds a bounded number and merges the rest into [`Hint::Anything`].
#[derive(Debug)]
pub struct Watch {
    receiver: async_channel::Receiver<Arc<Hint>>,
}

impl Watch {
    /// The next hint, or none when the store was closed.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&self) -> Option<Arc<Hint>> {
        self.receiver.recv().await.ok()
    }

    /// Takes a hint if one is there.
    pub fn try_next(&self) -> Option<Arc<Hint>> {
        self.receiver.try_recv().ok()
    }
}

/// The sending side, for stores.
#[derive(Debug, Default)]
pub struct Hints {
    watchers: Mutex<Vec<async_channel::Sender<Arc<Hint>>>>,
}

impl Hints {
    /// How many hints a watcher holds before they are merged.
    const CAPACITY: usize = 64;

    /// A new watcher.
    pub fn watch(&self) -> Watch {
        let (sender, receiver) = async_channel::bounded(Self::CAPACITY);
        let mut watchers = self.lock();
        // A store that nothing is written to would keep those that are gone for ever.
        watchers.retain(|watcher| !watcher.is_closed());
        watchers.push(sender);
        Watch { receiver }
    }

    /// Tells every watcher; one that does not keep up is told "anything" once.
    pub fn send(&self, hint: Hint) {
        let hint = Arc::new(hint);
        self.lock().retain(|watcher| {
            match watcher.force_send(Arc::clone(&hint)) {
                // The oldest was pushed out: what it said is lost, so the newest says everything.
                Ok(Some(_)) => watcher.force_send(Arc::new(Hint::Anything)).is_ok(),
                Ok(None) => true,
                Err(_) => false,
            }
        });
    }

    /// Ends every watcher.
    pub fn close(&self) {
        for watcher in self.lock().drain(..) {
            watcher.close();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<async_channel::Sender<Arc<Hint>>>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
