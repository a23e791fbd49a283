//! Typed records over the storage port: read, compute, commit, try again.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};
use crate::id::{CommitId, LeaseToken, NodeId, TenantId};
use crate::model::{NewEvent, StreamKey};
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::storage::{
    Append, Columns, Commit, Expect, Guard, Lease, LeaseChange, ListQuery, Put, Receipt, Record,
    RecordKey, RecordKind, Storage,
};

/// A value that is kept as a record.
pub(crate) trait Stored:
    Serialize + DeserializeOwned + Clone + Send + Sync + 'static
{
    /// The kind of its records.
    const KIND: RecordKind;
    /// The schema version that this version writes.
    const SCHEMA: u32 = 1;
    /// What a person calls it, for errors.
    const NAME: &'static str;

    /// Whose it is.
    fn tenant(&self) -> &TenantId;
    /// Its id.
    fn id(&self) -> String;
    /// What may be filtered, sorted and claimed on.
    fn columns(&self) -> Columns;

    /// Its address.
    fn key(&self) -> RecordKey {
        RecordKey::new(self.tenant().clone(), Self::KIND, self.id())
    }
}

/// A value with the version that it was read at.
#[derive(Debug, Clone)]
pub(crate) struct Versioned<T> {
    /// The value.
    pub(crate) value: T,
    /// Its version.
    pub(crate) version: u64,
    /// Who held it at the reading.
    pub(crate) lease: Lease,
}

impl<T: Stored> Versioned<T> {
    pub(crate) fn decode(record: &Record) -> Result<Self> {
        if record.schema > T::SCHEMA {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the {} was written by a newer version of Maestro", T::NAME),
            )
            .with("record", &record.key));
        }
        let value =
            record.body.decode().map_err(|error: Error| error.with("record", &record.key))?;
        Ok(Self { value, version: record.version, lease: record.lease })
    }
}

/// The authority that a worker's writes carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fence {
    pub(crate) key: RecordKey,
    pub(crate) node_id: NodeId,
    pub(crate) token: LeaseToken,
}

/// A commit under construction.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) commit: Commit,
}

impl Draft {
    pub(crate) fn insert<T: Stored>(&mut self, value: &T) -> Result<()> {
        self.put(value, Expect::Absent)
    }

    pub(crate) fn update<T: Stored>(&mut self, version: u64, value: &T) -> Result<()> {
        self.put(value, Expect::Version { version })
    }

    /// Removes a record.
    pub(crate) fn delete(&mut self, version: u64, key: RecordKey) {
        self.commit.guards.push(Guard { key: key.clone(), expect: Expect::Version { version } });
        self.commit.deletes.push(key);
    }

    fn put<T: Stored>(&mut self, value: &T, expect: Expect) -> Result<()> {
        let key = value.key();
        self.commit.guards.push(Guard { key: key.clone(), expect });
        self.commit.puts.push(Put {
            key,
            schema: T::SCHEMA,
            columns: value.columns(),
            body: crate::model::Envelope::json(value)?,
        });
        Ok(())
    }

    /// Lets the commit happen only while the lease is held. Checked before everything else.
    pub(crate) fn fence(&mut self, fence: &Fence) {
        self.commit.guards.insert(
            0,
            Guard {
                key: fence.key.clone(),
                expect: Expect::Lease { node_id: fence.node_id, token: fence.token },
            },
        );
    }

    pub(crate) fn append(
        &mut self,
        stream: StreamKey,
        events: impl IntoIterator<Item: Into<Arc<NewEvent>>>,
    ) {
        let mut events = events.into_iter().map(Into::into).peekable();
        if events.peek().is_none() {
            return;
        }
        match self.commit.appends.iter_mut().find(|append| append.stream == stream) {
            Some(append) => append.events.extend(events),
            None => self.commit.appends.push(Append { stream, events: events.collect() }),
        }
    }

    pub(crate) fn acquire(&mut self, key: RecordKey, node_id: NodeId, ttl: Duration) {
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        self.commit.leases.push(LeaseChange::Acquire { key, node_id, ttl_ms });
    }

    pub(crate) fn release(&mut self, fence: &Fence) {
        self.commit.leases.push(LeaseChange::Release {
            key: fence.key.clone(),
            node_id: fence.node_id,
            token: fence.token,
        });
    }
}

/// Typed access to a store.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) storage: Arc<dyn Storage>,
    runtime: Arc<dyn Runtime>,
}

impl Store {
    /// How often a change is computed again after somebody else was faster.
    const MAX_CONFLICTS: u32 = 50;
    /// How often a call is repeated while the store does not answer: for about a minute.
    const MAX_OUTAGES: u32 = 16;

