//! The ledger: what was used, counted once.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, NodeId, ProjectId, SessionId, TaskId, TenantId, TurnId};
use crate::model::{Extra, MicroUsd, Timestamp, Usage};

/// An entry of the ledger: what one turn used, as far as one report says. Entries are never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Names the report, so that it counts once:
    /// `<node incarnation>:<session>:<process number>:<counter of the agent>`.
    pub id: String,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// The account that it is billed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The session.
    pub session_id: SessionId,
    /// The turn; none for what was used between turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
    /// The task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// The attempt of the task, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The agent, by its registered name.
    pub agent: String,
    /// The node that it was used on.
    pub node_id: NodeId,
    /// What was used.
    pub usage: Usage,
    /// What it cost; none means that the agent did not say, never zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micro_usd: Option<MicroUsd>,
    /// Where the numbers come from, for example `agent_result`.
    pub provenance: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}
