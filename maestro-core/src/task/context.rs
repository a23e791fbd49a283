//! What a task sees while it runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::error::Result;
use crate::id::{LeaseToken, TaskId};
use crate::model::{EventData, TaskInfo, TaskProgress};
use crate::node::{HeldLease, Scope};
use crate::task::{Gate, record};

/// The attempt under way, for a [`Task`](crate::task::Task).
#[derive(Debug, Clone)]
pub struct TaskContext {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) scope: Scope,
    pub(crate) task: TaskInfo,
    pub(crate) lease: HeldLease,
    /// Closed when the attempt is to stop, because of a cancel or since the node is closed.
    pub(crate) stop: async_channel::Receiver<()>,
}

impl TaskContext {
    /// The task as it was when the attempt started.
    pub fn task(&self) -> &TaskInfo {
        &self.inner.task
    }

    /// The task's id.
    pub fn task_id(&self) -> TaskId {
        self.inner.task.id
    }

    /// The number of the attempt, from 1.
    pub fn attempt(&self) -> u32 {
        self.inner.task.attempt().map_or(0, |attempt| attempt.number)
    }

    /// The fence of the attempt: it grows with every attempt of the task. Give it to what you write
    /// to outside, to refuse those who come late.
    pub fn token(&self) -> LeaseToken {
        self.inner.lease.fence.token
    }

    /// Ends when somebody cancels the task, or the node is being closed. Stop soon after.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn cancelled(&self) {
        while self.inner.stop.recv().await.is_ok() {}
    }

    /// Whether the task is to stop.
    pub fn is_cancelled(&self) -> bool {
        self.inner.stop.is_closed()
    }

    /// Whether the attempt still has its authority. Ask right before an effect outside. It takes no
    /// time unless the last heartbeat is long ago, as after a sleep of the machine: then the store
    /// is asked.
    ///
    /// # Errors
    /// `LeaseLost`: stop at once. An attempt that gives this error as its outcome counts as lost, not
    /// as failed.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn verify(&self) -> Result<()> {
        self.inner.scope.core.confirm(&self.inner.lease).await
    }

    /// Tells how far the task is, as a `task.progress` event.
    ///
    /// # Errors
    /// `LeaseLost` when the attempt has lost its authority.
    pub async fn progress(&self, message: impl Into<String>, fraction: Option<f64>) -> Result<()> {
        let progress = TaskProgress { message: message.into(), fraction, data: None };
        self.record(progress.into()).await
    }

    /// Records an event of the product in the task's stream; the type starts with `x.`.
    ///
    /// # Errors
    /// `InvalidArgument` for another type, `LeaseLost`.
    pub async fn emit(&self, event_type: &str, data: Value) -> Result<()> {
        if !event_type.starts_with("x.") {
            return Err(crate::error::Error::invalid("type", "must start with `x.`"));
        }
        self.record(EventData::Other { original_type: event_type.to_owned(), data }).await
    }

    pub(crate) async fn record(&self, data: EventData) -> Result<()> {
        let Inner { scope, task, lease, .. } = &*self.inner;
        scope.core.activity.note(task.id);
        let event = scope.core.event(&scope.core.actor(), &record::refs(task), &data)?;
        let mut draft = scope.core.store.draft();
        draft.fence(&lease.fence);
        draft.append(record::stream(task), vec![event]);
        scope.core.store.commit(draft).await.map(|_| ())
    }

    /// Waits at a gate until somebody lets the task pass, or not. Await what it gives.
    ///
    /// The gate is an approval of the kind `gate`; its title, which is also its name, and its input are
    /// for those who answer. It waits for as long as it takes, also over restarts: the next attempt
    /// that comes to the gate of the same name finds it as it is, answered or not. A task that somebody
    /// tries again after it had ended opens its gates anew. The task keeps its place while it waits.
    pub fn gate(&self, title: impl Into<String>, input: Value) -> Gate {
        Gate::new(self.clone(), title.into(), input)
    }

    /// The variables that tell a program which attempt it works for.
    pub fn env(&self) -> BTreeMap<String, String> {
        let mut env = self.inner.scope.core.env_for_tools();
        env.insert("MAESTRO_TASK_ID".to_owned(), self.task_id().to_string());
        env.insert("MAESTRO_ATTEMPT".to_owned(), self.attempt().to_string());
        env.insert("MAESTRO_LEASE_TOKEN".to_owned(), self.token().to_string());
        env
    }
}
