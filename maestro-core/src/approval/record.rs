//! How an approval is kept.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::id::{ApprovalId, SessionId, TenantId};
use crate::model::{ApprovalInfo, ApprovalKind, ApprovalState, EventRefs, StreamKey};
use crate::node::{Core, Stored, Versioned};
use crate::storage::{Columns, Link, ListQuery, RecordKey, RecordKind};

/// The link that names the kind of an approval, so that lists can be narrowed to it.
pub(crate) const KIND: &str = "kind";

/// The wire value of a kind.
pub(crate) fn kind_name(kind: ApprovalKind) -> &'static str {
    match kind {
        ApprovalKind::Tool => "tool",
        ApprovalKind::Question => "question",
        ApprovalKind::Plan => "plan",
        ApprovalKind::Elicitation => "elicitation",
        ApprovalKind::Gate => "gate",
    }
}

impl Stored for ApprovalInfo {
    const KIND: RecordKind = RecordKind::APPROVAL;
    const NAME: &'static str = "approval";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn columns(&self) -> Columns {
        let pending = self.state == ApprovalState::Pending;
        Columns {
            state: self.state.as_str().to_owned(),
            group: self.project_id.map(|id| id.to_string()),
            parent: Some(self.session_id.to_string()),
            due_at: self.expires_at.filter(|_| pending),
            links: vec![Link { rel: KIND.to_owned(), target: kind_name(self.kind).to_owned() }],
            ..Columns::default()
        }
    }
}

/// The home stream of an approval's events: its session's.
pub(crate) fn stream(approval: &ApprovalInfo) -> StreamKey {
    StreamKey::of(approval.tenant_id.clone(), "session", approval.session_id)
}

/// What an approval's events are about.
pub(crate) fn refs(approval: &ApprovalInfo) -> EventRefs {
    EventRefs {
        project_id: approval.project_id,
        session_id: Some(approval.session_id),
        turn_id: approval.turn_id,
        task_id: approval.task_id,
        ..EventRefs::default()
    }
}

/// The approvals of a session that wait.
pub(crate) async fn pending_of(
    core: &Core,
    tenant: &TenantId,
    session_id: SessionId,
) -> Result<BTreeMap<ApprovalId, Versioned<ApprovalInfo>>> {
    let mut query = ListQuery::new(Some(tenant.clone()), RecordKind::APPROVAL);
    query.states = vec![ApprovalState::Pending.as_str().to_owned()];
    query.parent = Some(session_id.to_string());
    let all = core.store.list_all::<ApprovalInfo>(query).await?;
    Ok(all.into_iter().map(|read| (read.value.id, read)).collect())
}

/// The named approvals, as they are now.
pub(crate) async fn read(
    core: &Core,
    tenant: &TenantId,
    ids: impl Iterator<Item = ApprovalId>,
) -> Result<BTreeMap<ApprovalId, Versioned<ApprovalInfo>>> {
    let key = |id| RecordKey::new(tenant.clone(), RecordKind::APPROVAL, id);
    let keys: Vec<RecordKey> = ids.map(key).collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let records = core.store.storage.get(&keys).await?;
    let reads = records.iter().flatten().map(Versioned::<ApprovalInfo>::decode);
    reads.map(|read| read.map(|read| (read.value.id, read))).collect()
}
