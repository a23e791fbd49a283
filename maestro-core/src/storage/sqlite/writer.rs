//! The one thread that writes: many callers, one transaction.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::connection::{self, Patience};
use super::fault::{Fault, describe};
use super::identity::Identity;
use super::path_lock::PathLock;
use super::queue::{Done, Job, Op, Queue, Wake};
use super::read::Readers;
use super::tail::{Committed, Tail};
use super::touched::Touched;
use super::{apply, lease};
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::Runtime;
use crate::storage::{Hint, Hints};

/// How often old receipts are looked for, while there is work.
const TRIM_EVERY: Duration = Duration::from_mins(1);

/// The writer's state. It lives on its thread.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) identity: Arc<Identity>,
    pub(super) _lock: PathLock,
    pub(super) path: PathBuf,
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) queue: Arc<Queue>,
    pub(super) hints: Arc<Hints>,
    pub(super) tail: Arc<Tail>,
    pub(super) readers: Readers,
    /// Closed when the last reader has let its connection go.
    pub(super) readers_ended: async_channel::Receiver<()>,
    pub(super) group_count: usize,
    pub(super) group_time: Duration,
    pub(super) busy_limit: Duration,
}

/// What a writer learns as it goes.
#[derive(Debug, Default)]
struct Pace {
    /// How many jobs the last transaction had.
    jobs: usize,
    /// How long its COMMIT took.
    commit: Duration,
    /// When receipts were trimmed last.
    trimmed: Option<Duration>,
    /// What `PRAGMA data_version` said last: it changes when another connection commits.
    data_version: i64,
}

/// How one job went inside a transaction.
enum Ran {
    /// It happened or was refused; the transaction goes on.
    Settled(Result<Done>),
    /// It failed, and took everything before it along.
    Lost(Error),
}

