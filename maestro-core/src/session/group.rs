//! The `sessions` group.

use serde::{Deserialize, Serialize};

use crate::agent::Evidence;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ProjectId, SessionId, TaskId};
use crate::model::check;
use crate::model::{
    AgentPointer, Cursor, ProjectInfo, SessionForked, SessionInfo, SessionResumed, SessionSpec,
    SessionState,
};
use crate::node::{Core, Scope, Versioned};
use crate::session::handle::SessionHandle;
use crate::session::open::{Beginning, open};
use crate::session::resume::resume;
use crate::storage::{ListOrder, ListQuery, RecordKind};

/// Which sessions to list. Every given field narrows; an empty list means "any".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionFilter {
    /// In any of these states.
    pub states: Vec<SessionState>,
    /// Of these projects.
    pub project_ids: Vec<ProjectId>,
    /// Of this task.
    pub task_id: Option<TaskId>,
    /// At most this many, up to 1000. Default 100.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl SessionFilter {
    /// Narrows to one project.
    pub fn project(mut self, id: ProjectId) -> Self {
        self.project_ids.push(id);
        self
    }

    /// Narrows to a state.
    pub fn state(mut self, state: SessionState) -> Self {
        self.states.push(state);
        self
    }
}

/// One page of sessions, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionPage {
    /// The sessions.
    pub sessions: Vec<SessionInfo>,
    /// Where the next page starts; none when this is the last.
    pub next: Option<String>,
    /// Watching from here misses nothing that came after this page.
    pub as_of: Cursor,
}

/// The `sessions` group: conversations with agents.
#[derive(Debug, Clone)]
pub struct Sessions {
    pub(crate) scope: Scope,
}

impl Sessions {
    /// Opens a session in a project, on this node.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field (`project`, `agent`), `NotFound` when there is no such
    /// project or the agent's program is missing, `Unavailable` when the project is at another
    /// place, and what the agent says when it does not start.
    pub async fn open(&self, spec: SessionSpec) -> Result<SessionHandle> {
        // Boxed: it is over before anything else is, and a caller's own future would keep the room.
        Box::pin(self.opened(spec)).await.map_err(|error| error.during("sessions.open"))
    }

    /// Begins a session as a copy of another one, which is left as it is: the agent remembers in both
    /// what was said up to now, as far as it has saved it.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when the agent has not begun a conversation in that session,
    /// `Unsupported` when the agent cannot copy one, and those of [`open`](Self::open).
    pub async fn fork(&self, id: SessionId) -> Result<SessionHandle> {
        self.forked(id).await.map_err(|error| error.during("sessions.fork"))
    }

    async fn forked(&self, id: SessionId) -> Result<SessionHandle> {
        let core = &self.scope.core;
        let source = core.store.require::<SessionInfo>(&self.scope.tenant, id).await?.value;
        let from_agent_session_id = source.pointer.agent_session_id.clone();
        if from_agent_session_id.is_none() {
            let why = "the agent has not begun a conversation that could be copied";
            return Err(Error::new(ErrorKind::Conflict, why).with("session_id", id));
        }
        let told = SessionForked { from_session_id: Some(id), from_agent_session_id };
        let from = Beginning { pointer: source.pointer, told: told.into(), fork: true };
        let SessionInfo { spec, cwd, project_id, .. } = source;
        let live = open(&self.scope, spec, cwd, project_id, None, Some(from)).await?;
        Ok(self.handle(live.id))
    }

    /// Makes a session of a conversation that the agent had without Maestro, by the agent's own id of
    /// it. Nothing else may work in that conversation from then on.
    ///
    /// # Errors
    /// `NotFound` when the agent has no such conversation, `AlreadyExists` when a session of this
    /// project has it, and those of [`open`](Self::open).
    pub async fn adopt(
        &self,
        spec: SessionSpec,
        agent_session_id: impl Into<String> + Send,
    ) -> Result<SessionHandle> {
        let adopted = self.adopted(spec, agent_session_id.into()).await;
        adopted.map_err(|error| error.during("sessions.adopt"))
    }

