//! The life of an approval, as pure functions on its record.

mod check;
mod hash;

use std::time::Duration;

pub(crate) use check::check;
pub(crate) use hash::input_hash;

use crate::error::{Error, ErrorInfo, ErrorKind, Result};
use crate::id::ApprovalId;
use crate::model::{
    Actor, ActorKind, ApprovalExpired, ApprovalGranted, ApprovalInfo, ApprovalResolved,
    ApprovalState, ApprovalUpdated, ApprovalWithdrawn, Decision, EventData, Grant, GrantState,
    Timestamp,
};

/// What the agent is told when nobody answered in time.
const NOBODY_ANSWERED: &str = "Nobody answered in time.";
/// When an answer is sent to the agent's node again, unless that has taken it.
const DELIVER_AGAIN: Duration = Duration::from_secs(30);

/// An approval after something happened, and what is to be told about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) approval: ApprovalInfo,
    pub(crate) events: Vec<EventData>,
    /// Whether the session's owner is to pass the answer on.
    pub(crate) deliver: bool,
}

/// What answers, and what has to be known for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub(crate) by: &'a Actor,
    pub(crate) decision: &'a Decision,
    pub(crate) now: Timestamp,
    /// Whether the session that asked can still go on.
    pub(crate) goes_on: bool,
    /// How long a grant lasts.
    pub(crate) grants_last: Duration,
}

/// Takes an answer. None when the same answer was given before.
///
/// # Errors
/// `Conflict` that says what happened, `InvalidArgument` when the answer does not fit the question.
pub(crate) fn decide(approval: &ApprovalInfo, answer: Answer<'_>) -> Result<Option<Step>> {
    let Answer { by, decision, now, goes_on, grants_last } = answer;
    match approval.state {
        ApprovalState::Pending => {
            check(approval, decision)?;
            Ok(Some(resolve(approval, by, decision, None, now)))
        }
        _ if approval.decision.as_ref() == Some(decision) && by_anybody(approval) => Ok(None),
        ApprovalState::OwnerLost
            if approval.decision.is_none() && goes_on && by.kind == ActorKind::Person =>
        {
            check(approval, decision)?;
            let answered = ApprovalInfo {
                decision: Some(decision.clone()),
                decided_by: Some(by.clone()),
                decided_at: Some(now),
                ..approval.clone()
            };
            Ok(Some(grant(answered, now, grants_last)))
        }
        _ => Err(conflict(approval)),
    }
}

/// Whether the decision is an answer, and not the end of the time to answer.
fn by_anybody(approval: &ApprovalInfo) -> bool {
    approval.state != ApprovalState::Expired
}

/// Notes the answer to an approval that waits.
pub(crate) fn resolve(
    approval: &ApprovalInfo,
    by: &Actor,
    decision: &Decision,
    rule: Option<&str>,
    now: Timestamp,
) -> Step {
    let state = match decision {
        Decision::Allow { .. } | Decision::Answer { .. } => ApprovalState::Allowed,
        // Nobody has allowed what cannot be read.
        Decision::Deny { .. } | Decision::Unknown(_) => ApprovalState::Denied,
    };
    let event = ApprovalResolved {
        approval_id: Some(approval.id),
        decision: decision.clone(),
        by: by.clone(),
        rule: rule.map(str::to_owned),
        reason: match decision {
            Decision::Deny { message, .. } => Some(message.clone()).filter(|text| !text.is_empty()),
            _ => None,
        },
        input: match decision {
            Decision::Allow { input, .. } => {
                Some(input.as_ref().unwrap_or(&approval.input).clone())
            }
            _ => None,
        },
        granted_by: approval.granted_by,
    };
    settle(approval, state, by, decision, now, event.into())
}

/// Denies an approval whose time is up.
pub(crate) fn expire(approval: &ApprovalInfo, now: Timestamp) -> Option<Step> {
    let late = approval.expires_at.is_some_and(|expires| expires <= now);
    if approval.state != ApprovalState::Pending || !late {
        return None;
    }
    let event = ApprovalExpired { approval_id: Some(approval.id) };
    let denial = Decision::deny(NOBODY_ANSWERED);
    let by = Actor::timeout();
    Some(settle(approval, ApprovalState::Expired, &by, &denial, now, event.into()))
}

