//! Getting the work out of a task's workspace.

use crate::error::{Error, ErrorKind, Result};
use crate::id::TaskId;
use crate::model::{
    Changes, TaskInfo, WorkspaceConflicted, WorkspaceInfo, WorkspaceKept, WorkspaceMerged,
    WorkspaceRemoved, WorkspaceState,
};
use crate::node::Scope;
use crate::project::record::{workspace_refs, workspace_stream};
use crate::project::workspaces::Hold;
use crate::workspace::{Merged, Release, Released, Workspace};

/// The workspace of one task, and the verbs that get the work out of it.
///
/// The verbs that change something hold the workspace's lease meanwhile: while the task's agent
/// works there they are refused with `Conflict`.
#[derive(Debug, Clone)]
pub struct WorkspaceHandle {
    pub(crate) scope: Scope,
    pub(crate) task_id: TaskId,
}

impl WorkspaceHandle {
    /// The workspace.
    ///
    /// # Errors
    /// `NotFound` when the task has none yet.
    pub async fn info(&self) -> Result<WorkspaceInfo> {
        let store = &self.scope.core.store;
        let task = store.require::<TaskInfo>(&self.scope.tenant, self.task_id).await?.value;
        let id = task.workspace_id.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "the task has no workspace; an agent's task gets one when it first starts",
            )
            .with("task_id", self.task_id)
        })?;
        Ok(store.require::<WorkspaceInfo>(&self.scope.tenant, id).await?.value)
    }

    /// What it holds that its base does not.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn changes(&self) -> Result<Changes> {
        let info = self.info().await?;
        self.scope.core.workspace_by_kind(&info.workspace.kind)?.changes(&info.workspace).await
    }

    /// The difference to its base as a unified diff, for reading: what is no UTF-8 is replaced. What
    /// is to be applied is [`WorkspaceHandle::patch`].
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn diff(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.patch().await?).into_owned())
    }

    /// The difference to its base as a unified diff that `git apply` takes: the bytes of the files as
    /// they are, and of their names.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn patch(&self) -> Result<Vec<u8>> {
        let info = self.info().await?;
        self.scope.core.workspace_by_kind(&info.workspace.kind)?.diff(&info.workspace).await
    }

    /// Merges its commits into a branch of the project. Repeating it changes nothing.
    ///
    /// # Errors
    /// `Conflict` when the branches do not merge by themselves (the files are in the context), when
    /// uncommitted work is in the way, while the agent works there, or when the workspace has no work
    /// but the repository has some elsewhere that may be the task's
    /// (see [`WorkspaceInfo::work_elsewhere`]) and that `into` does not have.
    pub async fn merge(&self, into: &str) -> Result<String> {
        Box::pin(self.try_merge(into)).await.map_err(|error| error.during("workspace.merge"))
    }

    async fn try_merge(&self, into: &str) -> Result<String> {
        let core = &self.scope.core;
        let task = core.store.require::<TaskInfo>(&self.scope.tenant, self.task_id).await?.value;
        let message = format!("Merge {}", task.title());
        let hold = Hold::take(core, self.info().await?).await?;
        let info = &hold.info;
        let merging = async {
            let adapter = core.workspace_by_kind(&info.workspace.kind)?;
            if !info.work_elsewhere.is_empty() {
                refuse_nothing(&**adapter, info, into).await?;
            }
            adapter.merge(&info.workspace, into, &message).await
        };
        let (merged, event) = match hold.during(merging).await? {
            Merged::Done { commit, .. } => {
                let event = WorkspaceMerged {
                    workspace_id: Some(info.id),
                    into: into.to_owned(),
                    commit: commit.clone(),
                };
                (Ok(commit), event.into())
            }
            Merged::Conflicted { files } => {
                let error =
                    Error::new(ErrorKind::Conflict, "the branches do not merge by themselves; merge `into` into the workspace's branch by hand, then try again")
                        .with("into", into)
                        .with("files", files.join(", "));
                let event = WorkspaceConflicted {
                    workspace_id: Some(info.id),
                    files,
                    with: into.to_owned(),
                };
                (Err(error), event.into())
            }
        };
        let mut after = info.clone();
        if merged.is_ok() {
            after.state = WorkspaceState::Merged;
            after.merged_into = Some(into.to_owned());
        }
        hold.give_back(&self.scope, after, event).await?;
        merged
    }

    /// Removes the workspace when it provably holds nothing; otherwise it stays, and the error says
    /// what it holds.
    ///
    /// # Errors
    /// `Conflict`, `NotFound`.
    pub async fn remove(&self) -> Result<()> {
        let released = Box::pin(self.release(Release::IfEmpty)).await;
        released.map_err(|error| error.during("workspace.remove"))
    }

    /// Removes the workspace with all the work in it. `name` must be the name of its branch, or of
    /// its directory where it has none: this cannot be undone.
    ///
    /// # Errors
    /// `InvalidArgument` when the name is another, `Conflict` while the agent works there.
    pub async fn discard(&self, name: &str) -> Result<()> {
        let info = self.info().await?;
        let directory = info.workspace.root.to_string();
        let expected = info.workspace.branch.as_deref().unwrap_or(&directory);
        if name != expected {
            return Err(Error::invalid(
                "name",
                format!("must be {expected:?} to discard its work"),
            )
            .during("workspace.discard"));
        }
        let released = Box::pin(self.release(Release::Discard)).await;
        released.map_err(|error| error.during("workspace.discard"))
    }

    async fn release(&self, how: Release) -> Result<()> {
        let core = &self.scope.core;
        let hold = Hold::take(core, self.info().await?).await?;
        let info = hold.info.clone();
        let mut after = info.clone();
        let workspace_id = Some(info.id);
        let releasing = async {
            let adapter = core.workspace_by_kind(&info.workspace.kind)?;
            adapter.release(&info.workspace, how).await
        };
        match hold.during(releasing).await? {
            Released::Removed => {
                after.state = WorkspaceState::Removed;
                let discarded = how == Release::Discard;
                let event = WorkspaceRemoved { workspace_id, discarded };
                hold.give_back(&self.scope, after, event.into()).await
            }
            Released::Kept { holds } => {
                let error = Error::new(
                    ErrorKind::Conflict,
                    "the workspace holds work; merge it first, or discard it by name",
                )
                .with("holds", holds.join(", "));
                let event = WorkspaceKept { workspace_id, reasons: holds };
                hold.give_back(&self.scope, after, event.into()).await?;
                Err(error)
            }
        }
    }
}

/// Refuses to call it merged that a workspace without work is merged, while what may be the task's work
/// stands elsewhere.
async fn refuse_nothing(adapter: &dyn Workspace, info: &WorkspaceInfo, into: &str) -> Result<()> {
    if !adapter.changes(&info.workspace).await?.files.is_empty() {
        return Ok(());
    }
    let work = &info.work_elsewhere;
    let still = adapter.still_elsewhere(&info.workspace, work, into).await?;
    if still.is_empty() {
        return Ok(());
    }
    let still: Vec<String> = still.iter().map(ToString::to_string).collect();
    Err(Error::new(
        ErrorKind::Conflict,
        "the workspace has no work to merge, but work that may be the task's stands elsewhere in the repository; bring it into `into` or remove it, then merge again",
    )
    .with("into", into)
    .with("work_elsewhere", still.join(", ")))
}

/// What the events of a workspace need.
pub(crate) fn home(info: &WorkspaceInfo) -> (crate::model::StreamKey, crate::model::EventRefs) {
    (workspace_stream(info), workspace_refs(info))
}
