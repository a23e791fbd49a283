//! How a task is kept.

use crate::id::TenantId;
use crate::model::{EventRefs, StreamKey, TaskInfo, TaskState};
use crate::node::Stored;
use crate::storage::{Columns, Link, RecordKind};

/// The link from a task to one that comes first.
pub(crate) const NEEDS: &str = "needs";

impl Stored for TaskInfo {
    const KIND: RecordKind = RecordKind::TASK;
    const NAME: &'static str = "task";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn columns(&self) -> Columns {
        let due_at = match self.state {
            TaskState::Pending => self.not_before.into_iter().chain(self.deadline_at).min(),
            TaskState::Running => {
                let force_at = self.cancel.as_ref().map(|cancel| cancel.force_at);
                force_at.into_iter().chain(self.deadline_at).chain(self.idle_at).min()
            }
            TaskState::Queued | TaskState::InputRequired | TaskState::Other(_) => self.deadline_at,
            TaskState::Succeeded | TaskState::Failed | TaskState::Cancelled => None,
        };
        let needs = self.spec.needs.iter();
        Columns {
            state: self.state.as_str().to_owned(),
            unique_key: self.spec.idempotency_key.clone(),
            group: self.project_id.map(|id| id.to_string()),
            parent: None,
            requires: Some(self.requires.clone()),
            priority: self.spec.priority,
            due_at,
            links: needs.map(|id| Link { rel: NEEDS.to_owned(), target: id.to_string() }).collect(),
        }
    }
}

/// The home stream of a task's events.
pub(crate) fn stream(task: &TaskInfo) -> StreamKey {
    StreamKey::of(task.tenant_id.clone(), "task", task.id)
}

/// What a task's events are about.
pub(crate) fn refs(task: &TaskInfo) -> EventRefs {
    EventRefs {
        project_id: task.project_id,
        task_id: Some(task.id),
        attempt: task.attempt().map(|attempt| attempt.number),
        ..EventRefs::default()
    }
}