fn settle(
    approval: &ApprovalInfo,
    state: ApprovalState,
    by: &Actor,
    decision: &Decision,
    now: Timestamp,
    event: EventData,
) -> Step {
    // Whoever waits at a gate reads the record.
    let deliver = approval.session_id.is_some();
    let approval = ApprovalInfo {
        state,
        decision: Some(decision.clone()),
        decided_by: Some(by.clone()),
        decided_at: Some(now),
        deliver_at: deliver.then(|| now + DELIVER_AGAIN),
        ..approval.clone()
    };
    Step { approval, events: vec![event], deliver }
}

/// Gives an approval that waits at least this much more time from now on. None when it has it.
///
/// # Errors
/// `Conflict` when it does not wait any more.
pub(crate) fn extend(
    approval: &ApprovalInfo,
    by: Duration,
    now: Timestamp,
) -> Result<Option<Step>> {
    check_pending(approval)?;
    let until = now + by;
    if approval.expires_at.is_none_or(|expires| expires >= until) {
        return Ok(None);
    }
    Ok(Some(update(ApprovalInfo { expires_at: Some(until), ..approval.clone() })))
}

/// Says who is to answer. None when that is said already.
///
/// # Errors
/// `Conflict` when it does not wait any more.
pub(crate) fn assign(approval: &ApprovalInfo, assignee: Option<&str>) -> Result<Option<Step>> {
    check_pending(approval)?;
    if approval.assignee.as_deref() == assignee {
        return Ok(None);
    }
    let assignee = assignee.map(str::to_owned);
    Ok(Some(update(ApprovalInfo { assignee, ..approval.clone() })))
}

/// Notes that the permission handler failed. None when the approval does not wait any more.
pub(crate) fn handler_failed(approval: &ApprovalInfo, error: ErrorInfo) -> Option<Step> {
    if approval.state != ApprovalState::Pending {
        return None;
    }
    let mut updated = updated(approval);
    updated.handler_error = Some(error.clone());
    let approval = ApprovalInfo { handler_error: Some(error), ..approval.clone() };
    Some(Step { approval, events: vec![updated.into()], deliver: false })
}

fn update(approval: ApprovalInfo) -> Step {
    let event = updated(&approval);
    Step { approval, events: vec![event.into()], deliver: false }
}

fn updated(approval: &ApprovalInfo) -> ApprovalUpdated {
    ApprovalUpdated {
        approval_id: Some(approval.id),
        expires_at: approval.expires_at,
        assignee: approval.assignee.clone(),
        handler_error: None,
    }
}

fn check_pending(approval: &ApprovalInfo) -> Result<()> {
    if approval.state == ApprovalState::Pending { Ok(()) } else { Err(conflict(approval)) }
}

/// Makes an approval void that nobody has answered.
pub(crate) fn withdraw(
    approval: &ApprovalInfo,
    state: ApprovalState,
    reason: &str,
) -> Option<Step> {
    if approval.state != ApprovalState::Pending {
        return None;
    }
    let event = ApprovalWithdrawn { approval_id: Some(approval.id), reason: reason.to_owned() };
    let approval = ApprovalInfo { state, ..approval.clone() };
    Some(Step { approval, events: vec![event.into()], deliver: false })
}

/// Notes that the agent is about to be told the answer. That is written before it is told, so that
/// one answer never lets something happen twice. None when that was done before.
pub(crate) fn deliver(approval: &ApprovalInfo, now: Timestamp) -> Option<ApprovalInfo> {
    approval.is_undelivered().then(|| ApprovalInfo {
        delivered_at: Some(now),
        deliver_at: None,
        ..approval.clone()
    })
}

