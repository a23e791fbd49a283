//! How the ledger is kept.

use crate::agent::AgentTurnEnd;
use crate::error::{ErrorKind, Result};
use crate::id::{TenantId, TurnId};
use crate::model::{Actor, EventRefs, Extra, LedgerEntry, SessionInfo, StreamKey, UsageRecorded};
use crate::node::{Core, Stored};
use crate::storage::{Columns, Link, RecordKind};

/// Where the numbers of a turn's end come from.
const AGENT_RESULT: &str = "agent_result";
/// The link from an entry to its task.
const TASK: &str = "task";

impl Stored for LedgerEntry {
    const KIND: RecordKind = RecordKind::LEDGER;
    const NAME: &'static str = "ledger entry";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.clone()
    }

    fn columns(&self) -> Columns {
        let task = self.task_id.map(|id| Link { rel: TASK.to_owned(), target: id.to_string() });
        Columns {
            state: "recorded".to_owned(),
            group: self.project_id.map(|id| id.to_string()),
            parent: Some(self.session_id.to_string()),
            links: task.into_iter().collect(),
            ..Columns::default()
        }
    }
}

/// What the end of a turn says about usage.
pub(crate) fn entry(
    core: &Core,
    session: &SessionInfo,
    attempt: Option<u32>,
    turn_id: Option<TurnId>,
    end: &AgentTurnEnd,
) -> LedgerEntry {
    let (node_id, process) = (core.node_id, session.processes);
    LedgerEntry {
        id: format!("{node_id}:{}:{process}:{}", session.id, end.counter),
        tenant_id: session.tenant_id.clone(),
        project_id: session.project_id,
        account_id: session.account_id,
        session_id: session.id,
        turn_id,
        task_id: session.task_id,
        attempt,
        agent: session.spec.agent.clone(),
        node_id,
        usage: end.usage,
        cost_micro_usd: end.cost_micro_usd,
        provenance: AGENT_RESULT.to_owned(),
        at: core.now(),
        extra: Extra::new(),
    }
}

/// What the feed is told about an entry.
impl From<&LedgerEntry> for UsageRecorded {
    fn from(entry: &LedgerEntry) -> Self {
        Self {
            usage: entry.usage,
            cost_micro_usd: entry.cost_micro_usd,
            model: None,
            provenance: entry.provenance.clone(),
        }
    }
}

/// Enters usage without asking who holds the session: what is spent is spent, also when this node
/// has lost its authority. An entry that is there already counts as done.
pub(crate) async fn record(core: &Core, entry: &LedgerEntry) -> Result<()> {
    let mut draft = core.store.draft();
    draft.insert(entry)?;
    let refs = EventRefs {
        project_id: entry.project_id,
        account_id: entry.account_id,
        session_id: Some(entry.session_id),
        turn_id: entry.turn_id,
        task_id: entry.task_id,
        attempt: entry.attempt,
        ..EventRefs::default()
    };
    let actor = Actor::agent(&entry.agent);
    let event = core.event(&actor, &refs, &UsageRecorded::from(entry).into())?;
    let stream = StreamKey::of(entry.tenant_id.clone(), "session", entry.session_id);
    draft.append(stream, vec![event]);
    match core.store.commit(draft).await {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        result => result.map(|_| ()),
    }
}
