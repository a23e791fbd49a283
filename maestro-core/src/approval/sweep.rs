//! What every node's sweeper does about approvals.

use std::sync::Arc;

use crate::approval::{machine, record};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Actor, ApprovalInfo, ApprovalKind, ApprovalState, TaskInfo};
use crate::node::{Core, Draft, Versioned};
use crate::storage::{Link, ListQuery, RecordKind};

/// Denies the approvals whose time is up, sends answers again that no node has taken, lets grants
/// answer and ends those that are too old, and closes the gates of tasks that are over.
pub(crate) async fn sweep(core: &Arc<Core>) -> Result<()> {
    let mut due = ListQuery::new(None, RecordKind::APPROVAL);
    due.due_by = Some(core.now());
    due.limit = ListQuery::MAX_LIMIT;
    for read in core.store.list_all::<ApprovalInfo>(due).await? {
        let mut draft = core.store.draft();
        if draft_due(core, &read, &mut draft)? {
            commit(core, draft).await?;
        }
    }
    for granted in core.store.list_all::<ApprovalInfo>(record::granted()).await? {
        answer_by(core, &granted).await?;
    }
    let mut gates = ListQuery::new(None, RecordKind::APPROVAL);
    gates.states = vec![ApprovalState::Pending.as_str().to_owned()];
    let gate = ApprovalKind::Gate.as_str().to_owned();
    gates.link = Some(Link { rel: record::KIND.to_owned(), target: gate });
    gates.limit = ListQuery::MAX_LIMIT;
    for read in core.store.list_all::<ApprovalInfo>(gates).await? {
        close_gate(core, &read).await?;
    }
    Ok(())
}

/// Drafts what is due about one approval. False when nothing is.
fn draft_due(core: &Core, read: &Versioned<ApprovalInfo>, draft: &mut Draft) -> Result<bool> {
    let now = core.now();
    let approval = &read.value;
    if let Some(step) = machine::expire(approval, now) {
        record::write(core, draft, read.version, &Actor::timeout(), &step)?;
        return Ok(true);
    }
    if let Some(lapsed) = machine::lapse(approval, now) {
        draft.update(read.version, &lapsed)?;
        return Ok(true);
    }
    if let Some(again) = machine::deliver_again(approval, now) {
        draft.update(read.version, &again)?;
        record::deliver(core, draft, &core.actor(), &again)?;
        return Ok(true);
    }
    Ok(false)
}

/// Lets a grant answer a question that waits already: the agent may have asked again before the
/// answer to the first time came.
pub(crate) async fn answer_by(core: &Core, granted: &Versioned<ApprovalInfo>) -> Result<()> {
    let Some(session_id) = granted.value.session_id else {
        return Ok(());
    };
    let tenant = &granted.value.tenant_id;
    for asked in record::pending_of(core, tenant, session_id).await?.into_values() {
        let step = machine::answer_by(&granted.value, &asked.value, core.now());
        let Some(step) = step else { continue };
        let by = granted.value.decided_by.clone().unwrap_or_default();
        let mut draft = core.store.draft();
        draft.update(granted.version, &machine::spend(&granted.value, asked.value.id))?;
        record::write(core, &mut draft, asked.version, &by, &step)?;
        return commit(core, draft).await;
    }
    Ok(())
}

/// Closes a gate at which nobody waits any more, since its task is over.
async fn close_gate(core: &Core, read: &Versioned<ApprovalInfo>) -> Result<()> {
    let Some(task_id) = read.value.task_id else {
        return Ok(());
    };
    let task = core.store.get::<TaskInfo>(&read.value.tenant_id, task_id).await?;
    if task.is_some_and(|task| !task.value.state.is_ended()) {
        return Ok(());
    }
    let Some(step) = machine::withdraw(&read.value, ApprovalState::Withdrawn, "task_ended") else {
        return Ok(());
    };
    let mut draft = core.store.draft();
    record::write(core, &mut draft, read.version, &core.actor(), &step)?;
    commit(core, draft).await
}

async fn commit(core: &Core, draft: Draft) -> Result<()> {
    match core.store.commit(draft).await {
        // Somebody answered just now, or another node was faster.
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
        result => result.map(|_| ()).map_err(|error: Error| error.during("approval.sweep")),
    }
}
