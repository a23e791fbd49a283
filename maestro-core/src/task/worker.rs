//! Runs one attempt: starts it, lets the task work, and settles what came of it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{Either, select};
use serde_json::Value;

use crate::command::Inbox;
use crate::error::{Error, ErrorKind, Result};
use crate::id::TaskId;
use crate::model::{Actor, Outcome, SessionInfo, SessionState, TaskInfo, Usage, Verb};
use crate::node::{Core, HeldLease, Pass, Scope, Versioned};
use crate::runtime;
use crate::storage::RecordKind;
use crate::task::context::Inner;
use crate::task::machine::{self, Loss, Step};
use crate::task::{TaskContext, promotion, record, recovery};

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
pub(crate) async fn work(core: Arc<Core>, task: Versioned<TaskInfo>, lease: HeldLease, pass: Pass) {
    let id = task.value.id;
    if let Err(error) = Box::pin(attempt(&core, task, lease)).await {
        if error.kind() == ErrorKind::LeaseLost {
            tracing::warn!(task = %id, "lost the authority over a task");
        } else {
            tracing::error!(task = %id, %error, "an attempt could not be recorded");
        }
    }
    drop(pass);
    core.wake();
}

async fn attempt(core: &Arc<Core>, task: Versioned<TaskInfo>, lease: HeldLease) -> Result<()> {
    let now = core.now();
    let node_id = core.node_id;
    let token = lease.fence.token;
    let Ok(step) = machine::start(&task.value, node_id, token, now) else {
        return give_back(core, &lease).await;
    };
    let task = match commit(core, &task, step, &lease).await {
        Ok(task) => task,
        // Somebody was faster, perhaps with a cancel.
        Err(error) if error.kind() == ErrorKind::Conflict => return give_back(core, &lease).await,
        Err(error) => return Err(error),
    };
    let tenant = task.tenant_id.clone();
    let (commands, _owner) = Inbox::register(core, &tenant, &RecordKind::TASK, task.id.to_string());
    let (stop, stopped) = async_channel::bounded(1);
    let _watched = Watched::begin(core, task.id);
    let scope = Scope { core: Arc::clone(core), tenant, actor: Actor::node(node_id) };
    let inner = Arc::new(Inner { scope, task, lease, stop: stopped });
    let context = TaskContext { inner: Arc::clone(&inner) };

    let end = {
        let run = pin!(run(core, context.clone()));
        let watch = pin!(watch(core, &inner, commands, stop));
        match select(run, watch).await {
            Either::Left((outcome, _)) => End::Outcome(outcome),
            Either::Right((end, _)) => end,
        }
    };
    let end = match end {
        // Nothing that it says about the task counts: it only could not go on.
        End::Outcome(Outcome::Failed { error, .. }) if error.kind == ErrorKind::LeaseLost => {
            End::Lost
        }
        End::Outcome(Outcome::Cancelled { .. }) if core.parking.is_closed() => End::Parked,
        // It ran into the closing before it was told of it, as when it was about to open a session, or
        // passes the error of a wait on.
        End::Outcome(Outcome::Failed { error, .. })
            if core.is_closing()
                && matches!(error.kind, ErrorKind::Closed | ErrorKind::Cancelled) =>
        {
            End::Parked
        }
        // What it worked with was stopped beneath it. A failure that is no chance would come again.
        End::Outcome(Outcome::Failed { retryable: true, .. }) if core.parking.is_closed() => {
            End::Parked
        }
        end => end,
    };
    drop(context);
    match end {
        End::Outcome(outcome) => {
            let chance = core.chance();
            settle(core, &inner, |task, now| machine::settle(task, outcome.clone(), chance, now))
                .await
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
    let ran = runtime::caught("the task", task.run(context)).await;
    ran.unwrap_or_else(|error| Outcome::Failed { error: error.info(), retryable: true })
}

/// Waits for a reason to stop the task from outside. `stop` is dropped to ask it to stop.
async fn watch(
    core: &Arc<Core>,
    inner: &Inner,
    commands: async_channel::Receiver<Box<crate::command::Delivery>>,
    stop: async_channel::Sender<()>,
) -> End {
    let mut lost = pin!(inner.lease.lost().fuse());
    let mut silence = pin!(keep_touched(core, inner).fuse());
    let mut closing = pin!(core.parked().fuse());
    let mut stop = Some(stop);
    loop {
        futures::select! {
            () = lost => return End::Lost,
            () = silence => {}
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
    inner.lease.begin_return();
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
    let Some(task) = ended else { return Ok(()) };
    if let Some(at) = task.not_before {
        core.set_alarm(at);
    }
    if task.state.is_ended() {
        promotion::promote_dependents(core, &task).await?;
    }
    Ok(())
}

/// Puts off the end of a silent attempt while it shows signs of life or waits for a person. Who ends
/// it is the sweeper of whichever node finds it.
async fn keep_touched(core: &Arc<Core>, inner: &Inner) {
    let Some(timeout) = inner.task.spec.idle_timeout_ms.map(Duration::from_millis) else {
        return;
    };
    let id = inner.task.id;
    let mut seen = core.activity.count(id);
    loop {
        core.runtime().sleep(timeout / 4).await;
        let count = core.activity.count(id);
        let lives = count != seen || waits_for_person(core, inner).await;
        seen = count;
        if !lives {
            continue;
        }
        let touched = core
            .store
            .change::<TaskInfo, ()>(&inner.task.tenant_id, id, |read, draft| {
                let Some(task) = machine::touch(&read.value, core.now()) else { return Ok(None) };
                draft.fence(&inner.lease.fence);
                draft.update(read.version, &task)?;
                Ok(Some(()))
            })
            .await;
        if let Err(error) = touched {
            tracing::warn!(%error, task = %id, "a sign of life is not recorded");
        }
    }
}

/// Whether the agent waits for an answer.
async fn waits_for_person(core: &Core, inner: &Inner) -> bool {
    let store = &core.store;
    let waits = async {
        let task = store.require::<TaskInfo>(&inner.task.tenant_id, inner.task.id).await?.value;
        let Some(session_id) = task.session_id else { return Ok(false) };
        let session = store.get::<SessionInfo>(&task.tenant_id, session_id).await?;
        Ok(session.is_some_and(|read| read.value.state == SessionState::RequiresAction))
    };
    let waits: Result<bool> = waits.await;
    waits.unwrap_or_else(|error| {
        tracing::warn!(%error, task = %inner.task.id, "whether a task waits is not known");
        false
    })
}

/// Signs of life of a task are counted while this lives.
struct Watched<'a> {
    core: &'a Core,
    id: TaskId,
}

impl<'a> Watched<'a> {
    fn begin(core: &'a Core, id: TaskId) -> Self {
        core.activity.watch(id);
        Self { core, id }
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.core.activity.forget(self.id);
    }
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
) -> Result<TaskInfo> {
    let mut draft = core.store.draft();
    draft.fence(&lease.fence);
    draft.update(task.version, &step.task)?;
    let events = core.events(&core.actor(), &record::refs(&step.task), step.events)?;
    draft.append(record::stream(&step.task), events);
    core.store.commit(draft).await?;
    Ok(step.task)
}

/// Gives back a lease on a task that turned out to need no work.
async fn give_back(core: &Arc<Core>, lease: &HeldLease) -> Result<()> {
    let mut draft = core.store.draft();
    draft.release(&lease.fence);
    lease.begin_return();
    core.store.commit(draft).await.map(|_| ())
}
