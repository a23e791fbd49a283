//! What tasks, projects and nodes report.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ErrorInfo;
use crate::id::{LeaseToken, NodeId, TaskId};
use crate::model::{Outcome, TaskState, Timestamp, Usage, WaitingReason};

/// A task was submitted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskSubmitted {
    /// Its title.
    pub title: String,
    /// Its kind.
    pub kind: String,
    /// The tasks that have to succeed first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<TaskId>,
    /// Higher comes first.
    pub priority: i32,
    /// The state it starts in: `pending` or `queued`.
    pub state: TaskState,
}

/// Nothing but a free place keeps the task from starting.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskQueued {}

/// Why the task does not start.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskWaiting {
    /// The reasons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<WaitingReason>,
}

/// An attempt of the task started.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskStarted {
    /// Its number, from 1.
    pub attempt: u32,
    /// The fence of the attempt.
    pub token: LeaseToken,
    /// The node that works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<NodeId>,
}

/// The task reports how far it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskProgress {
    /// For people.
    pub message: String,
    /// How far, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f64>,
    /// Anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// The task cannot go on without a person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskInputRequired {
    /// Why: `approval`, `workspace_conflict`, `nested_repositories` or the task's own word.
    pub reason: String,
    /// What exactly, for example the files of the conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
}

/// Something about the task changed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskUpdated {
    /// Whether somebody asked for the task to be cancelled.
    pub cancel_requested: bool,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The task will be attempted again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskRetried {
    /// The attempt that ended.
    pub attempt: u32,
    /// Why: `failed`, `crashed`, `parked`, `lease_lost`, `requested` or `replied`.
    pub reason: String,
    /// When the next attempt may start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// How the attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
}

/// The task is over.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskEnded {
    /// `succeeded`, `failed` or `cancelled`.
    pub state: TaskState,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why it was cancelled or gave up, for example `need_failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many attempts it took.
    pub attempts: u32,
    /// What all attempts used.
    pub usage: Usage,
}

/// The node that worked on an attempt is gone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AttemptLost {
    /// The attempt.
    pub attempt: u32,
    /// The node that held it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<NodeId>,
    /// How that is known: `process_dead` or `lease_lapsed`.
    pub evidence: String,
}

/// What was found and done about an attempt that was lost.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AttemptRecovered {
    /// The attempt.
    pub attempt: u32,
    /// How many processes it had left behind that were ended.
    pub processes_ended: u32,
    /// What follows: `resume`, `fresh`, `queue` or `give_up`.
    pub action: String,
    /// For people.
    pub detail: String,
}

/// A project was created.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProjectCreated {
    /// Its name.
    pub name: String,
    /// Its directory.
    pub path: String,
}

/// A project was changed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProjectUpdated {
    /// Its name.
    pub name: String,
}

/// A node started.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NodeJoined {
    /// Maestro's version.
    pub version: String,
    /// How many tasks it works on at once.
    pub concurrency: u32,
}

/// A node is gone without having said so.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct NodeLost {
    /// How that is known: `process_dead` or `lease_lapsed`.
    pub evidence: String,
}
