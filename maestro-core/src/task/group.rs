//! The `tasks` group.

use serde::{Deserialize, Serialize};

use crate::command;
use crate::error::{Error, ErrorKind, Result};
use crate::id::TaskId;
use crate::model::check;
use crate::model::{
    Capabilities, Cursor, Extra, ProjectInfo, ReplyInfo, ReplySpec, TaskInfo, TaskSpec, TaskState,
    TaskSubmitted, Usage, Verb,
};
use crate::node::{Scope, Versioned};
use crate::project;
use crate::runtime::RuntimeExt as _;
use crate::storage::{ListOrder, ListQuery, RecordKind};
use crate::task::machine::{self, Step};
use crate::task::{TaskHandle, promotion, record, recovery};

/// The `tasks` group: submit work, follow it, call it off.
#[derive(Debug, Clone)]
pub struct Tasks {
    pub(crate) scope: Scope,
}

/// Which tasks to list. Every given field narrows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskFilter {
    /// Of this project, by id or name.
    pub project: Option<String>,
    /// In any of these states.
    pub states: Vec<TaskState>,
    /// At most this many; 1 to 1000, default 100.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

/// One page of tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskPage {
    /// The tasks, oldest first.
    pub tasks: Vec<TaskInfo>,
    /// Where the next page starts.
    pub next: Option<String>,
    /// Subscribe after this to miss nothing of what happens later.
    pub as_of: Cursor,
}

impl Tasks {
    /// Submits a task. It is durable when the call returns; waiting for it is a separate call.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field, `NotFound` for a project or need that does not exist,
    /// `AlreadyExists` when the idempotency key was used for another request.
    ///
    /// # Cancel safety
    /// Dropping the future may leave the task submitted; use an idempotency key to find out.
    pub async fn submit(&self, spec: TaskSpec) -> Result<TaskHandle> {
        self.try_submit(spec).await.map_err(|error| error.during("task.submit"))
    }

