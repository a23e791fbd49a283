//! Gates: a task waits for somebody's go-ahead.

use std::future::IntoFuture;
use std::time::Duration;

use futures::future::{BoxFuture, Either, select};
use serde_json::Value;

use crate::approval;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ApprovalInfo, ApprovalKind, ApprovalRequested, ApprovalState, TaskInfo};
use crate::node::{Stored, until_touched};
use crate::runtime::RuntimeExt as _;
use crate::task::TaskContext;

/// A gate that a task is about to wait at; see [`TaskContext::gate`]. Nothing happens until it is
/// awaited. It gives the approval as it was answered: look at
/// [`is_allowed`](ApprovalInfo::is_allowed), and at
/// [`allowed_input`](ApprovalInfo::allowed_input) for what whoever answered gave along.
///
/// # Errors
/// `Cancelled` when the task is to stop, `LeaseLost`, `InvalidArgument` naming the `key`, `title` or
/// `assignee`.
///
/// # Cancel safety
/// Dropping the future leaves the gate open; coming back to it goes on.
#[derive(Debug)]
#[must_use = "a gate is opened when it is awaited"]
pub struct Gate {
    context: TaskContext,
    key: String,
    title: String,
    input: Value,
    timeout: Option<Duration>,
    assignee: Option<String>,
}

impl Gate {
    pub(super) fn new(context: TaskContext, title: String, input: Value) -> Self {
        let key = title.clone();
        Self { context, key, title, input, timeout: None, assignee: None }
    }

    /// Names the gate within the task. Default: its title.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// Denies it when nobody has answered in this time. Default: it waits for ever.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Says who is to answer. Default: anybody.
    pub fn assignee(mut self, name: impl Into<String>) -> Self {
        self.assignee = Some(name.into());
        self
    }

    async fn pass(self) -> Result<ApprovalInfo> {
        self.validate()?;
        let context = self.context.clone();
        let core = &context.inner.scope.core;
        let watch = core.store.storage.watch();
        let id = self.open().await?.id;
        loop {
            let tenant = &context.inner.scope.tenant;
            let gate = core.store.require::<ApprovalInfo>(tenant, id).await?.value;
            if gate.state != ApprovalState::Pending {
                context.verify().await?;
                return Ok(gate);
            }
            let key = Stored::key(&gate);
            let stopped =
                select(Box::pin(context.cancelled()), Box::pin(context.inner.lease.lost()));
            match select(stopped, Box::pin(until_touched(core, &watch, &key))).await {
                Either::Left((Either::Left(_), _)) => return Err(self.stop(&gate).await?),
                Either::Left((Either::Right(_), _)) => {
                    context.verify().await?;
                    return Err(Error::new(ErrorKind::LeaseLost, "the attempt's lease was lost"));
                }
                Either::Right((paused, _)) => paused?,
            }
        }
    }

    fn validate(&self) -> Result<()> {
        for (field, text) in [("title", &self.title), ("key", &self.key)] {
            if !(1..=200).contains(&text.len()) {
                return Err(Error::invalid(field, "must be 1 to 200 bytes long"));
            }
        }
        if self.assignee.as_ref().is_some_and(|name| !(1..=200).contains(&name.len())) {
            return Err(Error::invalid("assignee", "must be 1 to 200 bytes long"));
        }
        Ok(())
    }

    /// Finds the gate, or opens it.
    async fn open(&self) -> Result<ApprovalInfo> {
        let inner = &self.context.inner;
        let (core, task) = (&inner.scope.core, &inner.task);
        let key = approval::gate_key(task.id, task.started_at, &self.key);
        loop {
            let found = core.store.by_unique_key::<ApprovalInfo>(&task.tenant_id, &key).await?;
            if let Some(found) = found {
                return Ok(found.value);
            }
            let gate = self.approval();
            let requested = ApprovalRequested {
                approval_id: Some(gate.id),
                kind: gate.kind,
                title: gate.title.clone(),
                input: gate.input.clone(),
                assignee: gate.assignee.clone(),
                expires_at: gate.expires_at,
                ..ApprovalRequested::default()
            };
            let mut draft = core.store.draft();
            draft.fence(&inner.lease.fence);
            draft.insert(&gate)?;
            let event = core.event(&core.actor(), &approval::refs(&gate), &requested.into())?;
            draft.append(approval::stream(&gate), vec![event]);
            match core.store.commit(draft).await {
                // Opened by another branch of the same task.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                result => return result.map(|_| gate),
            }
        }
    }

    fn approval(&self) -> ApprovalInfo {
        let inner = &self.context.inner;
        let (core, task) = (&inner.scope.core, &inner.task);
        let now = core.now();
        let tenant = task.tenant_id.clone();
        let (title, input) = (self.title.clone(), self.input.clone());
        ApprovalInfo {
            project_id: task.project_id,
            task_id: Some(task.id),
            key: Some(self.key.clone()),
            round: task.started_at,
            assignee: self.assignee.clone(),
            expires_at: self.timeout.map(|timeout| now + timeout),
            ..ApprovalInfo::pending(
                core.runtime().id(),
                tenant,
                ApprovalKind::Gate,
                title,
                input,
                now,
            )
        }
    }

    /// The task is to stop: for good, or since the node closes and another goes on.
    async fn stop(&self, gate: &ApprovalInfo) -> Result<Error> {
        let inner = &self.context.inner;
        let (core, tenant) = (&inner.scope.core, &inner.scope.tenant);
        let task = core.store.require::<TaskInfo>(tenant, inner.task.id).await?.value;
        if task.cancel.is_some() {
            core.store
                .change::<ApprovalInfo, ()>(tenant, gate.id, |read, draft| {
                    let state = ApprovalState::Withdrawn;
                    let step = approval::machine::withdraw(&read.value, state, "task_cancelled");
                    let Some(step) = step else { return Ok(None) };
                    approval::write(core, draft, read.version, &core.actor(), &step)?;
                    Ok(Some(()))
                })
                .await?;
        }
        Ok(Error::new(ErrorKind::Cancelled, "the task is to stop while it waits at a gate")
            .with("approval_id", gate.id))
    }
}

impl IntoFuture for Gate {
    type Output = Result<ApprovalInfo>;
    type IntoFuture = BoxFuture<'static, Result<ApprovalInfo>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.pass().await.map_err(|error| error.during("task.gate")) })
    }
}
