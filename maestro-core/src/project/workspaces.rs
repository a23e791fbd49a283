//! Workspaces of tasks: prepared, held, committed.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::id::SessionId;
use crate::model::{
    AttemptState, EventData, Extra, ProjectInfo, TaskInfo, WorkElsewhere, WorkspaceCommitted,
    WorkspaceConflicted, WorkspaceElsewhere, WorkspaceInfo, WorkspaceKept, WorkspacePrepared,
    WorkspaceRef, WorkspaceState,
};
use crate::node::{self, Claimed, Core, HeldLease, Scope, Stored as _, Versioned};
use crate::project::handle::home;
use crate::runtime::RuntimeExt as _;
use crate::task::TaskContext;
use crate::workspace::{Committed, PrepareSpec, Prepared};

/// What came of preparing a workspace.
pub(crate) enum Ready {
    Yes(Box<WorkspaceInfo>),
    Conflicted { with: String, files: Vec<String> },
}

/// Makes the workspace of a task, or finds it, and records it.
pub(crate) async fn prepare(context: &TaskContext, project: &ProjectInfo) -> Result<Ready> {
    let scope = &context.inner.scope;
    let core = &scope.core;
    let task = context.task();
    let current = core.store.require::<TaskInfo>(&task.tenant_id, task.id).await?.value;
    let existing = match current.workspace_id {
        Some(id) => core.store.get::<WorkspaceInfo>(&task.tenant_id, id).await?,
        None => None,
    };
    let base = task.spec.base.clone().or_else(|| project.base.clone());
    let (adapter, not_isolated) = match &existing {
        Some(found) => {
            (core.workspace_by_kind(&found.value.workspace.kind)?, found.value.not_isolated.clone())
        }
        None => core
            .workspace_for(task.spec.workspace, &project.path, base.as_deref())
            .await
            .map_err(|error| error.during("workspace.prepare"))?,
    };
    let spec = PrepareSpec {
        project: project.path.clone(),
        task_id: task.id,
        title: task.title(),
        base,
        needs: workspaces_of_needs(core, task).await?,
        owner: core.node_id,
        existing: existing.as_ref().map(|found| found.value.workspace.clone()),
        continues: current.attempts.iter().rev().nth(1).is_some_and(|before| {
            matches!(before.state, AttemptState::Lost | AttemptState::Parked)
        }),
    };
    context.verify().await?;
    let prepared = adapter.prepare(&spec).await?;
    let (workspace, state) = match &prepared {
        Prepared::Ready { workspace, .. } => (workspace, WorkspaceState::Ready),
        Prepared::Conflicted { workspace, .. } => (workspace, WorkspaceState::Conflicted),
    };
    let info = WorkspaceInfo {
        id: existing.as_ref().map_or_else(|| core.runtime().id(), |found| found.value.id),
        tenant_id: task.tenant_id.clone(),
        project_id: project.id,
        task_id: task.id,
        state,
        workspace: workspace.clone(),
        not_isolated,
        work_elsewhere: existing
            .as_ref()
            .map_or_else(Vec::new, |found| found.value.work_elsewhere.clone()),
        keep: false,
        merged_into: None,
        created_at: existing.as_ref().map_or_else(|| core.now(), |found| found.value.created_at),
        extra: existing.as_ref().map_or_else(Extra::new, |found| found.value.extra.clone()),
    };
    let event = prepared_event(&info, &prepared);
    record(context, existing.as_ref(), &info, event).await?;
    Ok(match prepared {
        Prepared::Ready { .. } => Ready::Yes(Box::new(info)),
        Prepared::Conflicted { with, files, .. } => Ready::Conflicted { with, files },
    })
}

fn prepared_event(info: &WorkspaceInfo, prepared: &Prepared) -> EventData {
    match prepared {
        Prepared::Ready { workspace, merged, recreated } => WorkspacePrepared {
            workspace_id: Some(info.id),
            kind: workspace.kind.clone(),
            path: workspace.root.to_string(),
            subdirectory: workspace.subdirectory.clone(),
            not_isolated: info.not_isolated.clone(),
            branch: workspace.branch.clone(),
            base: workspace.base.clone(),
            merged: merged.clone(),
            recreated: *recreated,
        }
        .into(),
        Prepared::Conflicted { with, files, .. } => WorkspaceConflicted {
            workspace_id: Some(info.id),
            files: files.clone(),
            with: with.clone(),
        }
        .into(),
    }
}

