//! Tasks: durable requests for work, and their attempts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, ErrorInfo, Result};
use crate::id::{LeaseToken, NodeId, ProjectId, SessionId, TaskId, TenantId, WorkspaceId};
use crate::model::{
    Actor, Extra, ReplyInfo, SessionSpec, Timestamp, Usage, WorkElsewhere, WorkspaceKind, check,
};
use crate::model::{UnknownValue, UnknownVariant};
use crate::unknown::open_union;

/// What to do. The simple thing is [`TaskSpec::prompt`]; everything else has a default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskSpec {
    /// Which registered `Task` does it; `agent` when empty.
    pub kind: String,
    /// What an agent is asked; up to [`SessionSpec::MAX_PROMPT_BYTES`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prompt: String,
    /// The input of a task of another kind.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub input: Value,
    /// One line for people, up to 500 bytes; the head of the prompt when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The project, by id or name. An agent needs one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The tasks that come first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<TaskId>,
    /// What has to become of `needs`.
    pub when: When,
    /// Higher comes first. Default 0.
    pub priority: i32,
    /// Submitting the same key again within the tenant gives the same task; 1 to 200 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Words for people and products to find it by.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub labels: Extra,
    /// How often and when to try again.
    pub retry: RetryPolicy,
    /// How long all attempts together may take from the first start; none means no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// How long an attempt may show no sign of life: no event, no text of the agent, no call of the
    /// task's context. It is given up up to a quarter later, and tried again as after a failure.
    /// Time in which it waits for a person does not count. None means no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout_ms: Option<u64>,
    /// Not to be started before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Where to work.
    pub workspace: WorkspaceKind,
    /// What the workspace starts from; the project's when none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The session that an agent task opens. Its project and prompt come from the task.
    pub session: SessionSpec,
}

impl TaskSpec {
    /// The kind of tasks that prompt an agent.
    pub const AGENT: &'static str = "agent";

    /// Asks an agent.
    pub fn prompt(prompt: impl Into<String>) -> Self {
        Self { kind: Self::AGENT.to_owned(), prompt: prompt.into(), ..Self::default() }
    }

    /// Asks a task that was registered under `kind`.
    pub fn of_kind(kind: impl Into<String>, input: Value) -> Self {
        Self { kind: kind.into(), input, ..Self::default() }
    }

    /// Sets the project, by its handle's id or its name.
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// Adds tasks that come first.
    pub fn needs(mut self, needs: impl IntoIterator<Item = impl Into<TaskId>>) -> Self {
        self.needs.extend(needs.into_iter().map(Into::into));
        self
    }

    /// Sets the title.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets the agent by its registered name.
    pub fn agent(mut self, agent: impl Into<String>) -> Self {
        self.session.agent = agent.into();
        self
    }

