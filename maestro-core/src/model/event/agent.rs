//! What agents report about themselves: their model, their account, their output.

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

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
    /// The account that the limit is of, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
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

/// Something is not as expected, and the agent goes on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentWarning {
    /// What it is, for programs: `version_untested`, `capability_missing`.
    pub code: String,
    /// What it is, for people.
    pub message: String,
}
