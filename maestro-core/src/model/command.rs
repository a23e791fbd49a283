//! Durable commands: what one node asks of work that another owns.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ErrorInfo;
use crate::id::{ApprovalId, CommandId, LeaseToken, TenantId, TurnId};
use crate::model::{Actor, ContentBlock, Decision, Extra, Timestamp};
use crate::model::{UnknownValue, UnknownVariant};
use crate::unknown::open_union;

/// What is asked of the owner of a session or task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "verb", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verb {
    /// Look at a prompt that was queued.
    SessionPrompt {
        /// The turn that it will be.
        turn_id: TurnId,
        /// What is asked.
        prompt: Vec<ContentBlock>,
    },
    /// Add a prompt to the turn under way.
    SessionSteer {
        /// The turn that it will be if that one ends before the agent takes it in.
        turn_id: TurnId,
        /// What is asked.
        prompt: Vec<ContentBlock>,
    },
    /// Stop the turn under way.
    SessionInterrupt,
    /// Stop this turn, if it is under way.
    TurnCancel {
        /// The turn.
        turn_id: TurnId,
    },
    /// End the session for good.
    SessionClose,
    /// Pass an answer on to the agent.
    ApprovalDeliver {
        /// The approval.
        approval_id: ApprovalId,
        /// The answer.
        decision: Decision,
    },
    /// Change the permission mode.
    SessionSetMode {
        /// The mode.
        mode: String,
    },
    /// Change the model.
    SessionSetModel {
        /// The model.
        model: String,
    },
    /// Send the agent a control request of its own protocol.
    SessionControl {
        /// The request, verbatim.
        request: Value,
    },
    /// Stop the attempt under way; the task's record says why.
    TaskCancel,
    /// One that this version does not know, kept as it is.
    #[serde(skip)]
    Unknown(UnknownVariant),
}

open_union!(Verb, "verb");

/// What has become of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CommandState {
    /// Not taken up yet.
    #[default]
    Pending,
    /// The owner carries it out.
    Taken,
    /// Done.
    Done,
    /// Could not be done.
    Failed,
    /// Nobody took it up in time.
    Expired,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

impl CommandState {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Taken => "taken",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Other(name) => name.as_str(),
        }
    }
}

/// A command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommandInfo {
    /// Its id. Repeating a command with the same id gives the first result.
    pub id: CommandId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who asks.
    pub by: Actor,
    /// The kind of record that it is for: `session` or `task`.
    pub target_kind: String,
    /// The record that it is for; its lease holder carries the command out.
    pub target_id: String,
    /// What is asked.
    pub verb: Verb,
    /// What has become of it.
    pub state: CommandState,
    /// The lease under which the owner took it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<LeaseToken>,
    /// What it gave.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub result: Value,
    /// Why it could not be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it is void if nobody took it up.
    pub expires_at: Timestamp,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}
