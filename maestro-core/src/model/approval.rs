//! Approvals: durable questions that wait for a person or a policy.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{ApprovalId, ProjectId, SessionId, TaskId, TenantId, TurnId};
use crate::model::{Actor, Extra, Timestamp};

/// What kind of question it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ApprovalKind {
    /// May this tool run?
    #[default]
    Tool,
    /// The agent asks the person something.
    Question,
    /// Is this plan good?
    Plan,
    /// A tool server asks the person for something.
    Elicitation,
    /// A workflow waits for a go-ahead.
    Gate,
}

/// An answer that the agent knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalOption {
    /// Its id for the agent.
    pub id: String,
    /// ACP's kind: `allow_once`, `allow_always`, `reject_once` or `reject_always`.
    pub kind: String,
    /// One line for people.
    pub title: String,
}

/// Something that an agent asks the person.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Question {
    /// The question; an answer names it by this.
    pub question: String,
    /// A word or two to head it with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub header: String,
    /// The answers to choose from; another text is an answer too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Whether several may be chosen.
    pub multiple: bool,
}

/// One answer to choose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Choice {
    /// What is chosen, and given as the answer.
    pub label: String,
    /// What it means.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// An answer to an approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// It may run.
    Allow {
        /// The input to run with instead; none means as asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
        /// How long the answer holds.
        #[serde(default)]
        remember: Remember,
    },
    /// It may not run.
    Deny {
        /// What the agent is told.
        #[serde(default)]
        message: String,
        /// Whether the whole turn stops.
        #[serde(default)]
        interrupt: bool,
    },
    /// The answers to a question, by question.
    Answer {
        /// The answers.
        answers: Value,
    },
}

impl Decision {
    /// Allows what was asked, once.
    pub fn allow() -> Self {
        Self::Allow { input: None, remember: Remember::Once }
    }

    /// Denies, and tells the agent why.
    pub fn deny(message: impl Into<String>) -> Self {
        Self::Deny { message: message.into(), interrupt: false }
    }
}

impl Default for Decision {
    /// Nobody has allowed it.
    fn default() -> Self {
        Self::deny("")
    }
}

/// How long an allowance holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remember {
    /// For this call.
    #[default]
    Once,
    /// For calls like this one in the same session, as the agent understands "like this".
    Session,
}

/// What has become of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ApprovalState {
    /// Waits for an answer.
    #[default]
    Pending,
    /// Allowed or answered.
    Allowed,
    /// Denied.
    Denied,
    /// Denied since nobody answered in time.
    Expired,
    /// Void: the agent took it back.
    Withdrawn,
    /// Void: the process that asked is gone.
    OwnerLost,
}

impl ApprovalState {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::OwnerLost => "owner_lost",
        }
    }
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovalInfo {
    /// Its id.
    pub id: ApprovalId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// The session that waits.
    pub session_id: SessionId,
    /// The turn that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
    /// The task that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// What has become of it.
    pub state: ApprovalState,
    /// What kind of question it is.
    pub kind: ApprovalKind,
    /// The tool that wants to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The call that wants to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// One line for people.
    #[serde(default)]
    pub title: String,
    /// The tool's input, or the question.
    #[serde(default)]
    pub input: Value,
    /// The agent's own name of the question; it answers to this, in this process only.
    pub agent_request_id: String,
    /// Rules that the agent proposes, verbatim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Value>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Actor>,
    /// When it was asked.
    pub created_at: Timestamp,
    /// When it is denied if nobody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}
