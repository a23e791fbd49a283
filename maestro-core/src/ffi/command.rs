//! Verbs that change something.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::foreign::{Ask, Desk};
use super::query::answer;
use crate::error::Result;
use crate::id::{ApprovalId, RuleId, SessionId, TaskId, TurnId};
use crate::maestro::Maestro;
use crate::model::{
    AccountSpec, ContentBlock, Decision, EventData, ProjectSpec, ReplySpec, RuleSpec, SessionSpec,
    TaskSpec,
};
use crate::session::{Prompt, When};

/// A verb with an effect, by its name on the wire.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "command", content = "args", deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "one at a time is read and carried out")]
#[expect(missing_docs, reason = "each is the verb of the same name in its group")]
pub enum Command {
    #[serde(rename = "projects.ensure")]
    ProjectsEnsure { spec: ProjectSpec },
    #[serde(rename = "accounts.put")]
    AccountsPut { spec: AccountSpec },
    #[serde(rename = "accounts.remove")]
    AccountsRemove { account: String },
    #[serde(rename = "sessions.open")]
    SessionsOpen { spec: SessionSpec },
    #[serde(rename = "sessions.fork")]
    SessionsFork { session_id: SessionId },
    #[serde(rename = "sessions.adopt")]
    SessionsAdopt { spec: SessionSpec, agent_session_id: String },
    #[serde(rename = "sessions.resume")]
    SessionsResume { session_id: SessionId },
    #[serde(rename = "sessions.prompt")]
    SessionsPrompt {
        session_id: SessionId,
        prompt: Vec<ContentBlock>,
        #[serde(default)]
        when: When,
    },
    #[serde(rename = "sessions.interrupt")]
    SessionsInterrupt { session_id: SessionId },
    #[serde(rename = "sessions.set_mode")]
    SessionsSetMode { session_id: SessionId, mode: String },
    #[serde(rename = "sessions.set_model")]
    SessionsSetModel { session_id: SessionId, model: String },
    #[serde(rename = "sessions.control")]
    SessionsControl { session_id: SessionId, request: Value },
    #[serde(rename = "sessions.close")]
    SessionsClose { session_id: SessionId },
    #[serde(rename = "turns.cancel")]
    TurnsCancel { session_id: SessionId, turn_id: TurnId },
    #[serde(rename = "tasks.submit")]
    TasksSubmit { spec: TaskSpec },
    #[serde(rename = "tasks.cancel")]
    TasksCancel {
        task_id: TaskId,
        #[serde(default)]
        reason: String,
    },
    #[serde(rename = "tasks.retry")]
    TasksRetry { task_id: TaskId },
    #[serde(rename = "tasks.reply")]
    TasksReply { task_id: TaskId, reply: ReplySpec },
    #[serde(rename = "workspaces.merge")]
    WorkspacesMerge { task_id: TaskId, into: String },
    #[serde(rename = "workspaces.remove")]
    WorkspacesRemove { task_id: TaskId },
    #[serde(rename = "workspaces.discard")]
    WorkspacesDiscard { task_id: TaskId, name: String },
    #[serde(rename = "approvals.decide")]
    ApprovalsDecide { approval_id: ApprovalId, decision: Decision },
    #[serde(rename = "approvals.extend")]
    ApprovalsExtend { approval_id: ApprovalId, by_ms: u64 },
    #[serde(rename = "approvals.assign")]
    ApprovalsAssign { approval_id: ApprovalId, assignee: Option<String> },
    #[serde(rename = "policies.put")]
    PoliciesPut { spec: RuleSpec },
    #[serde(rename = "policies.remove")]
    PoliciesRemove { rule_id: RuleId },
    #[serde(rename = "events.emit")]
    EventsEmit {
        #[serde(rename = "type")]
        event_type: String,
        data: Value,
    },

    // Of a task of the host language, for the attempt `run` that it was called with.
    #[serde(rename = "run.progress")]
    RunProgress { run: u64, message: String, fraction: Option<f64> },
    #[serde(rename = "run.emit")]
    RunEmit {
        run: u64,
        #[serde(rename = "type")]
        event_type: String,
        data: Value,
    },
    #[serde(rename = "run.gate")]
    RunGate {
        run: u64,
        title: String,
        #[serde(default)]
        input: Value,
        key: Option<String>,
        timeout_ms: Option<u64>,
        assignee: Option<String>,
    },

    // Of an agent of the host language, for the conversation that it was asked to open.
    #[serde(rename = "agent.report")]
    AgentReport {
        conversation: u64,
        events: Vec<EventData>,
        #[serde(default)]
        raw: Option<String>,
    },
    #[serde(rename = "agent.ask")]
    AgentAsk { conversation: u64, approval: Ask },
}

