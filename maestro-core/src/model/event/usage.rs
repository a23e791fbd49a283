//! What was used, and what may be.

use serde::{Deserialize, Serialize};

use crate::error::LimitHit;
use crate::model::{MicroUsd, Usage};

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

/// A limit was reached that somebody had set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct LimitReached {
    /// Which one, and how far it is used.
    pub limit: LimitHit,
    /// What follows: `queue`, `refuse` or `stop`.
    pub action: String,
}
