//! Signs of life of the tasks that work on this node.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::TaskId;

/// How often each task that is watched has shown that it works.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    watched: Mutex<HashMap<TaskId, Watched>>,
}

#[derive(Debug, Default)]
struct Watched {
    /// The next attempt may begin to watch before the last one has ended.
    watchers: u32,
    count: u64,
}

impl Activity {
    /// Counts from now on, until [`forget`](Self::forget).
    pub(crate) fn watch(&self, id: TaskId) {
        self.lock().entry(id).or_default().watchers += 1;
    }

    pub(crate) fn note(&self, id: TaskId) {
        if let Some(watched) = self.lock().get_mut(&id) {
            watched.count += 1;
        }
    }

    pub(crate) fn count(&self, id: TaskId) -> u64 {
        self.lock().get(&id).map_or(0, |watched| watched.count)
    }

    pub(crate) fn forget(&self, id: TaskId) {
        let mut all = self.lock();
        if let Some(watched) = all.get_mut(&id) {
            watched.watchers -= 1;
            if watched.watchers == 0 {
                all.remove(&id);
            }
        }
    }

    /// How many tasks are watched.
    pub(crate) fn watched(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
