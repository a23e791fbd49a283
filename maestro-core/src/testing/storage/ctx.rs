//! What a case works with.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};

use super::change::{Change, columns};
use super::feed::Feed;
use super::{Bench, Fresh};
use crate::error::{Error, ErrorKind};
use crate::id::{CommitId, LeaseToken, NodeId, TenantId};
use crate::model::{EventFilter, Position, StreamKey};
use crate::runtime::{Runtime, RuntimeExt as _, Spawned};
use crate::storage::{
    Claim, ClaimOutcome, Columns, ListPage, ListQuery, Permit, Receipt, Record, RecordKey,
    RecordKind, Renew, Storage, Want,
};
use crate::testing::SteppedRuntime;

/// How long leases of cases last: far longer than any case, so that only [`Ctx::advance`] ends them.
pub(super) const TTL_MS: u64 = 60 * 60 * 1000;
/// Longer than that.
pub(super) const LAPSED: Duration = Duration::from_hours(2);

/// A fresh store, open, with a clock that can be moved.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The store.
    pub storage: Arc<dyn Storage>,
    /// The runtime that it was opened with.
    pub clock: Arc<SteppedRuntime>,
    place: Arc<Fresh>,
}

impl Ctx {
    /// Makes a store and opens it.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn open(bench: &Bench) -> Self {
        let clock = Arc::new(SteppedRuntime::new(bench.runtime()));
        let place = Arc::new(bench.fresh().await);
        let storage = open(&place, &clock).await;
        Self { storage, clock, place }
    }

    /// Opens the same store once more, with a clock that stands still until it is moved.
    pub(super) async fn open_frozen(&self) -> Self {
        let clock = Arc::new(SteppedRuntime::frozen(
            Arc::<SteppedRuntime>::clone(&self.clock),
            self.clock.now(),
        ));
        let storage = open(&self.place, &clock).await;
        Self { storage, clock, place: Arc::clone(&self.place) }
    }

    /// Opens the same store once more.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn open_again(&self) -> Self {
        Self { storage: open(&self.place, &self.clock).await, ..self.clone() }
    }

    pub(super) fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    pub(super) fn node(&self) -> NodeId {
        self.clock.id()
    }

    pub(super) fn change(&self) -> Change {
        Change::new(self.clock.id::<CommitId>())
    }

    pub(super) async fn ok(&self, change: Change) -> Receipt {
        let shown = shown(&change);
        let result = self.storage.commit(change.0).await;
        result.unwrap_or_else(|error| panic!("{error:?} for a commit that fits: {shown}"))
    }

    /// Commits what must be refused, and checks that nothing of it happened to its records.
    pub(super) async fn refused(&self, change: Change, kind: ErrorKind) -> Error {
        let shown = shown(&change);
        let keys: Vec<RecordKey> = change.0.puts.iter().map(|put| put.key.clone()).collect();
        let before = self.get(&keys).await;
        match self.storage.commit(change.0).await {
            Ok(receipt) => panic!("{receipt:?} in place of {kind} for {shown}"),
            Err(error) => {
                assert_eq!(error.kind(), kind, "{error:?} for {shown}");
                assert!(!error.is_unknown_outcome(), "{error:?} leaves open what is known");
                assert_eq!(self.get(&keys).await, before, "a refused commit changed records");
                error
            }
        }
    }

    pub(super) async fn get(&self, keys: &[RecordKey]) -> Vec<Option<Record>> {
        must(self.storage.get(keys).await, "get")
    }

    pub(super) async fn find(&self, key: &RecordKey) -> Option<Record> {
        let mut found = self.get(std::slice::from_ref(key)).await;
        assert_eq!(found.len(), 1, "one key gives one answer");
        found.remove(0)
    }

    pub(super) async fn record(&self, key: &RecordKey) -> Record {
        let found = self.find(key).await;
        found.unwrap_or_else(|| panic!("there is no record {key}"))
    }

    /// Creates records without content.
    pub(super) async fn have(&self, keys: &[&RecordKey]) {
        let change = keys.iter().fold(self.change(), |change, key| change.create(key));
        self.ok(change).await;
    }

    /// Creates a record with these columns.
    pub(super) async fn have_with(&self, key: &RecordKey, columns: Columns) {
        self.ok(self.change().create_with(key, columns)).await;
    }

    pub(super) async fn claim(&self, node_id: NodeId, wants: Vec<Want>) -> Vec<ClaimOutcome> {
        let count = wants.len();
        let claim = Claim { node_id, ttl_ms: TTL_MS, wants };
        let outcomes = must(self.storage.claim(&claim).await, "claim");
        assert_eq!(outcomes.len(), count, "one outcome for each want");
        outcomes
    }

    pub(super) async fn claim_one(&self, node_id: NodeId, want: Want) -> ClaimOutcome {
        self.claim(node_id, vec![want]).await.remove(0)
    }

    /// Claims what must be there to take, and gives the token.
    pub(super) async fn take(&self, node_id: NodeId, want: Want) -> LeaseToken {
        let key = want.key.clone();
        match self.claim_one(node_id, want).await {
            ClaimOutcome::Claimed { record } => record.lease.token,
            outcome => panic!("{key} could not be taken: {outcome:?}"),
        }
    }

    /// Renews one lease and gives whether it is still held.
    pub(super) async fn renew(&self, node_id: NodeId, key: &RecordKey, token: LeaseToken) -> bool {
        let leases = vec![(key.clone(), token)];
        let renew = Renew { node_id, ttl_ms: TTL_MS, leases };
        must(self.storage.renew(&renew).await, "renew").lost.is_empty()
    }

    pub(super) async fn list(&self, query: &ListQuery) -> ListPage {
        must(self.storage.list(query).await, "list")
    }

    /// The ids of all pages of a list.
    pub(super) async fn ids(&self, query: &ListQuery) -> Vec<String> {
        let mut query = query.clone();
        let mut ids = Vec::new();
        loop {
            let page = self.list(&query).await;
            let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
            assert!(page.records.len() <= limit, "a page is longer than its limit");
            assert!(page.next.is_none() || page.records.len() == limit, "a page is cut short");
            ids.extend(page.records.into_iter().map(|record| record.key.id));
            match page.next {
                Some(next) => query.page_token = Some(next),
                None => return ids,
            }
        }
    }

    pub(super) fn feed(&self, filter: EventFilter, after: Position) -> Feed {
        Feed::new(self.clone(), filter, after)
    }

    /// A feed of the tenant that cases use when they name none.
    pub(super) fn feed_from(&self, after: Position) -> Feed {
        self.feed(of_default_tenant(), after)
    }
}

