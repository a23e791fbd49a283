//! The store itself: calls become jobs for its threads.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::doorbell;
use super::feed::{Reading, Step};
use super::identity::Identity;
use super::list;
use super::open::Threads;
use super::queue::{Done, Op, Queue};
use super::read::{self, Readers};
use super::tail::Tail;
use super::writer::mixed_up;
use crate::error::Result;
use crate::model::{EventPage, EventQuery};
use crate::runtime::Runtime;
use crate::storage::{
    Claim, ClaimOutcome, Commit, Hints, ListPage, ListQuery, Receipt, Record, RecordKey, Renew,
    Renewed, Storage, Watch, failure, validate,
};

/// An open SQLite file.
#[derive(Debug)]
pub(super) struct SqliteStorage {
    identity: Arc<Identity>,
    path: PathBuf,
    epoch: String,
    runtime: Arc<dyn Runtime>,
    queue: Arc<Queue>,
    readers: Readers,
    hints: Arc<Hints>,
    tail: Arc<Tail>,
    closed: AtomicBool,
    doorbell: Option<doorbell::Stop>,
    /// Closed when every thread has ended.
    ended: Option<async_channel::Receiver<()>>,
    threads: Mutex<Threads>,
}

impl SqliteStorage {
    #[expect(clippy::too_many_arguments, reason = "the parts that its threads share")]
    pub(super) fn new(
        identity: Arc<Identity>,
        path: PathBuf,
        epoch: String,
        runtime: Arc<dyn Runtime>,
        queue: Arc<Queue>,
        readers: Readers,
        hints: Arc<Hints>,
        tail: Arc<Tail>,
    ) -> Self {
        Self {
            identity,
            path,
            epoch,
            runtime,
            queue,
            readers,
            hints,
            tail,
            closed: AtomicBool::new(false),
            doorbell: None,
            ended: None,
            threads: Mutex::default(),
        }
    }

    /// What stops the doorbell, and what says that all threads have ended.
    pub(super) fn stop_with(&mut self, stop: doorbell::Stop, ended: async_channel::Receiver<()>) {
        self.doorbell = Some(stop);
        self.ended = Some(ended);
    }

    pub(super) fn own(&mut self, threads: Threads) {
        self.threads = Mutex::new(threads);
    }

    /// Lets the threads finish what is queued and end.
    fn stop(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.queue.close();
        self.readers.close();
        if let Some(doorbell) = &self.doorbell {
            doorbell.stop();
        }
        self.hints.close();
    }

    fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(failure::closed());
        }
        self.identity.check()
    }

    async fn write(&self, op: Op) -> Result<Done> {
        self.check_open()?;
        self.queue.submit(op, self.runtime.external()).await
    }
}

#[async_trait]
impl Storage for SqliteStorage {
    async fn commit(&self, commit: Commit) -> Result<Receipt> {
        validate::commit(&commit)?;
        match self.write(Op::Commit(commit)).await? {
            Done::Commit(receipt, _) => Ok(receipt),
            _ => Err(mixed_up()),
        }
    }

    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Record>>> {
        self.check_open()?;
        let keys = keys.to_vec();
        self.readers
            .read(self.runtime.external(), move |connection| read::get(connection, &keys))
            .await
    }

    async fn list(&self, query: &ListQuery) -> Result<ListPage> {
        let after = validate::list(query)?;
        self.check_open()?;
        let (query, epoch, now) = (query.clone(), self.epoch.clone(), self.runtime.now());
        self.readers
            .read(self.runtime.external(), move |connection| {
                list::list(connection, &query, after.as_ref(), now, &epoch)
            })
            .await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<ClaimOutcome>> {
        validate::claim(claim)?;
        match self.write(Op::Claim(claim.clone())).await? {
            Done::Claim(outcomes) => Ok(outcomes),
            _ => Err(mixed_up()),
        }
    }

    async fn renew(&self, renew: &Renew) -> Result<Renewed> {
        match self.write(Op::Renew(renew.clone())).await? {
            Done::Renew(renewed) => Ok(renewed),
            _ => Err(mixed_up()),
        }
    }

    async fn read_events(&self, query: &EventQuery) -> Result<EventPage> {
        let mut reading = Reading::new(query, &self.epoch)?;
        self.check_open()?;
        if let Some(page) = reading.recent(&self.tail) {
            return Ok(page);
        }
        loop {
            let step = self
                .readers
                .read(self.runtime.external(), move |connection| reading.clone().step(connection))
                .await?;
            match step {
                Step::Page(page) => {
                    if !page.more {
                        self.tail.want();
                    }
                    return Ok(page);
                }
                Step::Further(further) => reading = further,
            }
        }
    }

    fn watch(&self) -> Watch {
        let watch = self.hints.watch();
        if self.closed.load(Ordering::SeqCst) {
            self.hints.close();
        }
        watch
    }

    async fn close(&self) -> Result<()> {
        let _external = self.runtime.external();
        self.stop();
        if let Some(ended) = &self.ended {
            // Nothing is ever sent: this ends when the last thread has dropped its end.
            while ended.recv().await.is_ok() {}
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *threads).join();
        Ok(())
    }
}

impl Drop for SqliteStorage {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Display for SqliteStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", self.path.display())
    }
}
