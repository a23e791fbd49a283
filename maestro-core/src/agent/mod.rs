//! The agent port: drivers for coding agents, and what they report.

pub mod claude;
mod event;
mod function;
mod guarded;
mod mcp;
mod policy;
pub mod scripted;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

pub use event::{AgentApproval, AgentEvent, AgentReport, AgentTurnEnd, RawFrame};
pub use function::{AgentTurn, agent_fn};
pub(crate) use guarded::GuardedAgent;
pub use mcp::{McpServer, ToolServer};
pub use policy::{ToolPolicy, ToolVerdict};

use crate::error::{Error, ErrorKind, Result};
use crate::id::{NodeId, SessionId};
use crate::model::{
    AgentPointer, AgentStatus, ContentBlock, Decision, PlacePath, ProcessRef, Secret, SessionSpec,
};
use crate::runtime::Runtime;
use crate::transport::Transport;

/// A driver for one kind of coding agent.
#[async_trait]
pub trait Agent: fmt::Debug + Send + Sync + 'static {
    /// What kind of agent it is, for example `claude_code`.
    fn kind(&self) -> &'static str;

    /// Opens or resumes a conversation.
    ///
    /// # Contract
    /// - With [`OpenContext::resume`] the agent goes on in the conversation that the pointer names,
    ///   or the call fails with `NotFound`, which the caller answers by opening anew. With
    ///   [`OpenContext::fork`] beside it, it goes on in a copy with another id.
    /// - When the call fails, no process is left behind.
    /// - Each call of a tool, also of a subagent, is judged by [`OpenContext::policy`] before it runs,
    ///   whatever the agent's mode and its own settings allow: what that denies does not run, and what it
    ///   asks about is reported as [`AgentEvent::Approval`]. An agent without a way to ask before it
    ///   runs a tool reports every call as one, or has no tools.
    ///
    /// # Errors
    /// `NotFound` (the program, or the conversation), `InvalidArgument` naming the field,
    /// `Protocol`, `Timeout`, `Unavailable`.
    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>>;

    /// Looks what is there: program, version, login, and what it offers.
    ///
    /// # Contract
    /// - It may start processes, which are ended before it returns, and asks no model anything.
    /// - It gives what it found by [`ProbeContext::timeout`]; what went wrong is
    ///   [`AgentStatus::problem`]. No secret is in it.
    async fn probe(&self, context: ProbeContext) -> AgentStatus;

    /// Looks, without starting anything, whether the agent's own memory holds what we have seen.
    async fn evidence(&self, cwd: &PlacePath, pointer: &AgentPointer) -> Result<Evidence>;
}

/// Everything that a driver needs to open a conversation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OpenContext {
    /// The session, for labels.
    pub session_id: SessionId,
    /// The incarnation that owns the process.
    pub owner: NodeId,
    /// How to open it.
    pub spec: SessionSpec,
    /// The directory to work in.
    pub cwd: PlacePath,
    /// Whether it is the workspace of a task, which the agent should not leave: what it does elsewhere
    /// is in no diff and is not merged.
    pub confined: bool,
    /// The conversation to go on with; none begins one.
    pub resume: Option<AgentPointer>,
    /// Whether `resume` is copied into a conversation of its own, and itself left as it is.
    pub fork: bool,
    /// Tool servers of this process that the agent may use. Agents without a way to reach them
    /// refuse with `Unsupported` when there are any.
    pub mcp: Vec<Arc<dyn McpServer>>,
    /// Variables that Maestro adds for the agent and its tools, for example `MAESTRO_TASK_ID`.
    pub env: std::collections::BTreeMap<String, String>,
    /// The account to use; none uses what the driver was set up with.
    pub account: Option<AgentAccount>,
    /// What the host's rules say about calls of tools; none where there are no rules.
    pub policy: Option<Arc<dyn ToolPolicy>>,
    /// What programs are started with.
    pub transport: Arc<dyn Transport>,
    /// Time and chance.
    pub runtime: Arc<dyn Runtime>,
}

/// An account, with its secrets.
///
/// # Contract
/// A driver keeps the credentials out of command lines, out of everything that it reports, and, where
/// the agent has a way for it, out of the environment of the agent's tools.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentAccount {
    /// Its name.
    pub name: String,
    /// Variables that the agent is given.
    pub credentials: std::collections::BTreeMap<String, Secret>,
    /// The agent's configuration directory, where it is not the driver's.
    pub config_dir: Option<std::path::PathBuf>,
}

impl AgentAccount {
    /// An account without secrets, with the driver's configuration directory.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), credentials: std::collections::BTreeMap::new(), config_dir: None }
    }
}

