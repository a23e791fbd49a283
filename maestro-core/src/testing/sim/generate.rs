//! Making up work: mostly what fits, sometimes what does not.

use std::time::Duration;

use super::op::{Op, Start};
use crate::id::{CommitId, LeaseToken, NodeId, TaskId, TenantId};
use crate::model::{Actor, Envelope, EventFilter, EventRefs, NewEvent, StreamKey, Timestamp};
use crate::storage::{
    Append, Claim, Columns, Commit, Expect, Guard, LeaseChange, LeaseFilter, Link, ListOrder,
    ListQuery, Permit, Put, RecordKey, RecordKind, Renew, Want,
};
use crate::testing::reference::Reference;
use uuid::Uuid;

/// How many readers of the feed there are.
pub(super) const READERS: usize = 3;

const IDS: [&str; 4] = ["a", "b", "c", "d"];
const NODES: u128 = 3;
const TTLS_MS: [u64; 4] = [0, 1, 1_000, 60_000];

/// Every key that a simulation works on.
pub(super) fn keys() -> Vec<RecordKey> {
    let mut keys = Vec::new();
    for tenant_id in tenants() {
        for kind in kinds() {
            keys.extend(IDS.map(|id| RecordKey::new(tenant_id.clone(), kind.clone(), id)));
        }
    }
    keys
}

fn tenants() -> Vec<TenantId> {
    std::iter::once(TenantId::default()).chain(TenantId::new("other").ok()).collect()
}

fn kinds() -> [RecordKind; 2] {
    [RecordKind::TASK, RecordKind::named("x.odd")]
}