/// Notes that nobody waits any more for an answer that was on its way. A person's becomes a grant
/// where the session goes on.
pub(crate) fn undeliverable(
    approval: &ApprovalInfo,
    goes_on: bool,
    now: Timestamp,
    grants_last: Duration,
) -> Option<Step> {
    if !approval.is_undelivered() {
        return None;
    }
    let approval = ApprovalInfo { deliver_at: None, ..approval.clone() };
    let by_person = approval.decided_by.as_ref().is_some_and(|by| by.kind == ActorKind::Person);
    if goes_on && by_person {
        return Some(grant(approval, now, grants_last));
    }
    Some(Step { approval, events: Vec::new(), deliver: false })
}

/// When an answer that the agent's node has not taken is sent again.
pub(crate) fn deliver_again(approval: &ApprovalInfo, now: Timestamp) -> Option<ApprovalInfo> {
    let due = approval.deliver_at.is_some_and(|time| time <= now);
    due.then(|| ApprovalInfo { deliver_at: Some(now + DELIVER_AGAIN), ..approval.clone() })
}

fn grant(approval: ApprovalInfo, now: Timestamp, lasts: Duration) -> Step {
    let expires_at = now + lasts;
    let input_hash = input_hash(&approval.input);
    let event = ApprovalGranted {
        approval_id: Some(approval.id),
        decision: approval.decision.clone().unwrap_or_default(),
        by: approval.decided_by.clone().unwrap_or_default(),
        input_hash: input_hash.clone(),
        expires_at: Some(expires_at),
    };
    let grant =
        Grant { state: GrantState::Open, input_hash, created_at: now, expires_at, used_by: None };
    let approval = ApprovalInfo { grant: Some(grant), ..approval };
    Step { approval, events: vec![event.into()], deliver: false }
}

/// Whether the grant of one approval answers another one.
pub(crate) fn answers(granted: &ApprovalInfo, asked: &ApprovalInfo, now: Timestamp) -> bool {
    granted.open_grant(now).is_some_and(|grant| {
        granted.session_id == asked.session_id
            && granted.kind == asked.kind
            && granted.tool == asked.tool
            && grant.input_hash == input_hash(&asked.input)
    })
}

/// Answers an approval that waits by the grant of another one.
pub(crate) fn answer_by(
    granted: &ApprovalInfo,
    asked: &ApprovalInfo,
    now: Timestamp,
) -> Option<Step> {
    if asked.state != ApprovalState::Pending || !answers(granted, asked, now) {
        return None;
    }
    let (by, decision) = (granted.decided_by.as_ref()?, granted.decision.as_ref()?);
    let asked = ApprovalInfo { granted_by: Some(granted.id), ..asked.clone() };
    Some(resolve(&asked, by, decision, None, now))
}

/// Spends a grant.
pub(crate) fn spend(granted: &ApprovalInfo, used_by: ApprovalId) -> ApprovalInfo {
    let mut granted = granted.clone();
    if let Some(grant) = &mut granted.grant {
        grant.state = GrantState::Spent;
        grant.used_by = Some(used_by);
    }
    granted
}

/// Ends a grant whose time is over.
pub(crate) fn lapse(approval: &ApprovalInfo, now: Timestamp) -> Option<ApprovalInfo> {
    let grant = approval.grant.as_ref().filter(|grant| grant.state == GrantState::Open)?;
    if grant.expires_at > now {
        return None;
    }
    let grant = Grant { state: GrantState::Expired, ..grant.clone() };
    Some(ApprovalInfo { grant: Some(grant), ..approval.clone() })
}

/// Says what happened to an approval that does not wait any more.
pub(crate) fn conflict(approval: &ApprovalInfo) -> Error {
    let error = Error::new(
        ErrorKind::Conflict,
        "the approval does not wait for an answer any more; the first answer counts",
    )
    .with("approval_id", approval.id)
    .with("state", approval.state.as_str());
    match (&approval.decision, &approval.decided_by, approval.decided_at) {
        (Some(decision), Some(by), Some(at)) => {
            error.with("decision", decision.as_str()).with("decided_by", by).with("decided_at", at)
        }
        _ => error,
    }
}
