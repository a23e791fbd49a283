//! What an agent asks before it runs a tool, whoever allows it.

use std::fmt;

use async_trait::async_trait;
use serde_json::Value;

use crate::error::Result;

/// What the rules of the host say about calls of tools, before they run.
///
/// Rules that allow are no part of it: they answer what an agent asks, as everything that reports
/// [`AgentEvent::Approval`](super::AgentEvent::Approval) is answered.
///
/// # Contract
/// - It holds at the time of the call: a rule that is put while an agent works counts from its next call.
/// - What it cannot judge is an error; then the call does not run.
#[async_trait]
pub trait ToolPolicy: fmt::Debug + Send + Sync + 'static {
    /// Judges a call.
    ///
    /// # Errors
    /// What the store of the rules says.
    async fn judge(&self, tool: &str, input: &Value) -> Result<ToolVerdict>;
}

/// What the rules want of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolVerdict {
    /// Nothing: the agent goes on as without rules, and may still ask.
    Unruled,
    /// It is asked about, whatever the agent would do by itself.
    Ask {
        /// Why, for people.
        reason: String,
    },
    /// It does not run.
    Deny {
        /// Why, for the agent.
        reason: String,
    },
}
