//! What waits for the writer: renewals in a lane of their own, then everything else.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::channel::oneshot;

use super::append::Placed;
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::External;
use crate::storage::{Claim, ClaimOutcome, Commit, Receipt, Renew, Renewed, failure};

/// Something to write.
#[derive(Debug)]
pub(super) enum Op {
    Commit(Commit),
    Claim(Claim),
    Renew(Renew),
}

/// What came of an [`Op`].
#[derive(Debug)]
pub(super) enum Done {
    /// With where the events of each append went, unless the commit was applied before.
    Commit(Receipt, Vec<Placed>),
    Claim(Vec<ClaimOutcome>),
    Renew(Renewed),
}

/// The answer takes the guard with it, so that a virtual clock stands still until the caller has
/// it, and goes on if the caller went away.
type Answer = (Result<Done>, External);

/// An [`Op`] and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) op: Op,
    answer: oneshot::Sender<Answer>,
    external: External,
}

impl Job {
    pub(super) fn answer(self, result: Result<Done>) {
        // A caller that does not wait any more learns nothing, and wants to.
        drop(self.answer.send((result, self.external)));
    }
}

#[derive(Debug, Default)]
struct State {
    renewals: VecDeque<Job>,
    work: VecDeque<Job>,
    rung: bool,
    closed: bool,
    /// How many jobs have to be there before the writer is woken up, while it waits for more.
    enough: usize,
}

/// When the writer is to look whether another process has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ring {
    Now,
    /// With its next transaction.
    Soon,
}

/// Why the writer was woken.
#[derive(Debug)]
pub(super) enum Wake {
    /// There are jobs.
    Jobs(Vec<Job>),
    /// Another process may have written.
    Rung,
    /// Nothing will come any more.
    Closed,
}

/// The queue between callers and the writer thread.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// How many transactions of the writer have begun.
    begun: AtomicU64,
    /// One message for each job of the ordinary lane that waits; its capacity bounds the queue.
    /// Renewals are not counted: each node has one under way.
    slots: (async_channel::Sender<()>, async_channel::Receiver<()>),
}

impl Queue {
    /// How many calls wait for the writer at most; later ones wait for a place.
    const CAPACITY: usize = 8192;

    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            begun: AtomicU64::new(0),
            slots: async_channel::bounded(Self::CAPACITY),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an operation and waits for its answer.
    pub(super) async fn submit(&self, op: Op, external: External) -> Result<Done> {
        let urgent = matches!(op, Op::Renew(_));
        if !urgent && self.slots.0.send(()).await.is_err() {
            return Err(failure::closed());
        }
        let (answer, answered) = oneshot::channel();
        let job = Job { op, answer, external };
        let enough = {
            let mut state = self.lock();
            if state.closed {
                return Err(failure::closed());
            }
            if urgent {
                state.renewals.push_back(job);
            } else {
                state.work.push_back(job);
            }
            urgent || state.work.len() >= state.enough
        };
        if enough {
            self.changed.notify_one();
        }
        match answered.await {
            Ok((result, _external)) => result,
            Err(oneshot::Canceled) => Err(Error::new(
                ErrorKind::Internal,
                "the writer of the database ended; close the store and open it again",
            )
            .unknown_outcome()),
        }
    }

    /// Waits for something to do.
    pub(super) fn wait(&self, max: usize) -> Wake {
        let mut state = self.lock();
        loop {
            let jobs = self.take(&mut state, max);
            if !jobs.is_empty() {
                return Wake::Jobs(jobs);
            }
            if std::mem::take(&mut state.rung) {
                return Wake::Rung;
            }
            if state.closed {
                return Wake::Closed;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until `wanted` jobs are there, but no longer than `limit`.
    pub(super) fn linger(&self, wanted: usize, limit: Duration) {
        let few = |state: &mut State| {
            !state.closed && state.renewals.is_empty() && state.work.len() < wanted
        };
        let mut state = self.lock();
        // Each that comes would wake it up, only to go on waiting.
        state.enough = wanted;
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, limit, few)
            .unwrap_or_else(PoisonError::into_inner);
        state.enough = 0;
    }

    /// Takes what is there now, renewals first.
    pub(super) fn take_now(&self, max: usize) -> Vec<Job> {
        self.take(&mut self.lock(), max)
    }

    fn take(&self, state: &mut State, max: usize) -> Vec<Job> {
        let renewals = state.renewals.len().min(max);
        let mut jobs: Vec<Job> = state.renewals.drain(..renewals).collect();
        let work = state.work.len().min(max - renewals);
        for job in state.work.drain(..work) {
            // One place is free again; there is a message for each job.
            let _place = self.slots.1.try_recv();
            jobs.push(job);
        }
        jobs
    }

    /// Asks the writer to look whether another process has written: at once, or with its next transaction.
    pub(super) fn ring(&self, ring: Ring) {
        self.lock().rung = true;
        if let Ring::Now = ring {
            self.changed.notify_one();
        }
    }

    /// A transaction of the writer begins.
    pub(super) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// How many transactions of the writer have begun.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Takes the ring that nobody has looked at yet.
    pub(super) fn take_ring(&self) -> bool {
        std::mem::take(&mut self.lock().rung)
    }

    /// Lets nothing more in. What is queued is still done.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.slots.0.close();
        self.changed.notify_one();
    }

    /// Lets nothing more in and gives up what is queued; for a writer that ends early.
    pub(super) fn abandon(&self) {
        self.close();
        let mut state = self.lock();
        state.renewals.clear();
        state.work.clear();
    }
}
