//! What agents write.

use serde::{Deserialize, Serialize};

use crate::model::ContentBlock;

/// A piece of a message that is being written. Ephemeral: `message` replaces it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MessageDelta {
    /// The message it belongs to.
    pub message_id: String,
    /// The block of the message, from 0.
    pub block: u32,
    /// Grows when the agent starts the message again; earlier pieces are void.
    pub generation: u32,
    /// Where in the block the piece starts, in UTF-8 bytes.
    pub offset: u64,
    /// The piece.
    pub text: String,
    /// The subagent that writes, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// A piece of a thought that is being written. Ephemeral: `thought` replaces it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ThoughtDelta {
    /// The message it belongs to.
    pub message_id: String,
    /// The block of the message, from 0.
    pub block: u32,
    /// Grows when the agent starts the message again; earlier pieces are void.
    pub generation: u32,
    /// Where in the block the piece starts, in UTF-8 bytes.
    pub offset: u64,
    /// The piece.
    pub text: String,
    /// The subagent that thinks, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// A whole message, or one more block of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Message {
    /// The agent's id of the message; blocks with the same id belong together.
    pub message_id: String,
    /// `assistant` or `user`.
    pub role: String,
    /// Which block of the message the first of these is, from 0, where the agent tells. Pieces of
    /// these blocks and of those before are replaced. None means the whole message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<u32>,
    /// The content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<ContentBlock>,
    /// The subagent that wrote it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// A whole thought.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Thought {
    /// The agent's id of the message.
    pub message_id: String,
    /// The thought; empty when redacted.
    pub text: String,
    /// Whether the agent keeps the text to itself.
    pub redacted: bool,
    /// Which block of the message it is, from 0, where the agent tells. None means that it replaces
    /// all pieces of thoughts of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<u32>,
    /// The subagent that thought it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

/// What was written of a message is void: the agent starts it again, or never ended it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MessageSuperseded {
    /// The message whose pieces are void.
    pub message_id: String,
    /// The last generation that is void.
    pub generation: u32,
    /// The subagent that wrote it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}
