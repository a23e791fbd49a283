//! Hints: cheap, lossy news that a reader should look again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::StreamKey;
use crate::storage::{RecordKey, RecordKind};

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
    only: Arc<Mutex<Only>>,
}

/// What a watcher wants to hear of.
#[derive(Debug, Default, PartialEq, Eq)]
enum Only {
    #[default]
    Everything,
    Record(RecordKey),
    Kinds(Vec<RecordKind>),
}

impl Watch {
    /// Hears from now on only of this record, and of what may be anything, so that the rest wakes
    /// nobody up.
    pub fn only(&self, record: &RecordKey) {
        let mut only = lock(&self.only);
        if !matches!(&*only, Only::Record(known) if known == record) {
            *only = Only::Record(record.clone());
        }
    }

    /// The same for all records of some kinds.
    pub fn only_kinds(&self, kinds: &[RecordKind]) {
        let mut only = lock(&self.only);
        if !matches!(&*only, Only::Kinds(known) if known == kinds) {
            *only = Only::Kinds(kinds.to_vec());
        }
    }

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
    watchers: Mutex<Vec<Watcher>>,
}

#[derive(Debug)]
struct Watcher {
    sender: async_channel::Sender<Arc<Hint>>,
    only: Arc<Mutex<Only>>,
}

impl Watcher {
    fn wants(&self, hint: &Hint) -> bool {
        let Hint::Touched { records, .. } = hint else { return true };
        match &*lock(&self.only) {
            Only::Everything => true,
            Only::Record(record) => records.contains(record),
            Only::Kinds(kinds) => records.iter().any(|record| kinds.contains(&record.kind)),
        }
    }

    /// Hands a hint on; false when nobody is there any more.
    fn tell(&self, hint: &Arc<Hint>) -> bool {
        if !self.wants(hint) {
            return !self.sender.is_closed();
        }
        match self.sender.force_send(Arc::clone(hint)) {
            // The oldest was pushed out: what it said is lost, so the newest says everything.
            Ok(Some(_)) => self.sender.force_send(Arc::new(Hint::Anything)).is_ok(),
            Ok(None) => true,
            Err(_) => false,
        }
    }
}

impl Hints {
    /// How many hints a watcher holds before they are merged.
    const CAPACITY: usize = 64;

    /// A new watcher.
    pub fn watch(&self) -> Watch {
        let (sender, receiver) = async_channel::bounded(Self::CAPACITY);
        let only = Arc::<Mutex<Only>>::default();
        let mut watchers = self.lock();
        // A store that nothing is written to would keep those that are gone for ever.
        watchers.retain(|watcher| !watcher.sender.is_closed());
        watchers.push(Watcher { sender, only: Arc::clone(&only) });
        Watch { receiver, only }
    }

    /// Tells every watcher; one that does not keep up is told "anything" once.
    pub fn send(&self, hint: Hint) {
        let hint = Arc::new(hint);
        self.lock().retain(|watcher| watcher.tell(&hint));
    }

    /// Ends every watcher.
    pub fn close(&self) {
        for watcher in self.lock().drain(..) {
            watcher.sender.close();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Watcher>> {
        lock(&self.watchers)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TenantId;
    use crate::storage::RecordKind;

    fn record(id: &str) -> RecordKey {
        RecordKey::new(TenantId::default(), RecordKind::SESSION, id)
    }

    fn touched(id: &str) -> Hint {
        Hint::Touched { records: vec![record(id)], streams: Vec::new() }
    }

    #[test]
    fn a_watcher_of_one_record_or_of_some_kinds_hears_of_no_other() {
        let hints = Hints::default();
        let [one, sessions, tasks, all] = std::array::from_fn(|_| hints.watch());
        one.only(&record("a"));
        sessions.only_kinds(&[RecordKind::NODE, RecordKind::SESSION]);
        tasks.only_kinds(&[RecordKind::TASK]);
        for hint in [touched("b"), touched("a"), Hint::Anything] {
            hints.send(hint);
        }
        let heard = |watch: &Watch| std::iter::from_fn(|| watch.try_next()).count();
        assert_eq!([&one, &sessions, &tasks, &all].map(heard), [2, 3, 1, 3]);
    }

    #[test]
    fn a_watcher_that_is_gone_is_forgotten_also_when_it_would_not_be_told() {
        let hints = Hints::default();
        let one = hints.watch();
        one.only(&record("a"));
        drop(one);
        hints.send(touched("b"));
        assert!(hints.lock().is_empty());
    }
}
