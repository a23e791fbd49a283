//! Verbs that only look or wait.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::foreign::Desk;
use crate::approval::{ApprovalFilter, RuleFilter};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ApprovalId, SessionId, TaskId, TurnId};
use crate::maestro::Maestro;
use crate::model::{EventFilter, Position, ToolUse};
use crate::session::SessionFilter;
use crate::task::TaskFilter;

/// A verb without an effect, by its name on the wire.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "query", content = "args", deny_unknown_fields)]
#[expect(missing_docs, reason = "each is the verb of the same name in its group")]
pub enum Query {
    #[serde(rename = "node.get")]
    NodeGet {},
    #[serde(rename = "projects.get")]
    ProjectsGet { project: String },
    #[serde(rename = "projects.list")]
    ProjectsList {},
    #[serde(rename = "agents.list")]
    AgentsList {},
    #[serde(rename = "agents.probe")]
    AgentsProbe { agent: String, account: Option<String> },
    #[serde(rename = "accounts.get")]
    AccountsGet { account: String },
    #[serde(rename = "accounts.list")]
    AccountsList {},
    #[serde(rename = "accounts.status")]
    AccountsStatus { account: String },
    #[serde(rename = "sessions.get")]
    SessionsGet { session_id: SessionId },
    #[serde(rename = "sessions.list")]
    SessionsList { filter: SessionFilter },
    #[serde(rename = "sessions.view")]
    SessionsView { session_id: SessionId },
    #[serde(rename = "turns.wait")]
    TurnsWait { session_id: SessionId, turn_id: TurnId },
    #[serde(rename = "tasks.get")]
    TasksGet { task_id: TaskId },
    #[serde(rename = "tasks.list")]
    TasksList { filter: TaskFilter },
    #[serde(rename = "tasks.explain")]
    TasksExplain { task_id: TaskId },
    #[serde(rename = "tasks.wait")]
    TasksWait { task_id: TaskId },
    #[serde(rename = "workspaces.get")]
    WorkspacesGet { task_id: TaskId },
    #[serde(rename = "workspaces.changes")]
    WorkspacesChanges { task_id: TaskId },
    #[serde(rename = "workspaces.diff")]
    WorkspacesDiff { task_id: TaskId },
    /// The bytes of a patch, in base64.
    #[serde(rename = "workspaces.patch")]
    WorkspacesPatch { task_id: TaskId },
    #[serde(rename = "approvals.get")]
    ApprovalsGet { approval_id: ApprovalId },
    #[serde(rename = "approvals.list")]
    ApprovalsList { filter: ApprovalFilter },
    #[serde(rename = "policies.list")]
    PoliciesList { filter: RuleFilter },
    #[serde(rename = "policies.test")]
    PoliciesTest { call: ToolUse },
    #[serde(rename = "events.read")]
    EventsRead {
        #[serde(default)]
        filter: EventFilter,
        after: Position,
        limit: u32,
    },

    // Of a task of the host language, for the attempt `run` that it was called with.
    #[serde(rename = "run.verify")]
    RunVerify { run: u64 },
    #[serde(rename = "run.cancelled")]
    RunCancelled { run: u64 },
}

impl Query {
    /// Looks, or waits.
    pub(super) async fn run(self, maestro: &Maestro, desk: &Desk) -> Result<String> {
        let workspace = |id| maestro.tasks().handle(id).workspace();
        let session = |id| maestro.sessions().handle(id);
        let policies = || maestro.approvals().policies();
        match self {
            Self::NodeGet {} => {
                let (id, version) = (maestro.node_id(), env!("CARGO_PKG_VERSION"));
                answer(Ok(json!({ "node_id": id, "version": version })))
            }
            Self::ProjectsGet { project } => answer(maestro.projects().get(&project).await),
            Self::ProjectsList {} => answer(maestro.projects().list().await),
            Self::AgentsList {} => answer(Ok(maestro.agents().list())),
            Self::AgentsProbe { agent, account } => {
                answer(maestro.agents().probe_as(&agent, account.as_deref()).await)
            }
            Self::AccountsGet { account } => answer(maestro.accounts().get(&account).await),
            Self::AccountsList {} => answer(maestro.accounts().list().await),
            Self::AccountsStatus { account } => answer(maestro.accounts().status(&account).await),
            Self::SessionsGet { session_id } => answer(session(session_id).info().await),
            Self::SessionsList { filter } => answer(maestro.sessions().list(filter).await),
            Self::SessionsView { session_id } => answer(session(session_id).view().await),
            Self::TurnsWait { session_id, turn_id } => {
                answer(session(session_id).turn(turn_id).wait().await)
            }
            Self::TasksGet { task_id } => answer(maestro.tasks().get(task_id).await),
            Self::TasksList { filter } => answer(maestro.tasks().list(filter).await),
            Self::TasksExplain { task_id } => answer(maestro.tasks().explain(task_id).await),
            Self::TasksWait { task_id } => answer(maestro.tasks().handle(task_id).wait().await),
            Self::WorkspacesGet { task_id } => answer(workspace(task_id).info().await),
            Self::WorkspacesChanges { task_id } => answer(workspace(task_id).changes().await),
            Self::WorkspacesDiff { task_id } => answer(workspace(task_id).diff().await),
            Self::WorkspacesPatch { task_id } => {
                answer(workspace(task_id).patch().await.map(|patch| STANDARD.encode(patch)))
            }
            Self::ApprovalsGet { approval_id } => {
                answer(maestro.approvals().get(approval_id).await)
            }
            Self::ApprovalsList { filter } => answer(maestro.approvals().list(filter).await),
            Self::PoliciesList { filter } => answer(policies().list(filter).await),
            Self::PoliciesTest { call } => answer(policies().test(call).await),
            Self::EventsRead { filter, after, limit } => {
                let read = maestro.events().read(filter, after, limit).await;
                answer(read.map(|(events, next)| json!({ "events": events, "next": next })))
            }
            Self::RunVerify { run } => answer(desk.run(run)?.verify().await),
            Self::RunCancelled { run } => {
                desk.run(run)?.cancelled().await;
                answer(Ok(()))
            }
        }
    }
}

/// What a verb gave, as JSON.
pub(super) fn answer<T: Serialize>(given: Result<T>) -> Result<String> {
    serde_json::to_string(&given?).map_err(|error| {
        Error::new(ErrorKind::Internal, "an answer cannot be written as JSON").caused_by(error)
    })
}
