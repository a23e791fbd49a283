//! Reading: a few threads, each with a connection that cannot write.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::channel::oneshot;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::connection::{self, Patience};
use super::convert::{self, RECORD, RECORD_LEASE};
use super::fault::{Fault, describe, is_busy};
use super::identity::Identity;
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::External;
use crate::storage::{Record, RecordKey, failure};

type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// The queue to the reader threads.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    jobs: async_channel::Sender<Job>,
    /// Whether one of them moves the log into the file, or is asked to.
    moving: Arc<AtomicBool>,
    /// Held by who moves it.
    turn: Arc<Mutex<()>>,
}

/// One reader thread. It opens its connection when it is first needed.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    identity: Arc<Identity>,
    busy_limit: Duration,
    page_cache: usize,
    connection: Option<Connection>,
}

impl Readers {
    /// How many calls wait for the readers at most; later ones wait for a place.
    const CAPACITY: usize = 1024;

    /// The queue and its receiving end, to be shared by the threads.
    pub(super) fn new() -> (Self, async_channel::Receiver<Job>) {
        let (sender, receiver) = async_channel::bounded(Self::CAPACITY);
        (Self { jobs: sender, moving: Arc::default(), turn: Arc::default() }, receiver)
    }

    /// Runs a call as of one moment. It may be repeated when another process is in the way.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        external: External,
        call: impl FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |reader| {
            // A caller that does not wait any more wants no answer.
            drop(answer.send((reader.read(call), external)));
        });
        if self.jobs.send(job).await.is_err() {
            return Err(failure::closed());
        }
        match answered.await {
            Ok((result, _external)) => result,
            Err(oneshot::Canceled) => Err(Error::new(
                ErrorKind::Internal,
                "a reader of the database ended; close the store and open it again",
            )),
        }
    }

    /// Has one of the threads move the log into the file, so that the writer goes on meanwhile. Where all
    /// of them are busy it is asked for again with the next commit.
    pub(super) fn move_log(&self) {
        if self.moving.swap(true, Ordering::AcqRel) {
            return;
        }
        let (turn, moving) = (Arc::clone(&self.turn), Arc::clone(&self.moving));
        let job: Job = Box::new(move |reader| {
            let turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            reader.move_log();
            drop(turn);
            moving.store(false, Ordering::Release);
        });
        if self.jobs.try_send(job).is_err() {
            self.moving.store(false, Ordering::Release);
        }
    }

    /// Waits for who moves the log into the file, so that the caller is the only one of this store.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets nothing more in. What is queued is still done.
    pub(super) fn close(&self) {
        self.jobs.close();
    }
}

impl Reader {
    pub(super) fn new(
        path: PathBuf,
        identity: Arc<Identity>,
        busy_limit: Duration,
        page_cache: usize,
    ) -> Self {
        Self { path, identity, busy_limit, page_cache, connection: None }
    }

    /// Reads until the queue is closed and empty.
    pub(super) fn run(mut self, jobs: &async_channel::Receiver<Job>) {
        while let Ok(job) = jobs.recv_blocking() {
            job(&mut self);
        }
        if let Some(connection) = &self.connection {
            self.identity.let_go(connection);
        }
    }

    fn read<T>(&mut self, mut call: impl FnMut(&Connection) -> Result<T, Fault>) -> Result<T> {
        // A connection that is opened later must not lead to another file.
        if self.connection.is_some() {
            self.identity.check()?;
        } else {
            self.identity.look()?;
        }
        let mut patience = Patience::new(self.busy_limit);
        loop {
            match self.attempt(&mut call) {
                Err(Fault::Sql(error)) if is_busy(&error) && patience.wait() => {}
                Err(Fault::Sql(error)) => {
                    // It may be the connection that is broken; the next call opens another.
                    self.connection = None;
                    return Err(self.identity.explain(Fault::Sql(error)));
                }
                Err(Fault::Refused(error)) => return Err(error),
                Ok(value) => return Ok(value),
            }
        }
    }

    fn attempt<T>(
        &mut self,
        call: &mut impl FnMut(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let connection = self.connection()?;
        let snapshot = connection.unchecked_transaction()?;
        let value = call(&snapshot)?;
        snapshot.finish()?;
        Ok(value)
    }

    fn connection(&mut self) -> rusqlite::Result<&mut Connection> {
        Ok(match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(connection::reader(&self.path, self.busy_limit, self.page_cache)?),
        })
    }

    fn move_log(&mut self) {
        // It changes nothing that anybody reads, so `query_only` does not forbid it. What others are in the
        // way of is moved the next time.
        let moved = self.connection().and_then(|own| connection::checkpoint(own));
        if let Err(error) = moved {
            let error = describe(&self.path, error);
            tracing::debug!(%error, "the log is moved into the file later");
        }
    }
}

/// Reads records by address.
pub(super) fn get(
    connection: &Connection,
    keys: &[RecordKey],
) -> Result<Vec<Option<Record>>, Fault> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {RECORD} FROM record r {RECORD_LEASE}
         WHERE r.tenant_id = ?1 AND r.kind = ?2 AND r.id = ?3"
    ))?;
    keys.iter()
        .map(|key| {
            let address = params![key.tenant_id.as_str(), key.kind.as_str(), key.id];
            Ok(statement.query_row(address, convert::record).optional()?)
        })
        .collect()
}

/// The position of the latest event that was ever committed. Trimming does not lower it.
pub(super) fn latest(connection: &Connection) -> rusqlite::Result<i64> {
    let position = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'event'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(position.unwrap_or(0))
}

/// The names of a column from its index, one seek each, whatever the number of rows behind them.
/// `sql` gives the first one of all for a null parameter, else the first one after it.
pub(super) fn distinct(
    connection: &Connection,
    sql: &str,
    fixed: &[&str],
) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = Vec::new();
    let mut last: Option<String> = None;
    loop {
        let given = fixed.iter().map(|text| Some(*text));
        let all = given.chain([last.as_deref()]);
        let next: Option<String> =
            statement.query_row(rusqlite::params_from_iter(all), |row| row.get(0))?;
        match next {
            Some(name) => {
                found.push(name.clone());
                last = Some(name);
            }
            None => return Ok(found),
        }
    }
}
