//! What sweeps do about tasks: promotion, deadlines, and attempts whose node is gone.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{AttemptLost, AttemptRecovered, SessionInfo, TaskInfo, TaskState, Usage};
use crate::node::{Claimed, Core, LostNode, Versioned};
use crate::storage::{Link, ListQuery, RecordKey, RecordKind};
use crate::task::machine::{self, Loss, Step};
use crate::task::record;

/// Promotes tasks whose needs or time have come, and ends those that are overdue.
pub(crate) async fn sweep(core: &Arc<Core>) -> Result<()> {
    let mut pending = ListQuery::new(None, RecordKind::TASK);
    pending.states = vec![TaskState::Pending.as_str().to_owned()];
    pending.limit = ListQuery::MAX_LIMIT;
    for task in core.store.list_all::<TaskInfo>(pending).await? {
        promote(core, &task.value).await?;
    }
    let mut due = ListQuery::new(None, RecordKind::TASK);
    due.due_by = Some(core.now());
    due.limit = ListQuery::MAX_LIMIT;
    for task in core.store.list_all::<TaskInfo>(due).await? {
        end_overdue(core, task).await?;
    }
    Ok(())
}

/// Lets every task that waits for `ended` go on, or ends it.
pub(crate) async fn promote_dependents(core: &Arc<Core>, ended: &TaskInfo) -> Result<()> {
    let mut query = ListQuery::new(Some(ended.tenant_id.clone()), RecordKind::TASK);
    query.states = vec![TaskState::Pending.as_str().to_owned()];
    query.link = Some(Link { rel: record::NEEDS.to_owned(), target: ended.id.to_string() });
    query.limit = ListQuery::MAX_LIMIT;
    for task in core.store.list_all::<TaskInfo>(query).await? {
        Box::pin(promote(core, &task.value)).await?;
    }
    core.wake();
    Ok(())
}

/// Promotes one pending task if its needs and time allow it.
pub(crate) async fn promote(core: &Arc<Core>, task: &TaskInfo) -> Result<()> {
    let mut needs = Vec::new();
    for id in machine::needs(task) {
        // A need that was deleted can never succeed.
        let need = core.store.get::<TaskInfo>(&task.tenant_id, id).await?;
        needs.push(need.map_or(TaskState::Cancelled, |need| need.value.state));
    }
    let ended = core
        .store
        .change::<TaskInfo, Option<TaskInfo>>(&task.tenant_id, task.id, |read, draft| {
            let Some(step) = machine::promote(&read.value, &needs, core.now()) else {
                return Ok(None);
            };
            write(core, read, &step, draft)?;
            Ok(Some(step.task.state.is_ended().then_some(step.task)))
        })
        .await?;
    if let Some(Some(ended)) = ended {
        promote_dependents(core, &ended).await?;
    }
    Ok(())
}

/// Ends a task that is past its deadline or did not stop after a cancel. Whoever works on it loses
/// the authority first.
async fn end_overdue(core: &Arc<Core>, task: Versioned<TaskInfo>) -> Result<()> {
    if machine::overdue(&task.value, core.now()).is_none() {
        return Ok(());
    }
    let key = crate::task::worker::key(&task.value);
    let holder = task.lease.node_id;
    let claim = core.claim::<TaskInfo>(key, Some(task.version), holder, Vec::new()).await?;
    let Claimed::Yes { value, lease } = claim else {
        return Ok(());
    };
    let mut draft = core.store.draft();
    draft.fence(&lease.fence);
    draft.release(&lease.fence);
    let step = machine::overdue(&value.value, core.now());
    if let Some(step) = &step {
        write(core, &value, step, &mut draft)?;
    }
    core.store.commit(draft).await?;
    if let Some(step) = step {
        promote_dependents(core, &step.task).await?;
    }
    Ok(())
}

/// Takes over a task whose node is gone.
pub(crate) async fn rescue(core: &Arc<Core>, key: RecordKey, lost: &LostNode) -> Result<()> {
    let claim = core.claim::<TaskInfo>(key, None, Some(lost.id), Vec::new()).await?;
    let Claimed::Yes { value, lease } = claim else {
        return Ok(());
    };
    let mut draft = core.store.draft();
    draft.fence(&lease.fence);
    draft.release(&lease.fence);
    let mut ended = None;
    if value.value.state == TaskState::Running {
        let error = Error::new(ErrorKind::LeaseLost, "the node that worked on it is gone")
            .with("node_id", lost.id)
            .with("evidence", lost.evidence);
        let mut task = value.value.clone();
        if let Some(usage) = usage_of(core, &task).await? {
            task.usage = usage;
        }
        let attempt = task.attempt().map_or(0, |attempt| attempt.number);
        let mut step = machine::lose(&task, Loss::Crash, error.info(), core.now())?;
        let given_up = step.task.state.is_ended();
        let found =
            AttemptLost { attempt, node_id: Some(lost.id), evidence: lost.evidence.to_owned() };
        let recovered = AttemptRecovered {
            attempt,
            processes_ended: lost.ended,
            action: if given_up { "give_up" } else { "queue" }.to_owned(),
            detail: error.message().to_owned(),
        };
        step.events.splice(0..0, [found.into(), recovered.into()]);
        write(core, &value, &step, &mut draft)?;
        ended = given_up.then_some(step.task);
    }
    core.store.commit(draft).await?;
    if let Some(ended) = ended {
        promote_dependents(core, &ended).await?;
    }
    core.wake();
    Ok(())
}

/// What the task's session has used so far.
pub(crate) async fn usage_of(core: &Core, task: &TaskInfo) -> Result<Option<Usage>> {
    let current = core.store.require::<TaskInfo>(&task.tenant_id, task.id).await?.value;
    let Some(session_id) = current.session_id else {
        return Ok(None);
    };
    let session = core.store.get::<SessionInfo>(&task.tenant_id, session_id).await?;
    Ok(session.map(|session| session.value.usage))
}

/// Adds a step of a task to a commit.
pub(crate) fn write(
    core: &Core,
    read: &Versioned<TaskInfo>,
    step: &Step,
    draft: &mut crate::node::Draft,
) -> Result<()> {
    draft.update(read.version, &step.task)?;
    let events =
        core.events(&core.actor(), &record::refs(&step.task), step.events.iter().cloned())?;
    draft.append(record::stream(&step.task), events);
    Ok(())
}
