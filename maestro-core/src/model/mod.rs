//! Plain data: what users give (`…Spec`), what they read (`…Info`), and events. No I/O.

mod account;
mod actor;
mod agent;
mod approval;
mod blob;
pub(crate) mod check;
mod command;
mod content;
mod decision;
mod envelope;
mod event;
mod feed;
mod ledger;
mod node;
mod place;
mod policy;
mod project;
mod reply;
mod secret;
mod session;
mod task;
mod view;
mod workspace;

pub use crate::time::Timestamp;
pub use crate::unknown::{UnknownValue, UnknownVariant};
pub use account::{
    AccountInfo, AccountLimit, AccountSpec, AccountState, AccountStatus, LoginState,
};
pub use actor::{Actor, ActorKind};
pub use agent::{AgentCommand, AgentInfo, AgentModel, AgentStatus};
pub use approval::{
    ApprovalInfo, ApprovalKind, ApprovalOption, ApprovalState, Choice, Grant, GrantState, Question,
};
pub use blob::BlobRef;
pub use command::{CommandInfo, CommandState, Verb};
pub use content::{ContentBlock, MicroUsd, Origin, StopReason, Usage};
pub use decision::{Decision, Remember};
pub use envelope::Envelope;
pub use event::*;
pub use feed::{Cursor, CursorParts, EventFilter, EventPage, EventQuery, Position, type_matches};
pub use ledger::LedgerEntry;
pub use node::{Capabilities, NodeInfo, NodeState};
pub use place::{Place, PlacePath, ProcessRef};
pub use policy::{Effect, RuleInfo, RuleLevel, RuleSpec, Ruling, ToolUse};
pub use project::{ProjectInfo, ProjectSpec, ProjectState};
pub use reply::{ReplyInfo, ReplySpec};
pub use secret::{Secret, SecretRef};
pub use session::{
    AgentPointer, QueuedPrompt, SessionInfo, SessionSpec, SessionState, ToolRules, TurnInfo,
};
pub use task::{
    AttemptInfo, AttemptState, CancelRequest, Outcome, RetryPolicy, TaskInfo, TaskSpec, TaskState,
    WaitingReason, When,
};
pub use view::{
    FileView, ItemBody, MessageItem, NoticeItem, OpenTurn, Partial, PendingApproval, PromptItem,
    QueuedView, SessionView, SubagentView, ThoughtItem, ToolApproval, ToolItem, Totals, ViewItem,
};
pub(crate) use view::{Partials, Settled, Voiding};
pub use workspace::{
    Changes, FileChange, FileStatus, WorkElsewhere, WorkspaceInfo, WorkspaceKind, WorkspaceRef,
    WorkspaceState,
};

/// Fields of a record that this version does not know. They survive a rewrite.
pub type Extra = serde_json::Map<String, serde_json::Value>;
