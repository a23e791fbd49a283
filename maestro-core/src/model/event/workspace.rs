//! What workspaces report.

use serde::{Deserialize, Serialize};

use crate::id::WorkspaceId;
use crate::model::{FileChange, WorkElsewhere};

/// A workspace is ready to work in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WorkspacePrepared {
    /// The workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// `git` or `directory`.
    pub kind: String,
    /// Its directory.
    pub path: String,
    /// Where the project is in it, when it is a directory inside of a repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subdirectory: Option<String>,
    /// Why it is the project directory itself although nobody asked for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_isolated: Option<String>,
    /// Its branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit that it starts from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The branches of the task's needs that were merged in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<String>,
    /// Whether it had been there before and was made again.
    pub recreated: bool,
}

/// Branches do not merge by themselves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WorkspaceConflicted {
    /// The workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The files in conflict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The branch that does not merge.
    pub with: String,
}

/// Work was committed to the workspace's branch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WorkspaceCommitted {
    /// The workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The commit.
    pub commit: String,
    /// What it changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileChange>,
}

/// Work that may be of the task stands elsewhere in the repository.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WorkspaceElsewhere {
    /// The workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub work: Vec<WorkElsewhere>,
}

/// The workspace stays, since it holds work.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WorkspaceKept {
    /// The workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// What it holds: `uncommitted`, `untracked`, `ignored`, `stashed`, `unmerged`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// The work is out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WorkspaceMerged {
    /// The workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// The branch that it was merged into.
    pub into: String,
    /// The commit that holds it there.
    pub commit: String,
}

/// The workspace is gone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WorkspaceRemoved {
    /// The workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Whether it held work that the caller discarded by name.
    pub discarded: bool,
}
