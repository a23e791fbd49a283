//! Sessions: durable conversations with an agent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, ErrorInfo, Result};
use crate::id::{AccountId, NodeId, ProjectId, SessionId, TaskId, TenantId, TurnId};
use crate::model::UnknownValue;
use crate::model::{
    Actor, ContentBlock, Extra, Origin, PlacePath, ProcessRef, StopReason, Timestamp, Usage, check,
};

/// How to open a session.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionSpec {
    /// The agent by its registered name; the project's, or the only one there is, when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// The project, by id or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The account, by id or name; the project's when none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// One line for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The model; the agent's default when none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The permission mode; when none, the agent's mode that asks, whatever its own settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Which tools run without asking, and which never.
    pub tools: ToolRules,
    /// Text that is added to the agent's own system prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// A JSON schema for the result of each turn.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub output_schema: Value,
    /// Tool servers that the agent may use, by name: `null` for one of this process that is registered
    /// under the name, else the agent's own configuration of one that it starts or reaches.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mcp: BTreeMap<String, Value>,
    /// Which of the agent's own settings it reads, for example `user`, `project`, `local`; an empty
    /// list means none. `project` and `local` run programs that the repository, or an earlier task,
    /// put there: they trust all who write to it. Default: Claude Code reads those of the user, and
    /// gets the project's `CLAUDE.md` as text; what other agents do by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting_sources: Option<Vec<String>>,
    /// The most tokens of thought for one answer of the model. Default: the agent's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_thinking_tokens: Option<u32>,
    /// Whether messages are reported in pieces while they are written. Default: yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial_messages: Option<bool>,
    /// The most model calls of one turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_turn_requests: Option<u32>,
    /// What one process may spend. It may overshoot by one model call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_micro_usd: Option<i64>,
    /// How long an approval waits before it is denied. Default: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_timeout_ms: Option<u64>,
    /// Variables added to the agent's environment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Arguments added to the agent's command line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra_args: Vec<String>,
}

impl SessionSpec {
    /// The largest prompt, in bytes. Agents may take less: Claude Code was seen to take 2 MiB and to
    /// answer 3 MiB with "Prompt is too long".
    pub const MAX_PROMPT_BYTES: usize = 16 * 1024 * 1024;

    /// A session in a project.
    pub fn in_project(project: impl Into<String>) -> Self {
        Self { project: Some(project.into()), ..Self::default() }
    }

    /// Sets the agent by its registered name.
    pub fn agent(mut self, agent: impl Into<String>) -> Self {
        self.agent = agent.into();
        self
    }

    /// Sets the account, by id or name.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Sets the permission mode.
    pub fn mode(mut self, mode: impl Into<String>) -> Self {
        self.mode = Some(mode.into());
        self
    }

    /// Sets the model.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Checks what can be checked without a store or an agent.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field.
    pub fn validate(&self) -> Result<()> {
        self.check("")
    }

    /// The same, where the spec is part of another one.
    pub(super) fn check(&self, within: &str) -> Result<()> {
        let field = |name: &str| format!("{within}{name}");
        check::length(&field("title"), &self.title, 0..=500)?;
        check::line(&field("title"), &self.title)?;
        for (name, value) in [("model", &self.model), ("mode", &self.mode)] {
            check::given(&field(name), value.as_deref())?;
            check::line(&field(name), value.as_deref().unwrap_or_default())?;
        }
        if !self.output_schema.is_null() && !self.output_schema.is_object() {
            return Err(Error::invalid(
                &field("output_schema"),
                "must be a JSON schema, an object",
            ));
        }
        let turns = self.max_turn_requests.map(i64::from);
        check::positive(&field("max_turn_requests"), turns)?;
        check::positive(&field("budget_micro_usd"), self.budget_micro_usd)?;
        let timeout = self.approval_timeout_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        check::positive(&field("approval_timeout_ms"), timeout)?;
        check::no_nul(&field("setting_sources"), self.setting_sources.iter().flatten())?;
        check::no_nul(&field("tools.allow"), &self.tools.allow)?;
        check::no_nul(&field("tools.deny"), &self.tools.deny)?;
        check::no_nul(&field("mcp"), self.mcp.keys())?;
        check::no_nul(&field("extra_args"), &self.extra_args)?;
        for (name, value) in &self.env {
            if name.is_empty() || name.contains(['=', '\0']) {
                let why = format!("has a variable that cannot be named so: {name:?}");
                return Err(Error::invalid(&field("env"), why));
            }
            if value.contains('\0') {
                let why = format!("has a NUL character in the variable {name}");
                return Err(Error::invalid(&field("env"), why));
            }
        }
        Ok(())
    }
}

/// Which tools run without asking, and which never; in the agent's own rule language, for example
/// `Bash(git status:*)`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolRules {
    /// Run without asking.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// Never run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
}

