//! The life of a session, as pure functions on its record.

use std::time::Duration;

use crate::error::{Error, ErrorInfo, ErrorKind, Result};
use crate::id::{NodeId, TurnId};
use crate::model::{
    Actor, AgentPointer, ContentBlock, EventData, Origin, ProcessRef, PromptQueued, QueuedPrompt,
    SessionClosed, SessionIdle, SessionInfo, SessionRequiresAction, SessionRunning, SessionState,
    StopReason, Timestamp, TurnEnded, TurnInfo, TurnStarted, Usage,
};

/// What an agent is asked that was cut off in a turn and still has its memory of it.
pub(crate) const RECOVERY_PROMPT: &str =
    "Your process ended before you had finished. Go on where you stopped.";

/// How many processes in a row may be lost with their node during a turn before that turn is given
/// up as poisonous.
const MAX_LOSSES: u32 = 5;
/// How long to wait after a start that failed; doubled after each further one.
pub(crate) const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait after a start that failed.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// How a turn is taken up again whose process was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// The agent remembers the prompt: it is asked to go on, with [`RECOVERY_PROMPT`].
    Continue,
    /// The agent does not know the prompt: it is asked the same again.
    Again,
}

/// How a turn ended, apart from when.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TurnResult {
    pub(crate) stop_reason: StopReason,
    pub(crate) error: Option<ErrorInfo>,
    pub(crate) result: Option<String>,
    pub(crate) structured_output: Option<serde_json::Value>,
    pub(crate) usage: Usage,
    pub(crate) cost_known: bool,
    pub(crate) duration_ms: Option<u64>,
}

/// Puts a prompt into the queue.
///
/// # Errors
/// `Conflict` when the session is closed, `ResourceExhausted` when the queue is full.
pub(crate) fn enqueue(session: &mut SessionInfo, prompt: QueuedPrompt) -> Result<Vec<EventData>> {
    let last = session.queue.len();
    enqueue_at(session, prompt, last)
}

/// Puts a prompt into the queue, before all others.
///
/// # Errors
/// Those of [`enqueue`].
pub(crate) fn enqueue_first(
    session: &mut SessionInfo,
    prompt: QueuedPrompt,
) -> Result<Vec<EventData>> {
    enqueue_at(session, prompt, 0)
}

fn enqueue_at(
    session: &mut SessionInfo,
    prompt: QueuedPrompt,
    index: usize,
) -> Result<Vec<EventData>> {
    if session.state == SessionState::Closed {
        return Err(Error::new(ErrorKind::Conflict, "the session is closed; open another one")
            .with("session_id", session.id));
    }
    if session.queue.len() >= SessionInfo::MAX_QUEUE {
        return Err(Error::new(ErrorKind::ResourceExhausted, "the session's queue is full")
            .with("session_id", session.id)
            .with("max", SessionInfo::MAX_QUEUE));
    }
    let position = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let event = PromptQueued { prompt: prompt.prompt.clone(), position };
    session.queue.insert(index, prompt);
    Ok(vec![event.into()])
}

/// Takes the first prompt of the queue, when no turn is under way.
pub(crate) fn begin_next(
    session: &mut SessionInfo,
    message: uuid::Uuid,
    now: Timestamp,
) -> Option<(TurnId, Vec<ContentBlock>, Vec<EventData>)> {
    if session.state == SessionState::Closed
        || session.open_turn().is_some()
        || session.queue.is_empty()
    {
        return None;
    }
    let next = session.queue.remove(0);
    session.pointer.last_prompt = Some(message.to_string());
    let (turn_id, prompt) = (next.turn_id, next.prompt.clone());
    let events = open_turn(session, next, now);
    Some((turn_id, prompt, events))
}

/// Notes that the agent began a turn that nobody queued: by itself, or with a prompt that was sent
/// into the turn before and came too late for it. It goes on with the work of that turn.
pub(crate) fn begin_own(
    session: &mut SessionInfo,
    turn_id: TurnId,
    by: Actor,
    (origin, prompt): (Origin, Vec<ContentBlock>),
    now: Timestamp,
) -> Vec<EventData> {
    let last = session.turn.as_ref();
    let begun = QueuedPrompt {
        turn_id,
        prompt,
        by,
        origin,
        key: last.and_then(|turn| turn.key.clone()),
        first_prompt: last.map(first_prompt).unwrap_or_default(),
    };
    open_turn(session, begun, now)
}

/// What the work of a turn began with.
fn first_prompt(turn: &TurnInfo) -> Vec<ContentBlock> {
    if turn.first_prompt.is_empty() { turn.prompt.clone() } else { turn.first_prompt.clone() }
}

/// Notes that a turn began.
fn open_turn(session: &mut SessionInfo, begun: QueuedPrompt, now: Timestamp) -> Vec<EventData> {
    if let Some(last) = session.turn.take()
        && last.key.is_some()
        && last.key != begun.key
    {
        session.keyed_turn = Some(last);
    }
    let QueuedPrompt { turn_id, prompt, origin, key, first_prompt, .. } = begun;
    session.turns += 1;
    session.turn = Some(TurnInfo {
        id: turn_id,
        number: session.turns,
        origin: origin.clone(),
        prompt: prompt.clone(),
        key,
        first_prompt,
        process_number: session.processes,
        started_at: now,
        ended_at: None,
        stop_reason: None,
        error: None,
        result: None,
        structured_output: serde_json::Value::Null,
        usage: Usage::default(),
    });
    let mut events = vec![TurnStarted { origin, prompt }.into()];
    events.extend(set_state(session, SessionState::Running));
    events
}

