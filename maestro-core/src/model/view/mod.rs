//! A session as a person sees it, made of nothing but its events.

mod fold;
mod item;
mod partial;
mod parts;
mod side;
mod tool;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use item::{
    ItemBody, MessageItem, NoticeItem, PromptItem, ThoughtItem, ToolApproval, ToolItem, ViewItem,
};
pub use partial::Partial;
pub(crate) use partial::{Partials, Settled, Voiding};
pub use parts::{FileView, OpenTurn, PendingApproval, QueuedView, SubagentView, Totals};

use crate::id::{ProjectId, SessionId, TaskId};
use crate::model::{
    AgentRateLimited, AgentRetrying, ContextUpdated, Cursor, McpServerStatus, PlanEntry,
    SessionState, Timestamp,
};

/// A session as a person sees it: the fold of its events.
///
/// [`SessionView::apply`] takes in one event after the other. It knows no clock and does no I/O, so
/// the same events always give the same view, on any machine and in any language.
///
/// # Contract
/// - An event whose `seq` is not above the last one of its stream is ignored, so events may be
///   applied twice. Folding a part of the events and later the rest gives what all of them give.
/// - Nothing is expected: a view may start in the middle, and [`SessionView::complete`] says so. An
///   event of an unknown type changes nothing but the position.
/// - Text deltas change [`SessionView::partials`] only, and leave no trace there when the whole
///   text has come.
/// - A view is plain data. It may be kept as JSON and gone on with later.
///
/// # Examples
/// ```
/// use maestro_core::model::{Event, ItemBody, SessionView};
///
/// let event: Event = serde_json::from_value(serde_json::json!({
///     "stream": "session/1", "seq": 1, "at": "2026-01-01T00:00:00Z",
///     "tenant_id": "default", "actor": { "kind": "agent", "id": "claude" }, "schema": 1,
///     "type": "message",
///     "data": { "message_id": "m", "role": "assistant", "blocks": [{ "type": "text", "text": "Hi" }] },
/// }))?;
/// let mut view = SessionView::default();
/// view.apply(&event);
/// assert!(matches!(&view.items[0].body, ItemBody::Message(said) if said.role == "assistant"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionView {
    /// The session; none before its first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// The task that it works for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// What it does now.
    pub state: SessionState,
    /// The agent, by its registered name.
    pub agent: String,
    /// The agent's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// The agent's own id of the conversation, as last seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_session_id: Option<String>,
    /// The directory that it works in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cwd: String,
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The model in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The permission mode in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The slash commands that the agent offers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Value>,
    /// The tool servers, each with how it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mcp_servers: Vec<McpServerStatus>,
    /// How full the model's context is; none when the agent did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextUpdated>,
    /// The conversation, oldest first, subagents' items included.
    pub items: Vec<ViewItem>,
    /// How many older items are not in `items`, because of a limit.
    pub items_before: u64,
    /// What is being written, in the order in which it began. It belongs below all items.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partials: Vec<Partial>,
    /// The plan of the session's own agent, whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<PlanEntry>,
    /// All subagents, in the order in which they were started.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subagents: Vec<SubagentView>,
    /// Questions that wait for an answer, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<PendingApproval>,
    /// Prompts that wait, first comes first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queue: Vec<QueuedView>,
    /// Files that the session's tools changed, in the order of the first change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileView>,
    /// What it used and cost in all.
    pub totals: Totals,
    /// The turn under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<OpenTurn>,
    /// How many turns have begun, as far as the events reach.
    pub turns: u64,
    /// The agent repeats a failed call to its model at the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrying: Option<AgentRetrying>,
    /// What the agent last said about its rate limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<AgentRateLimited>,
    /// When the last event happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
    /// Where to read on: after the last durable event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// How many durable events were taken in. It grows with each, and an item that changed has
    /// this as its own.
    pub revision: u64,
    /// Whether no event is known to be missing.
    pub complete: bool,
    /// How many items are kept at most; none keeps all.
    #[serde(skip_serializing_if = "Option::is_none")]
    keep: Option<usize>,
    /// The last `seq` of each stream.
    seqs: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "is_default")]
    settled: Settled,
}

fn is_default(settled: &Settled) -> bool {
    *settled == Settled::default()
}

impl Default for SessionView {
    fn default() -> Self {
        Self {
            session_id: None,
            project_id: None,
            task_id: None,
            state: SessionState::default(),
            agent: String::new(),
            agent_version: None,
            agent_session_id: None,
            cwd: String::new(),
            title: None,
            model: None,
            mode: None,
            commands: Vec::new(),
            mcp_servers: Vec::new(),
            context: None,
            items: Vec::new(),
            items_before: 0,
            partials: Vec::new(),
            plan: Vec::new(),
            subagents: Vec::new(),
            approvals: Vec::new(),
            queue: Vec::new(),
            files: Vec::new(),
            totals: Totals::default(),
            turn: None,
            turns: 0,
            retrying: None,
            rate_limit: None,
            last_at: None,
            cursor: None,
            revision: 0,
            complete: true,
            keep: None,
            seqs: BTreeMap::new(),
            settled: Settled::default(),
        }
    }
}

impl SessionView {
    /// Keeps the last `items` items only, also of those to come: for sessions that are long and
    /// memory that is not. Everything else stays whole. What then comes of a call that was dropped
    /// is not shown.
    pub fn keep(&mut self, items: usize) {
        self.keep = Some(items);
        self.drop_oldest();
    }

    /// The last `items` items, oldest first.
    pub fn tail(&self, items: usize) -> &[ViewItem] {
        &self.items[self.items.len().saturating_sub(items)..]
    }

    /// The items that changed after a revision, oldest first. Items are added and changed, and
    /// never taken away but by [`SessionView::keep`].
    pub fn changed_since(&self, revision: u64) -> impl Iterator<Item = &ViewItem> {
        self.items.iter().filter(move |item| item.revision > revision)
    }

    /// The items of a subagent, or those of the session's own agent.
    pub fn items_of<'a>(&'a self, agent_id: Option<&'a str>) -> impl Iterator<Item = &'a ViewItem> {
        self.items.iter().filter(move |item| item.agent_id.as_deref() == agent_id)
    }

    /// The subagents that a subagent started, or those that the session's own agent did.
    pub fn subagents_of<'a>(
        &'a self,
        agent_id: Option<&'a str>,
    ) -> impl Iterator<Item = &'a SubagentView> {
        self.subagents.iter().filter(move |agent| agent.parent_agent_id.as_deref() == agent_id)
    }

    /// A tool call by its id.
    pub fn tool(&self, tool_call_id: &str) -> Option<&ToolItem> {
        self.items.iter().rev().find_map(|item| match &item.body {
            ItemBody::Tool(tool) if tool.tool_call_id == tool_call_id => Some(&**tool),
            _ => None,
        })
    }

    /// The last `seq` that was taken in from a stream, for example `session/<id>`.
    pub fn seq_of(&self, stream: &str) -> Option<u64> {
        self.seqs.get(stream).copied()
    }
}
