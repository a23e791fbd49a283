//! A store that does every unpleasant thing that the contract allows.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures::FutureExt as _;

use crate::error::{Error, ErrorKind, Result};
use crate::id::CommitId;
use crate::model::{EventPage, EventQuery, Position};
use crate::runtime::Runtime;
use crate::storage::{
    Claim, ClaimOutcome, Commit, Hint, Hints, ListPage, ListQuery, Receipt, Record, RecordKey,
    Renew, Renewed, Storage, StorageConfig, Watch,
};

/// How many faults one commit id, or one feed reader, meets in a row. A client that repeats what
/// may be repeated gets through.
const FAULTS_IN_A_ROW: u8 = 3;

/// Opens a store behind [`AdversarialStorage`].
#[derive(Debug, Clone)]
pub struct Adversarial {
    /// The store beneath.
    pub inner: Arc<dyn StorageConfig>,
    /// Decides which faults come. Faults repeat with it as far as the order of the calls does.
    pub seed: u64,
}

#[async_trait]
impl StorageConfig for Adversarial {
    async fn open(&self, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
        let inner = self.inner.open(Arc::clone(&runtime)).await?;
        Ok(Arc::new(AdversarialStorage::new(inner, &*runtime, self.seed)))
    }

    fn state_directory(&self) -> Option<PathBuf> {
        self.inner.state_directory()
    }
}

/// A store beneath a seeded adversary.
///
/// # Contract
/// It keeps the contract of [`Storage`], and uses its latitude:
/// - events become visible late: a page ends early, or is empty;
/// - a commit is refused with `Conflict` for no reason;
/// - a commit ends with an unknown outcome, before or after its effect;
/// - hints are lost, repeated, blurred and come in another order;
/// - calls yield before and after, so that concurrent ones are woken in another order.
///
/// At most three faults come in a row for one commit id or one feed position.
pub struct AdversarialStorage {
    inner: Arc<dyn Storage>,
    hints: Arc<Hints>,
    closed: AtomicBool,
    chance: Mutex<Chance>,
}

struct Chance {
    rng: fastrand::Rng,
    commit_faults: HashMap<CommitId, u8>,
    late_pages: u8,
}

enum Fault {
    None,
    Conflict,
    UnknownBefore,
    UnknownAfter,
}

impl AdversarialStorage {
    /// Puts an adversary in front of a store. Its hints are handed on by a task on `runtime` that
    /// ends when the store is closed.
    pub fn new(inner: Arc<dyn Storage>, runtime: &dyn Runtime, seed: u64) -> Self {
        let hints = Arc::new(Hints::default());
        let rng = fastrand::Rng::with_seed(seed ^ 0x9e37_79b9_7f4a_7c15);
        runtime.spawn("adversarial hints", meddle(inner.watch(), Arc::clone(&hints), rng).boxed());
        Self {
            inner,
            hints,
            closed: AtomicBool::new(false),
            chance: Mutex::new(Chance {
                rng: fastrand::Rng::with_seed(seed),
                commit_faults: HashMap::new(),
                late_pages: 0,
            }),
        }
    }

    fn chance<T>(&self, draw: impl FnOnce(&mut Chance) -> T) -> T {
        draw(&mut self.chance.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn commit_fault(&self, id: CommitId) -> Fault {
        self.chance(|chance| {
            let faults = chance.commit_faults.entry(id).or_default();
            if *faults >= FAULTS_IN_A_ROW {
                return Fault::None;
            }
            *faults += 1;
            match chance.rng.u8(0..10) {
                0 => Fault::Conflict,
                1 => Fault::UnknownBefore,
                2 => Fault::UnknownAfter,
                _ => Fault::None,
            }
        })
    }

    async fn stagger(&self) {
        for _ in 0..self.chance(|chance| chance.rng.u8(0..4)) {
            YieldOnce(false).await;
        }
    }
}

impl fmt::Debug for AdversarialStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdversarialStorage").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl fmt::Display for AdversarialStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} beneath an adversary", self.inner)
    }
}

#[async_trait]
impl Storage for AdversarialStorage {
    async fn commit(&self, commit: Commit) -> Result<Receipt> {
        self.stagger().await;
        let unknown = || {
            Error::new(ErrorKind::Unavailable, "the adversary hides the outcome").unknown_outcome()
        };
        let result = match self.commit_fault(commit.id) {
            Fault::None => self.inner.commit(commit).await,
            Fault::Conflict => Err(Error::new(
                ErrorKind::Conflict,
                "the adversary pretends that somebody was faster",
            )),
            Fault::UnknownBefore => Err(unknown()),
            Fault::UnknownAfter => self.inner.commit(commit).await.and(Err(unknown())),
        };
        self.stagger().await;
        result
    }

    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Record>>> {
        self.stagger().await;
        self.inner.get(keys).await
    }

    async fn list(&self, query: &ListQuery) -> Result<ListPage> {
        self.stagger().await;
        self.inner.list(query).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<ClaimOutcome>> {
        self.stagger().await;
        let outcomes = self.inner.claim(claim).await;
        self.stagger().await;
        outcomes
    }

    async fn renew(&self, renew: &Renew) -> Result<Renewed> {
        self.inner.renew(renew).await
    }

    async fn read_events(&self, query: &EventQuery) -> Result<EventPage> {
        self.stagger().await;
        let mut page = self.inner.read_events(query).await?;
        let visible = self.chance(|chance| {
            if chance.late_pages >= FAULTS_IN_A_ROW || chance.rng.bool() {
                chance.late_pages = 0;
                return page.events.len();
            }
            chance.late_pages += 1;
            chance.rng.usize(0..=page.events.len())
        });
        if visible < page.events.len() {
            let next = match (page.events[..visible].last(), &query.after) {
                (Some(last), _) => last.cursor.clone(),
                (None, Position::After(cursor)) => cursor.clone(),
                // There is no cursor for the beginning to point a reader back to.
                (None, Position::Beginning | Position::Now) => return Ok(page),
            };
            page.events.truncate(visible);
            page.next = next;
            page.more = false;
        }
        Ok(page)
    }

    fn watch(&self) -> Watch {
        let watch = self.hints.watch();
        if self.closed.load(Ordering::Acquire) {
            self.hints.close();
        }
        watch
    }

    async fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        let result = self.inner.close().await;
        self.hints.close();
        result
    }
}

/// Hands hints on, badly.
async fn meddle(watch: Watch, hints: Arc<Hints>, mut rng: fastrand::Rng) {
    let mut held_back: Option<Arc<Hint>> = None;
    while let Some(hint) = watch.next().await {
        match rng.u8(0..6) {
            0 => {}
            1 => held_back = Some(hint),
            2 => hints.send(Hint::Anything),
            3 => {
                hints.send((*hint).clone());
                hints.send((*hint).clone());
            }
            _ => {
                hints.send((*hint).clone());
                if let Some(earlier) = held_back.take() {
                    hints.send((*earlier).clone());
                }
            }
        }
    }
    hints.close();
}

/// Lets others run once.
struct YieldOnce(bool);

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
