//! A handle on one task.

use crate::error::Result;
use crate::event::{EventStream, Subject};
use crate::id::TaskId;
use crate::model::{EventFilter, Outcome, Position, ReplySpec, TaskInfo, TaskState};
use crate::node::{Scope, Stored as _, until_touched};
use crate::project::WorkspaceHandle;
use crate::task::Tasks;

/// One task. Cheap to clone; dropping it does nothing to the task.
#[derive(Debug, Clone)]
pub struct TaskHandle {
    pub(crate) scope: Scope,
    pub(crate) id: TaskId,
}

impl TaskHandle {
    /// Its id.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The task now.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn info(&self) -> Result<TaskInfo> {
        self.group().get(self.id).await
    }

    /// Its events and those of its session, from its submission to its end. A task that was retried
    /// or replied to ends with its last attempt so far.
    pub fn events(&self) -> EventStream {
        self.events_after(Position::Beginning)
    }

    /// Its events after a position, to its end.
    pub fn events_after(&self, after: Position) -> EventStream {
        let filter = EventFilter { task_ids: vec![self.id], ..EventFilter::default() };
        EventStream::open(&self.scope, filter, after, Some(Subject::Task(self.id)))
    }

    /// Waits until the task is over, or cannot go on without a person.
    ///
    /// # Errors
    /// `NotFound`, `Closed` when this node is closed meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future never cancels the task.
    pub async fn wait(&self) -> Result<Outcome> {
        let watch = self.scope.core.store.storage.watch();
        loop {
            let task = self.info().await?;
            if task.state.is_ended() || task.state == TaskState::InputRequired {
                return Ok(task.outcome.unwrap_or(Outcome::Cancelled {
                    reason: task.reason.unwrap_or_else(|| task.state.to_string()),
                }));
            }
            until_touched(&self.scope.core, &watch, &task.key()).await?;
        }
    }

    /// Calls the task off.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn cancel(&self, reason: &str) -> Result<TaskInfo> {
        self.group().cancel(self.id, reason).await
    }

    /// Says something to the task when it is over or waits for a person: a new attempt begins in the
    /// same session and workspace, with the reply as its prompt. An agent that remembers nothing of
    /// the task is told what it was first.
    ///
    /// # Errors
    /// `NotFound`; `InvalidArgument` naming the field; `Conflict` while the task waits or runs;
    /// `AlreadyExists` when the idempotency key was used for another reply.
    ///
    /// # Cancel safety
    /// Dropping the future may leave the reply given; use an idempotency key to find out.
    pub async fn reply(&self, reply: impl Into<ReplySpec> + Send) -> Result<TaskInfo> {
        self.group().reply(self.id, reply).await
    }

    /// Where it works.
    pub fn workspace(&self) -> WorkspaceHandle {
        WorkspaceHandle { scope: self.scope.clone(), task_id: self.id }
    }

    fn group(&self) -> Tasks {
        Tasks { scope: self.scope.clone() }
    }
}

impl From<&TaskHandle> for TaskId {
    fn from(handle: &TaskHandle) -> Self {
        handle.id
    }
}

impl From<TaskHandle> for TaskId {
    fn from(handle: TaskHandle) -> Self {
        handle.id
    }
}
