//! The life of a task, as pure functions: (task, what happened, now) to (task, events).

use std::time::Duration;

use crate::error::{Error, ErrorInfo, ErrorKind, Result};
use crate::id::{LeaseToken, NodeId, TaskId};
use crate::model::check;
use crate::model::{
    Actor, AttemptInfo, AttemptState, CancelRequest, EventData, Outcome, ReplyInfo, TaskEnded,
    TaskInfo, TaskInputRequired, TaskQueued, TaskRetried, TaskStarted, TaskState, TaskUpdated,
    Timestamp, When,
};

/// A task after something happened, and what is to be told about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) task: TaskInfo,
    pub(crate) events: Vec<EventData>,
}

/// How an attempt was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Its node is gone.
    Crash,
    /// Its node was shut down cleanly. It counts against nothing.
    Parked,
}

/// A random number from 0 to 1000, given from outside since a machine draws none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chance(pub(crate) u32);

/// How many replies a task takes.
pub(crate) const MAX_REPLIES: usize = 1000;

/// Whether the task may start as far as its needs go; none means that they are not decided yet.
pub(crate) fn needs_met(when: When, needs: &[TaskState]) -> Option<bool> {
    if when == When::Success
        && needs.iter().any(|state| matches!(state, TaskState::Failed | TaskState::Cancelled))
    {
        return Some(false);
    }
    if !needs.iter().all(|state| state.is_ended()) {
        return None;
    }
    let all_succeeded = needs.iter().all(|state| *state == TaskState::Succeeded);
    Some(match when {
        When::Success => all_succeeded,
        When::Failure => !all_succeeded,
        When::Always => true,
        // What a newer version means by it is not guessed: one of that version goes on.
        When::Other(_) => return None,
    })
}

/// Lets a pending task go on when its time has come and its needs are met.
pub(crate) fn promote(task: &TaskInfo, needs: &[TaskState], now: Timestamp) -> Option<Step> {
    if task.state != TaskState::Pending {
        return None;
    }
    match needs_met(task.spec.when, needs) {
        Some(false) => Some(end(task, TaskState::Cancelled, None, Some("need_failed"), now)),
        Some(true) if task.not_before.is_none_or(|time| time <= now) => {
            let mut task = task.clone();
            task.state = TaskState::Queued;
            task.not_before = None;
            Some(Step { task, events: vec![TaskQueued::default().into()] })
        }
        _ => None,
    }
}

/// Starts the next attempt.
pub(crate) fn start(
    task: &TaskInfo,
    node_id: NodeId,
    token: LeaseToken,
    now: Timestamp,
) -> Result<Step> {
    if task.state != TaskState::Queued {
        return Err(wrong_state(task, "start"));
    }
    let mut task = task.clone();
    let number = task.attempts.last().map_or(0, |attempt| attempt.number) + 1;
    task.attempts.push(AttemptInfo {
        number,
        state: AttemptState::Running,
        token,
        node_id,
        started_at: now,
        ended_at: None,
        error: None,
    });
    task.state = TaskState::Running;
    task.reason = None;
    task.idle_at = idle_at(&task, now);
    if task.started_at.is_none() {
        task.started_at = Some(now);
        task.deadline_at = task.spec.deadline_ms.map(|ms| now + Duration::from_millis(ms));
    }
    let started = TaskStarted { attempt: number, token, node_id: Some(node_id) };
    Ok(Step { task, events: vec![started.into()] })
}

/// Takes the outcome of the attempt under way.
pub(crate) fn settle(
    task: &TaskInfo,
    outcome: Outcome,
    chance: Chance,
    now: Timestamp,
) -> Result<Step> {
    if task.state != TaskState::Running {
        return Err(wrong_state(task, "settle"));
    }
    let mut task = task.clone();
    match outcome {
        Outcome::Succeeded { .. } => {
            end_attempt(&mut task, AttemptState::Succeeded, None, now);
            Ok(end(&task, TaskState::Succeeded, Some(outcome), None, now))
        }
        Outcome::Cancelled { .. } => {
            end_attempt(&mut task, AttemptState::Cancelled, None, now);
            Ok(end(&task, TaskState::Cancelled, Some(outcome), None, now))
        }
        Outcome::InputRequired { ref reason, ref detail } => {
            end_attempt(&mut task, AttemptState::InputRequired, None, now);
            if task.cancel.is_some() {
                return Ok(end(&task, TaskState::Cancelled, Some(outcome), Some("cancelled"), now));
            }
            let event = TaskInputRequired { reason: reason.clone(), detail: Some(detail.clone()) };
            task.reason = Some(reason.clone());
            task.outcome = Some(outcome);
            task.state = TaskState::InputRequired;
            Ok(Step { task, events: vec![event.into()] })
        }
        Outcome::Failed { error, retryable } => {
            Ok(fail(task, error, retryable, "failed", chance, now))
        }
        Outcome::Unknown(kept) => Err(check::unknown_variant("outcome", &kept)),
    }
}