impl Command {
    /// Carries it out.
    pub(super) async fn run(self, maestro: &Maestro, desk: &Desk) -> Result<String> {
        let session = |id| maestro.sessions().handle(id);
        let workspace = |id| maestro.tasks().handle(id).workspace();
        let approvals = maestro.approvals();
        match self {
            Self::ProjectsEnsure { spec } => {
                answer(maestro.projects().ensure(spec).await.map(|project| project.info))
            }
            Self::AccountsPut { spec } => answer(maestro.accounts().put(spec).await),
            Self::AccountsRemove { account } => answer(maestro.accounts().remove(&account).await),
            Self::SessionsOpen { spec } => opened(maestro.sessions().open(spec).await),
            Self::SessionsFork { session_id } => opened(maestro.sessions().fork(session_id).await),
            Self::SessionsAdopt { spec, agent_session_id } => {
                opened(maestro.sessions().adopt(spec, agent_session_id).await)
            }
            Self::SessionsResume { session_id } => {
                opened(maestro.sessions().resume(session_id).await)
            }
            Self::SessionsPrompt { session_id, prompt, when } => {
                let turn = session(session_id).prompt(Prompt::from(prompt).when(when)).await;
                answer(turn.map(|turn| json!({ "turn_id": turn.id() })))
            }
            Self::SessionsInterrupt { session_id } => answer(session(session_id).interrupt().await),
            Self::SessionsSetMode { session_id, mode } => {
                answer(session(session_id).set_mode(mode).await)
            }
            Self::SessionsSetModel { session_id, model } => {
                answer(session(session_id).set_model(model).await)
            }
            Self::SessionsControl { session_id, request } => {
                answer(session(session_id).control(request).await)
            }
            Self::SessionsClose { session_id } => answer(session(session_id).close().await),
            Self::TurnsCancel { session_id, turn_id } => {
                answer(session(session_id).turn(turn_id).cancel().await)
            }
            Self::TasksSubmit { spec } => {
                let task = maestro.tasks().submit(spec).await;
                answer(task.map(|task| json!({ "task_id": task.id() })))
            }
            Self::TasksCancel { task_id, reason } => {
                answer(maestro.tasks().cancel(task_id, &reason).await)
            }
            Self::TasksRetry { task_id } => answer(maestro.tasks().retry(task_id).await),
            Self::TasksReply { task_id, reply } => {
                answer(maestro.tasks().reply(task_id, reply).await)
            }
            Self::WorkspacesMerge { task_id, into } => {
                answer(workspace(task_id).merge(&into).await)
            }
            Self::WorkspacesRemove { task_id } => answer(workspace(task_id).remove().await),
            Self::WorkspacesDiscard { task_id, name } => {
                answer(workspace(task_id).discard(&name).await)
            }
            Self::ApprovalsDecide { approval_id, decision } => {
                answer(approvals.decide(approval_id, decision).await)
            }
            Self::ApprovalsExtend { approval_id, by_ms } => {
                answer(approvals.extend(approval_id, Duration::from_millis(by_ms)).await)
            }
            Self::ApprovalsAssign { approval_id, assignee } => {
                answer(approvals.assign(approval_id, assignee.as_deref()).await)
            }
            Self::PoliciesPut { spec } => answer(approvals.policies().put(spec).await),
            Self::PoliciesRemove { rule_id } => answer(approvals.policies().remove(rule_id).await),
            Self::EventsEmit { event_type, data } => {
                answer(maestro.events().emit(&event_type, data).await)
            }
            Self::RunProgress { run, message, fraction } => {
                answer(desk.run(run)?.progress(message, fraction).await)
            }
            Self::RunEmit { run, event_type, data } => {
                answer(desk.run(run)?.emit(&event_type, data).await)
            }
            Self::RunGate { run, title, input, key, timeout_ms, assignee } => {
                let mut gate = desk.run(run)?.gate(title, input);
                gate = key.into_iter().fold(gate, crate::task::Gate::key);
                gate = assignee.into_iter().fold(gate, crate::task::Gate::assignee);
                let timeout = timeout_ms.map(Duration::from_millis);
                gate = timeout.into_iter().fold(gate, crate::task::Gate::timeout);
                answer(gate.await)
            }
            Self::AgentReport { conversation, events, raw } => {
                answer(desk.conversation(conversation)?.report(events, raw).await)
            }
            Self::AgentAsk { conversation, approval } => {
                answer(desk.conversation(conversation)?.ask(approval).await)
            }
        }
    }
}

fn opened(session: Result<crate::session::SessionHandle>) -> Result<String> {
    answer(session.map(|session| json!({ "session_id": session.id() })))
}