    async fn adopted(&self, spec: SessionSpec, id: String) -> Result<SessionHandle> {
        let core = &self.scope.core;
        let (spec, project) = self.resolve(spec).await?;
        let mut query = ListQuery::new(Some(self.scope.tenant.clone()), RecordKind::SESSION);
        query.groups = vec![project.id.to_string()];
        let known = core.store.list_all::<SessionInfo>(query).await?;
        let taken = known.iter().map(|read| &read.value).find(|session| {
            session.state != SessionState::Closed
                && session.pointer.agent_session_id.as_ref() == Some(&id)
        });
        if let Some(session) = taken {
            let why = "another session has this conversation already";
            return Err(Error::new(ErrorKind::AlreadyExists, why).with("session_id", session.id));
        }
        let pointer =
            AgentPointer { agent_session_id: Some(id.clone()), ..AgentPointer::default() };
        let evidence = core.agent(&spec.agent)?.evidence(&project.path, &pointer).await?;
        if evidence == Evidence::Missing {
            let why = "the agent has no such conversation";
            return Err(Error::new(ErrorKind::NotFound, why).with("agent_session_id", id));
        }
        let told = SessionResumed {
            agent_session_id: Some(id),
            evidence: evidence.as_str().to_owned(),
            fresh: false,
        };
        let from = Beginning { pointer, told: told.into(), fork: false };
        let (cwd, project_id) = (project.path, Some(project.id));
        let live = open(&self.scope, spec, cwd, project_id, None, Some(from)).await?;
        Ok(self.handle(live.id))
    }

    async fn opened(&self, spec: SessionSpec) -> Result<SessionHandle> {
        let (spec, project) = self.resolve(spec).await?;
        let live = open(&self.scope, spec, project.path, Some(project.id), None, None).await?;
        Ok(self.handle(live.id))
    }

    /// The project that a spec names, and the spec with its agent.
    async fn resolve(&self, mut spec: SessionSpec) -> Result<(SessionSpec, ProjectInfo)> {
        spec.validate()?;
        let Some(name) = spec.project.as_deref() else {
            return Err(Error::invalid("project", "is needed: an agent works in a project"));
        };
        let project = crate::project::resolve(&self.scope, name).await?.value;
        spec.agent = agent_name(&self.scope.core, &spec, &project)?;
        Ok((spec, project))
    }

    /// One session.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, id: SessionId) -> Result<SessionHandle> {
        let read = self.scope.core.store.require::<SessionInfo>(&self.scope.tenant, id).await;
        read.map_err(|error| error.during("sessions.get"))?;
        Ok(self.handle(id))
    }

    /// A page of sessions.
    ///
    /// # Errors
    /// `InvalidArgument` for a state that is not known, a limit out of range or a page token of another query.
    pub async fn list(&self, filter: SessionFilter) -> Result<SessionPage> {
        let mut query = ListQuery::new(Some(self.scope.tenant.clone()), RecordKind::SESSION);
        let unknown = filter.states.iter().filter_map(|state| match state {
            SessionState::Other(value) => Some(*value),
            _ => None,
        });
        check::none_unknown("states", unknown).map_err(|error| error.during("sessions.list"))?;
        query.states = filter.states.iter().map(|state| state.as_str().to_owned()).collect();
        query.groups = filter.project_ids.iter().map(ToString::to_string).collect();
        query.parent = filter.task_id.map(|id| id.to_string());
        query.order = ListOrder::Newest;
        query.limit = filter.limit.unwrap_or(ListQuery::DEFAULT_LIMIT);
        query.page_token = filter.page_token;
        let listed = self.scope.core.store.storage.list(&query).await;
        let page = listed.map_err(|error: Error| error.during("sessions.list"))?;
        let reads = page.records.iter().map(Versioned::decode);
        let sessions = reads.map(|read| read.map(|read| read.value)).collect::<Result<_>>()?;
        Ok(SessionPage { sessions, next: page.next, as_of: page.as_of })
    }

    /// Gives a session a process on this node. One that has a process here keeps it.
    ///
    /// What the agent still remembers is looked up first; `session.resumed` says what was found.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it is closed or another node owns it, `Unavailable` when it is at
    /// another place, and what the agent says when it does not start.
    pub async fn resume(&self, id: SessionId) -> Result<SessionHandle> {
        let resumed = resume(&self.scope, id, None).await;
        resumed.map_err(|error| error.during("sessions.resume"))?;
        Ok(self.handle(id))
    }

    /// A handle on a session, whether it exists or not.
    pub fn handle(&self, id: SessionId) -> SessionHandle {
        SessionHandle { scope: self.scope.clone(), id }
    }
}

/// The agent that is asked for, the project's, or the only one there is.
fn agent_name(core: &Core, spec: &SessionSpec, project: &ProjectInfo) -> Result<String> {
    if !spec.agent.is_empty() {
        return Ok(spec.agent.clone());
    }
    if let Some(agent) = &project.agent {
        return Ok(agent.clone());
    }
    let mut names = core.parts.agents.keys();
    match (names.next(), names.next()) {
        (Some(only), None) => Ok(only.clone()),
        (None, _) => Err(Error::invalid("agent", "is needed: this node has none")),
        (Some(_), Some(_)) => {
            let names = core.parts.agents.keys().map(String::as_str).collect::<Vec<_>>();
            Err(Error::invalid("agent", "is needed: this node has several")
                .with("registered", names.join(", ")))
        }
    }
}
