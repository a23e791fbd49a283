//! The agent's plan, and the agents that it starts.

use crate::model::UnknownValue;
use serde::{Deserialize, Serialize};

/// The agent's plan, whole.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PlanUpdated {
    /// Its entries, in order. An empty plan has none.
    pub entries: Vec<PlanEntry>,
    /// The subagent whose plan it is, if it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// One entry of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PlanEntry {
    /// The agent's id of it, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is to be done.
    pub content: String,
    /// How it stands, in ACP's words.
    pub status: PlanStatus,
    /// What is being done, where the agent says it in other words than `content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<String>,
}

/// How an entry of a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlanStatus {
    /// Not begun.
    #[default]
    Pending,
    /// Under way.
    InProgress,
    /// Done.
    Completed,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

/// The agent started another one, or a command, that works beside it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SubagentStarted {
    /// Its id in this session.
    pub agent_id: String,
    /// The subagent that started it; none for the session's own agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_agent_id: Option<String>,
    /// The call that started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// What kind it is, in the agent's word, for example `general-purpose`.
    pub kind: String,
    /// One line for people.
    pub title: String,
    /// What it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// 1 for one that the session's own agent started, 2 for one that such a one did, and so on.
    pub depth: u32,
    /// Whether the agent does not wait for it.
    pub background: bool,
}

/// A subagent got further.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SubagentProgress {
    /// Which.
    pub agent_id: String,
    /// What it does, for people.
    pub message: String,
    /// The tool that it used last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_tool: Option<String>,
    /// What it has used so far, as far as the agent says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<SubagentUsage>,
    /// Whether the agent stopped waiting for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<bool>,
}

/// A subagent ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SubagentEnded {
    /// Which.
    pub agent_id: String,
    /// How: `completed`, `failed`, `stopped`, or `interrupted` when its process ended first.
    pub status: String,
    /// What came of it, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What it used in all, as far as the agent says. It is part of the turn's usage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<SubagentUsage>,
}

/// What a subagent used: totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SubagentUsage {
    /// Tokens of all kinds.
    pub tokens: u64,
    /// Calls of tools.
    pub tool_calls: u32,
    /// How long it worked.
    pub duration_ms: u64,
}