/// Gives up what is queued when the thread ends in whatever way, so that no caller waits for ever.
struct Abandon(Arc<Queue>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Writer {
    /// Writes until the queue is closed and empty.
    pub(super) fn run(self) {
        let _abandon = Abandon(Arc::clone(&self.queue));
        let mut pace =
            Pace { data_version: self.data_version().unwrap_or_default(), ..Pace::default() };
        loop {
            match self.queue.wait(self.group_count) {
                Wake::Jobs(jobs) => {
                    self.group(jobs, &mut pace);
                    self.trim(&mut pace);
                    if self.queue.take_ring() {
                        self.look(&mut pace);
                    }
                }
                Wake::Rung => self.look(&mut pace),
                Wake::Closed => {
                    // The last one moves the log into the file, which it can only do alone: of two that end
                    // at the same time neither does.
                    while self.readers_ended.recv_blocking().is_ok() {}
                    return self.identity.let_go(&self.connection);
                }
            }
        }
    }

    /// One transaction: what waits now, and what comes while it runs.
    fn group(&self, mut jobs: Vec<Job>, pace: &mut Pace) {
        // Callers that were answered together come back one by one. Waiting for them is worth at
        // most the COMMIT that it saves; a lone caller never waits.
        if pace.jobs > 1 && jobs.len() < pace.jobs {
            self.queue.linger(pace.jobs - jobs.len(), pace.commit.min(self.group_time));
            jobs.extend(self.queue.take_now(self.group_count.saturating_sub(jobs.len())));
        }
        let start = self.runtime.monotonic();
        if let Err(error) = self.begin() {
            return refuse(jobs, &error);
        }
        let mut settled = Vec::with_capacity(jobs.len());
        loop {
            let mut rest = jobs.into_iter();
            while let Some(job) = rest.next() {
                match self.run_one(&job.op) {
                    Ran::Settled(result) => settled.push((job, result)),
                    Ran::Lost(error) => {
                        job.answer(Err(error));
                        let survivors = settled.into_iter().map(|(job, _)| job).chain(rest);
                        return self.alone(survivors);
                    }
                }
            }
            let room = self.group_count.saturating_sub(settled.len());
            let spent = self.runtime.monotonic().saturating_sub(start);
            if room == 0 || spent >= self.group_time {
                break;
            }
            jobs = self.queue.take_now(room);
            if jobs.is_empty() {
                break;
            }
        }
        pace.jobs = settled.len();
        let before = self.runtime.monotonic();
        let committed = self.commit();
        pace.commit = self.runtime.monotonic().saturating_sub(before);
        self.answer(settled, committed);
    }

    /// Runs the survivors of a lost transaction, each in its own, so that one that fails every time
    /// fails nobody else and the cost stays linear.
    fn alone(&self, jobs: impl Iterator<Item = Job>) {
        for job in jobs {
            if let Err(error) = self.begin() {
                job.answer(Err(error));
                continue;
            }
            match self.run_one(&job.op) {
                Ran::Settled(result) => {
                    let committed = self.commit();
                    self.answer(vec![(job, result)], committed);
                }
                Ran::Lost(error) => job.answer(Err(error)),
            }
        }
    }

    fn begin(&self) -> Result<()> {
        self.identity.check()?;
        // Before the log changes, so that the doorbell knows whose change it is.
        self.queue.begin();
        if !self.connection.is_autocommit() {
            self.connection
                .execute_batch("ROLLBACK")
                .map_err(|error| describe(&self.path, error))?;
        }
        Patience::retry(self.busy_limit, || {
            self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])
        })
        .map(drop)
        .map_err(|error| describe(&self.path, error))
    }

    /// Commits. An error leaves open what happened: the log may hold the commit's last page.
    fn commit(&self) -> Result<()> {
        let committed = self.statement("COMMIT");
        if committed.is_err() && !self.connection.is_autocommit() {
            // `begin` tries again if this fails too.
            if let Err(error) = self.statement("ROLLBACK") {
                tracing::warn!(path = %self.path.display(), %error, "a failed commit cannot be rolled back");
            }
        }
        connection::move_log(&self.connection, &self.readers);
        committed.map_err(|error| describe(&self.path, error))?;
        // In files that the path does not lead to, it is lost with this process.
        self.identity.look().inspect_err(|_| self.hints.send(Hint::Anything))
    }

    fn statement(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Runs one job inside a savepoint, so that its failure is its own.
    fn run_one(&self, op: &Op) -> Ran {
        let ran = self
            .statement("SAVEPOINT job")
            .map_err(Fault::from)
            .and_then(|()| self.apply(op))
            .and_then(|done| {
                self.statement("RELEASE job")?;
                Ok(done)
            });
        let fault = match ran {
            Ok(done) => return Ran::Settled(Ok(done)),
            Err(fault) => fault,
        };
        let error = self.identity.explain(fault);
        // A full disk and some I/O errors roll the whole transaction back, and with it the
        // savepoints of neighbours that were released already.
        if self.connection.is_autocommit() {
            return Ran::Lost(error);
        }
        let undone = self.statement("ROLLBACK TO job").and_then(|()| self.statement("RELEASE job"));
        match undone {
            Ok(()) => Ran::Settled(Err(error)),
            // `begin` rolls back what is left.
            Err(_) => Ran::Lost(error),
        }
    }

    fn apply(&self, op: &Op) -> Result<Done, Fault> {
        let (connection, now) = (&self.connection, self.runtime.now());
        Ok(match op {
            Op::Commit(commit) => {
                let (receipt, placed) = apply::commit(connection, commit, now)?;
                Done::Commit(receipt, placed)
            }
            Op::Claim(claim) => Done::Claim(lease::claim(connection, claim, now)?),
            Op::Renew(renew) => {
                // A heartbeat is seldom enough for a look at what is in the file.
                self.identity.look_inside()?;
                Done::Renew(lease::renew(connection, renew, now)?)
            }
        })
    }

    /// Keeps what is on disk for those who follow, tells every caller, then every watcher.
    fn answer(&self, settled: Vec<(Job, Result<Done>)>, committed: Result<()>) {
        if let Err(error) = committed {
            let jobs = settled.into_iter().map(|(job, _)| job).collect();
            // Trying again is of no use where the file is damaged or gone.
            let retryable = error.kind() != ErrorKind::InvalidConfig;
            return refuse(jobs, &error.unknown_outcome().retryable(retryable));
        }
        let mut touched = Touched::default();
        for (job, result) in settled {
            if let Ok(done) = &result {
                touched.add(&job.op, done);
                self.keep(&job.op, done);
            }
            job.answer(result);
        }
        touched.send(&self.hints);
    }

    fn keep(&self, op: &Op, done: &Done) {
        let (Op::Commit(commit), Done::Commit(_, placed)) = (op, done) else {
            return;
        };
        for (append, placed) in commit.appends.iter().zip(placed) {
            if !append.events.is_empty() {
                self.tail.push(&Committed {
                    position: placed.position,
                    stream: &append.stream,
                    seq: placed.seq,
                    events: &append.events,
                });
            }
        }
    }

    /// Removes a few old receipts now and then.
    fn trim(&self, pace: &mut Pace) {
        let now = self.runtime.monotonic();
        if pace.trimmed.is_some_and(|last| now.saturating_sub(last) < TRIM_EVERY) {
            return;
        }
        match apply::trim(&self.connection, self.runtime.now()) {
            // There may be more: the next transaction takes the next few along.
            Ok(true) => {}
            Ok(false) => pace.trimmed = Some(now),
            Err(error) => {
                pace.trimmed = Some(now);
                let error = describe(&self.path, error);
                tracing::debug!(%error, "old receipts are trimmed later");
            }
        }
    }

    /// Tells watchers when another connection has committed since the last look.
    fn look(&self, pace: &mut Pace) {
        if self.identity.check().is_ok() && self.identity.look().is_err() {
            // Everybody who looks again is told.
            self.hints.send(Hint::Anything);
        }
        // Busy only: the doorbell rings again.
        if let Ok(version) = self.data_version()
            && version != pace.data_version
        {
            pace.data_version = version;
            self.hints.send(Hint::Anything);
        }
    }

    fn data_version(&self) -> rusqlite::Result<i64> {
        self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
    }
}

fn refuse(jobs: Vec<Job>, error: &Error) {
    for job in jobs {
        job.answer(Err(repeat(error)));
    }
}

/// The same error for one more caller; errors do not clone, since their sources do not.
fn repeat(error: &Error) -> Error {
    let copy = Error::from(error.info());
    debug_assert_eq!(copy.kind(), error.kind());
    copy
}

/// The error of a call whose answer is of another kind than asked for.
pub(super) fn mixed_up() -> Error {
    Error::new(ErrorKind::Internal, "the writer answered another call")
}
