//! The workspace port: where one task works, and how its work gets out.

pub mod directory;
#[cfg(feature = "process")]
pub mod git;
mod local;

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::id::{NodeId, TaskId};
use crate::model::{Changes, PlacePath, WorkspaceRef};

/// Makes workspaces of one kind at one place.
///
/// # Contract
/// - The caller holds the lease of the workspace: two calls for one workspace never overlap, except
///   with what a killed process left running, which an adapter waits for or undoes.
/// - Every call may be repeated after any crash and then finds or finishes what was begun.
/// - Nothing removes uncommitted, untracked or unmerged work, except [`Release::Discard`].
/// - The project's own checkout is never touched, except by [`Workspace::merge`] into the branch
///   that is checked out there, and then only as far as `git merge` would.
#[async_trait]
pub trait Workspace: fmt::Debug + Send + Sync + 'static {
    /// The kind that goes into [`WorkspaceRef::kind`].
    fn kind(&self) -> &'static str;

    /// The one name of a project's directory: absolute, with no link and no `..` in it. A relative
    /// path starts at this process's current directory.
    ///
    /// # Errors
    /// `NotFound`, `PermissionDenied` or `InvalidArgument`, all naming `path`.
    async fn locate(&self, project: &PlacePath) -> Result<PlacePath>;

    /// Whether workspaces of this kind can be made from a project.
    async fn fits(&self, project: &PlacePath) -> Result<bool>;

    /// Makes the workspace, or finds it as it was left, or makes it again from its branch.
    ///
    /// # Errors
    /// `InvalidArgument` naming `base` when there is no such commit, `NotFound` for a project that
    /// is not there, `Unavailable` when git fails for reasons outside.
    async fn prepare(&self, spec: &PrepareSpec) -> Result<Prepared>;

    /// What the workspace holds that its base does not.
    async fn changes(&self, workspace: &WorkspaceRef) -> Result<Changes>;

    /// The difference to the base as a unified diff, untracked files included.
    async fn diff(&self, workspace: &WorkspaceRef) -> Result<String>;

    /// Commits everything that is not ignored. None when there is nothing to commit.
    async fn commit(&self, workspace: &WorkspaceRef, message: &str) -> Result<Option<String>>;

    /// Merges the workspace's commits into a branch of the project.
    ///
    /// # Errors
    /// `Conflict` when uncommitted work is in the workspace or the branch's checkout is in the way.
    async fn merge(&self, workspace: &WorkspaceRef, into: &str, message: &str) -> Result<Merged>;

    /// Where a path leads when every symbolic link is followed; what is not there counts as a plain
    /// name. Nothing is changed. Links may be changed right after.
    ///
    /// # Errors
    /// `Unsupported` for another place, `Unavailable` when it cannot be found out.
    async fn real_path(&self, path: &PlacePath) -> Result<PlacePath>;

    /// Removes the workspace, or says what it holds.
    async fn release(&self, workspace: &WorkspaceRef, how: Release) -> Result<Released>;
}

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrepareSpec {
    /// The project.
    pub project: PlacePath,
    /// The task that will work there. The same task always gets the same workspace.
    pub task_id: TaskId,
    /// One line for people, from which the branch gets a readable name.
    pub title: String,
    /// The branch or commit to start from; none means what the project has checked out.
    pub base: Option<String>,
    /// Workspaces whose work is merged in first.
    pub needs: Vec<WorkspaceRef>,
    /// The incarnation that asks; marks the programs that an adapter starts.
    pub owner: NodeId,
    /// What was made for this task before.
    pub existing: Option<WorkspaceRef>,
}

/// What [`Workspace::prepare`] came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// It is ready.
    Ready {
        /// The workspace.
        workspace: WorkspaceRef,
        /// The branches that were merged in.
        merged: Vec<String>,
        /// Whether it had been there before and was made again.
        recreated: bool,
    },
    /// The needs do not merge. The workspace is there, with the merge undone.
    Conflicted {
        /// The workspace.
        workspace: WorkspaceRef,
        /// The branch that does not merge.
        with: String,
        /// The files in conflict.
        files: Vec<String>,
    },
}

/// What [`Workspace::merge`] came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "merge", rename_all = "snake_case")]
pub enum Merged {
    /// The branch holds the work.
    Done {
        /// The branch's commit.
        commit: String,
        /// Whether it held the work already.
        already: bool,
    },
    /// It does not merge by itself; nothing was changed.
    Conflicted {
        /// The files in conflict.
        files: Vec<String>,
    },
}

/// How to remove a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Only when it provably holds nothing.
    IfEmpty,
    /// With everything in it. Only when the caller names the workspace and says so.
    Discard,
}

/// What [`Workspace::release`] came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    /// It is gone.
    Removed,
    /// It stays, since it holds this: `uncommitted`, `untracked`, `unmerged`.
    Kept {
        /// What it holds.
        holds: Vec<String>,
    },
}
