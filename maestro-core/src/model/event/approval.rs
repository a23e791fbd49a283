//! What approvals report.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ErrorInfo;
use crate::id::{ApprovalId, RuleId};
use crate::model::{
    Actor, ApprovalKind, ApprovalOption, Decision, Effect, Question, RuleInfo, Timestamp,
};

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
    /// The rules that an allowance keeps when it is remembered, word for word: no more than these.
    /// Empty where it cannot be remembered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remembered_rules: Vec<String>,
    /// The path that made the agent ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_path: Option<String>,
    /// The subagent that asks, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Who is to answer, if anybody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The rules that answer it, or that want a person to. Where `answered` is true, nobody needs to
    /// be asked: `approval.resolved` is the next event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Whether a rule or a grant answered it at once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
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
    /// The approval whose grant answered, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<ApprovalId>,
}

/// An approval has more time, another one is to answer it, or the permission handler failed and leaves
/// it to a person. What is given holds from now on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApprovalUpdated {
    /// The approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// When it is denied if nobody answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Who is to answer; anybody when none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// What the permission handler failed with, if that is what happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler_error: Option<ErrorInfo>,
}

/// An answer cannot reach the process that asked, since that is gone: it answers the same question
/// once, when the session asks it again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApprovalGranted {
    /// The approval that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// The answer.
    pub decision: Decision,
    /// Who answered.
    pub by: Actor,
    /// The SHA-256 of the input that it is bound to.
    pub input_hash: String,
    /// When it is void unless it has answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The question is void: the agent took it back, or is gone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApprovalWithdrawn {
    /// The approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// `agent`, `interrupted` or `owner_lost`; for a gate `task_ended` or `task_cancelled`.
    pub reason: String,
}

/// Nobody answered in time, so it was denied. The actor is the timeout.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApprovalExpired {
    /// The approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
}

/// A rule was put, or put again with another effect.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PolicyUpdated {
    /// The rule as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleInfo>,
}

/// A rule was removed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PolicyRemoved {
    /// The rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<RuleId>,
    /// Which calls it meant.
    pub rule: String,
    /// What became of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
}