/// Notes that the turn under way ended.
pub(crate) fn end_turn(
    session: &mut SessionInfo,
    result: TurnResult,
    now: Timestamp,
) -> Vec<EventData> {
    let Some(turn) = session.turn.as_mut().filter(|turn| turn.ended_at.is_none()) else {
        return Vec::new();
    };
    turn.ended_at = Some(now);
    turn.stop_reason = Some(result.stop_reason.clone());
    turn.error.clone_from(&result.error);
    turn.result.clone_from(&result.result);
    turn.structured_output = result.structured_output.clone().unwrap_or_default();
    turn.usage.add(&result.usage);
    session.usage.add(&result.usage);
    session.losses = 0;
    let cost = result.cost_known.then_some(crate::model::MicroUsd(result.usage.cost_micro_usd));
    let event = TurnEnded {
        stop_reason: result.stop_reason,
        is_error: result.error.is_some(),
        error: result.error,
        result: result.result,
        structured_output: result.structured_output,
        usage: result.usage,
        cost_micro_usd: cost,
        duration_ms: result.duration_ms,
    };
    vec![event.into()]
}

/// Changes what the session does now.
pub(crate) fn set_state(session: &mut SessionInfo, state: SessionState) -> Vec<EventData> {
    if session.state == state || session.state == SessionState::Closed {
        return Vec::new();
    }
    session.state = state;
    vec![match state {
        SessionState::Idle => SessionIdle::default().into(),
        SessionState::Running => SessionRunning::default().into(),
        SessionState::RequiresAction => SessionRequiresAction::default().into(),
        SessionState::Closed => SessionClosed::default().into(),
        SessionState::Other(_) => return Vec::new(),
    }]
}

/// Notes the agent's side of the conversation.
pub(crate) fn point(session: &mut SessionInfo, pointer: &AgentPointer) {
    if pointer.agent_session_id.is_some() {
        session.pointer.agent_session_id.clone_from(&pointer.agent_session_id);
    }
    if pointer.last_message.is_some() {
        session.pointer.last_message.clone_from(&pointer.last_message);
    }
}

/// Notes that the session has a process.
pub(crate) fn attach(session: &mut SessionInfo, node_id: NodeId, process: Option<ProcessRef>) {
    session.processes += 1;
    session.failed_starts = 0;
    session.wake_at = None;
    session.node_id = Some(node_id);
    session.process = process;
}

/// Notes that the process was lost with its node. Gives whether the turn under way is taken up
/// again: one that takes every node with it is not.
pub(crate) fn lose(session: &mut SessionInfo) -> bool {
    if session.open_turn().is_some() {
        session.losses += 1;
    }
    session.losses <= MAX_LOSSES
}

/// Notes that no process came to be, and when to try again.
pub(crate) fn fail_start(session: &mut SessionInfo, now: Timestamp) {
    let wait = FIRST_WAIT * (1 << session.failed_starts.min(16));
    session.failed_starts = session.failed_starts.saturating_add(1);
    session.wake_at = Some(now + wait.min(LONGEST_WAIT));
}

/// Notes that the agent remembers nothing of what was asked so far.
pub(crate) fn forget(session: &mut SessionInfo) {
    // Where its memory is kept stays the same.
    let config_dir = session.pointer.config_dir.take();
    session.pointer = AgentPointer { config_dir, ..AgentPointer::default() };
    session.remembers_from = session.turns + 1;
}

/// Notes that the process is gone. An open turn stays open only when somebody will resume it.
pub(crate) fn detach(
    session: &mut SessionInfo,
    keep_turn: bool,
    why: &ErrorInfo,
    now: Timestamp,
) -> Vec<EventData> {
    session.process = None;
    session.node_id = None;
    let mut events = Vec::new();
    if !keep_turn && session.open_turn().is_some() {
        let result = TurnResult {
            stop_reason: StopReason::Cancelled,
            error: Some(why.clone()),
            ..TurnResult::default()
        };
        events.extend(end_turn(session, result, now));
    }
    events.extend(set_state(session, SessionState::Idle));
    events
}

/// Takes up the turn that was open when the last process was lost: that turn is over, and another
/// one with the same key comes first in the queue.
pub(crate) fn recover(
    session: &mut SessionInfo,
    how: Recovery,
    turn_id: TurnId,
    by: Actor,
    now: Timestamp,
) -> Vec<EventData> {
    let Some(turn) = session.open_turn().cloned() else {
        return Vec::new();
    };
    let lost = Error::new(ErrorKind::LeaseLost, "the agent's process was lost during the turn");
    let cut_off = TurnResult {
        stop_reason: StopReason::Cancelled,
        error: Some(lost.info()),
        ..TurnResult::default()
    };
    // It is the same work that was lost with each of them.
    let losses = session.losses;
    let mut events = end_turn(session, cut_off, now);
    session.losses = losses;
    let first = first_prompt(&turn);
    let (origin, prompt, first_prompt) = match how {
        Recovery::Continue => (Origin::Recovery, vec![ContentBlock::text(RECOVERY_PROMPT)], first),
        // The agent had begun by itself and has forgotten why: there is nothing to ask.
        Recovery::Again if first.is_empty() => return events,
        Recovery::Again => (Origin::Prompt, first, Vec::new()),
    };
    events.push(PromptQueued { prompt: prompt.clone(), position: 1 }.into());
    session
        .queue
        .insert(0, QueuedPrompt { turn_id, prompt, by, origin, key: turn.key, first_prompt });
    events
}

/// Ends the session for good.
pub(crate) fn close(session: &mut SessionInfo, reason: &str, now: Timestamp) -> Vec<EventData> {
    if session.state == SessionState::Closed {
        return Vec::new();
    }
    session.state = SessionState::Closed;
    session.closed_at = Some(now);
    session.queue.clear();
    vec![SessionClosed { reason: reason.to_owned() }.into()]
}

#[cfg(test)]
mod tests;
