//! The store in memory: for tests, and for products that need nothing to survive the process.

mod claim;
mod commit;
mod read;
mod store;
mod tables;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;

use crate::error::Result;
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::storage::{Hint, Hints, Storage, StorageConfig};

use store::MemoryStorage;
use tables::Tables;

/// A store in memory. Its clones are the same store, so several nodes of one process can share it.
///
/// # Contract
/// - Leases go by the clock of the runtime that each handle was opened with.
/// - Closing a handle ends that handle only. What was written stays for as long as a clone of the
///   `Memory` or an open handle lives.
///
/// # Examples
/// ```
/// use maestro_core::storage::memory::Memory;
///
/// let store = Memory::new();
/// let for_another_node = store.clone();
/// ```
#[derive(Debug, Clone, Default)]
pub struct Memory {
    shared: Arc<Shared>,
}

impl Memory {
    /// A new, empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl StorageConfig for Memory {
    async fn open(&self, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
        {
            let mut tables = self.shared.lock();
            if tables.epoch.is_empty() {
                tables.epoch = runtime.uuid().to_string();
            }
        }
        let hints = Arc::new(Hints::default());
        self.shared.listen(&hints);
        Ok(Arc::new(MemoryStorage::new(Arc::clone(&self.shared), runtime, hints)))
    }

    fn state_directory(&self) -> Option<PathBuf> {
        None
    }
}

/// What all handles of one store share.
#[derive(Debug, Default)]
struct Shared {
    tables: Mutex<Tables>,
    handles: Mutex<Vec<Weak<Hints>>>,
}

impl Shared {
    /// The tables. A panic of another thread leaves them whole: they change only after everything
    /// that can fail.
    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, hints: &Arc<Hints>) {
        self.handles().push(Arc::downgrade(hints));
    }

    /// Tells the watchers of every handle.
    fn tell(&self, hint: &Hint) {
        self.handles().retain(|handle| {
            let handle = handle.upgrade();
            if let Some(hints) = &handle {
                hints.send(hint.clone());
            }
            handle.is_some()
        });
    }

    fn handles(&self) -> MutexGuard<'_, Vec<Weak<Hints>>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
