//! Promotion: tasks that wait for others or for a time go on, or end with what they wait for.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::error::Result;
use crate::id::{TaskId, TenantId};
use crate::model::{TaskInfo, TaskState};
use crate::node::{Core, Versioned};
use crate::storage::{Link, ListQuery, RecordKey, RecordKind};
use crate::task::machine;
use crate::task::record;
use crate::task::recovery::write;

/// How often every task that waits is looked at. What a need's end brings about is done at once;
/// this finds what a crash came in between.
const SCAN_EVERY: Duration = Duration::from_mins(1);

/// The states of tasks, by tenant and id.
type States = HashMap<(TenantId, TaskId), TaskState>;

/// Lets every task that waits for `ended` go on, or ends it, and those that wait for that one.
pub(crate) async fn promote_dependents(core: &Arc<Core>, ended: &TaskInfo) -> Result<()> {
    let mut ended = vec![(ended.tenant_id.clone(), ended.id)];
    while let Some((tenant, id)) = ended.pop() {
        let mut query = ListQuery::new(Some(tenant), RecordKind::TASK);
        query.states = vec![TaskState::Pending.as_str().to_owned()];
        query.link = Some(Link { rel: record::NEEDS.to_owned(), target: id.to_string() });
        query.limit = ListQuery::MAX_LIMIT;
        for task in core.store.list_all::<TaskInfo>(query).await? {
            let next = promote(core, &task.value).await?;
            ended.extend(next.map(|task| (task.tenant_id, task.id)));
        }
    }
    core.wake();
    Ok(())
}

/// Looks at every task that waits, if it is time for that.
pub(crate) async fn promote_waiting(core: &Arc<Core>) -> Result<()> {
    let now = core.runtime().monotonic();
    {
        let mut scanned = core.scanned.lock().unwrap_or_else(PoisonError::into_inner);
        if scanned.is_some_and(|last| now.saturating_sub(last) < SCAN_EVERY) {
            return Ok(());
        }
        *scanned = Some(now);
    }
    let mut query = ListQuery::new(None, RecordKind::TASK);
    query.states = vec![TaskState::Pending.as_str().to_owned()];
    query.limit = ListQuery::MAX_LIMIT;
    loop {
        let tasks = core.store.page::<TaskInfo>(&mut query).await?;
        let states = states_of(core, tasks.iter().map(|read| &read.value)).await?;
        for Versioned { value: task, .. } in &tasks {
            let needs = look_up(task, &states);
            if machine::promote(task, &needs, core.now()).is_some()
                && let Some(ended) = promote(core, task).await?
            {
                promote_dependents(core, &ended).await?;
            }
        }
        if query.page_token.is_none() {
            return Ok(());
        }
    }
}

/// Promotes one pending task if its needs and time allow it. Gives it, if that ended it.
pub(crate) async fn promote(core: &Core, task: &TaskInfo) -> Result<Option<TaskInfo>> {
    let needs = states_of_needs(core, task).await?;
    let ended = core
        .store
        .change::<TaskInfo, Option<TaskInfo>>(&task.tenant_id, task.id, |read, draft| {
            let Some(step) = machine::promote(&read.value, &needs, core.now()) else {
                return Ok(None);
            };
            write(core, read, &step, draft)?;
            Ok(Some(step.task.state.is_ended().then_some(step.task)))
        })
        .await?;
    core.wake();
    Ok(ended.flatten())
}

/// The states of what a task needs.
pub(crate) async fn states_of_needs(core: &Core, task: &TaskInfo) -> Result<Vec<TaskState>> {
    Ok(look_up(task, &states_of(core, [task]).await?))
}

async fn states_of<'a>(
    core: &Core,
    tasks: impl IntoIterator<Item = &'a TaskInfo> + Send,
) -> Result<States> {
    let needs = tasks.into_iter().flat_map(|task| {
        machine::needs(task)
            .iter()
            .map(|id| RecordKey::new(task.tenant_id.clone(), RecordKind::TASK, id))
    });
    let keys: Vec<RecordKey> = needs.collect::<BTreeSet<_>>().into_iter().collect();
    if keys.is_empty() {
        return Ok(States::new());
    }
    let records = core.store.storage.get(&keys).await?;
    let mut states = States::new();
    for record in records.iter().flatten() {
        let task = Versioned::<TaskInfo>::decode(record)?.value;
        states.insert((task.tenant_id, task.id), task.state);
    }
    Ok(states)
}

fn look_up(task: &TaskInfo, states: &States) -> Vec<TaskState> {
    let state = |id: &TaskId| {
        let found = states.get(&(task.tenant_id.clone(), *id));
        // A need that was deleted can never succeed.
        found.copied().unwrap_or(TaskState::Cancelled)
    };
    machine::needs(task).iter().map(state).collect()
}