    async fn try_submit(&self, mut spec: TaskSpec) -> Result<TaskHandle> {
        let core = &self.scope.core;
        if spec.kind.is_empty() {
            TaskSpec::AGENT.clone_into(&mut spec.kind);
        }
        spec.validate()?;
        if let Some(before) = self.same_key(&spec).await? {
            return Ok(before);
        }
        let project = match &spec.project {
            Some(project) => Some(project::resolve(&self.scope, project).await?.value),
            None => None,
        };
        let requires = self.requires(&mut spec, project.as_ref())?;
        let mut needs = Vec::new();
        for id in &spec.needs {
            let need = core.store.get::<TaskInfo>(&self.scope.tenant, id).await?;
            let need = need.ok_or_else(|| {
                let why = "`needs` names a task that is not there; submit that one first";
                Error::new(ErrorKind::NotFound, why).with("task_id", id)
            })?;
            needs.push(need.value.state);
        }
        let task = TaskInfo {
            id: core.runtime().id(),
            tenant_id: self.scope.tenant.clone(),
            created_by: self.scope.actor.clone(),
            project_id: project.map(|project| project.id),
            not_before: spec.not_before,
            idle_at: None,
            replies: Vec::new(),
            requires,
            spec,
            state: TaskState::Pending,
            reason: None,
            attempts: Vec::new(),
            failures: 0,
            crashes: 0,
            session_id: None,
            workspace_id: None,
            cancel: None,
            outcome: None,
            usage: Usage::default(),
            deadline_at: None,
            created_at: core.now(),
            started_at: None,
            ended_at: None,
            extra: Extra::new(),
        };
        let id = task.id;
        match self.insert(task.clone(), &needs).await {
            // Somebody used the key between the look and the commit.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                self.same_key(&task.spec).await?.ok_or(error)
            }
            result => {
                self.look_again(&result?).await;
                core.wake();
                Ok(TaskHandle { scope: self.scope.clone(), id })
            }
        }
    }

    /// Looks at a task that is durable now: a need may have ended before the commit.
    async fn look_again(&self, task: &TaskInfo) {
        let core = &self.scope.core;
        if let Some(at) = task.not_before {
            core.set_alarm(at);
        }
        if task.state != TaskState::Pending || task.spec.needs.is_empty() {
            return;
        }
        if let Err(error) = promotion::promote(core, task).await {
            tracing::warn!(%error, task = %task.id, "needs could not be looked at; a sweep does it");
        }
    }

    async fn insert(&self, task: TaskInfo, needs: &[TaskState]) -> Result<TaskInfo> {
        let core = &self.scope.core;
        let submitted = TaskSubmitted {
            title: task.title(),
            kind: task.spec.kind.clone(),
            needs: task.spec.needs.clone(),
            priority: task.spec.priority,
            state: TaskState::Pending,
        };
        let mut events = vec![submitted.into()];
        let mut task = task;
        if let Some(step) = machine::promote(&task, needs, core.now()) {
            task = step.task;
            events.extend(step.events);
        }
        let mut draft = core.store.draft();
        draft.insert(&task)?;
        let events = core.events(&self.scope.actor, &record::refs(&task), events)?;
        draft.append(record::stream(&task), events);
        core.store.commit(draft).await?;
        Ok(task)
    }

    /// The task that was submitted with the same key before.
    async fn same_key(&self, spec: &TaskSpec) -> Result<Option<TaskHandle>> {
        let Some(key) = &spec.idempotency_key else {
            return Ok(None);
        };
        let found =
            self.scope.core.store.by_unique_key::<TaskInfo>(&self.scope.tenant, key).await?;
        let Some(found) = found else { return Ok(None) };
        let before = &found.value.spec;
        if (&before.kind, &before.prompt, &before.input) != (&spec.kind, &spec.prompt, &spec.input)
        {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                "`idempotency_key` was used for another request",
            )
            .with("task_id", found.value.id));
        }
        Ok(Some(TaskHandle { scope: self.scope.clone(), id: found.value.id }))
    }

    /// What a node needs for the task; fills in the agent.
    fn requires(&self, spec: &mut TaskSpec, project: Option<&ProjectInfo>) -> Result<String> {
        if spec.kind != TaskSpec::AGENT {
            return Ok(Capabilities::task(&spec.kind));
        }
        let project =
            project.ok_or_else(|| Error::invalid("project", "is needed by an agent task"))?;
        if spec.session.agent.is_empty() {
            spec.session.agent = match (&project.agent, &self.scope.core.parts.agents) {
                (Some(agent), _) => agent.clone(),
                (None, agents) if agents.len() == 1 => {
                    agents.keys().next().cloned().unwrap_or_default()
                }
                (None, _) => {
                    return Err(Error::invalid(
                        "agent",
                        "is needed: neither the task nor its project names one",
                    ));
                }
            };
        }
        Ok(Capabilities::agent(&spec.session.agent, project.path.place.as_str()))
    }

    /// A handle on a task, whether it exists or not.
    pub fn handle(&self, id: TaskId) -> TaskHandle {
        TaskHandle { scope: self.scope.clone(), id }
    }

    /// A task.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, id: TaskId) -> Result<TaskInfo> {
        let read = self.scope.core.store.require::<TaskInfo>(&self.scope.tenant, id).await;
        Ok(read.map_err(|error| error.during("task.get"))?.value)
    }

    /// Lists tasks, oldest first.
    ///
    /// # Errors
    /// `InvalidArgument` for a state that is not known or a limit out of range, `NotFound` for the project.
    pub async fn list(&self, filter: TaskFilter) -> Result<TaskPage> {
        self.try_list(filter).await.map_err(|error| error.during("task.list"))
    }

    async fn try_list(&self, filter: TaskFilter) -> Result<TaskPage> {
        let mut query = ListQuery::new(Some(self.scope.tenant.clone()), RecordKind::TASK);
        if let Some(project) = &filter.project {
            let project = project::resolve(&self.scope, project).await?;
            query.groups = vec![project.value.id.to_string()];
        }
        let unknown = filter.states.iter().filter_map(|state| match state {
            TaskState::Other(value) => Some(*value),
            _ => None,
        });
        check::none_unknown("states", unknown)?;
        query.states = filter.states.iter().map(|state| state.as_str().to_owned()).collect();
        query.limit = filter.limit.unwrap_or(ListQuery::DEFAULT_LIMIT);
        query.page_token = filter.page_token;
        query.order = ListOrder::Oldest;
        let page = self.scope.core.store.storage.list(&query).await?;
        let tasks = page.records.iter().map(Versioned::decode).collect::<Result<Vec<_>>>()?;
        let tasks = tasks.into_iter().map(|read: Versioned<TaskInfo>| read.value).collect();
        Ok(TaskPage { tasks, next: page.next, as_of: page.as_of })
    }

    /// Every task that the filter shows, oldest first, from its page on to the last. Each page is a
    /// look of its own, so a task may have moved on when the last one is read.
    ///
    /// # Errors
    /// As [`Tasks::list`].
    pub async fn all(&self, mut filter: TaskFilter) -> Result<Vec<TaskInfo>> {
        let mut tasks = Vec::new();
        loop {
            let page = self.list(filter.clone()).await?;
            tasks.extend(page.tasks);
            match page.next {
                Some(next) => filter.page_token = Some(next),
                None => return Ok(tasks),
            }
        }
    }

    /// Calls a task off. One that nobody works on ends at once; an agent gets the time to stop, and
    /// loses its authority when it does not.
    ///
    /// # Errors
    /// `NotFound`. Cancelling a task that is over, or again, changes nothing.
    pub async fn cancel(&self, id: TaskId, reason: &str) -> Result<TaskInfo> {
        let core = &self.scope.core;
        let ended = core
            .store
            .change::<TaskInfo, TaskInfo>(&self.scope.tenant, id, |read, draft| {
                let by = self.scope.actor.clone();
                let grace = core.parts.cancel_grace * 2;
                let step = machine::request_cancel(
                    &read.value,
                    by.clone(),
                    reason.to_owned(),
                    grace,
                    core.now(),
                );
                let Some(step) = step else { return Ok(None) };
                recovery::write(core, read, &step, draft)?;
                if step.task.state == TaskState::Running {
                    let target = (&RecordKind::TASK, id.to_string());
                    command::draft(core, draft, &self.scope.tenant, &by, target, Verb::TaskCancel)?;
                }
                Ok(Some(step.task))
            })
            .await
            .map_err(|error| error.during("task.cancel"))?;
        if let Some(task) = ended.filter(|task| task.state.is_ended()) {
            promotion::promote_dependents(core, &task).await?;
        }
        self.get(id).await
    }

    /// Tries a failed or cancelled task again, or one that waits for a person, in the same session
    /// and workspace. One that never started waits for its needs as before.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when it is not over or when what it needs has failed.
    pub async fn retry(&self, id: TaskId) -> Result<TaskInfo> {
        self.restart(id, |task, needs| machine::retry(task, needs).map(Some))
            .await
            .map_err(|error| error.during("task.retry"))
    }

    /// Says something to a task, see [`TaskHandle::reply`].
    ///
    /// # Errors
    /// Those of [`TaskHandle::reply`].
    pub async fn reply(&self, id: TaskId, reply: impl Into<ReplySpec> + Send) -> Result<TaskInfo> {
        let ReplySpec { prompt, idempotency_key, .. } = reply.into();
        let spec = ReplySpec { prompt, idempotency_key };
        spec.validate().map_err(|error| error.during("task.reply"))?;
        let reply = ReplyInfo {
            number: 0,
            prompt: spec.prompt,
            by: self.scope.actor.clone(),
            at: self.scope.core.now(),
            idempotency_key: spec.idempotency_key,
        };
        self.restart(id, |task, needs| machine::reply(task, reply.clone(), needs))
            .await
            .map_err(|error| error.during("task.reply"))
    }

    /// Lets a task that is over or waits for a person begin again, as `step` says.
    async fn restart(
        &self,
        id: TaskId,
        step: impl Fn(&TaskInfo, &[TaskState]) -> Result<Option<Step>> + Send + Sync,
    ) -> Result<TaskInfo> {
        let core = &self.scope.core;
        let needs = promotion::states_of_needs(core, &self.get(id).await?).await?;
        let restarted = core
            .store
            .change::<TaskInfo, TaskInfo>(&self.scope.tenant, id, |read, draft| {
                let Some(step) = step(&read.value, &needs)? else { return Ok(None) };
                recovery::write(core, read, &step, draft)?;
                Ok(Some(step.task))
            })
            .await?;
        if let Some(task) = restarted.filter(|task| task.state == TaskState::Pending) {
            // Its needs may have ended in between.
            promotion::promote(core, &task).await?;
        }
        core.wake();
        self.get(id).await
    }
}
