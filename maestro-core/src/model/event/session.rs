//! What sessions, turns, texts and agents report.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ErrorInfo;
use crate::model::{ContentBlock, MicroUsd, Origin, StopReason, Timestamp, Usage};

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

/// A prompt waits for its turn.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PromptQueued {
    /// What is asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompt: Vec<ContentBlock>,
    /// Its place in the queue, from 1.
    pub position: u32,
}

/// A queued prompt was taken back.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PromptCancelled {
    /// Why, for people.
    pub reason: String,
}

/// The agent began to work on a prompt, or by itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TurnStarted {
    /// What began the turn.
    pub origin: Origin,
    /// The prompt, if one began it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompt: Vec<ContentBlock>,
}

/// The agent stopped working.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TurnEnded {
    /// Why it stopped.
    pub stop_reason: StopReason,
    /// Whether it failed.
    pub is_error: bool,
    /// How it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
    /// The agent's last text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The structured result, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structured_output: Option<Value>,
    /// What the turn used.
    pub usage: Usage,
    /// What the turn cost, as far as the agent says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<MicroUsd>,
    /// How long the agent says it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// A piece of a message that is being written. Ephemeral: `message` replaces it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MessageDelta {
    /// The message it belongs to.
    pub message_id: String,
    /// The block of the message, from 0.
    pub block: u32,
    /// Grows when the agent starts the message again; earlier pieces are void.
    pub generation: u32,
    /// Where in the block the piece starts, in UTF-8 bytes.
    pub offset: u64,
    /// The piece.
    pub text: String,
    /// The subagent that writes, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// A piece of a thought that is being written. Ephemeral: `thought` replaces it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ThoughtDelta {
    /// The message it belongs to.
    pub message_id: String,
    /// The block of the message, from 0.
    pub block: u32,
    /// Grows when the agent starts the message again; earlier pieces are void.
    pub generation: u32,
    /// Where in the block the piece starts, in UTF-8 bytes.
    pub offset: u64,
    /// The piece.
    pub text: String,
    /// The subagent that thinks, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// A whole message, or one more block of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Message {
    /// The agent's id of the message; blocks with the same id belong together.
    pub message_id: String,
    /// `assistant` or `user`.
    pub role: String,
    /// The content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<ContentBlock>,
    /// The subagent that wrote it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// A whole thought.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Thought {
    /// The agent's id of the message.
    pub message_id: String,
    /// The thought; empty when redacted.
    pub text: String,
    /// Whether the agent keeps the text to itself.
    pub redacted: bool,
    /// The subagent that thought it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// Usage was entered into the ledger.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UsageRecorded {
    /// What was used since the entry before.
    pub usage: Usage,
    /// What it cost; none means unpriced, never zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<MicroUsd>,
    /// The model, where the agent tells them apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Where the numbers come from, for example `agent_result`.
    pub provenance: String,
}

/// The agent repeats a failed call to its model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentRetrying {
    /// Which repetition, from 1.
    pub attempt: u32,
    /// How many it will try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// How long it waits before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// The HTTP status that failed; none for a lost connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why, in the agent's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The account's rate limit is near or reached.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentRateLimited {
    /// `allowed_warning` or `rejected`, in the agent's word.
    pub status: String,
    /// How much is used, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilization: Option<f64>,
    /// When it resets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<Timestamp>,
    /// Which limit, for example `five_hour`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
}

/// The agent's process wrote to its standard error.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentStderr {
    /// The text; bounded.
    pub text: String,
}

/// The agent wrote something that is not of its protocol. Nothing of it is dropped silently.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentOutput {
    /// `not_json`, `not_utf8`, `too_long` or `cut`.
    pub reason: String,
    /// The text, with invalid UTF-8 replaced, or its head when too long.
    pub text: String,
    /// How many bytes there were.
    pub bytes: u64,
}

/// A message of the agent that this version has no other event for; `raw` holds it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentFrame {
    /// The agent's type of the message, for example `system/status`.
    pub frame_type: String,
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