    pub(crate) fn new(storage: Arc<dyn Storage>, runtime: Arc<dyn Runtime>) -> Self {
        Self { storage, runtime }
    }

    pub(crate) fn draft(&self) -> Draft {
        Draft { commit: Commit::new(self.runtime.id::<CommitId>()) }
    }

    /// Applies a draft, repeating it under the same id while the outcome is unknown.
    pub(crate) async fn commit(&self, draft: Draft) -> Result<Receipt> {
        let mut outages = 0;
        loop {
            match self.storage.commit(draft.commit.clone()).await {
                Err(error)
                    if (error.is_unknown_outcome() || error.kind() == ErrorKind::Unavailable)
                        && error.is_retryable()
                        && outages < Self::MAX_OUTAGES =>
                {
                    outages += 1;
                    tracing::warn!(%error, outages, "the store did not answer; trying again");
                    self.pause(outages).await;
                }
                result => return result,
            }
        }
    }

    pub(crate) async fn get<T: Stored>(
        &self,
        tenant: &TenantId,
        id: impl std::fmt::Display + Send,
    ) -> Result<Option<Versioned<T>>> {
        let key = RecordKey::new(tenant.clone(), T::KIND, id);
        let records = self.storage.get(std::slice::from_ref(&key)).await?;
        records.into_iter().next().flatten().as_ref().map(Versioned::decode).transpose()
    }

    pub(crate) async fn require<T: Stored>(
        &self,
        tenant: &TenantId,
        id: impl std::fmt::Display + Send,
    ) -> Result<Versioned<T>> {
        let id = id.to_string();
        self.get(tenant, &id).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no such {}", T::NAME)).with("id", id)
        })
    }

    pub(crate) async fn by_unique_key<T: Stored>(
        &self,
        tenant: &TenantId,
        unique_key: &str,
    ) -> Result<Option<Versioned<T>>> {
        let mut query = ListQuery::new(Some(tenant.clone()), T::KIND);
        query.unique_key = Some(unique_key.to_owned());
        let page = self.storage.list(&query).await?;
        page.records.first().map(Versioned::decode).transpose()
    }

    /// One page. A record that cannot be read is an error, never left out.
    pub(crate) async fn list<T: Stored>(&self, query: &ListQuery) -> Result<Vec<Versioned<T>>> {
        let page = self.storage.list(query).await?;
        page.records.iter().map(Versioned::decode).collect()
    }

    /// The next page, for a node's own sweeps; the query is set to the one after, without a token
    /// behind the last. A record of a newer version is left alone.
    pub(crate) async fn page<T: Stored>(&self, query: &mut ListQuery) -> Result<Vec<Versioned<T>>> {
        let page = self.storage.list(query).await?;
        query.page_token = page.next;
        let mut values = Vec::with_capacity(page.records.len());
        for record in &page.records {
            match Versioned::decode(record) {
                Ok(value) => values.push(value),
                Err(error) if error.kind() == ErrorKind::Unsupported => {}
                Err(error) => tracing::error!(%error, "a record cannot be read"),
            }
        }
        Ok(values)
    }

    /// All pages, for a node's own sweeps. A record of a newer version is left alone.
    pub(crate) async fn list_all<T: Stored>(
        &self,
        mut query: ListQuery,
    ) -> Result<Vec<Versioned<T>>> {
        let mut all = Vec::new();
        loop {
            all.append(&mut self.page(&mut query).await?);
            if query.page_token.is_none() {
                return Ok(all);
            }
        }
    }

    /// Reads a record, lets `compute` draft its change, and commits; again when somebody was
    /// faster. `compute` gives none when nothing is to be done.
    pub(crate) async fn change<T: Stored, R: Send>(
        &self,
        tenant: &TenantId,
        id: impl std::fmt::Display + Send,
        compute: impl Fn(&Versioned<T>, &mut Draft) -> Result<Option<R>> + Send,
    ) -> Result<Option<R>> {
        let id = id.to_string();
        let mut conflicts = 0;
        loop {
            let read = self.require::<T>(tenant, &id).await?;
            let mut draft = self.draft();
            let Some(result) = compute(&read, &mut draft)? else {
                return Ok(None);
            };
            match self.commit(draft).await {
                Ok(_) => return Ok(Some(result)),
                Err(error)
                    if error.kind() == ErrorKind::Conflict && conflicts < Self::MAX_CONFLICTS =>
                {
                    conflicts += 1;
                    if conflicts > 3 {
                        self.pause(1).await;
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits 5 ms, doubled each time up to 5 s, with jitter.
    async fn pause(&self, times: u32) {
        let base = Duration::from_millis(5 << times.min(10));
        self.runtime.sleep(self.runtime.jitter(base.min(Duration::from_secs(5)))).await;
    }
}
