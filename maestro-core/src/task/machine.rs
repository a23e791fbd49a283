//! The life of a task, as pure functions: (task, what happened, now) to (task, events).

use std::time::Duration;

use crate::error::{Error, ErrorInfo, ErrorKind, Result};
use crate::id::{LeaseToken, NodeId, TaskId};
use crate::model::{
    Actor, AttemptInfo, AttemptState, CancelRequest, EventData, Outcome, TaskEnded, TaskInfo,
    TaskInputRequired, TaskQueued, TaskRetried, TaskStarted, TaskState, TaskUpdated, Timestamp,
    When,
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
    if task.started_at.is_none() {
        task.started_at = Some(now);
        task.deadline_at = task.spec.deadline_ms.map(|ms| now + Duration::from_millis(ms));
    }
    let started = TaskStarted { attempt: number, token, node_id: Some(node_id) };
    Ok(Step { task, events: vec![started.into()] })
}

/// Takes the outcome of the attempt under way.
pub(crate) fn settle(task: &TaskInfo, outcome: Outcome, now: Timestamp) -> Result<Step> {
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
            let event = TaskInputRequired { reason: reason.clone(), detail: Some(detail.clone()) };
            task.reason = Some(reason.clone());
            task.outcome = Some(outcome);
            task.state = TaskState::InputRequired;
            Ok(Step { task, events: vec![event.into()] })
        }
        Outcome::Failed { ref error, retryable } => {
            end_attempt(&mut task, AttemptState::Failed, Some(error.clone()), now);
            task.failures += 1;
            if task.cancel.is_some() {
                return Ok(end(&task, TaskState::Cancelled, Some(outcome), Some("cancelled"), now));
            }
            if !retryable || task.failures >= task.spec.retry.max_attempts {
                return Ok(end(&task, TaskState::Failed, Some(outcome), None, now));
            }
            let wait = backoff(&task);
            let error = error.clone();
            Ok(again(task, "failed", Some(now + wait), Some(error)))
        }
    }
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

/// Ends a task whose deadline has passed, or that did not stop within the grace of a cancel.
pub(crate) fn overdue(task: &TaskInfo, now: Timestamp) -> Option<Step> {
    if task.state.is_ended() {
        return None;
    }
    let forced = task.cancel.as_ref().is_some_and(|cancel| cancel.force_at <= now);
    let late = task.deadline_at.is_some_and(|deadline| deadline <= now);
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

/// Tries an ended or waiting task again, because a person asks for it.
pub(crate) fn retry(task: &TaskInfo, reason: &str) -> Result<Step> {
    match task.state {
        TaskState::Failed | TaskState::Cancelled | TaskState::InputRequired => {}
        TaskState::Succeeded if reason == "replied" => {}
        _ => return Err(wrong_state(task, "be tried again")),
    }
    let mut task = task.clone();
    task.failures = 0;
    task.crashes = 0;
    task.cancel = None;
    task.outcome = None;
    task.ended_at = None;
    task.started_at = None;
    task.deadline_at = None;
    Ok(again(task, reason, None, None))
}

/// How long to wait after the failures so far: doubled each time, without jitter.
fn backoff(task: &TaskInfo) -> Duration {
    let retry = &task.spec.retry;
    let doubled = retry.backoff_ms.saturating_mul(1 << (task.failures.saturating_sub(1)).min(20));
    Duration::from_millis(doubled.min(retry.max_backoff_ms))
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
