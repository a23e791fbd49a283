//! Starts tasks: asks the scheduler, claims, and hands over to workers.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::error::Result;
use crate::id::{ProjectId, TaskId};
use crate::model::{ProjectInfo, ProjectState, TaskInfo, TaskState};
use crate::node::{Claimed, Core, Versioned, until_news};
use crate::runtime::{self, RuntimeExt as _};
use crate::scheduler::{ReadyTask, SchedulerView};
use crate::storage::{LeaseFilter, ListOrder, ListQuery, Permit, RecordKind};
use crate::task::worker;

/// How many tasks of each project a plan considers: the first in the order of priority and age.
const PER_PROJECT: u32 = 32;

/// What a change of which may let a task start.
const KINDS: [RecordKind; 2] = [RecordKind::TASK, RecordKind::PROJECT];

/// Starts what can start, until the node stops.
pub(crate) async fn dispatch_for_ever(core: Arc<Core>) {
    let watch = core.store.storage.watch();
    loop {
        if core.stopping.is_closed() {
            return;
        }
        core.note_progress();
        if !core.is_closing()
            && let Err(error) = dispatch(&core).await
        {
            tracing::warn!(%error, "tasks could not be started; trying again");
        }
        // Hints may be lost, so it also looks by itself.
        let pause = core.runtime().jitter(core.parts.sweep_every);
        until_news(&core, &watch, &KINDS, core.woken(), pause).await;
    }
}

async fn dispatch(core: &Arc<Core>) -> Result<()> {
    let running = u32::try_from(core.running.count()).unwrap_or(u32::MAX);
    let free = core.parts.concurrency.saturating_sub(running);
    if free == 0 {
        return Ok(());
    }
    let ready = ready(core).await?;
    if ready.is_empty() {
        return Ok(());
    }
    let projects = projects(core, &ready).await?;
    let view = SchedulerView {
        now: core.now(),
        free,
        ready: ready.iter().map(|task| ready_task(&task.value, &projects)).collect(),
        running: running_by_project(core).await?,
    };
    let plan = core.parts.scheduler.plan(&view);
    let mut started = BTreeSet::new();
    for id in plan.start.into_iter().take(free as usize) {
        let Some(task) = ready.iter().find(|task| task.value.id == id) else {
            tracing::warn!(task = %id, "the scheduler named a task that it was not shown");
            continue;
        };
        if started.insert(id) {
            start(core, task, &projects).await?;
        }
    }
    Ok(())
}

async fn ready(core: &Core) -> Result<Vec<Versioned<TaskInfo>>> {
    let mut query = ListQuery::new(None, RecordKind::TASK);
    query.states = vec![TaskState::Queued.as_str().to_owned()];
    query.capable = Some(core.capabilities().offered());
    query.lease = Some(LeaseFilter::Claimable);
    query.order = ListOrder::Priority;
    query.per_group = Some(PER_PROJECT);
    query.limit = ListQuery::MAX_LIMIT;
    core.store.list::<TaskInfo>(&query).await
}

async fn running_by_project(core: &Core) -> Result<HashMap<ProjectId, u32>> {
    let mut query = ListQuery::new(None, RecordKind::TASK);
    query.states = vec![TaskState::Running.as_str().to_owned()];
    query.limit = ListQuery::MAX_LIMIT;
    let mut counts = HashMap::new();
    for task in core.store.list::<TaskInfo>(&query).await? {
        if let Some(project_id) = task.value.project_id {
            *counts.entry(project_id).or_default() += 1;
        }
    }
    Ok(counts)
}

async fn projects(
    core: &Core,
    tasks: &[Versioned<TaskInfo>],
) -> Result<HashMap<ProjectId, ProjectInfo>> {
    let wanted: BTreeSet<_> = tasks
        .iter()
        .filter_map(|task| Some((task.value.tenant_id.clone(), task.value.project_id?)))
        .collect();
    let mut projects = HashMap::new();
    for (tenant, id) in wanted {
        if let Some(project) = core.store.get::<ProjectInfo>(&tenant, id).await? {
            projects.insert(id, project.value);
        }
    }
    Ok(projects)
}

fn ready_task(task: &TaskInfo, projects: &HashMap<ProjectId, ProjectInfo>) -> ReadyTask {
    let project = task.project_id.and_then(|id| projects.get(&id));
    ReadyTask {
        id: task.id,
        tenant_id: task.tenant_id.clone(),
        project_id: task.project_id,
        priority: task.spec.priority,
        created_at: task.created_at,
        project_max: project.and_then(|project| project.max_running),
        paused: project.is_some_and(|project| project.state != ProjectState::Active),
    }
}

async fn start(
    core: &Arc<Core>,
    task: &Versioned<TaskInfo>,
    projects: &HashMap<ProjectId, ProjectInfo>,
) -> Result<()> {
    use crate::node::Stored as _;

    // Held from before the claim: a node that closes waits for what it has claimed.
    let Some(pass) = core.running.enter() else { return Ok(()) };
    let project = task.value.project_id.and_then(|id| projects.get(&id));
    let permits = project
        .and_then(|project| Some((project.id, project.max_running?)))
        .map(|(id, max)| Permit { scope: format!("project:{id}"), max });
    let key = task.value.key();
    let permits = permits.into_iter().collect();
    let claim = core.claim::<TaskInfo>(key, Some(task.version), None, permits).await?;
    let Claimed::Yes { value, lease } = claim else {
        return Ok(());
    };
    let id: TaskId = value.value.id;
    let worker = worker::work(Arc::clone(core), *value, lease, pass);
    tracing::debug!(task = %id, "starting an attempt");
    runtime::spawn(core.runtime(), "task", worker).detach();
    Ok(())
}
