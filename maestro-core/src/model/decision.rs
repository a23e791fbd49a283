//! Answers to approvals.

use crate::model::{UnknownValue, UnknownVariant};
use crate::unknown::open_union;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An answer to an approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "decision", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// It may run.
    Allow {
        /// The input to run with instead; none means as asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
        /// How long the answer holds. Only that of a tool call can be remembered.
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
    /// One that this version does not know, kept as it is.
    #[serde(skip)]
    Unknown(UnknownVariant),
}

open_union!(Decision, "decision");

impl Decision {
    /// Allows what was asked, once.
    pub fn allow() -> Self {
        Self::Allow { input: None, remember: Remember::Once }
    }

    /// Allows what was asked, and calls like it from now on.
    pub fn allow_and_remember(remember: Remember) -> Self {
        Self::Allow { input: None, remember }
    }

    /// Denies, and tells the agent why.
    pub fn deny(message: impl Into<String>) -> Self {
        Self::Deny { message: message.into(), interrupt: false }
    }
}

impl Decision {
    /// The wire value of its kind: `allow`, `deny` or `answer`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Allow { .. } => "allow",
            Self::Deny { .. } => "deny",
            Self::Answer { .. } => "answer",
            Self::Unknown(kept) => kept.as_value()["decision"].as_str().unwrap_or_default(),
        }
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
#[non_exhaustive]
pub enum Remember {
    /// For this call.
    #[default]
    Once,
    /// As a rule for calls like this one in the same session.
    Session,
    /// As a rule for calls like this one in the same project.
    Project,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}
