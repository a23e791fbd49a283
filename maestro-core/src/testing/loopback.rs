//! A store behind JSON, so that nothing in the port depends on sharing memory with it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorInfo, ErrorKind, Result};
use crate::model::{EventPage, EventQuery};
use crate::runtime::Runtime;
use crate::storage::{
    Claim, ClaimOutcome, Commit, ListPage, ListQuery, Receipt, Record, RecordKey, Renew, Renewed,
    Storage, StorageConfig, Watch,
};

/// Opens a store behind [`JsonLoopbackStorage`].
#[derive(Debug, Clone)]
pub struct JsonLoopback(pub Arc<dyn StorageConfig>);

#[async_trait]
impl StorageConfig for JsonLoopback {
    async fn open(&self, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
        let inner = self.0.open(runtime).await?;
        Ok(Arc::new(JsonLoopbackStorage::new(inner)))
    }

    fn state_directory(&self) -> Option<PathBuf> {
        self.0.state_directory()
    }
}

/// A store of which every argument, result and error goes through JSON text and back.
#[derive(Debug)]
pub struct JsonLoopbackStorage {
    inner: Arc<dyn Storage>,
}

impl JsonLoopbackStorage {
    /// Puts JSON in front of a store.
    pub fn new(inner: Arc<dyn Storage>) -> Self {
        Self { inner }
    }
}

impl fmt::Display for JsonLoopbackStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} through JSON", self.inner)
    }
}

fn travel<T: Serialize + DeserializeOwned>(value: &T) -> Result<T> {
    let broken = |error: serde_json::Error| {
        Error::new(ErrorKind::Internal, "a value of the storage port does not survive JSON")
            .with("type", std::any::type_name::<T>())
            .caused_by(error)
    };
    let text = serde_json::to_string(value).map_err(broken)?;
    serde_json::from_str(&text).map_err(broken)
}

fn come_back<T: Serialize + DeserializeOwned>(result: Result<T>) -> Result<T> {
    match result {
        Ok(value) => travel(&value),
        Err(error) => {
            let info: ErrorInfo = travel(&error.info())?;
            Err(info.into())
        }
    }
}

#[async_trait]
impl Storage for JsonLoopbackStorage {
    async fn commit(&self, commit: Commit) -> Result<Receipt> {
        come_back(self.inner.commit(travel(&commit)?).await)
    }

    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Record>>> {
        come_back(self.inner.get(&travel(&keys.to_vec())?).await)
    }

    async fn list(&self, query: &ListQuery) -> Result<ListPage> {
        come_back(self.inner.list(&travel(query)?).await)
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<ClaimOutcome>> {
        come_back(self.inner.claim(&travel(claim)?).await)
    }

    async fn renew(&self, renew: &Renew) -> Result<Renewed> {
        come_back(self.inner.renew(&travel(renew)?).await)
    }

    async fn read_events(&self, query: &EventQuery) -> Result<EventPage> {
        come_back(self.inner.read_events(&travel(query)?).await)
    }

    fn watch(&self) -> Watch {
        self.inner.watch()
    }

    async fn close(&self) -> Result<()> {
        come_back(self.inner.close().await)
    }
}
