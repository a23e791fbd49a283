//! Workspaces: where one task works.

use serde::{Deserialize, Serialize};

use crate::id::{ProjectId, TaskId, TenantId, WorkspaceId};
use crate::model::{Extra, PlacePath, Timestamp};

/// Which workspace a task gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WorkspaceKind {
    /// A git worktree where the project is a repository, else the project directory.
    #[default]
    Auto,
    /// A git worktree with its own branch.
    Git,
    /// The project directory itself.
    Directory,
}

/// A workspace as an adapter knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceRef {
    /// The adapter's name: `git` or `directory`.
    pub kind: String,
    /// The project that it was made from.
    pub project: PlacePath,
    /// Where the work happens.
    pub root: PlacePath,
    /// Its branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit that its own work starts after, merged needs included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// New.
    Added,
    /// Changed.
    Modified,
    /// Gone.
    Deleted,
    /// Moved.
    Renamed,
}

/// A changed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// What a workspace holds that is not in its base.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Changes {
    /// Every file that differs from the base, committed or not.
    pub files: Vec<FileChange>,
    /// Whether tracked files differ from the last commit.
    pub uncommitted: bool,
    /// Whether there are files that git does not know and does not ignore.
    pub untracked: bool,
    /// Commits that are in no other branch.
    pub unmerged: u32,
    /// The last commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
}

impl Changes {
    /// What would be lost with the workspace: `uncommitted`, `untracked`, `unmerged`.
    pub fn holds(&self) -> Vec<String> {
        let mut holds = Vec::new();
        if self.uncommitted {
            holds.push("uncommitted".to_owned());
        }
        if self.untracked {
            holds.push("untracked".to_owned());
        }
        if self.unmerged > 0 {
            holds.push("unmerged".to_owned());
        }
        holds
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
}

impl WorkspaceState {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Conflicted => "conflicted",
            Self::Merged => "merged",
            Self::Removed => "removed",
        }
    }
}

/// A workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
