//! What stands in a conversation, from top to bottom.

use crate::model::UnknownVariant;
use crate::unknown::open_union;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{ApprovalId, TurnId};
use crate::model::{
    Actor, ApprovalState, BlobRef, ContentBlock, EventData, Origin, Timestamp, ToolContent,
    ToolStatus, TurnEnded,
};

/// One item of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ViewItem {
    /// Its place in the conversation, from 1. It never changes.
    pub id: u64,
    /// The [`SessionView::revision`](super::SessionView::revision) that it last changed at.
    pub revision: u64,
    /// When it began.
    pub at: Timestamp,
    /// The turn that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
    /// The subagent whose item it is; none for the session's own agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// What it is.
    #[serde(flatten)]
    pub body: ItemBody,
}

/// What an item of a conversation is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "item", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ItemBody {
    /// A turn began, or a prompt was added to the one under way.
    Prompt(PromptItem),
    /// What an agent or a person said.
    Message(MessageItem),
    /// What an agent thought.
    Thought(ThoughtItem),
    /// A use of a tool.
    Tool(Box<ToolItem>),
    /// A turn ended.
    TurnEnded(Box<TurnEnded>),
    /// Something that a person should know.
    Notice(Box<NoticeItem>),
    /// One that this version does not know, kept as it is.
    #[serde(skip)]
    Unknown(UnknownVariant),
}

open_union!(ItemBody, "item");

/// Something that a person should know. Its event's type is one of `agent.retrying`,
/// `agent.rate_limited`, `agent.warning`, `agent.stderr`, `agent.output`, `limit.reached`,
/// `session.resumed`, `session.forked`, `session.failed`, `session.closed`, `context.compacted`,
/// `gap`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NoticeItem {
    /// The content of the event that says it. A retry takes the place of the one before.
    pub event: EventData,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PromptItem {
    /// What began the turn.
    pub origin: Origin,
    /// What was asked; nothing when the agent began by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<ContentBlock>,
    /// Who asked, or whoever noticed that the turn began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// The turn that it was added to, instead of beginning one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folded_into: Option<TurnId>,
}

/// What was said. Blocks that come one by one are put together while nothing comes between.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MessageItem {
    /// The agent's id of the message. Several items may be of one.
    pub message_id: String,
    /// `assistant` or `user`.
    pub role: String,
    /// The content.
    pub blocks: Vec<ContentBlock>,
}

/// What was thought.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ThoughtItem {
    /// The agent's id of the message.
    pub message_id: String,
    /// The thought; empty when redacted.
    pub text: String,
    /// Whether the agent keeps the text to itself.
    pub redacted: bool,
}

/// A use of a tool, as far as it got.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolItem {
    /// The call.
    pub tool_call_id: String,
    /// The call that it is part of, for a subagent's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_tool_call_id: Option<String>,
    /// The tool; empty when the call's beginning is not known.
    pub name: String,
    /// ACP's kind: `read`, `edit`, `delete`, `move`, `search`, `execute`, `think`, `fetch` or `other`.
    pub kind: String,
    /// One line for people.
    pub title: String,
    /// The files that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// The input that the agent shows.
    pub input: Value,
    /// The input that runs, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_input: Option<Value>,
    /// How far it is.
    pub status: ToolStatus,
    /// What it has given so far: text, diffs, output of commands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<ToolContent>,
    /// The agent's structured result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Whether `content` was cut.
    pub truncated: bool,
    /// Where the whole of what was cut is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<BlobRef>,
    /// Whether the agent does not wait for it.
    pub background: bool,
    /// The last question whether it may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ToolApproval>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl ToolItem {
    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        !matches!(self.status, ToolStatus::Pending | ToolStatus::InProgress)
    }
}

/// Whether a tool may run, and who said so.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolApproval {
    /// The approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// What has become of it.
    pub state: ApprovalState,
    /// Who answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// The policy's rule, if one answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Why, in the words of whoever answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
