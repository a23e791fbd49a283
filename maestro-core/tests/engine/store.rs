//! A store whose heartbeats can be held up, and whose commits can take their time.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use maestro_core::model::{EventPage, EventQuery};
use maestro_core::runtime::Runtime;
use maestro_core::storage::memory::Memory;
use maestro_core::storage::{
    Claim, ClaimOutcome, Commit, ListPage, ListQuery, Receipt, Record, RecordKey, Renew, Renewed,
    Storage, StorageConfig, Watch,
};
use maestro_core::{Error, ErrorKind, Result};

/// Opens the store in memory behind a switch.
#[derive(Debug, Clone)]
pub(crate) struct Switched {
    memory: Memory,
    mute: Arc<AtomicBool>,
    commits_in: Duration,
}

impl Switched {
    pub(crate) fn new(memory: &Memory) -> Self {
        Self { memory: memory.clone(), mute: Arc::default(), commits_in: Duration::ZERO }
    }

    /// Lets every commit take so long.
    pub(crate) fn commits_in(self, commits_in: Duration) -> Self {
        Self { commits_in, ..self }
    }

    /// Lets heartbeats fail, or not.
    pub(crate) fn mute(&self, mute: bool) {
        self.mute.store(mute, Ordering::SeqCst);
    }
}

#[async_trait]
impl StorageConfig for Switched {
    async fn open(&self, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
        let inner = self.memory.open(Arc::clone(&runtime)).await?;
        let (mute, commits_in) = (Arc::clone(&self.mute), self.commits_in);
        Ok(Arc::new(Handle { inner, mute, commits_in, runtime }))
    }

    fn state_directory(&self) -> Option<PathBuf> {
        None
    }
}

#[derive(Debug)]
struct Handle {
    inner: Arc<dyn Storage>,
    mute: Arc<AtomicBool>,
    commits_in: Duration,
    runtime: Arc<dyn Runtime>,
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl Storage for Handle {
    async fn commit(&self, commit: Commit) -> Result<Receipt> {
        self.runtime.sleep(self.commits_in).await;
        self.inner.commit(commit).await
    }

    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Record>>> {
        self.inner.get(keys).await
    }

    async fn list(&self, query: &ListQuery) -> Result<ListPage> {
        self.inner.list(query).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<ClaimOutcome>> {
        self.inner.claim(claim).await
    }

    async fn renew(&self, renew: &Renew) -> Result<Renewed> {
        if self.mute.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "heartbeats do not get through"));
        }
        self.inner.renew(renew).await
    }

    async fn read_events(&self, query: &EventQuery) -> Result<EventPage> {
        self.inner.read_events(query).await
    }

    fn watch(&self) -> Watch {
        self.inner.watch()
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }
}
