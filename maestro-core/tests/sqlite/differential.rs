//! The same random calls on memory and on SQLite give the same answers.

use std::sync::Arc;

use maestro_core::id::{CommitId, LeaseToken, NodeId, TenantId};
use maestro_core::model::{
    EventFilter, EventQuery, EventRefs, NewEvent, Position, StreamKey, Timestamp,
};
use maestro_core::runtime::Runtime;
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::storage::memory::Memory;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::storage::*;
use uuid::Uuid;

use crate::support::{KIND, envelope, event, file};

const SEEDS: u64 = 12;
const STEPS: usize = 250;

/// Small numbers of everything, so that calls meet.
struct Dice(fastrand::Rng);

impl Dice {
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.0.usize(..from.len())].clone()
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.0.bool().then(|| make(self))
    }

    fn text(&mut self) -> String {
        self.pick(&["", "a", "b", "c", "\u{e9}"]).to_owned()
    }

    fn texts(&mut self) -> Vec<String> {
        (0..self.0.usize(..3)).map(|_| self.text()).collect()
    }

    fn tenant(&mut self) -> TenantId {
        TenantId::new(self.pick(&["default", "other"])).unwrap()
    }

    fn key(&mut self) -> RecordKey {
        let kind = self.pick(&[KIND, KIND, RecordKind::SESSION]);
        RecordKey::new(self.tenant(), kind, self.0.u8(..8))
    }

    fn uuid(&mut self) -> Uuid {
        Uuid::from_u128(self.0.u128(1..4))
    }

    fn time(&mut self, now: Timestamp) -> Timestamp {
        Timestamp::from_micros(now.as_micros() + self.0.i64(-3..3))
    }

    fn link(&mut self) -> Link {
        Link { rel: self.pick(&["needs", "of"]).to_owned(), target: self.text() }
    }

    fn columns(&mut self, now: Timestamp) -> Columns {
        Columns {
            state: self.text(),
            unique_key: if self.0.u8(..5) == 0 { Some(self.text()) } else { None },
            group: self.maybe(Self::text),
            parent: self.maybe(Self::text),
            requires: self.maybe(Self::text),
            priority: self.0.i32(-2..3),
            due_at: self.maybe(|dice| dice.time(now)),
            links: (0..self.0.usize(..3)).map(|_| self.link()).collect(),
        }
    }

    fn event(&mut self) -> NewEvent {
        NewEvent {
            refs: {
                let mut refs = EventRefs::default();
                refs.project_id = self.maybe(|dice| dice.uuid().into());
                refs.session_id = self.maybe(|dice| dice.uuid().into());
                refs.task_id = self.maybe(|dice| dice.uuid().into());
                refs.attempt = self.maybe(|dice| dice.0.u32(..3));
                refs
            },
            raw: self.maybe(|dice| envelope(dice.0.usize(..4))),
            ..event(self.pick(&["task.started", "task.ended", "x.\u{e9}.a", "x.b"]))
        }
    }

    /// A commit whose guards are mostly right, going by the records that there are.
    async fn commit(&mut self, store: &dyn Storage, now: Timestamp) -> Commit {
        let mut commit = Commit::new(CommitId::from_uuid(Uuid::from_u128(self.0.u128(..))));
        let mut keys: Vec<RecordKey> = (0..self.0.usize(..4)).map(|_| self.key()).collect();
        keys.sort();
        keys.dedup();
        let found = store.get(&keys).await.unwrap();
        for (key, found) in keys.into_iter().zip(found) {
            let wrong = self.0.u8(..12) == 0;
            let expect = match &found {
                Some(record) => Expect::Version { version: record.version + u64::from(wrong) },
                None if wrong => Expect::Version { version: 1 },
                None => Expect::Absent,
            };
            let guard = Guard { key: key.clone(), expect };
            commit.guards.push(guard);
            match (self.0.u8(..6), found) {
                (0, Some(_)) => commit.deletes.push(key),
                (1, Some(record)) => commit.leases.push(match record.lease.node_id {
                    Some(node_id) => {
                        LeaseChange::Release { key, node_id, token: record.lease.token }
                    }
                    None => LeaseChange::Acquire {
                        key,
                        node_id: self.uuid().into(),
                        ttl_ms: self.0.u64(..4),
                    },
                }),
                (2, Some(record)) => commit.puts.push(Put {
                    key,
                    schema: 2,
                    columns: record.columns,
                    body: envelope(9),
                }),
                (3, _) => {}
                _ => commit.puts.push(Put {
                    key,
                    schema: 1,
                    columns: self.columns(now),
                    body: envelope(3),
                }),
            }
        }
        for _ in 0..self.0.usize(..3) {
            commit.appends.push(Append {
                stream: StreamKey::of(self.tenant(), "task", self.0.u8(..3)),
                events: (0..self.0.usize(..4)).map(|_| self.event().into()).collect(),
            });
        }
        commit
    }

    fn claim(&mut self) -> Claim {
        let wants = (0..self.0.usize(1..4)).map(|_| Want {
            key: self.key(),
            version: self.maybe(|dice| dice.0.u64(1..4)),
            seize_from: self.maybe(|dice| dice.uuid().into()),
            permits: ["p", "q"][..self.0.usize(..3)]
                .iter()
                .map(|scope| Permit { scope: (*scope).to_owned(), max: self.0.u32(..4) })
                .collect(),
        });
        let wants = wants.collect();
        Claim { node_id: self.uuid().into(), ttl_ms: self.0.u64(..5), wants }
    }

    fn renew(&mut self) -> Renew {
        let leases = (0..3).map(|_| (self.key(), LeaseToken(self.0.u64(..6))));
        let leases = leases.collect();
        Renew { node_id: self.uuid().into(), ttl_ms: self.0.u64(..5), leases }
    }

    fn list(&mut self, now: Timestamp) -> ListQuery {
        let rare = |dice: &mut Self| dice.0.u8(..4) == 0;
        ListQuery {
            states: self.texts(),
            unique_key: rare(self).then(|| self.text()),
            groups: self.texts(),
            parent: rare(self).then(|| self.text()),
            capable: rare(self).then(|| self.texts()),
            link: rare(self).then(|| self.link()),
            due_by: rare(self).then(|| self.time(now)),
            lease: rare(self).then(|| {
                let node_id: NodeId = self.uuid().into();
                self.pick(&[
                    LeaseFilter::Claimable,
                    LeaseFilter::Lapsed,
                    LeaseFilter::HeldBy { node_id },
                ])
            }),
            per_group: rare(self).then(|| self.0.u32(1..4)),
            order: self.pick(&[
                ListOrder::Oldest,
                ListOrder::Newest,
                ListOrder::Priority,
                ListOrder::Due,
            ]),
            limit: self.0.u32(1..6),
            ..ListQuery::new(self.maybe(Self::tenant), KIND)
        }
    }

    fn filter(&mut self) -> EventFilter {
        fn ids<T: From<Uuid>>(dice: &mut Dice) -> Vec<T> {
            let most = dice.pick(&[0, 0, 3]);
            (0..most).map(|_| dice.uuid().into()).collect()
        }
        let types = ["task.*", "x.b", "x.\u{e9}*", "*"];
        let mut filter = EventFilter::default();
        filter.tenant_id = self.maybe(Self::tenant);
        filter.project_ids = ids(self);
        filter.session_ids = ids(self);
        filter.task_ids = ids(self);
        filter.types = (0..self.pick(&[0, 0, 2])).map(|_| self.pick(&types).to_owned()).collect();
        filter
    }
}

