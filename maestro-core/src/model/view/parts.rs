//! What stands beside a conversation: plan, subagents, questions, queue, files, totals.

use serde::{Deserialize, Serialize};

use crate::id::TurnId;
use crate::model::{
    Actor, ApprovalRequested, ContentBlock, MicroUsd, Origin, PlanEntry, SubagentUsage, Timestamp,
    Usage,
};

/// A subagent. Its own items are those with its `agent_id`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SubagentView {
    /// Its id in the session.
    pub agent_id: String,
    /// The subagent that started it; none for the session's own agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_agent_id: Option<String>,
    /// The call that started it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// What kind it is, in the agent's word.
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
    /// How it ended: `completed`, `failed`, `stopped`, `interrupted`; none while it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// What it does or did last, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The tool that it used last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_tool: Option<String>,
    /// What came of it, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What it has used; none when the agent does not say. It is part of the session's usage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<SubagentUsage>,
    /// Its plan, whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<PlanEntry>,
    /// When it was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// A question that waits for an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PendingApproval {
    /// What is asked, with its questions, options, suggestions and expiry.
    #[serde(flatten)]
    pub request: ApprovalRequested,
    /// When it was asked.
    pub requested_at: Timestamp,
    /// The turn that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
}

/// A prompt that waits for its turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QueuedView {
    /// The turn that it will begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
    /// What is asked.
    #[serde(default)]
    pub blocks: Vec<ContentBlock>,
    /// Who asked.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// The turn under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpenTurn {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TurnId>,
    /// What began it.
    pub origin: Origin,
    /// When it began.
    pub started_at: Timestamp,
}

/// A file that the session's tools changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FileView {
    /// The file, relative to the workspace where it lies inside.
    pub path: String,
    /// How often it was changed.
    pub changes: u32,
    /// Lines added; none when no change told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<u64>,
    /// Lines removed; none when no change told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<u64>,
    /// How many changes did not tell their lines, so that the numbers are too low.
    pub uncounted: u32,
}

/// What the session used and cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Totals {
    /// What was used.
    pub usage: Usage,
    /// What the priced part of it cost; none when nothing is priced, which is not zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<MicroUsd>,
    /// How many entries have no price, so that the cost is too low.
    pub unpriced: u32,
}
