//! Approvals: durable questions that wait for a person or a policy.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ErrorInfo;
use crate::id::{ApprovalId, ProjectId, SessionId, TaskId, TenantId, TurnId};
use crate::model::UnknownValue;
use crate::model::{Actor, Decision, Extra, Timestamp};

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
    /// A workflow or a task waits for a go-ahead.
    Gate,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

impl ApprovalKind {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Question => "question",
            Self::Plan => "plan",
            Self::Elicitation => "elicitation",
            Self::Gate => "gate",
            Self::Other(name) => name.as_str(),
        }
    }
}

/// An answer that the agent knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ApprovalOption {
    /// Its id for the agent.
    pub id: String,
    /// ACP's kind: `allow_once`, `allow_always`, `reject_once` or `reject_always`.
    pub kind: String,
    /// One line for people.
    pub title: String,
}

impl ApprovalOption {
    /// An answer that an agent knows.
    pub fn new(id: impl Into<String>, kind: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), kind: kind.into(), title: title.into() }
    }
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
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
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
            Self::Other(name) => name.as_str(),
        }
    }
}

/// What has become of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GrantState {
    /// It answers the same question once, when that is asked again.
    #[default]
    Open,
    /// It has answered.
    Spent,
    /// The question was not asked again in time.
    Expired,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

/// An answer that came when the process that had asked was gone. It answers the same question once:
/// the same kind and tool with the same input, in the same session.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Grant {
    /// What has become of it.
    pub state: GrantState,
    /// The SHA-256 of the input as canonical JSON, in hexadecimal.
    pub input_hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is void unless it has answered.
    pub expires_at: Timestamp,
    /// The approval that it has answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_by: Option<ApprovalId>,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ApprovalInfo {
    /// Its id.
    pub id: ApprovalId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// The session that waits; a gate has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
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
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agent_request_id: String,
    /// The name under which a task opened a gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// When the round of attempts began that a gate belongs to. A task that somebody tries again opens
    /// its gates anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<Timestamp>,
    /// The questions, where the agent asks the person something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// The answers that the agent knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<ApprovalOption>,
    /// Rules that the agent proposes, verbatim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Value>,
    /// The rules that an allowance keeps when it is remembered, word for word: no more than these.
    /// Empty where it cannot be remembered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remembered_rules: Vec<String>,
    /// The path that made the agent ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_path: Option<String>,
    /// The subagent that asks, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Who is to answer, as the embedding product names people. Anybody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// What the permission handler failed with. A person is asked, as if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler_error: Option<ErrorInfo>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Who answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Actor>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// The rules that answered, or that want a person to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The approval whose grant answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<ApprovalId>,
    /// When the agent was told the answer, or was about to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When the answer is sent to the agent's node again unless the agent was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver_at: Option<Timestamp>,
    /// What became of an answer that the agent could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Grant>,
    /// When it was asked.
    pub created_at: Timestamp,
    /// When it is denied if nobody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}

impl ApprovalInfo {
    /// One that waits, with nothing but what all have.
    pub(crate) fn pending(
        id: ApprovalId,
        tenant_id: TenantId,
        kind: ApprovalKind,
        title: String,
        input: Value,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id,
            tenant_id,
            project_id: None,
            session_id: None,
            turn_id: None,
            task_id: None,
            state: ApprovalState::Pending,
            kind,
            tool: None,
            tool_call_id: None,
            title,
            input,
            agent_request_id: String::new(),
            key: None,
            round: None,
            questions: Vec::new(),
            options: Vec::new(),
            suggestions: Vec::new(),
            remembered_rules: Vec::new(),
            blocked_path: None,
            agent_id: None,
            assignee: None,
            handler_error: None,
            decision: None,
            decided_by: None,
            decided_at: None,
            rule: None,
            granted_by: None,
            delivered_at: None,
            deliver_at: None,
            grant: None,
            created_at,
            expires_at: None,
            extra: Extra::new(),
        }
    }

    /// Whether it was allowed.
    pub fn is_allowed(&self) -> bool {
        self.state == ApprovalState::Allowed
    }

    /// The input that runs, where it was allowed: what whoever answered gave instead, or as asked.
    pub fn allowed_input(&self) -> Option<&Value> {
        match &self.decision {
            Some(Decision::Allow { input, .. }) if self.is_allowed() => {
                Some(input.as_ref().unwrap_or(&self.input))
            }
            _ => None,
        }
    }

    /// Whether somebody answered and the agent was not told yet.
    pub(crate) fn is_undelivered(&self) -> bool {
        self.deliver_at.is_some()
    }

    /// The grant, where it can still answer at this time.
    pub(crate) fn open_grant(&self, now: Timestamp) -> Option<&Grant> {
        let open = |grant: &&Grant| grant.state == GrantState::Open && grant.expires_at > now;
        self.grant.as_ref().filter(open)
    }
}