fn same<T: std::fmt::Debug + PartialEq>(
    what: impl std::fmt::Debug,
    seed: u64,
    memory: &maestro_core::Result<T>,
    sqlite: &maestro_core::Result<T>,
) {
    match (memory, sqlite) {
        (Ok(memory), Ok(sqlite)) => assert_eq!(memory, sqlite, "seed {seed}: {what:#?}"),
        (Err(memory), Err(sqlite)) => {
            assert_eq!(memory.kind(), sqlite.kind(), "seed {seed}: {what:#?}");
        }
        _ => panic!("seed {seed}: {memory:?} but {sqlite:?} for {what:#?}"),
    }
}

/// Every page of a list, without the cursors, which name the store.
async fn pages(
    store: &dyn Storage,
    mut query: ListQuery,
) -> maestro_core::Result<Vec<Vec<Record>>> {
    let mut pages = Vec::new();
    loop {
        let page = store.list(&query).await?;
        pages.push(page.records.into_iter().map(plain).collect());
        match page.next {
            Some(next) => query.page_token = Some(next),
            None => return Ok(pages),
        }
    }
}

/// Without what means nothing or may differ: tokens only have to grow, and a free lease has no end.
fn plain(mut record: Record) -> Record {
    record.lease.token = LeaseToken(u64::from(record.lease.token.0 > 0));
    if record.lease.node_id.is_none() {
        record.lease.until = Timestamp::default();
    }
    record
}

