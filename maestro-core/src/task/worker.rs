//! Runs one attempt: starts it, lets the task work, and settles what came of it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::FutureExt as _;
use futures::future::{Either, select};
use serde_json::Value;

use crate::command::Inbox;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Actor, Outcome, TaskInfo, Usage, Verb};
use crate::node::{Core, HeldLease, Scope, Stored as _, Versioned};
use crate::storage::RecordKind;
use crate::task::context::Inner;
use crate::task::machine::{self, Loss, Step};
use crate::task::{TaskContext, record, recovery};

/// How an attempt ended, as the worker sees it.
enum End {
    /// The task said so.
    Outcome(Outcome),
    /// The node is being closed.
    Parked,
    /// The node has lost its authority: nothing more may be written.
    Lost,
}

/// Works on a claimed task to the end of the attempt.
pub(crate) async fn work(core: Arc<Core>, task: Versioned<TaskInfo>, lease: HeldLease) {
    let id = task.value.id;
    if let Err(error) = attempt(&core, task, lease).await {
        if error.kind() == ErrorKind::LeaseLost {
            tracing::warn!(task = %id, "lost the authority over a task");
        } else {
            tracing::error!(task = %id, %error, "an attempt could not be recorded");
        }
    }
    core.running.fetch_sub(1, Ordering::SeqCst);
    core.wake();
}

async fn attempt(core: &Arc<Core>, task: Versioned<TaskInfo>, lease: HeldLease) -> Result<()> {
    let now = core.now();
    let node_id = core.node_id;
    let token = lease.fence.token;
    let Ok(step) = machine::start(&task.value, node_id, token, now) else {
        return give_back(core, &lease).await;
    };
    let task = commit(core, &task, step, &lease, false).await?;
    let tenant = task.tenant_id.clone();
    let (commands, _owner) = Inbox::register(core, &tenant, &RecordKind::TASK, task.id.to_string());
    let (stop, stopped) = async_channel::bounded(1);
    let scope = Scope { core: Arc::clone(core), tenant, actor: Actor::node(node_id) };
    let inner = Arc::new(Inner { scope, task, lease, stop: stopped });
    let context = TaskContext { inner: Arc::clone(&inner) };

    let end = {
        let run = pin!(run(core, context.clone()));
        let watch = pin!(watch(core, &inner.lease, commands, stop));
        match select(run, watch).await {
            Either::Left((outcome, _)) => End::Outcome(outcome),
            Either::Right((end, _)) => end,
        }
    };
    let end = match end {
        End::Outcome(Outcome::Cancelled { .. }) if core.is_closing() => End::Parked,
        // It ran into the closing before it was told of it, as when it was about to open a session, or
        // passes the error of a wait on.
        End::Outcome(Outcome::Failed { error, .. })
            if core.is_closing()
                && matches!(error.kind, ErrorKind::Closed | ErrorKind::Cancelled) =>
        {
            End::Parked
        }
        end => end,
    };
    drop(context);
    match end {
        End::Outcome(outcome) => {
            settle(core, &inner, |task, now| machine::settle(task, outcome.clone(), now)).await
        }
        End::Parked => {
            settle(core, &inner, |task, now| {
                let error = Error::new(ErrorKind::Cancelled, "the node was closed").info();
                machine::lose(task, Loss::Parked, error, now)
            })
            .await
        }
        End::Lost => Err(Error::new(ErrorKind::LeaseLost, "the attempt's lease was lost")),
    }
}

/// Lets the task work; a panic is a failure.
async fn run(core: &Arc<Core>, context: TaskContext) -> Outcome {
    let kind = context.task().spec.kind.clone();
    let Some(task) = core.parts.tasks.get(&kind).cloned() else {
        let error = Error::invalid("kind", format!("{kind:?} is not registered with this node"));
        return Outcome::failed(&error);
    };
    match AssertUnwindSafe(task.run(context)).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            let error = Error::new(ErrorKind::Internal, format!("the task panicked: {text}"));
            Outcome::Failed { error: error.info(), retryable: true }
        }
    }
}

