//! What prompts and turns report.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ErrorInfo;
use crate::id::TurnId;
use crate::model::{ContentBlock, MicroUsd, Origin, StopReason, Usage};

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

/// A prompt became part of the turn under way, and begins none of its own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PromptFolded {
    /// What was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompt: Vec<ContentBlock>,
    /// The turn that it became part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into_turn_id: Option<TurnId>,
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