/// What a session does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SessionState {
    /// It waits for a prompt; its process may be gone and comes back with the next one.
    #[default]
    Idle,
    /// The agent works.
    Running,
    /// The agent waits for a person.
    RequiresAction,
    /// It is over.
    Closed,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

impl SessionState {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::RequiresAction => "requires_action",
            Self::Closed => "closed",
            Self::Other(name) => name.as_str(),
        }
    }
}

/// Where the agent keeps its side of the conversation: a last-seen pointer, not identity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentPointer {
    /// The agent's own id of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_session_id: Option<String>,
    /// The id that our last prompt went out with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_prompt: Option<String>,
    /// The agent's id of the last whole message that we have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_message: Option<String>,
    /// The configuration directory that the agent keeps it in, where the account has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_dir: Option<std::path::PathBuf>,
}

impl AgentPointer {
    /// A conversation by the agent's own id of it.
    pub fn new(agent_session_id: impl Into<String>) -> Self {
        Self { agent_session_id: Some(agent_session_id.into()), ..Self::default() }
    }
}

/// A prompt that waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QueuedPrompt {
    /// The turn that it will be.
    pub turn_id: TurnId,
    /// What is asked.
    pub prompt: Vec<ContentBlock>,
    /// Who asks.
    pub by: Actor,
    /// What kind of turn it begins.
    #[serde(default)]
    pub origin: Origin,
    /// The name that its giver knows it by, so that asking again does not prompt again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What was first asked, where the prompt only goes on with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_prompt: Vec<ContentBlock>,
}

/// A turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TurnInfo {
    /// Its id.
    pub id: TurnId,
    /// Its place in the session, from 1.
    pub number: u32,
    /// What began it.
    pub origin: Origin,
    /// The prompt, if one began it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompt: Vec<ContentBlock>,
    /// The name that the giver of the prompt knows it by. Turns that go on with the same work, since
    /// the agent or Maestro began them, have it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What was first asked, where the turn goes on with the work of an earlier one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_prompt: Vec<ContentBlock>,
    /// Which process of the session works on it, from 1.
    pub process_number: u32,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
    /// How it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
    /// The agent's last text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The structured result, where one was asked for.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub structured_output: Value,
    /// What it used.
    #[serde(default)]
    pub usage: Usage,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who opened it.
    pub created_by: Actor,
    /// Its project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Its account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The name that its account had when it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// The task that it works for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// How it was opened.
    pub spec: SessionSpec,
    /// What it does now.
    pub state: SessionState,
    /// The directory that it works in.
    pub cwd: PlacePath,
    /// The agent's side of the conversation.
    #[serde(default)]
    pub pointer: AgentPointer,
    /// Its process, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessRef>,
    /// The node whose process it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<NodeId>,
    /// How many processes it has had.
    #[serde(default)]
    pub processes: u32,
    /// How many processes in a row were lost with their node during a turn.
    #[serde(default)]
    pub losses: u32,
    /// How many times in a row no process came to be.
    #[serde(default)]
    pub failed_starts: u32,
    /// When a node gives it a process, if it waits for one and the last start failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<Timestamp>,
    /// The number of the first turn that the agent may remember: it begins anew when its memory is
    /// lost.
    #[serde(default)]
    pub remembers_from: u32,
    /// The model in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The permission mode in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Prompts that wait, first comes first. At most [`SessionInfo::MAX_QUEUE`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queue: Vec<QueuedPrompt>,
    /// The turn under way, or the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<TurnInfo>,
    /// The last turn with a key, when turns without it came after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyed_turn: Option<TurnInfo>,
    /// How many turns it has had.
    #[serde(default)]
    pub turns: u32,
    /// What all turns used.
    #[serde(default)]
    pub usage: Usage,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}

impl SessionInfo {
    /// The most prompts that wait in one session.
    pub const MAX_QUEUE: usize = 1000;

    /// The turn under way.
    pub fn open_turn(&self) -> Option<&TurnInfo> {
        self.turn.as_ref().filter(|turn| turn.ended_at.is_none())
    }

    /// Whether there is work for a process and nobody runs one: a prompt waits, or a turn was cut
    /// off. The session of a task waits for the task's next attempt instead.
    pub fn waits_for_process(&self) -> bool {
        self.state != SessionState::Closed
            && self.task_id.is_none()
            && self.node_id.is_none()
            && (self.open_turn().is_some() || !self.queue.is_empty())
    }

    /// Whether the agent may remember anything that was asked here.
    pub fn is_remembered(&self) -> bool {
        self.turns >= self.remembers_from.max(1)
    }

    /// The latest turn that was given with a key, if it is the latest such key.
    pub fn turn_for(&self, key: &str) -> Option<&TurnInfo> {
        let turns = self.turn.iter().chain(&self.keyed_turn);
        turns.into_iter().find(|turn| turn.key.as_deref() == Some(key))
    }
}
