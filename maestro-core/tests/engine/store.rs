//! A store whose heartbeats can be held up.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
}

impl Switched {
    pub(crate) fn new(memory: &Memory) -> Self {
        Self { memory: memory.clone(), mute: Arc::default() }
    }

    /// Lets heartbeats fail, or not.
    pub(crate) fn mute(&self, mute: bool) {
        self.mute.store(mute, Ordering::SeqCst);
    }
}

#[async_trait]
impl StorageConfig for Switched {
    async fn open(&self, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
        let inner = self.memory.open(runtime).await?;
        Ok(Arc::new(Handle { inner, mute: Arc::clone(&self.mute) }))
    }

    fn state_directory(&self) -> Option<PathBuf> {
        None
    }
}

#[derive(Debug)]
struct Handle {
    inner: Arc<dyn Storage>,
    mute: Arc<AtomicBool>,
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl Storage for Handle {
    async fn commit(&self, commit: Commit) -> Result<Receipt> {
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