    /// Sets the account, by id or name.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.session.account = Some(account.into());
        self
    }

    /// Sets the key that makes a repeated submission give the same task.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Sets the priority; higher comes first.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Sets how often and when to try again.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Sets how long all attempts together may take.
    pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
        self.deadline_ms = Some(u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Sets how long an attempt may show no sign of life.
    pub fn idle_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.idle_timeout_ms = Some(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Sets where to work.
    pub fn workspace(mut self, workspace: WorkspaceKind) -> Self {
        self.workspace = workspace;
        self
    }

    /// Sets tools that the agent may use without asking.
    pub fn allow_tools(mut self, tools: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.session.tools.allow.extend(tools.into_iter().map(Into::into));
        self
    }

    /// Checks what can be checked without a store.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field.
    pub fn validate(&self) -> Result<()> {
        check::length("kind", &self.kind, 1..=200)?;
        check::line("kind", &self.kind)?;
        if self.kind == Self::AGENT {
            if self.prompt.trim().is_empty() {
                return Err(Error::invalid("prompt", "must not be empty; say what is to be done"));
            }
            if self.project.is_none() {
                return Err(Error::invalid("project", "is needed: an agent works in a project"));
            }
        }
        check::length("prompt", &self.prompt, 0..=SessionSpec::MAX_PROMPT_BYTES)?;
        check::length("title", &self.title, 0..=500)?;
        check::line("title", &self.title)?;
        if let Some(key) = &self.idempotency_key {
            check::length("idempotency_key", key, 1..=200)?;
        }
        if let When::Other(value) = self.when {
            return Err(check::unknown("when", value));
        }
        if let WorkspaceKind::Other(value) = self.workspace {
            return Err(check::unknown("workspace", value));
        }
        if self.when != When::Success && self.needs.is_empty() {
            return Err(Error::invalid("when", "says what becomes of `needs`, and there are none"));
        }
        check::given("base", self.base.as_deref())?;
        if self.base.is_some() && self.workspace == WorkspaceKind::Directory {
            return Err(Error::invalid(
                "base",
                "cannot be chosen where `workspace` is the project directory itself",
            ));
        }
        let deadline = self.deadline_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        check::positive("deadline_ms", deadline)?;
        let idle = self.idle_timeout_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        check::positive("idle_timeout_ms", idle)?;
        self.session.check("session.")?;
        self.retry.validate()
    }
}

/// What has to become of a task's `needs` before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum When {
    /// All have succeeded; otherwise the task is cancelled with reason `need_failed`.
    #[default]
    Success,
    /// All have ended.
    Always,
    /// All have ended and at least one did not succeed; otherwise the task is cancelled.
    Failure,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

/// How often and when a task is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How many attempts may fail by themselves. Default 1: a failure is final. At most 100.
    pub max_attempts: u32,
    /// How many attempts may be lost with their node before the task is given up as poisonous.
    /// Default 5. A clean shutdown does not count.
    pub max_crashes: u32,
    /// How long to wait after the first failure. Default 1 s; doubled after each further one. Up to
    /// half as much is added by chance, so that many do not try again at once.
    pub backoff_ms: u64,
    /// The longest wait, apart from what chance adds. Default 5 min.
    pub max_backoff_ms: u64,
}

impl RetryPolicy {
    /// Up to `max_attempts` attempts, waiting as by default.
    pub fn attempts(max_attempts: u32) -> Self {
        Self { max_attempts, ..Self::default() }
    }

    /// Sets how many attempts may be lost with their node.
    pub fn max_crashes(mut self, max_crashes: u32) -> Self {
        self.max_crashes = max_crashes;
        self
    }

    fn validate(&self) -> Result<()> {
        if !(1..=100).contains(&self.max_attempts) {
            return Err(Error::invalid(
                "retry.max_attempts",
                format!("must be 1 to 100 and is {}", self.max_attempts),
            ));
        }
        if self.max_backoff_ms < self.backoff_ms {
            return Err(Error::invalid(
                "retry.max_backoff_ms",
                format!("must not be less than `retry.backoff_ms`, which is {}", self.backoff_ms),
            ));
        }
        Ok(())
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { max_attempts: 1, max_crashes: 5, backoff_ms: 1000, max_backoff_ms: 300_000 }
    }
}

/// Where a task is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskState {
    /// Waits for its needs or for a time.
    #[default]
    Pending,
    /// Waits for a free place.
    Queued,
    /// An attempt is under way.
    Running,
    /// Cannot go on without a person.
    InputRequired,
    /// Done.
    Succeeded,
    /// Given up.
    Failed,
    /// Called off.
    Cancelled,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

impl TaskState {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::InputRequired => "input_required",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Other(name) => name.as_str(),
        }
    }

    /// Whether the task is over, unless somebody retries it.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

impl std::fmt::Display for TaskState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What came of an attempt. A bad result is data, not an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It worked.
    Succeeded {
        /// A few lines for people, for example the agent's last message.
        #[serde(default)]
        summary: String,
        /// The structured result, if there is one.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        output: Value,
        /// What was made elsewhere in the repository than in the task's workspace meanwhile, and may
        /// be its work: nothing but a person brings that in.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        work_elsewhere: Vec<WorkElsewhere>,
    },
    /// It did not.
    Failed {
        /// Why.
        error: ErrorInfo,
        /// Whether trying again makes sense.
        #[serde(default)]
        retryable: bool,
    },
    /// It was called off.
    Cancelled {
        /// Why, for people.
        #[serde(default)]
        reason: String,
    },
    /// It cannot go on without a person.
    InputRequired {
        /// Why, for example `workspace_conflict` or `nested_repositories`.
        reason: String,
        /// What exactly.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        detail: Value,
    },
    /// One that this version does not know, kept as it is.
    #[serde(skip)]
    Unknown(UnknownVariant),
}

