//! The default scheduler.

use std::collections::HashMap;

use crate::id::ProjectId;
use crate::model::WaitingReason;
use crate::scheduler::{Plan, ReadyTask, Scheduler, SchedulerView};

/// Highest priority first; among equals the project with the fewest running tasks, then the oldest
/// task. Limits and pauses of projects are kept.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct FairScheduler;

impl Scheduler for FairScheduler {
    fn plan(&self, view: &SchedulerView) -> Plan {
        let mut plan = Plan::default();
        let mut running: HashMap<Option<ProjectId>, u32> =
            view.running.iter().map(|(id, count)| (Some(*id), *count)).collect();
        let mut ready: Vec<&ReadyTask> = view.ready.iter().collect();
        // What is left when every place is given needs no order, which costs the most here.
        while (plan.start.len() as u64) < u64::from(view.free) && !ready.is_empty() {
            let rank = |task: &ReadyTask| {
                let busy = running.get(&task.project_id).copied().unwrap_or(0);
                (std::cmp::Reverse(task.priority), busy, task.created_at, task.id)
            };
            let Some(index) = (0..ready.len()).min_by_key(|index| rank(ready[*index])) else {
                break;
            };
            let task = ready.remove(index);
            let busy = running.entry(task.project_id).or_default();
            let started = u32::try_from(plan.start.len()).unwrap_or(u32::MAX);
            if let Some(reason) = obstacle(task, *busy, started, view.free) {
                plan.waiting.push((task.id, reason));
            } else {
                *busy += 1;
                plan.start.push(task.id);
            }
        }
        let started = u32::try_from(plan.start.len()).unwrap_or(u32::MAX);
        for task in ready {
            let busy = running.get(&task.project_id).copied().unwrap_or(0);
            plan.waiting
                .extend(obstacle(task, busy, started, view.free).map(|reason| (task.id, reason)));
        }
        plan
    }
}

fn obstacle(task: &ReadyTask, busy: u32, started: u32, free: u32) -> Option<WaitingReason> {
    let reason = |code: &str, reference: Option<String>, position, fix: &str| WaitingReason {
        code: code.to_owned(),
        reference,
        until: None,
        position,
        fix: fix.to_owned(),
    };
    let project = task.project_id.map(|id| id.to_string());
    if task.paused {
        return Some(reason("project_paused", project, None, "resume the project"));
    }
    if task.project_max.is_some_and(|max| busy >= max) {
        let fix = "wait for a task of the project to end, or raise its max_running";
        return Some(reason("limit", project, None, fix));
    }
    if started >= free {
        let position = Some(started.saturating_sub(free).saturating_add(1));
        return Some(reason("position", None, position, "wait, or raise the node's concurrency"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{TaskId, TenantId};
    use crate::model::Timestamp;
    use uuid::Uuid;

    fn task(number: u128, project: u128, priority: i32) -> ReadyTask {
        ReadyTask {
            id: TaskId::from_uuid(Uuid::from_u128(number)),
            tenant_id: TenantId::default(),
            project_id: Some(ProjectId::from_uuid(Uuid::from_u128(project))),
            priority,
            created_at: Timestamp::from_micros(i64::try_from(number).unwrap()),
            project_max: None,
            paused: false,
        }
    }

    fn view(free: u32, ready: Vec<ReadyTask>) -> SchedulerView {
        SchedulerView { free, ready, ..SchedulerView::default() }
    }

    fn started(plan: &Plan) -> Vec<u128> {
        plan.start.iter().map(|id| id.as_uuid().as_u128()).collect()
    }

    #[test]
    fn priority_comes_before_age() {
        let plan = FairScheduler.plan(&view(1, vec![task(1, 1, 0), task(2, 1, 5)]));
        assert_eq!(started(&plan), [2]);
        assert_eq!(plan.waiting[0].1.code, "position");
    }

    #[test]
    fn projects_take_turns() {
        let ready = vec![task(1, 1, 0), task(2, 1, 0), task(3, 2, 0)];
        assert_eq!(started(&FairScheduler.plan(&view(2, ready))), [1, 3]);
    }

    #[test]
    fn a_limit_and_a_pause_hold_a_task_back_and_say_so() {
        let mut limited = task(1, 1, 9);
        limited.project_max = Some(1);
        let mut paused = task(2, 2, 9);
        paused.paused = true;
        let mut second = limited.clone();
        second.id = TaskId::from_uuid(Uuid::from_u128(7));
        let plan = FairScheduler.plan(&view(9, vec![limited, second, paused]));
        assert_eq!(started(&plan), [1]);
        let codes: Vec<_> = plan.waiting.iter().map(|(_, reason)| reason.code.as_str()).collect();
        assert_eq!(codes.len(), 2);
        assert!(codes.contains(&"limit") && codes.contains(&"project_paused"));
    }
}
