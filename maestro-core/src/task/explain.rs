//! Why a task does not run now.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::id::TaskId;
use crate::model::{
    NodeInfo, NodeState, ProjectInfo, ProjectState, TaskInfo, TaskState, WaitingReason,
};
use crate::storage::{ListQuery, RecordKind};
use crate::task::Tasks;

impl Tasks {
    /// Why a task does not run now; empty when it does, or is over.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn explain(&self, id: TaskId) -> Result<Vec<WaitingReason>> {
        let task = self.get(id).await.map_err(|error| error.during("task.explain"))?;
        let reasons = match task.state {
            TaskState::Pending => self.waits_for(&task).await,
            TaskState::Queued => self.waits_in_queue(&task).await,
            _ => Ok(Vec::new()),
        };
        reasons.map_err(|error| error.during("task.explain"))
    }

    async fn waits_for(&self, task: &TaskInfo) -> Result<Vec<WaitingReason>> {
        let mut reasons = Vec::new();
        for id in &task.spec.needs {
            let store = &self.scope.core.store;
            let need = store.get::<TaskInfo>(&self.scope.tenant, id).await?;
            if need.is_some_and(|need| !need.value.state.is_ended()) {
                let fix = "wait for it to end, or cancel it";
                reasons.push(reason("needs", Some(id.to_string()), fix));
            }
        }
        if task.not_before.is_some() {
            reasons.push(WaitingReason {
                until: task.not_before,
                ..reason("not_before", None, "wait")
            });
        }
        Ok(reasons)
    }

    async fn waits_in_queue(&self, task: &TaskInfo) -> Result<Vec<WaitingReason>> {
        let store = &self.scope.core.store;
        if let Some(id) = task.project_id
            && let Some(project) = store.get::<ProjectInfo>(&self.scope.tenant, id).await?
            && project.value.state != ProjectState::Active
        {
            let paused = reason("project_paused", Some(id.to_string()), "resume the project");
            return Ok(vec![paused]);
        }
        let mut query = ListQuery::new(None, RecordKind::NODE);
        query.states = vec![NodeState::Alive.as_str().to_owned()];
        let nodes = store.list_all::<NodeInfo>(query).await?.into_iter();
        let working = nodes.map(|node| node.value).filter(|node| node.concurrency > 0);
        let offered: BTreeSet<String> =
            working.flat_map(|node| node.capabilities.offered()).collect();
        let needed = Some(task.requires.clone());
        if offered.contains(&task.requires) {
            let fix = "wait for a free place, or raise the concurrency of a node";
            return Ok(vec![reason("position", needed, fix)]);
        }
        // Most often its name is misspelt, so the right ones are shown.
        let offered: Vec<String> = offered.into_iter().collect();
        let fix = match offered.join(", ") {
            none if none.is_empty() => "start a node that offers it; no node works now".to_owned(),
            some => format!("start a node that offers it; what is offered now: {some}"),
        };
        Ok(vec![reason("no_capable_node", needed, &fix)])
    }
}

fn reason(code: &str, reference: Option<String>, fix: &str) -> WaitingReason {
    WaitingReason {
        code: code.to_owned(),
        reference,
        until: None,
        position: None,
        fix: fix.to_owned(),
    }
}