async fn open(place: &Fresh, clock: &Arc<SteppedRuntime>) -> Arc<dyn Storage> {
    let runtime: Arc<dyn Runtime> = Arc::<SteppedRuntime>::clone(clock);
    must(place.config.open(runtime).await, "open")
}

/// The value of what must not fail.
#[track_caller]
pub(super) fn must<T>(result: Result<T, Error>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}

/// The error of what must fail with this kind.
#[track_caller]
pub(super) fn must_fail<T: std::fmt::Debug>(result: Result<T, Error>, kind: ErrorKind) -> Error {
    match result {
        Ok(value) => panic!("{value:?} in place of {kind}"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{error:?}");
            error
        }
    }
}

fn shown(change: &Change) -> String {
    let commit = &change.0;
    let puts: Vec<String> = commit.puts.iter().map(|put| put.key.to_string()).collect();
    format!(
        "guards {:?}, puts {puts:?}, deletes {:?}, leases {:?}, {} appends",
        commit.guards,
        commit.deletes,
        commit.leases,
        commit.appends.len(),
    )
}

/// A task of the default tenant.
pub(super) fn key(id: &str) -> RecordKey {
    RecordKey::new(TenantId::default(), RecordKind::TASK, id)
}

/// A task of a tenant.
pub(super) fn key_of(tenant: &str, id: &str) -> RecordKey {
    RecordKey::new(tenant_id(tenant), RecordKind::TASK, id)
}

pub(super) fn tenant_id(name: &str) -> TenantId {
    must(TenantId::new(name), "a tenant's name")
}

/// A stream of the default tenant.
pub(super) fn stream(id: &str) -> StreamKey {
    StreamKey::of(TenantId::default(), "task", id)
}

/// A want without conditions.
pub(super) fn want(key: &RecordKey) -> Want {
    Want { key: key.clone(), version: None, seize_from: None, permits: Vec::new() }
}

/// A want with permits.
pub(super) fn want_with(key: &RecordKey, permits: &[(&str, u32)]) -> Want {
    let permit = |(scope, max): &(&str, u32)| Permit { scope: (*scope).to_owned(), max: *max };
    Want { permits: permits.iter().map(permit).collect(), ..want(key) }
}

pub(super) fn of_default_tenant() -> EventFilter {
    EventFilter { tenant_id: Some(TenantId::default()), ..EventFilter::default() }
}

/// All tasks of the default tenant.
pub(super) fn tasks() -> ListQuery {
    ListQuery::new(Some(TenantId::default()), RecordKind::TASK)
}

/// Columns in the default state, changed.
pub(super) fn with(change: impl FnOnce(&mut Columns)) -> Columns {
    let mut columns = columns("queued");
    change(&mut columns);
    columns
}

/// Work that goes on beside a case.
pub(super) trait Beside {
    /// Lets it run for a moment, and tells whether it is done. A panic of it resurfaces here.
    async fn is_done(&mut self, cx: &Ctx) -> bool;
}

impl Beside for Spawned<()> {
    async fn is_done(&mut self, cx: &Ctx) -> bool {
        let moment = cx.clock.sleep(Duration::from_micros(100));
        matches!(select(self, moment).await, Either::Left(_))
    }
}