/// Makes the operations of a seed.
pub(super) struct Generator {
    rng: fastrand::Rng,
    keys: Vec<RecordKey>,
    /// What was committed, to be repeated.
    commits: Vec<Commit>,
    made: u128,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        let rng = fastrand::Rng::with_seed(seed);
        Self { rng, keys: keys(), commits: Vec::new(), made: 0 }
    }

    /// The next operation, made for what the store should hold now.
    pub(super) fn next(&mut self, state: &Reference, now: Timestamp) -> Op {
        match self.rng.u8(0..100) {
            0..15 => Op::Claim(self.claim(state)),
            15..23 => Op::Renew(self.renew(state)),
            23..31 => Op::Advance { ms: *self.one_of(&[1, 500, 1_000, 60_000, 90_000]) },
            31..41 => Op::List(Box::new(self.list(now))),
            41..45 => Op::Subscribe {
                slot: self.rng.usize(0..READERS),
                filter: self.filter(),
                start: *self.one_of(&[Start::Beginning, Start::Now, Start::AsOf]),
            },
            45..52 => Op::Drain {
                slot: self.rng.usize(0..READERS),
                limit: *self.one_of(&[1, 2, 3, 1000]),
            },
            52..54 => Op::Reopen { close: self.rng.bool() },
            54..60 if !self.commits.is_empty() => {
                let index = self.rng.usize(0..self.commits.len());
                Op::Commit(Box::new(self.commits[index].clone()))
            }
            _ => Op::Commit(Box::new(self.commit(state, now))),
        }
    }

    fn commit(&mut self, state: &Reference, now: Timestamp) -> Commit {
        self.made += 1;
        let mut commit = Commit::new(CommitId::from_uuid(Uuid::from_u128(self.made)));
        for _ in 0..self.rng.usize(0..=3) {
            self.change_record(&mut commit, state, now);
        }
        for _ in 0..self.few() {
            let guard = self.guard(state);
            let place = self.rng.usize(0..=commit.guards.len());
            commit.guards.insert(place, guard);
        }
        for _ in 0..self.few() {
            let change = self.lease_change(state);
            commit.leases.push(change);
        }
        for _ in 0..self.few() {
            let tenant_id = self.tenant();
            let name = *self.one_of(&["task/1", "task/2", "session/1"]);
            let stream = StreamKey { tenant_id, name: name.to_owned() };
            let events = (0..self.rng.usize(0..=3)).map(|_| self.event(now).into()).collect();
            commit.appends.push(Append { stream, events });
        }
        self.commits.push(commit.clone());
        commit
    }

    /// Puts or deletes a record, as a rule with the guard that it needs.
    fn change_record(&mut self, commit: &mut Commit, state: &Reference, now: Timestamp) {
        let key = self.key();
        let version = state.get(&key).map(|record| record.version);
        let expect = match version {
            _ if self.now_and_then() => Expect::Version { version: self.rng.u64(0..4) },
            _ if self.now_and_then() => Expect::Absent,
            Some(version) => Expect::Version { version },
            None => Expect::Absent,
        };
        if !self.now_and_then() {
            commit.guards.push(Guard { key: key.clone(), expect });
        }
        if version.is_some() && self.rng.u8(0..4) == 0 {
            commit.deletes.push(key);
        } else {
            let (schema, columns, body) = (self.rng.u32(1..3), self.columns(now), self.body());
            commit.puts.push(Put { key, schema, columns, body });
        }
    }

    fn guard(&mut self, state: &Reference) -> Guard {
        let key = self.key();
        let expect = match (state.get(&key), self.rng.u8(0..3)) {
            (Some(record), 0) => Expect::Version { version: record.version },
            (Some(_), _) => {
                let (node_id, token) = self.lease_of(state, &key);
                Expect::Lease { node_id, token }
            }
            (None, _) => Expect::Absent,
        };
        Guard { key, expect }
    }

    fn lease_change(&mut self, state: &Reference) -> LeaseChange {
        let key = self.key();
        if self.rng.bool() {
            let (node_id, ttl_ms) = (self.node(), self.ttl());
            LeaseChange::Acquire { key, node_id, ttl_ms }
        } else {
            let (node_id, token) = self.lease_of(state, &key);
            LeaseChange::Release { key, node_id, token }
        }
    }

    /// The lease of a record, as a rule as it is.
    fn lease_of(&mut self, state: &Reference, key: &RecordKey) -> (NodeId, LeaseToken) {
        let lease = state.get(key).map(|record| record.lease).unwrap_or_default();
        let wrong = self.now_and_then();
        let token = if wrong { LeaseToken(self.rng.u64(0..20)) } else { lease.token };
        match lease.node_id {
            Some(node_id) if !self.now_and_then() => (node_id, token),
            _ => (self.node(), token),
        }
    }

    fn claim(&mut self, state: &Reference) -> Claim {
        let wants = (0..self.rng.usize(0..=3)).map(|_| self.want(state)).collect();
        Claim { node_id: self.node(), ttl_ms: self.ttl(), wants }
    }

    fn want(&mut self, state: &Reference) -> Want {
        let key = self.key();
        let version = state.get(&key).map(|record| record.version);
        let version = if self.now_and_then() { Some(self.rng.u64(0..4)) } else { version };
        let mut permits = Vec::new();
        for scope in ["s", "t"] {
            if self.rng.u8(0..3) == 0 {
                permits.push(Permit { scope: scope.to_owned(), max: self.rng.u32(0..4) });
            }
        }
        Want {
            key,
            version: version.filter(|_| self.rng.bool()),
            seize_from: self.now_and_then().then(|| self.node()),
            permits,
        }
    }

    fn renew(&mut self, state: &Reference) -> Renew {
        let node_id = self.node();
        let leases = (0..self.rng.usize(0..=4)).map(|_| {
            let key = self.key();
            let token = self.lease_of(state, &key).1;
            (key, token)
        });
        Renew { leases: leases.collect(), node_id, ttl_ms: self.ttl() }
    }

    fn list(&mut self, now: Timestamp) -> ListQuery {
        let tenant_id = self.often().then(|| self.tenant());
        let kind = self.one_of(&kinds()).clone();
        let mut query = ListQuery::new(tenant_id, kind);
        let some = |rng: &mut fastrand::Rng| rng.u8(0..4) == 0;
        if some(&mut self.rng) {
            query.states = (0..self.rng.usize(1..3)).map(|_| self.state()).collect();
        }
        if some(&mut self.rng) {
            query.groups = (0..self.rng.usize(1..3)).filter_map(|_| self.group()).collect();
        }
        if some(&mut self.rng) {
            let offered = ["agent:a", "agent:b"].iter().filter(|_| self.rng.bool());
            query.capable = Some(offered.map(|name| (*name).to_owned()).collect());
        }
        match self.rng.u8(0..12) {
            0 => query.unique_key = self.unique_key(),
            1 => query.parent = Some("p".to_owned()),
            2 => query.link = Some(self.link()),
            3 => query.due_by = Some(self.moment(now)),
            4 | 5 => query.lease = Some(LeaseFilter::Claimable),
            6 => query.lease = Some(LeaseFilter::Lapsed),
            7 => {
                query.lease = Some(LeaseFilter::HeldBy { node_id: self.node() });
            }
            _ => {}
        }
        if some(&mut self.rng) {
            query.per_group = Some(self.rng.u32(1..3));
        }
        query.order = *self.one_of(&[
            ListOrder::Oldest,
            ListOrder::Newest,
            ListOrder::Priority,
            ListOrder::Due,
        ]);
        query.limit = *self.one_of(&[1, 2, 3, 100]);
        query
    }

    fn filter(&mut self) -> EventFilter {
        let mut filter = EventFilter::default();
        if self.often() {
            filter.tenant_id = Some(self.tenant());
        }
        match self.rng.u8(0..4) {
            0 => filter.types = vec!["x.a".to_owned()],
            1 => filter.types = vec!["x.*".to_owned(), "none".to_owned()],
            2 => filter.task_ids = vec![self.task()],
            _ => {}
        }
        filter
    }

    fn columns(&mut self, now: Timestamp) -> Columns {
        Columns {
            state: self.state(),
            unique_key: self.unique_key(),
            group: self.group(),
            parent: self.rng.bool().then(|| "p".to_owned()),
            requires: match self.rng.u8(0..4) {
                0 => Some("agent:a".to_owned()),
                1 => Some("agent:b".to_owned()),
                _ => None,
            },
            priority: self.rng.i32(-1..=1),
            due_at: self.rng.bool().then(|| self.moment(now)),
            links: (0..self.few()).map(|_| self.link()).collect(),
        }
    }

    fn event(&mut self, now: Timestamp) -> NewEvent {
        let event_type = *self.one_of(&["x.a", "x.b", "y"]);
        let task_id = self.rng.bool().then(|| self.task());
        NewEvent {
            at: now,
            event_type: event_type.to_owned(),
            actor: Actor::default(),
            refs: EventRefs { task_id, ..EventRefs::default() },
            schema: 1,
            data: self.body(),
            raw: self.now_and_then().then(|| self.body()),
        }
    }

    fn body(&mut self) -> Envelope {
        let length = self.rng.usize(0..12);
        let bytes = (0..length).map(|_| self.rng.u8(..)).collect();
        Envelope { key_id: "".into(), codec: "bytes".into(), bytes }
    }

    fn link(&mut self) -> Link {
        let rel = (*self.one_of(&["needs", "parent"])).to_owned();
        Link { rel, target: (*self.one_of(&IDS)).to_owned() }
    }

    fn moment(&mut self, now: Timestamp) -> Timestamp {
        let seconds = self.rng.u64(0..4) * 30;
        now + Duration::from_secs(seconds)
    }

    fn state(&mut self) -> String {
        (*self.one_of(&["queued", "running", "done"])).to_owned()
    }

    fn group(&mut self) -> Option<String> {
        let group = *self.one_of(&["g", "h", ""]);
        Some(group.to_owned()).filter(|group| !group.is_empty())
    }

    fn unique_key(&mut self) -> Option<String> {
        let name = *self.one_of(&["n1", "n2", "n3"]);
        (self.rng.u8(0..4) == 0).then(|| name.to_owned())
    }

    fn key(&mut self) -> RecordKey {
        let index = self.rng.usize(0..self.keys.len());
        self.keys[index].clone()
    }

    fn tenant(&mut self) -> TenantId {
        self.key().tenant_id
    }

    fn node(&mut self) -> NodeId {
        NodeId::from_uuid(Uuid::from_u128(1 + self.rng.u128(0..NODES)))
    }

    fn task(&mut self) -> TaskId {
        TaskId::from_uuid(Uuid::from_u128(1 + self.rng.u128(0..2)))
    }

    fn ttl(&mut self) -> u64 {
        *self.one_of(&TTLS_MS)
    }

    fn few(&mut self) -> usize {
        self.rng.usize(0..4).saturating_sub(1)
    }

    fn now_and_then(&mut self) -> bool {
        self.rng.u8(0..12) == 0
    }

    fn often(&mut self) -> bool {
        self.rng.u8(0..4) > 0
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.rng.usize(0..all.len())]
    }
}