/// Writes the workspace and the task's reference to it in one commit.
async fn record(
    context: &TaskContext,
    existing: Option<&Versioned<WorkspaceInfo>>,
    info: &WorkspaceInfo,
    event: EventData,
) -> Result<()> {
    let core = &context.inner.scope.core;
    let task = context.task();
    core.store
        .change::<TaskInfo, ()>(&task.tenant_id, task.id, |read, draft| {
            draft.fence(&context.inner.lease.fence);
            match existing {
                Some(found) => draft.update(found.version, info)?,
                None => draft.insert(info)?,
            }
            if read.value.workspace_id != Some(info.id) {
                let task = TaskInfo { workspace_id: Some(info.id), ..read.value.clone() };
                draft.update(read.version, &task)?;
            }
            let (stream, refs) = home(info);
            draft.append(stream, vec![core.event(&core.actor(), &refs, &event)?]);
            Ok(Some(()))
        })
        .await
        .map(|_| ())
}

async fn workspaces_of_needs(core: &Core, task: &TaskInfo) -> Result<Vec<WorkspaceRef>> {
    let mut found = Vec::new();
    for id in &task.spec.needs {
        let Some(need) = core.store.get::<TaskInfo>(&task.tenant_id, id).await? else {
            continue;
        };
        let Some(workspace_id) = need.value.workspace_id else {
            continue;
        };
        if let Some(workspace) =
            core.store.get::<WorkspaceInfo>(&task.tenant_id, workspace_id).await?
        {
            found.push(workspace.value.workspace);
        }
    }
    Ok(found)
}

/// What came of committing an agent's work.
pub(crate) enum Work {
    /// It is committed, apart from what no commit can take.
    Committed(Committed),
    /// It stays in the workspace as it is, since it cannot be committed now.
    Kept(Error),
}

/// Commits what the agent did to the workspace's branch.
///
/// # Errors
/// What the store says, and that the lease is lost. What is wrong with the workspace is none: the
/// work is there.
pub(crate) async fn commit(context: &TaskContext, info: &WorkspaceInfo) -> Result<Work> {
    context.verify().await?;
    let core = &context.inner.scope.core;
    let adapter = core.workspace_by_kind(&info.workspace.kind)?;
    let done = match adapter.commit(&info.workspace, &context.task().title()).await {
        Ok(done) => done,
        Err(error) => {
            let event = WorkspaceKept {
                workspace_id: Some(info.id),
                reasons: vec!["uncommitted".to_owned()],
            };
            note(context, info, event.into()).await?;
            return Ok(Work::Kept(error));
        }
    };
    let Some(commit) = done.commit.clone() else {
        return Ok(Work::Committed(done));
    };
    // The commit is there, whether its files can be listed or not.
    let files = match adapter.changes(&info.workspace).await {
        Ok(changes) => changes.files,
        Err(error) => {
            tracing::warn!(%error, "the files of a commit are not listed");
            Vec::new()
        }
    };
    let event = WorkspaceCommitted { workspace_id: Some(info.id), commit, files };
    note(context, info, event.into()).await?;
    Ok(Work::Committed(done))
}

/// Notes what became of a workspace.
async fn note(context: &TaskContext, info: &WorkspaceInfo, event: EventData) -> Result<()> {
    let core = &context.inner.scope.core;
    let (stream, refs) = home(info);
    let mut draft = core.store.draft();
    draft.fence(&context.inner.lease.fence);
    draft.append(stream, vec![core.event(&core.actor(), &refs, &event)?]);
    core.store.commit(draft).await.map(|_| ())
}