/// Ends an attempt that failed, and tries again if that makes sense.
fn fail(
    mut task: TaskInfo,
    error: ErrorInfo,
    retryable: bool,
    reason: &str,
    chance: Chance,
    now: Timestamp,
) -> Step {
    end_attempt(&mut task, AttemptState::Failed, Some(error.clone()), now);
    task.failures += 1;
    let cancelled = task.cancel.is_some();
    if cancelled || !retryable || task.failures >= task.spec.retry.max_attempts {
        let outcome = Some(Outcome::Failed { error, retryable });
        if cancelled {
            return end(&task, TaskState::Cancelled, outcome, Some("cancelled"), now);
        }
        let reason = (reason != "failed").then_some(reason);
        return end(&task, TaskState::Failed, outcome, reason, now);
    }
    let wait = backoff(&task, chance);
    again(task, reason, Some(now + wait), Some(error))
}

/// Notes that the attempt under way works.
pub(crate) fn touch(task: &TaskInfo, now: Timestamp) -> Option<TaskInfo> {
    let idle_at = idle_at(task, now).filter(|_| task.state == TaskState::Running)?;
    Some(TaskInfo { idle_at: Some(idle_at), ..task.clone() })
}

fn idle_at(task: &TaskInfo, now: Timestamp) -> Option<Timestamp> {
    task.spec.idle_timeout_ms.map(|ms| now + Duration::from_millis(ms))
}

/// Takes note that the attempt under way was lost.
pub(crate) fn lose(task: &TaskInfo, loss: Loss, error: ErrorInfo, now: Timestamp) -> Result<Step> {
    if task.state != TaskState::Running {
        return Err(wrong_state(task, "lose"));
    }
    let mut task = task.clone();
    match loss {
        Loss::Parked => {
            end_attempt(&mut task, AttemptState::Parked, None, now);
            if task.cancel.is_some() {
                return Ok(end(&task, TaskState::Cancelled, None, Some("cancelled"), now));
            }
            Ok(again(task, "parked", None, None))
        }
        Loss::Crash => {
            end_attempt(&mut task, AttemptState::Lost, Some(error.clone()), now);
            task.crashes += 1;
            if task.cancel.is_some() {
                return Ok(end(&task, TaskState::Cancelled, None, Some("cancelled"), now));
            }
            if task.crashes > task.spec.retry.max_crashes {
                let outcome = Outcome::Failed { error, retryable: false };
                return Ok(end(&task, TaskState::Failed, Some(outcome), Some("poison"), now));
            }
            Ok(again(task, "crashed", None, Some(error)))
        }
    }
}

/// Takes a wish to cancel. A task that nobody works on ends at once; else the worker is told.
pub(crate) fn request_cancel(
    task: &TaskInfo,
    by: Actor,
    reason: String,
    grace: Duration,
    now: Timestamp,
) -> Option<Step> {
    if task.state.is_ended() || task.cancel.is_some() {
        return None;
    }
    let mut task = task.clone();
    task.cancel =
        Some(CancelRequest { by, at: now, reason: reason.clone(), force_at: now + grace });
    if task.state == TaskState::Running {
        let event = TaskUpdated { cancel_requested: true, reason: Some(reason) };
        return Some(Step { task, events: vec![event.into()] });
    }
    let outcome = Outcome::Cancelled { reason };
    Some(end(&task, TaskState::Cancelled, Some(outcome), Some("cancelled"), now))
}

/// Ends a task whose deadline has passed or that did not stop within the grace of a cancel, and an
/// attempt that shows no sign of life.
pub(crate) fn overdue(task: &TaskInfo, chance: Chance, now: Timestamp) -> Option<Step> {
    if task.state.is_ended() {
        return None;
    }
    let forced = task.cancel.as_ref().is_some_and(|cancel| cancel.force_at <= now);
    let late = task.deadline_at.is_some_and(|deadline| deadline <= now);
    let silent = task.state == TaskState::Running && task.idle_at.is_some_and(|at| at <= now);
    if silent && !forced && !late {
        let error = Error::new(ErrorKind::Timeout, "the attempt showed no sign of life")
            .with("idle_timeout_ms", task.spec.idle_timeout_ms.unwrap_or_default());
        return Some(fail(task.clone(), error.info(), true, "idle_timeout", chance, now));
    }
    if !forced && !late {
        return None;
    }
    let mut task = task.clone();
    if forced {
        end_attempt(&mut task, AttemptState::Cancelled, None, now);
        return Some(end(&task, TaskState::Cancelled, None, Some("cancelled"), now));
    }
    let error = Error::new(ErrorKind::Timeout, "the task did not end before its deadline").info();
    end_attempt(&mut task, AttemptState::Failed, Some(error.clone()), now);
    let outcome = Outcome::Failed { error, retryable: false };
    Some(end(&task, TaskState::Failed, Some(outcome), Some("deadline"), now))
}

