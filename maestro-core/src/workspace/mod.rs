//! The workspace port: where one task works, and how its work gets out.

pub mod directory;
pub(crate) mod file;
#[cfg(feature = "process")]
pub mod git;
mod local;

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::id::{NodeId, TaskId};
use crate::model::{Changes, PlacePath, WorkElsewhere, WorkspaceRef};

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

    /// Whether workspaces of this kind can be made from a project, beginning at `base` as
    /// [`PrepareSpec::base`] has it. What is wrong with the base itself is for `prepare` to say.
    async fn fits(&self, project: &PlacePath, base: Option<&str>) -> Result<Fits>;

    /// Makes the workspace, or finds it as it was left, or makes it again from its branch.
    ///
    /// # Errors
    /// `InvalidArgument` naming `base` when there is no such commit, `NotFound` for a project that
    /// is not there, `Unavailable` when git fails for reasons outside.
    async fn prepare(&self, spec: &PrepareSpec) -> Result<Prepared>;

    /// What the workspace holds that its base does not.
    async fn changes(&self, workspace: &WorkspaceRef) -> Result<Changes>;

    /// The difference to the base as a unified diff, untracked files included: bytes, since files and
    /// their names need not be UTF-8. `git apply` takes them.
    async fn diff(&self, workspace: &WorkspaceRef) -> Result<Vec<u8>>;

    /// Commits everything that is not ignored, as far as a commit can hold it.
    async fn commit(&self, workspace: &WorkspaceRef, message: &str) -> Result<Committed>;

    /// Merges the workspace's commits into a branch of the project.
    ///
    /// # Errors
    /// `Conflict` when uncommitted work is in the workspace, when it has directories that no commit
    /// can hold (see [`Committed::left_out`]), or when the branch's checkout is in the way.
    async fn merge(&self, workspace: &WorkspaceRef, into: &str, message: &str) -> Result<Merged>;

    /// What was made since the workspace was prepared in the place that it was made from, but not in the
    /// workspace, and may be work of its task: work that no `changes` show and no `merge` brings. What
    /// is known to be of others is left out; at most 100 are named. Each adapter documents what it
    /// finds and what it cannot tell apart.
    async fn elsewhere(&self, workspace: &WorkspaceRef) -> Result<Vec<WorkElsewhere>>;

    /// Those of what [`Workspace::elsewhere`] found that are still there and hold something that a
    /// branch of the project does not.
    async fn still_elsewhere(
        &self,
        workspace: &WorkspaceRef,
        work: &[WorkElsewhere],
        branch: &str,
    ) -> Result<Vec<WorkElsewhere>>;

    /// Where a path leads when every symbolic link is followed; what is not there counts as a plain
    /// name. Nothing is changed. Links may be changed right after.
    ///
    /// # Errors
    /// `Unsupported` for another place, `Unavailable` when it cannot be found out.
    async fn real_path(&self, path: &PlacePath) -> Result<PlacePath>;

    /// Removes the workspace, or says what it holds.
    async fn release(&self, workspace: &WorkspaceRef, how: Release) -> Result<Released>;
}

/// What [`Workspace::fits`] came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fits {
    /// They can.
    Yes,
    /// They cannot.
    No {
        /// Why, and what to do about it, for people.
        why: String,
    },
}

impl Fits {
    /// They cannot, for this reason.
    pub fn no(why: impl Into<String>) -> Self {
        Self::No { why: why.into() }
    }
}

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
    /// Whether the attempt goes on with one that nobody ended, as after a crash: what that one made
    /// counts for [`Workspace::elsewhere`] too.
    pub continues: bool,
}

impl PrepareSpec {
    /// A workspace from what the project has checked out, made for the first time.
    pub fn new(project: PlacePath, task_id: TaskId, owner: NodeId) -> Self {
        Self {
            project,
            task_id,
            title: String::new(),
            base: None,
            needs: Vec::new(),
            owner,
            existing: None,
            continues: false,
        }
    }
}

/// What [`Workspace::prepare`] came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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

/// What [`Workspace::commit`] came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Committed {
    /// The commit; none when there was nothing to commit.
    pub commit: Option<String>,
    /// Directories whose files no commit of the workspace can hold, relative to it: repositories
    /// inside of it, and submodules at commits that none of their remotes has.
    pub left_out: Vec<String>,
    /// Files that git or their filter refused. All others are in the commit.
    pub refused: Vec<RefusedFile>,
}

/// A file that a commit could not take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedFile {
    /// Relative to the workspace.
    pub path: String,
    /// The filter that its attributes name, such as `lfs`.
    pub filter: Option<String>,
    /// What was said.
    pub why: String,
}

impl RefusedFile {
    /// A file that was refused, and what was said of it.
    pub fn new(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), filter: None, why: why.into() }
    }
}

impl fmt::Display for RefusedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.filter {
            Some(filter) => write!(f, "{} (filter {filter}: {})", self.path, self.why),
            None => write!(f, "{} ({})", self.path, self.why),
        }
    }
}

/// What to do about work that could not be committed.
pub(crate) const KEPT: &str = "the work is kept in the workspace, where it could not be committed; see to what the error says, then commit it there or reply to the task";

/// What to do about [`Committed::refused`].
pub(crate) const REFUSED: &str = "git or a filter refuses files, which are not in the commit; install or correct the filter, or correct the files, then try again";

/// What to do about [`Committed::left_out`].
pub(crate) const LEFT_OUT: &str = "directories in the workspace are repositories of their own, whose files a commit cannot hold; remove their `.git` to keep the files, push what a submodule was moved to, or move the directories away, then try again";

/// What [`Workspace::merge`] came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "merge", rename_all = "snake_case")]
#[non_exhaustive]
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
#[non_exhaustive]
pub enum Released {
    /// It is gone.
    Removed,
    /// It stays, since it holds this: `uncommitted`, `untracked`, `ignored`, `stashed`, `unmerged`.
    Kept {
        /// What it holds.
        holds: Vec<String>,
    },
}
