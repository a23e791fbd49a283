//! Texts that are being written, between nodes of one store.
//!
//! A node that somebody watches on says so in its record. The owner of a session then keeps one
//! record with what the agent is writing, overwrites it at most four times a second, and deletes
//! it in the commit that brings the whole text. Nodes that are watched read these records and show
//! them on their own boards.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::select;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Result;
use crate::event::live::Board;
use crate::id::{SessionId, TenantId};
use crate::model::{Event, EventData, NodeInfo, NodeState, Partials, StreamKey};
use crate::node::{Core, Fence, Stored, Versioned};
use crate::runtime::RuntimeExt as _;
use crate::storage::{Columns, ListQuery, RecordKey, RecordKind};

/// What a session's agent is writing, as other nodes read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartialRecord {
    tenant_id: TenantId,
    session_id: SessionId,
    after: u64,
    event: Event,
    partials: Partials,
}

impl Stored for PartialRecord {
    const KIND: RecordKind = RecordKind::PARTIAL;
    const NAME: &'static str = "text under way";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.session_id.to_string()
    }

    fn columns(&self) -> Columns {
        Columns { parent: Some(self.session_id.to_string()), ..Columns::default() }
    }
}

impl PartialRecord {
    /// The most of each text that is kept, in bytes: its end.
    const MAX_BYTES: usize = 64 * 1024;

    pub(crate) fn key_of(tenant: TenantId, session_id: SessionId) -> RecordKey {
        RecordKey::new(tenant, RecordKind::PARTIAL, session_id)
    }

    pub(crate) fn of(session_id: SessionId, board: &Board) -> Self {
        let mut partials = board.partials.clone();
        partials.0.iter_mut().for_each(|partial| partial.keep_end(Self::MAX_BYTES));
        // Each partial has its own text; the event only says what all have in common.
        let original_type = "message.delta".to_owned();
        let data = EventData::Other { original_type, data: Value::Null };
        Self {
            tenant_id: board.event.tenant_id.clone(),
            session_id,
            after: board.after,
            event: Event { data, ..board.event.clone() },
            partials,
        }
    }

    pub(crate) fn board(self) -> (StreamKey, Board) {
        let stream = StreamKey::of(self.tenant_id, "session", self.session_id);
        let Self { after, event, partials, .. } = self;
        (stream, Board { partials, after, event, copied: true, version: 0 })
    }
}

/// Deletes what an earlier owner of a session left behind.
pub(crate) async fn clear(
    core: &Core,
    fence: &Fence,
    tenant: &TenantId,
    id: SessionId,
) -> Result<()> {
    let Some(left) = core.store.get::<PartialRecord>(tenant, id).await? else {
        return Ok(());
    };
    let mut draft = core.store.draft();
    draft.fence(fence);
    draft.delete(left.version, left.value.key());
    core.store.commit(draft).await.map(|_| ())
}

/// What a session is writing, wherever its owner is.
pub(crate) async fn writing(
    core: &Core,
    stream: &StreamKey,
    id: SessionId,
) -> Result<Option<Board>> {
    if core.sessions.is_live(id) {
        return Ok(core.live.board(stream));
    }
    let read = core.store.get::<PartialRecord>(&stream.tenant_id, id).await?;
    Ok(read.map(|read| read.value.board().1))
}

/// Whether somebody on another node watches, as it was at most a second ago.
#[derive(Debug, Default)]
pub(crate) struct Watched(Mutex<Option<(Duration, bool)>>);

impl Watched {
    /// How long an answer is good.
    const LOOK_EVERY: Duration = Duration::from_secs(1);

    /// When to look again: all sessions at the same time, so that one wake-up serves them.
    pub(crate) fn next_look(now: Duration) -> Duration {
        let looks = now.as_nanos() / Self::LOOK_EVERY.as_nanos() + 1;
        Self::LOOK_EVERY.saturating_mul(u32::try_from(looks).unwrap_or(u32::MAX))
    }

    pub(crate) async fn elsewhere(&self, core: &Core) -> Result<bool> {
        let now = core.runtime().monotonic();
        if let Some((at, known)) = *self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && now.saturating_sub(at) < Self::LOOK_EVERY
        {
            return Ok(known);
        }
        let mut query = ListQuery::new(None, RecordKind::NODE);
        query.states = vec![NodeState::Alive.as_str().to_owned()];
        let nodes = core.store.list_all::<NodeInfo>(query).await?;
        let watches = |node: &Versioned<NodeInfo>| {
            node.value.watches && node.value.id != core.node_id && node.lease.until > core.now()
        };
        let found = nodes.iter().any(watches);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, found));
        Ok(found)
    }
}

/// How long a node that nobody watches on any more still says otherwise: feeds come and go.
const LINGER: Duration = Duration::from_secs(10);
/// How often records are read when there is no hint: hints may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The shortest time between two readings.
const REST: Duration = Duration::from_millis(100);

/// Says whether this node is watched, and while it is, shows what other nodes write. Ends with the
/// node.
pub(crate) async fn exchange_for_ever(core: Arc<Core>) {
    let watch = core.store.storage.watch();
    watch.only_kinds(&[RecordKind::PARTIAL]);
    let mut said = false;
    let mut watched_at = core.runtime().monotonic();
    while !core.stopping.is_closed() {
        let now = core.runtime().monotonic();
        let watched = core.live.is_watched();
        if watched {
            watched_at = now;
        }
        let left = (watched_at + LINGER).saturating_sub(now);
        let says = watched || (said && !left.is_zero());
        if says != said {
            match say(&core, says).await {
                Ok(()) => said = says,
                Err(error) => tracing::warn!(%error, "other nodes are not told who watches here"),
            }
        }
        if !watched {
            if !said {
                core.live.copy(Vec::new());
            }
            let (interest, stopped) = (pin!(core.live.interest()), pin!(core.stopped()));
            let change = select(interest, stopped);
            if said {
                core.runtime().timeout(left, change).await;
            } else {
                change.await;
            }
            continue;
        }
        match read(&core).await {
            Ok(boards) => core.live.copy(boards),
            Err(error) => tracing::warn!(%error, "what other nodes write could not be read"),
        }
        let (news, stopped) = (pin!(watch.next()), pin!(core.stopped()));
        core.runtime().timeout(LOOK_EVERY, select(news, stopped)).await;
        let rest = (now + REST).saturating_sub(core.runtime().monotonic());
        core.runtime().timeout(rest, core.stopped()).await;
    }
}

async fn say(core: &Core, watches: bool) -> Result<()> {
    core.store
        .change::<NodeInfo, ()>(&TenantId::default(), core.node_id, |read, draft| {
            let node = NodeInfo { watches, ..read.value.clone() };
            draft.update(read.version, &node)?;
            Ok(Some(()))
        })
        .await
        .map(|_| ())
}

async fn read(core: &Core) -> Result<Vec<(StreamKey, Board)>> {
    let query = ListQuery::new(None, RecordKind::PARTIAL);
    let records = core.store.list_all::<PartialRecord>(query).await?;
    let of_others =
        records.into_iter().filter(|read| !core.sessions.is_live(read.value.session_id));
    Ok(of_others.map(|read| read.value.board()).collect())
}