/// Waits for a reason to stop the task from outside. `stop` is dropped to ask it to stop.
async fn watch(
    core: &Arc<Core>,
    lease: &HeldLease,
    commands: async_channel::Receiver<crate::command::Delivery>,
    stop: async_channel::Sender<()>,
) -> End {
    let mut lost = pin!(lease.lost().fuse());
    let mut closing = pin!(core.parked().fuse());
    let mut stop = Some(stop);
    loop {
        futures::select! {
            () = lost => return End::Lost,
            () = closing => {
                drop(stop.take());
                core.runtime().sleep(core.parts.cancel_grace).await;
                return End::Parked;
            }
            delivery = pin!(commands.recv().fuse()) => {
                let Ok(delivery) = delivery else { return End::Lost };
                let result = match delivery.verb {
                    Verb::TaskCancel => {
                        drop(stop.take());
                        Ok(Value::Null)
                    }
                    _ => Err(Error::new(ErrorKind::Unsupported, "a task cannot do that")),
                };
                delivery.reply(core, result).await;
                if stop.is_none() {
                    break;
                }
            }
        }
    }
    let grace = core.runtime().sleep(core.parts.cancel_grace);
    match select(lost, grace).await {
        Either::Left(_) => End::Lost,
        Either::Right(_) => End::Outcome(Outcome::Cancelled {
            reason: "the task did not stop by itself within the grace period".to_owned(),
        }),
    }
}

/// Commits the end of the attempt and gives the lease back.
async fn settle(
    core: &Arc<Core>,
    inner: &Inner,
    step: impl Fn(&TaskInfo, crate::model::Timestamp) -> Result<Step> + Send + Sync,
) -> Result<()> {
    let usage = recovery::usage_of(core, &inner.task).await?;
    let tenant = &inner.task.tenant_id;
    let ended = core
        .store
        .change::<TaskInfo, TaskInfo>(tenant, inner.task.id, |read, draft| {
            let mut current = read.value.clone();
            adopt_usage(&mut current, usage);
            let step = step(&current, core.now())?;
            draft.fence(&inner.lease.fence);
            draft.update(read.version, &step.task)?;
            let events = core.events(&core.actor(), &record::refs(&step.task), step.events)?;
            draft.append(record::stream(&step.task), events);
            draft.release(&inner.lease.fence);
            Ok(Some(step.task))
        })
        .await?;
    if let Some(task) = ended.filter(|task| task.state.is_ended()) {
        recovery::promote_dependents(core, &task).await?;
    }
    Ok(())
}

fn adopt_usage(task: &mut TaskInfo, usage: Option<Usage>) {
    if let Some(usage) = usage {
        task.usage = usage;
    }
}

/// Commits a step of a task that is held.
async fn commit(
    core: &Arc<Core>,
    task: &Versioned<TaskInfo>,
    step: Step,
    lease: &HeldLease,
    release: bool,
) -> Result<TaskInfo> {
    let mut draft = core.store.draft();
    draft.fence(&lease.fence);
    draft.update(task.version, &step.task)?;
    let events = core.events(&core.actor(), &record::refs(&step.task), step.events)?;
    draft.append(record::stream(&step.task), events);
    if release {
        draft.release(&lease.fence);
    }
    core.store.commit(draft).await?;
    Ok(step.task)
}

/// Gives back a lease on a task that turned out to need no work.
async fn give_back(core: &Arc<Core>, lease: &HeldLease) -> Result<()> {
    let mut draft = core.store.draft();
    draft.release(&lease.fence);
    core.store.commit(draft).await.map(|_| ())
}

/// Keeps the key of a task's record in one place.
pub(crate) fn key(task: &TaskInfo) -> crate::storage::RecordKey {
    task.key()
}
