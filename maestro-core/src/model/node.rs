//! Nodes: one `Maestro` object in one process.

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, TenantId};
use crate::model::UnknownValue;
use crate::model::{Extra, Place, ProcessRef, Timestamp};

/// What a node can work on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Capabilities {
    /// The kinds of tasks, `agent` included where it has agents.
    pub task_kinds: Vec<String>,
    /// The agents, by registered name.
    pub agents: Vec<String>,
    /// The place that it reaches.
    pub place: Option<Place>,
}

impl Capabilities {
    /// What a task requires: `agent:<name>@<place>` or `task:<kind>`.
    pub fn offered(&self) -> Vec<String> {
        let place = self.place.as_ref().map_or("", Place::as_str);
        let agents = self.agents.iter().map(|agent| Self::agent(agent, place));
        let kinds = self.task_kinds.iter().map(|kind| Self::task(kind));
        agents.chain(kinds).collect()
    }

    /// The requirement of an agent at a place.
    pub fn agent(agent: &str, place: &str) -> String {
        format!("agent:{agent}@{place}")
    }

    /// The requirement of a kind of task.
    pub fn task(kind: &str) -> String {
        format!("task:{kind}")
    }
}

/// Whether a node is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NodeState {
    /// It beats.
    #[default]
    Alive,
    /// It was closed.
    Closed,
    /// It is gone without having said so.
    Lost,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

impl NodeState {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Closed => "closed",
            Self::Lost => "lost",
            Self::Other(name) => name.as_str(),
        }
    }
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NodeInfo {
    /// Its incarnation, never reused.
    pub id: NodeId,
    /// The tenant that its record is kept under.
    pub tenant_id: TenantId,
    /// Whether it is there.
    pub state: NodeState,
    /// The process that it is in, if a transport could tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessRef>,
    /// What it can work on.
    pub capabilities: Capabilities,
    /// How many tasks it works on at once; 0 only submits and watches.
    pub concurrency: u32,
    /// Whether somebody there follows what agents write, piece by piece.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub watches: bool,
    /// Maestro's version.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}
