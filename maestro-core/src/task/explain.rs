//! Why a task does not run now.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::id::TaskId;
use crate::model::{
    ApprovalInfo, ApprovalState, NodeInfo, NodeState, ProjectInfo, ProjectState, TaskInfo,
    TaskState, WaitingReason,
};
use crate::storage::{ListQuery, RecordKind};
use crate::task::Tasks;

impl Tasks {
    /// Why a task does not go on now; empty when it does, or is over. One that runs may wait for a
    /// person, and one in the queue for a place that such a task holds.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn explain(&self, id: TaskId) -> Result<Vec<WaitingReason>> {
        let task = self.get(id).await.map_err(|error| error.during("task.explain"))?;
        let reasons = match task.state {
            TaskState::Pending => self.waits_for(&task).await,
            TaskState::Queued => self.waits_in_queue(&task).await,
            TaskState::Running => self.waits_for_a_person(&task).await,
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
            let mut reasons = vec![reason("position", needed, fix)];
            reasons.extend(self.holders_that_wait().await?);
            return Ok(reasons);
        }
        // Most often its name is misspelt, so the right ones are shown.
        let offered: Vec<String> = offered.into_iter().collect();
        let fix = match offered.join(", ") {
            none if none.is_empty() => "start a node that offers it; no node works now".to_owned(),
            some => format!("start a node that offers it; what is offered now: {some}"),
        };
        Ok(vec![reason("no_capable_node", needed, &fix)])
    }

    /// The questions of a task that runs and that nobody has answered.
    async fn waits_for_a_person(&self, task: &TaskInfo) -> Result<Vec<WaitingReason>> {
        let asked = self.questions(Some(task.id)).await?;
        let reasons = asked.into_iter().map(|asked| {
            let failed = asked.handler_error.as_ref();
            let failed = failed.map_or_else(String::new, |error| {
                format!("; its permission handler failed: {}", error.message)
            });
            let fix =
                format!("answer the approval: it has waited since {}{failed}", asked.created_at);
            reason("needs_person", Some(asked.id.to_string()), &fix)
        });
        Ok(reasons.collect())
    }

    /// The tasks that hold a place of a node while they wait for a person, the longest first.
    async fn holders_that_wait(&self) -> Result<Vec<WaitingReason>> {
        let mut told = BTreeSet::new();
        let asked = self.questions(None).await?.into_iter();
        let holders = asked.filter_map(|asked| Some((asked.task_id?, asked)));
        let holders = holders.filter(|(task, _)| told.insert(*task)).take(Self::MOST_HOLDERS);
        let reasons = holders.map(|(task, asked)| {
            let fix = format!(
                "answer approval {}, for which that task keeps its place since {}",
                asked.id, asked.created_at
            );
            reason("place_needs_person", Some(task.to_string()), &fix)
        });
        Ok(reasons.collect())
    }

    /// The most holders of places that are named: 10.
    const MOST_HOLDERS: usize = 10;

    /// The questions that wait, of one task or of all, oldest first.
    async fn questions(&self, task: Option<TaskId>) -> Result<Vec<ApprovalInfo>> {
        let mut query = ListQuery::new(Some(self.scope.tenant.clone()), RecordKind::APPROVAL);
        query.states = vec![ApprovalState::Pending.as_str().to_owned()];
        let read = self.scope.core.store.list_all::<ApprovalInfo>(query).await?;
        let mut asked: Vec<_> = read.into_iter().map(|read| read.value).collect();
        asked.retain(|asked| task.is_none_or(|task| asked.task_id == Some(task)));
        asked.sort_by_key(|asked| (asked.created_at, asked.id));
        Ok(asked)
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
