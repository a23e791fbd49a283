//! A client that repeats commits as the contract says.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::error::{ErrorKind, Result};
use crate::model::{EventPage, EventQuery};
use crate::runtime::Runtime;
use crate::storage::{
    Claim, ClaimOutcome, Commit, ListPage, ListQuery, Receipt, Record, RecordKey, Renew, Renewed,
    Storage, StorageConfig, Watch,
};

/// How often a commit is tried before its error is believed.
const TRIES: usize = 8;

/// Commits, and repeats the commit with the same id while its outcome is unknown, or while it is
/// refused in a way that may pass: retryable errors, and `Conflict`, which a store may also give
/// without a cause. Repeating is safe: nothing of a refused commit happened, and one that did
/// happen gives its receipt.
///
/// # Errors
/// The last error, after a bounded number of tries.
pub async fn commit_patiently(storage: &dyn Storage, commit: Commit) -> Result<Receipt> {
    let mut tries = 1;
    loop {
        match storage.commit(commit.clone()).await {
            Err(error)
                if tries < TRIES
                    && (error.is_retryable() || error.kind() == ErrorKind::Conflict) =>
            {
                tries += 1;
            }
            result => return result,
        }
    }
}

/// Opens a store behind [`PatientStorage`].
#[derive(Debug, Clone)]
pub struct Patient(pub Arc<dyn StorageConfig>);

#[async_trait]
impl StorageConfig for Patient {
    async fn open(&self, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
        let inner = self.0.open(runtime).await?;
        Ok(Arc::new(PatientStorage { inner }))
    }

    fn state_directory(&self) -> Option<PathBuf> {
        self.0.state_directory()
    }
}

/// A store whose commits are repeated by [`commit_patiently`]; everything else is passed on.
#[derive(Debug)]
pub struct PatientStorage {
    inner: Arc<dyn Storage>,
}

impl fmt::Display for PatientStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with patience", self.inner)
    }
}

#[async_trait]
impl Storage for PatientStorage {
    async fn commit(&self, commit: Commit) -> Result<Receipt> {
        commit_patiently(&*self.inner, commit).await
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