/// Tries an ended or waiting task again, because a person asks for it. One that never started waits
/// for its needs, as it did before.
pub(crate) fn retry(task: &TaskInfo, needs: &[TaskState]) -> Result<Step> {
    match task.state {
        TaskState::Failed | TaskState::Cancelled | TaskState::InputRequired => {
            restart(task.clone(), "requested", needs)
        }
        _ => Err(wrong_state(task, "be tried again")),
    }
}

/// Takes a reply, which begins another attempt. None when it was given before.
pub(crate) fn reply(
    task: &TaskInfo,
    mut reply: ReplyInfo,
    needs: &[TaskState],
) -> Result<Option<Step>> {
    let key = &reply.idempotency_key;
    if let Some(before) = task
        .replies
        .iter()
        .find(|before| before.idempotency_key.is_some() && before.idempotency_key == *key)
    {
        if before.prompt.is_empty() || before.prompt == reply.prompt {
            return Ok(None);
        }
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            "`idempotency_key` was used for another reply",
        )
        .with("task_id", task.id));
    }
    if !task.state.is_ended() && task.state != TaskState::InputRequired {
        return Err(wrong_state(task, "take a reply; prompt its session instead"));
    }
    if task.replies.len() >= MAX_REPLIES {
        return Err(Error::new(ErrorKind::ResourceExhausted, "the task takes no more replies")
            .with("task_id", task.id)
            .with("max", MAX_REPLIES));
    }
    let mut task = task.clone();
    task.replies.iter_mut().for_each(|before| before.prompt.clear());
    reply.number = task.replies.last().map_or(0, |before| before.number) + 1;
    task.replies.push(reply);
    restart(task, "replied", needs).map(Some)
}

fn restart(mut task: TaskInfo, reason: &str, needs: &[TaskState]) -> Result<Step> {
    let met = if task.attempts.is_empty() { needs_met(task.spec.when, needs) } else { Some(true) };
    if met == Some(false) {
        return Err(Error::new(
            ErrorKind::Conflict,
            "the task cannot start, because of what it needs; retry that first",
        )
        .with("task_id", task.id));
    }
    task.failures = 0;
    task.crashes = 0;
    task.cancel = None;
    task.outcome = None;
    task.ended_at = None;
    task.started_at = None;
    task.deadline_at = None;
    task.reason = None;
    let mut step = again(task, reason, None, None);
    if met.is_none() {
        step.task.state = TaskState::Pending;
        step.events.retain(|event| !matches!(event, EventData::TaskQueued(_)));
    }
    Ok(step)
}

/// How long to wait after the failures so far: doubled each time, and up to half as much again by
/// chance.
fn backoff(task: &TaskInfo, chance: Chance) -> Duration {
    let retry = &task.spec.retry;
    let doubled = retry.backoff_ms.saturating_mul(1 << (task.failures.saturating_sub(1)).min(20));
    let wait = Duration::from_millis(doubled.min(retry.max_backoff_ms));
    wait + wait / 2000 * chance.0.min(1000)
}

fn again(
    mut task: TaskInfo,
    reason: &str,
    not_before: Option<Timestamp>,
    error: Option<ErrorInfo>,
) -> Step {
    let attempt = task.attempts.last().map_or(0, |attempt| attempt.number);
    let retried = TaskRetried { attempt, reason: reason.to_owned(), not_before, error };
    let mut events = vec![retried.into()];
    task.not_before = not_before;
    task.state = TaskState::Pending;
    if not_before.is_none() {
        task.state = TaskState::Queued;
        events.push(TaskQueued::default().into());
    }
    Step { task, events }
}

fn end_attempt(task: &mut TaskInfo, state: AttemptState, error: Option<ErrorInfo>, now: Timestamp) {
    task.idle_at = None;
    if let Some(attempt) = task.attempts.last_mut().filter(|attempt| attempt.ended_at.is_none()) {
        attempt.state = state;
        attempt.ended_at = Some(now);
        attempt.error = error;
    }
}

fn end(
    task: &TaskInfo,
    state: TaskState,
    outcome: Option<Outcome>,
    reason: Option<&str>,
    now: Timestamp,
) -> Step {
    let mut task = task.clone();
    task.state = state;
    task.outcome = outcome;
    task.reason = reason.map(str::to_owned);
    task.ended_at = Some(now);
    task.not_before = None;
    task.idle_at = None;
    let attempts = u32::try_from(task.attempts.len()).unwrap_or(u32::MAX);
    let event = TaskEnded {
        state,
        outcome: task.outcome.clone(),
        reason: task.reason.clone(),
        attempts,
        usage: task.usage,
    };
    Step { task, events: vec![event.into()] }
}

fn wrong_state(task: &TaskInfo, wanted: &str) -> Error {
    let state = task.state;
    Error::new(ErrorKind::Conflict, format!("the task cannot {wanted} while it is {state}"))
        .with("task_id", task.id)
}

/// The needs of a task that have to be looked up.
pub(crate) fn needs(task: &TaskInfo) -> &[TaskId] {
    &task.spec.needs
}