open_union!(Outcome, "outcome");

impl Outcome {
    /// It worked, with a summary.
    pub fn succeeded(summary: impl Into<String>) -> Self {
        Self::Succeeded { summary: summary.into(), output: Value::Null, work_elsewhere: Vec::new() }
    }

    /// It failed for good.
    pub fn failed(error: &Error) -> Self {
        Self::Failed { error: error.info(), retryable: error.is_retryable() }
    }

    /// Whether it worked.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Succeeded { .. })
    }

    /// A few lines for people.
    pub fn summary(&self) -> String {
        match self {
            Self::Succeeded { summary, .. } => summary.clone(),
            Self::Failed { error, .. } => error.to_string(),
            Self::Cancelled { reason } | Self::InputRequired { reason, .. } => reason.clone(),
            Self::Unknown(kept) => {
                kept.as_value()["outcome"].as_str().unwrap_or_default().to_owned()
            }
        }
    }
}

/// An error is a failure, tried again when the task may be and it is retryable.
impl From<Result<Self>> for Outcome {
    fn from(result: Result<Self>) -> Self {
        result.unwrap_or_else(|error| Self::failed(&error))
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptState {
    /// Under way.
    #[default]
    Running,
    /// It worked.
    Succeeded,
    /// It failed by itself.
    Failed,
    /// It was called off.
    Cancelled,
    /// It waits for a person.
    InputRequired,
    /// Its node was lost.
    Lost,
    /// Its node was shut down cleanly.
    Parked,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

/// One attempt of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttemptInfo {
    /// Its number, from 1.
    pub number: u32,
    /// What became of it.
    pub state: AttemptState,
    /// The fence that all its writes carried.
    pub token: LeaseToken,
    /// The node that worked on it.
    pub node_id: NodeId,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
}

/// Somebody asked for a task to be cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CancelRequest {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why, for people.
    #[serde(default)]
    pub reason: String,
    /// When the attempt loses its authority if it has not ended by then.
    pub force_at: Timestamp,
}

/// Why a task does not start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WaitingReason {
    /// `needs`, `not_before`, `project_paused`, `no_capable_node`, `limit` or `position`.
    pub code: String,
    /// What it waits for, for example a task's id or a scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Until when, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How many are before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// What a person can do about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fix: String,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskInfo {
    /// Its id.
    pub id: TaskId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who submitted it.
    pub created_by: Actor,
    /// Its project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// What was asked.
    pub spec: TaskSpec,
    /// The capability that a node needs to work on it.
    pub requires: String,
    /// Where it is in its life.
    pub state: TaskState,
    /// Why it was cancelled, given up or waits for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its attempts, oldest first.
    #[serde(default)]
    pub attempts: Vec<AttemptInfo>,
    /// How many attempts failed by themselves since it was last submitted or retried.
    #[serde(default)]
    pub failures: u32,
    /// How many attempts were lost with their node since then.
    #[serde(default)]
    pub crashes: u32,
    /// The session that its attempts share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The workspace that its attempts share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Somebody asked for it to be cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<CancelRequest>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What all attempts used.
    #[serde(default)]
    pub usage: Usage,
    /// The next attempt may not start before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The attempt under way is given up unless it shows a sign of life before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_at: Option<Timestamp>,
    /// What was said to it since it was submitted, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<ReplyInfo>,
    /// All attempts have to be over by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_at: Option<Timestamp>,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When its first attempt started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}

impl TaskInfo {
    /// One line for people.
    pub fn title(&self) -> String {
        if !self.spec.title.is_empty() {
            return self.spec.title.clone();
        }
        let line = self.spec.prompt.lines().next().unwrap_or_default();
        let line: String = line.chars().filter(|c| !c.is_control()).take(80).collect();
        match line.trim() {
            "" => self.spec.kind.clone(),
            line => line.to_owned(),
        }
    }

    /// The latest attempt.
    pub fn attempt(&self) -> Option<&AttemptInfo> {
        self.attempts.last()
    }
}