async fn events(
    store: &dyn Storage,
    filter: &EventFilter,
    limit: u32,
) -> maestro_core::Result<Vec<(StreamKey, u64, Arc<NewEvent>)>> {
    let mut query = EventQuery { filter: filter.clone(), after: Position::Beginning, limit };
    let mut all = Vec::new();
    loop {
        let page = store.read_events(&query).await?;
        assert!(!page.more || page.events.len() == limit as usize);
        let found = page.events.into_iter();
        all.extend(found.map(|stored| (stored.stream, stored.seq, stored.event)));
        query.after = Position::After(page.next);
        if !page.more {
            return Ok(all);
        }
    }
}

async fn compare(seed: u64, runtime: Arc<ManualRuntime>) {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::clone(&runtime) as Arc<dyn Runtime>;
    let memory = Memory::new().open(Arc::clone(&clock)).await.unwrap();
    let config = Sqlite::at(file(&directory)).readers(1);
    let sqlite = config.open(Arc::clone(&clock)).await.unwrap();
    let mut dice = Dice(fastrand::Rng::with_seed(seed));
    let mut commits: Vec<Commit> = Vec::new();
    for _ in 0..STEPS {
        let now = clock.now();
        match dice.0.u8(..12) {
            0..5 => {
                let again = !commits.is_empty() && dice.0.u8(..8) == 0;
                let commit =
                    if again { dice.pick(&commits) } else { dice.commit(&*memory, now).await };
                commits.push(commit.clone());
                let strip =
                    |receipt: Receipt| (receipt.versions, receipt.first_seqs, receipt.tokens.len());
                // Tokens are each store's own, so a release names the one that the store gave.
                let mine = own_tokens(&*sqlite, &commit).await;
                let one = memory.commit(commit.clone()).await.map(strip);
                let two = sqlite.commit(mine).await.map(strip);
                same(&commit, seed, &one, &two);
            }
            5 | 6 => {
                let claim = dice.claim();
                let strip = |outcomes: Vec<ClaimOutcome>| -> Vec<ClaimOutcome> {
                    let each = outcomes.into_iter().map(|outcome| match outcome {
                        ClaimOutcome::Claimed { record } => {
                            ClaimOutcome::Claimed { record: Box::new(plain(*record)) }
                        }
                        other => other,
                    });
                    each.collect()
                };
                let one = memory.claim(&claim).await.map(strip);
                let two = sqlite.claim(&claim).await.map(strip);
                same(&claim, seed, &one, &two);
            }
            7 => {
                let mut renew = dice.renew();
                let keys: Vec<_> = renew.leases.iter().map(|(key, _)| key.clone()).collect();
                let mut both = Vec::new();
                for store in [&memory, &sqlite] {
                    let found = store.get(&keys).await.unwrap();
                    for ((_, token), found) in renew.leases.iter_mut().zip(found) {
                        *token = found.map_or(LeaseToken(99), |record| record.lease.token);
                    }
                    both.push(store.renew(&renew).await);
                }
                same(&renew, seed, &both[0], &both[1]);
            }
            8 | 9 => {
                let query = dice.list(now);
                let one = pages(&*memory, query.clone()).await;
                let two = pages(&*sqlite, query.clone()).await;
                same(&query, seed, &one, &two);
            }
            10 => {
                let (filter, limit) = (dice.filter(), dice.0.u32(1..9));
                let mut one = events(&*memory, &filter, limit).await;
                let mut two = events(&*sqlite, &filter, limit).await;
                // Feeds may order streams as they like.
                for found in [&mut one, &mut two].into_iter().flatten() {
                    found.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
                }
                same(&filter, seed, &one, &two);
            }
            _ => clock.sleep(std::time::Duration::from_millis(1)).await,
        }
    }
    sqlite.close().await.unwrap();
}

async fn own_tokens(store: &dyn Storage, commit: &Commit) -> Commit {
    let mut commit = commit.clone();
    for change in &mut commit.leases {
        if let LeaseChange::Release { key, token, .. } = change
            && let Some(record) = &store.get(std::slice::from_ref(key)).await.unwrap()[0]
        {
            *token = record.lease.token;
        }
    }
    commit
}

#[test]
fn memory_and_sqlite_agree() {
    for seed in 0..SEEDS {
        let runtime = ManualRuntime::new(seed);
        runtime.block_on(compare(seed, Arc::new(runtime.clone())));
    }
}
