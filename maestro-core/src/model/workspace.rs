//! Workspaces: where one task works.

use serde::{Deserialize, Serialize};

use crate::id::{ProjectId, TaskId, TenantId, WorkspaceId};
use crate::model::UnknownValue;
use crate::model::{Extra, PlacePath, Timestamp};

/// Which workspace a task gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WorkspaceKind {
    /// A git worktree where one can be made, else the project directory: `not_isolated` of the
    /// workspace says why then.
    #[default]
    Auto,
    /// A git worktree with its own branch. The task fails where none can be made.
    Git,
    /// The project directory itself.
    Directory,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

/// A workspace as an adapter knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkspaceRef {
    /// The adapter's name: `git` or `directory`.
    pub kind: String,
    /// The project that it was made from.
    pub project: PlacePath,
    /// The workspace's own directory. For `git` it is the top of a worktree of the whole repository.
    pub root: PlacePath,
    /// Where the project is in it, with `/`, when the project is a directory inside of a repository.
    /// Agents start there; everything in `root` is the workspace's, and paths are relative to `root`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdirectory: Option<String>,
    /// Its branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit that its own work starts after, merged needs included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

impl WorkspaceRef {
    /// A workspace without a branch.
    pub fn new(kind: impl Into<String>, project: PlacePath, root: PlacePath) -> Self {
        Self { kind: kind.into(), project, root, subdirectory: None, branch: None, base: None }
    }

    /// The directory that agents start in: the project's, as it is in the workspace.
    pub fn cwd(&self) -> PlacePath {
        match &self.subdirectory {
            Some(below) => PlacePath::new(self.root.place.clone(), self.root.path.join(below)),
            None => self.root.clone(),
        }
    }
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileStatus {
    /// New.
    Added,
    /// Changed.
    Modified,
    /// Gone.
    Deleted,
    /// Moved.
    Renamed,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

/// A changed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileChange {
    /// Its path relative to the workspace, with `/`.
    pub path: String,
    /// What happened to it.
    pub status: FileStatus,
    /// Lines added; none for binary files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<u32>,
    /// Lines removed; none for binary files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<u32>,
}

impl FileChange {
    /// A change of a file.
    pub fn new(path: impl Into<String>, status: FileStatus) -> Self {
        Self { path: path.into(), status, added: None, removed: None }
    }
}

/// What a workspace holds that is not in its base.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Changes {
    /// Every file that differs from the base, committed or not.
    pub files: Vec<FileChange>,
    /// Whether tracked files differ from the last commit.
    pub uncommitted: bool,
    /// Whether there are files that git does not know and does not ignore.
    pub untracked: bool,
    /// Whether there are ignored files that are no output of a build.
    #[serde(default)]
    pub ignored: bool,
    /// Whether there is a stash that was made in the workspace.
    #[serde(default)]
    pub stashed: bool,
    /// Commits that are in no other branch, those included that only a reflog of the workspace leads
    /// to, and those of submodules that none of their remotes has.
    pub unmerged: u32,
    /// The last commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
}

impl Changes {
    /// What would be lost with the workspace, or forgotten: `uncommitted`, `untracked`, `ignored`,
    /// `stashed`, `unmerged`.
    pub fn holds(&self) -> Vec<String> {
        let mut holds = Vec::new();
        if self.uncommitted {
            holds.push("uncommitted".to_owned());
        }
        if self.untracked {
            holds.push("untracked".to_owned());
        }
        if self.ignored {
            holds.push("ignored".to_owned());
        }
        if self.stashed {
            holds.push("stashed".to_owned());
        }
        if self.unmerged > 0 {
            holds.push("unmerged".to_owned());
        }
        holds
    }
}

/// Work that may be of a task, but stands in the repository and not in the task's workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkElsewhere {
    /// `branch`, `worktree` or `stash`.
    pub kind: String,
    /// The branch, the directory of the worktree, or what the stash says of itself.
    pub name: String,
    /// Its commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

impl WorkElsewhere {
    /// Work of a kind, by its name.
    pub fn new(kind: impl Into<String>, name: impl Into<String>, commit: Option<String>) -> Self {
        Self { kind: kind.into(), name: name.into(), commit }
    }
}

impl std::fmt::Display for WorkElsewhere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// What has become of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WorkspaceState {
    /// There to work in.
    #[default]
    Ready,
    /// Branches of needs did not merge; a person has to help.
    Conflicted,
    /// Its work was merged; it may be swept when it holds nothing else.
    Merged,
    /// Gone.
    Removed,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

impl WorkspaceState {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Conflicted => "conflicted",
            Self::Merged => "merged",
            Self::Removed => "removed",
            Self::Other(name) => name.as_str(),
        }
    }
}

/// A workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WorkspaceInfo {
    /// Its id.
    pub id: WorkspaceId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The project that it was made from.
    pub project_id: ProjectId,
    /// The task that works in it.
    pub task_id: TaskId,
    /// What has become of it.
    pub state: WorkspaceState,
    /// Where it is.
    #[serde(flatten)]
    pub workspace: WorkspaceRef,
    /// Why it is the project directory itself although nobody asked for that, and what to do about it.
    /// None when the work is isolated, or when the task asked for `directory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_isolated: Option<String>,
    /// What was made elsewhere in the repository while the task's agent worked, and may be its work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work_elsewhere: Vec<WorkElsewhere>,
    /// Whether it is kept although it is empty.
    #[serde(default)]
    pub keep: bool,
    /// The branch that it was merged into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}