/// Looks for work of the attempt that stands in the repository, but not in the workspace, and records
/// it. What earlier attempts left there stays in the record.
pub(crate) async fn look_elsewhere(
    context: &TaskContext,
    info: &WorkspaceInfo,
) -> Result<Vec<WorkElsewhere>> {
    let core = &context.inner.scope.core;
    let found = core.workspace_by_kind(&info.workspace.kind)?.elsewhere(&info.workspace).await;
    let work = found.unwrap_or_else(|error| {
        // What was done in the workspace is good all the same.
        tracing::warn!(%error, workspace = %info.id, "it is not known what stands elsewhere");
        Vec::new()
    });
    if work.is_empty() {
        return Ok(work);
    }
    let event: EventData =
        WorkspaceElsewhere { workspace_id: Some(info.id), work: work.clone() }.into();
    core.store
        .change::<WorkspaceInfo, ()>(&info.tenant_id, info.id, |read, draft| {
            let mut info = read.value.clone();
            let again = |old: &WorkElsewhere| {
                work.iter().any(|new| (&new.kind, &new.name) == (&old.kind, &old.name))
            };
            info.work_elsewhere.retain(|old| !again(old));
            info.work_elsewhere.extend(work.iter().cloned());
            draft.fence(&context.inner.lease.fence);
            draft.update(read.version, &info)?;
            let (stream, refs) = home(&info);
            draft.append(stream, vec![core.event(&core.actor(), &refs, &event)?]);
            Ok(Some(()))
        })
        .await?;
    Ok(work)
}

/// Notes which session works for the task.
pub(crate) async fn note_session(context: &TaskContext, session_id: SessionId) -> Result<()> {
    let core = &context.inner.scope.core;
    let task = context.task();
    core.store
        .change::<TaskInfo, ()>(&task.tenant_id, task.id, |read, draft| {
            if read.value.session_id == Some(session_id) {
                return Ok(None);
            }
            draft.fence(&context.inner.lease.fence);
            let task = TaskInfo { session_id: Some(session_id), ..read.value.clone() };
            draft.update(read.version, &task)?;
            Ok(Some(()))
        })
        .await
        .map(|_| ())
}

/// The lease of a workspace that nobody works in, for the verbs that change it.
pub(crate) struct Hold {
    pub(crate) info: WorkspaceInfo,
    lease: HeldLease,
    version: u64,
    core: Arc<Core>,
}

impl Hold {
    /// How often the lease of a node that is gone is asked for.
    const TRIES: u32 = 50;
    /// How long to wait in between.
    const PAUSE: Duration = Duration::from_millis(100);

    /// Takes the lease; from a node that is known to be gone, by recovering its work first.
    ///
    /// # Errors
    /// `Conflict` while another holds it, or while the task's agent works there.
    pub(crate) async fn take(core: &Arc<Core>, info: WorkspaceInfo) -> Result<Self> {
        let busy = || {
            Error::new(ErrorKind::Conflict, "somebody works in the workspace; try again later")
                .with("workspace_id", info.id)
        };
        let task = core.store.require::<TaskInfo>(&info.tenant_id, info.task_id).await?.value;
        if task.state == crate::model::TaskState::Running {
            return Err(busy());
        }
        for _ in 0..Self::TRIES {
            let claim = core.claim::<WorkspaceInfo>(info.key(), None, None, Vec::new());
            match claim.await? {
                Claimed::Yes { value, lease } => {
                    return Ok(Self {
                        info: value.value,
                        version: value.version,
                        lease,
                        core: Arc::clone(core),
                    });
                }
                Claimed::Held { node_id } if !node::recover(core, node_id).await? => break,
                // The holder is gone, and whoever recovers its work is about to free the lease.
                Claimed::Held { .. } => core.runtime().sleep(Self::PAUSE).await,
                Claimed::No | Claimed::Missing => break,
            }
        }
        Err(busy())
    }

    /// The result of `work`. What fails gives the lease back, since nothing else would before the
    /// lease lapses.
    pub(crate) async fn during<T>(
        &self,
        work: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let result = work.await;
        if result.is_err() {
            let mut draft = self.core.store.draft();
            draft.release(&self.lease.fence);
            if let Err(error) = self.core.store.commit(draft).await {
                tracing::warn!(%error, "a workspace's lease is not given back; it lapses");
            }
        }
        result
    }

    /// Records what was done and gives the lease back.
    pub(crate) async fn give_back(
        self,
        scope: &Scope,
        after: WorkspaceInfo,
        event: EventData,
    ) -> Result<()> {
        let core = &self.core;
        let mut draft = core.store.draft();
        draft.fence(&self.lease.fence);
        if after != self.info {
            draft.update(self.version, &after)?;
        }
        draft.release(&self.lease.fence);
        let (stream, refs) = home(&after);
        draft.append(stream, vec![core.event(&scope.actor, &refs, &event)?]);
        core.store.commit(draft).await.map(|_| ())
    }
}