/// Everything that a driver needs to look at its agent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProbeContext {
    /// The incarnation that owns the processes.
    pub owner: NodeId,
    /// A directory to start them in.
    pub cwd: PlacePath,
    /// The account to look with; none uses what the driver was set up with.
    pub account: Option<AgentAccount>,
    /// How long all of it may take.
    pub timeout: std::time::Duration,
    /// What programs are started with.
    pub transport: Arc<dyn Transport>,
    /// Time and chance.
    pub runtime: Arc<dyn Runtime>,
}

impl ProbeContext {
    /// A look without an account, for at most 30 seconds.
    pub fn new(
        owner: NodeId,
        cwd: PlacePath,
        transport: Arc<dyn Transport>,
        runtime: Arc<dyn Runtime>,
    ) -> Self {
        let timeout = std::time::Duration::from_secs(30);
        Self { owner, cwd, account: None, timeout, transport, runtime }
    }
}

impl OpenContext {
    /// A new conversation in a directory, with nothing that is optional.
    pub fn new(
        session_id: SessionId,
        owner: NodeId,
        cwd: PlacePath,
        transport: Arc<dyn Transport>,
        runtime: Arc<dyn Runtime>,
    ) -> Self {
        Self {
            session_id,
            owner,
            spec: SessionSpec::default(),
            cwd,
            confined: false,
            resume: None,
            fork: false,
            mcp: Vec::new(),
            env: std::collections::BTreeMap::new(),
            account: None,
            policy: None,
            transport,
            runtime,
        }
    }

    /// Refuses what only some agents can do.
    ///
    /// # Errors
    /// `Unsupported` when a fork or tool servers are asked for.
    fn without_extras(&self) -> Result<()> {
        let asked = match (self.fork, self.mcp.is_empty()) {
            (true, _) => "copy a conversation",
            (_, false) => "use tool servers of this process",
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Unsupported, format!("this agent cannot {asked}")))
    }
}

/// A conversation with an agent, as long as its process lives.
///
/// # Contract
/// - At most one prompt is in flight; the engine queues the others.
/// - Every call may come from several tasks at once, beside `next`.
/// - After [`AgentEvent::Ended`] `next` gives none and every other call gives `Closed`.
/// - Dropping it ends the process without waiting.
#[async_trait]
pub trait AgentSession: fmt::Debug + Send + Sync {
    /// The agent's process, if it has one.
    fn process(&self) -> Option<ProcessRef>;

    /// Whether the agent can go on with this conversation in another process, as far as it knows now.
    /// A session of an agent that cannot keeps its process for as long as it is open.
    fn can_resume(&self) -> bool;

    /// Sends a prompt. The turn that it begins is reported by `next`.
    async fn prompt(&self, prompt: &AgentPrompt) -> Result<()>;

    /// Adds to the turn under way.
    async fn steer(&self, prompt: &AgentPrompt) -> Result<()>;

    /// Stops the turn under way. Its end is reported by `next`.
    async fn interrupt(&self) -> Result<()>;

    /// Answers a request that [`AgentEvent::Approval`] reported.
    ///
    /// # Errors
    /// `Conflict` when the agent does not wait for it any more.
    async fn answer(&self, request_id: &str, decision: &Decision) -> Result<()>;

    /// Changes the permission mode.
    async fn set_mode(&self, mode: &str) -> Result<()>;

    /// Changes the model.
    async fn set_model(&self, model: &str) -> Result<()>;

    /// Sends a control request of the agent's own protocol and gives its answer.
    async fn control(&self, request: Value) -> Result<Value>;

    /// What happens next, or none after the end.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    async fn next(&self) -> Option<AgentReport>;

    /// Ends the process and everything that it started. `hard` means at once, for a node that has
    /// lost its lease; otherwise the agent gets the time to save its side of the conversation.
    async fn close(&self, hard: bool) -> Result<()>;
}

/// A prompt on its way to an agent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AgentPrompt {
    /// The id that it goes out with, new for every sending.
    pub id: uuid::Uuid,
    /// What is asked.
    pub blocks: Vec<ContentBlock>,
}

impl AgentPrompt {
    /// A prompt.
    pub fn new(id: uuid::Uuid, blocks: Vec<ContentBlock>) -> Self {
        Self { id, blocks }
    }
}

/// What a look at the agent's own memory found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// It holds the last prompt and the last message that we have seen.
    Holds,
    /// It is there, but has not got all that we have seen.
    Behind,
    /// It is not there, or does not hold our last prompt.
    Missing,
    /// The agent does not tell.
    Unknown,
}

impl Evidence {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "transcript_holds",
            Self::Behind => "transcript_behind",
            Self::Missing => "transcript_missing",
            Self::Unknown => "unknown",
        }
    }
}
