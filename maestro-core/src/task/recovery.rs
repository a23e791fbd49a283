//! What sweeps do about tasks that are overdue, and about attempts whose node is gone.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{AttemptLost, AttemptRecovered, SessionInfo, TaskInfo, TaskState, Usage};
use crate::node::{Claimed, Core, Fence, LostNode, Stored as _, Versioned};
use crate::storage::{ListQuery, RecordKey, RecordKind};
use crate::task::machine::{self, Loss, Step};
use crate::task::promotion::{promote, promote_dependents, promote_waiting};
use crate::task::record;

/// Promotes tasks whose needs or time have come, and ends those that are overdue.
pub(crate) async fn sweep(core: &Arc<Core>) -> Result<()> {
    let mut due = ListQuery::new(None, RecordKind::TASK);
    due.due_by = Some(core.now());
    due.limit = ListQuery::MAX_LIMIT;
    let mut result = Ok(());
    for task in core.store.list_all::<TaskInfo>(due).await? {
        let id = task.value.id;
        // One that cannot be changed does not keep the others from it.
        let done = Box::pin(settle_due(core, task)).await;
        result = result.and(done.map_err(|error| error.with("task_id", id)));
    }
    result.and(promote_waiting(core).await)
}

async fn settle_due(core: &Arc<Core>, task: Versioned<TaskInfo>) -> Result<()> {
    let chance = core.chance();
    if machine::overdue(&task.value, chance, core.now()).is_some() {
        return end_overdue(core, task).await;
    }
    if task.value.state == TaskState::Pending
        && let Some(ended) = promote(core, &task.value).await?
    {
        return promote_dependents(core, &ended).await;
    }
    Ok(())
}

/// Ends a task that is past its deadline or did not stop after a cancel, or an attempt that is
/// silent. Whoever works on it loses the authority first.
async fn end_overdue(core: &Arc<Core>, task: Versioned<TaskInfo>) -> Result<()> {
    let holder = task.lease.node_id;
    let key = task.value.key();
    let claim = core.claim::<TaskInfo>(key, Some(task.version), holder, Vec::new()).await?;
    let Claimed::Yes { lease, .. } = claim else {
        return Ok(());
    };
    let chance = core.chance();
    free(core, &task.value, &lease.fence, |task| Ok(machine::overdue(task, chance, core.now())))
        .await
}

/// Takes over a task whose node is gone.
pub(crate) async fn rescue(core: &Arc<Core>, key: RecordKey, lost: &LostNode) -> Result<()> {
    let claim = core.claim::<TaskInfo>(key, None, Some(lost.id), Vec::new()).await?;
    let Claimed::Yes { value, lease } = claim else {
        return Ok(());
    };
    let error = Error::new(ErrorKind::LeaseLost, "the node that worked on it is gone")
        .with("node_id", lost.id)
        .with("evidence", lost.evidence);
    free(core, &value.value, &lease.fence, |task| {
        if task.state != TaskState::Running {
            return Ok(None);
        }
        let attempt = task.attempt().map_or(0, |attempt| attempt.number);
        let mut step = machine::lose(task, Loss::Crash, error.info(), core.now())?;
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
        Ok(Some(step))
    })
    .await
}

/// Gives a lease back that was taken from somebody, together with what becomes of the task.
async fn free(
    core: &Arc<Core>,
    task: &TaskInfo,
    fence: &Fence,
    compute: impl Fn(&TaskInfo) -> Result<Option<Step>> + Send + Sync,
) -> Result<()> {
    let usage = usage_of(core, task).await?;
    let freed = core
        .store
        .change::<TaskInfo, Option<TaskInfo>>(&task.tenant_id, task.id, |read, draft| {
            let mut current = read.value.clone();
            current.usage = usage.unwrap_or(current.usage);
            draft.fence(fence);
            draft.release(fence);
            let Some(step) = compute(&current)? else {
                return Ok(Some(None));
            };
            write(core, read, &step, draft)?;
            Ok(Some(Some(step.task)))
        })
        .await?;
    if let Some(Some(task)) = freed {
        if let Some(at) = task.not_before {
            core.set_alarm(at);
        }
        if task.state.is_ended() {
            promote_dependents(core, &task).await?;
        }
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
