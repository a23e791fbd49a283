//! A store that answers late: what a commit does is done long before it is known.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use maestro_core::model::{EventPage, EventQuery, ProjectSpec, SessionSpec, SessionState};
use maestro_core::runtime::Runtime;
use maestro_core::storage::{
    Claim, ClaimOutcome, Commit, LeaseChange, ListPage, ListQuery, Receipt, Record, RecordKey,
    Renew, Renewed, Storage, StorageConfig, Watch,
};
use maestro_core::{LeaseTimes, Result, Running};

use super::support::{World, under_seeds};

/// Longer than it takes until leases are renewed.
fn late() -> Duration {
    LeaseTimes::default().beat() * 3 / 2
}

/// Opens a store that answers commits late that give a lease back.
#[derive(Debug)]
struct Late(Arc<dyn StorageConfig>);

#[async_trait]
impl StorageConfig for Late {
    async fn open(&self, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
        let inner = self.0.open(Arc::clone(&runtime)).await?;
        Ok(Arc::new(LateStorage { inner, runtime }))
    }

    fn state_directory(&self) -> Option<PathBuf> {
        self.0.state_directory()
    }
}

#[derive(Debug)]
struct LateStorage {
    inner: Arc<dyn Storage>,
    runtime: Arc<dyn Runtime>,
}

impl fmt::Display for LateStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} late", self.inner)
    }
}

#[async_trait]
impl Storage for LateStorage {
    async fn commit(&self, commit: Commit) -> Result<Receipt> {
        let releases =
            commit.leases.iter().any(|change| matches!(change, LeaseChange::Release { .. }));
        let receipt = self.inner.commit(commit).await;
        if releases {
            self.runtime.sleep(late()).await;
        }
        receipt
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

#[test]
fn a_lease_that_is_given_back_is_not_lost() {
    under_seeds(async |world: World| {
        let store = Late(Arc::new(world.memory.clone()));
        let node = world.builder().storage(store).build().await.unwrap();
        node.projects().ensure(ProjectSpec::new("shop", std::env::temp_dir())).await.unwrap();
        let spec = SessionSpec::in_project("shop").agent("echo");
        let session = node.sessions().open(spec).await.unwrap();
        session.prompt("Go").await.unwrap().wait().await.unwrap();
        let begun = world.runtime.monotonic();
        session.close().await.unwrap();
        // The owner answers as soon as it knows, and nobody has to give it up for lost.
        assert!(world.runtime.monotonic() < begun + late() * 3 / 2);
        assert_eq!(session.info().await.unwrap().state, SessionState::Closed);
        node.close(Running::Park).await.unwrap();
    });
}
