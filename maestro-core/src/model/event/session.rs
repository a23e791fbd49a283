//! What sessions report.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ErrorInfo;
use crate::id::SessionId;

/// A session was opened with an agent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionOpened {
    /// The agent, by its registered name.
    pub agent: String,
    /// The directory that it works in.
    pub cwd: String,
    /// The agent's own id of the conversation, as last seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_session_id: Option<String>,
    /// The agent's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// The model in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The permission mode in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// A session goes on in a new process.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionResumed {
    /// The agent's own id of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_session_id: Option<String>,
    /// What was found: `transcript_holds`, `transcript_behind`, `transcript_missing` or `unknown`.
    pub evidence: String,
    /// Whether the agent had to start anew, without its memory of the conversation.
    pub fresh: bool,
}

/// A session began as a copy of another one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionForked {
    /// The session that it was copied from; none when the agent's own conversation was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_session_id: Option<SessionId>,
    /// The agent's own id of the conversation that was copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_agent_session_id: Option<String>,
}

/// The agent works.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionRunning {}

/// The agent waits for a person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionRequiresAction {}

/// The agent waits for a prompt.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionIdle {}

/// Something about the session changed; only what changed is given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionUpdated {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The permission mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The agent's own id of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_session_id: Option<String>,
    /// The agent's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// The slash commands that the agent offers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Value>,
    /// The tool servers, each with how it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mcp_servers: Vec<McpServerStatus>,
}

/// How a tool server of a session is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct McpServerStatus {
    /// Its name.
    pub name: String,
    /// In the agent's word, for example `connected`, `pending`, `failed`, `needs-auth`.
    pub status: String,
}

/// The agent's process ended or broke its protocol; the session can be resumed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionFailed {
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
    /// How the process ended, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
}

/// The session is over for good.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionClosed {
    /// Why, for people.
    pub reason: String,
}

/// How full the model's context is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ContextUpdated {
    /// Tokens in use.
    pub used: u64,
    /// Tokens that fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// The agent replaced the older part of its context by a summary.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ContextCompacted {
    /// What began it: `auto` or `manual`.
    pub trigger: String,
    /// Tokens in use before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Tokens in use after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// Events are missing here, and this says so.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Gap {
    /// Why, for people.
    pub reason: String,
    /// How many, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<u64>,
}
