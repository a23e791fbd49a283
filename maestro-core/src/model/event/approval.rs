//! What approvals report.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::ApprovalId;
use crate::model::{Actor, ApprovalKind, ApprovalOption, Decision, Question, Timestamp};

/// An agent or workflow waits for an answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApprovalRequested {
    /// The approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// What kind of question it is.
    pub kind: ApprovalKind,
    /// The tool that wants to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The call that wants to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// One line for people.
    pub title: String,
    /// The tool's input, or the question.
    pub input: Value,
    /// The questions, where the agent asks the person something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// The answers that the agent knows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<ApprovalOption>,
    /// Rules that the agent proposes, verbatim.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Value>,
    /// The path that made the agent ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_path: Option<String>,
    /// The subagent that asks, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// When it is denied if nobody answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// An approval was answered.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApprovalResolved {
    /// The approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// The answer.
    pub decision: Decision,
    /// Who answered.
    pub by: Actor,
    /// The policy's rule, if one answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why, in the words of whoever answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The input that runs, where it is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
}

/// The question is void: the agent took it back, or is gone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApprovalWithdrawn {
    /// The approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// `agent`, `interrupted` or `owner_lost`.
    pub reason: String,
}

/// Nobody answered in time, so it was denied.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApprovalExpired {
    /// The approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
}
