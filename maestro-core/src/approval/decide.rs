//! Answers: who decides first, decides.

use std::sync::Arc;

use serde_json::Value;

use crate::approval::record;
use crate::command;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ApprovalId, TenantId};
use crate::model::{
    Actor, ApprovalExpired, ApprovalInfo, ApprovalKind, ApprovalResolved, ApprovalState, Decision,
    EventData, Verb,
};
use crate::node::{Core, Draft, Stored as _, Versioned};
use crate::storage::{ListQuery, RecordKind};

/// What the agent is told when nobody answered in time.
const NOBODY_ANSWERED: &str = "Nobody answered in time.";

/// Answers an approval: the state, the event and the command to the session's owner are one commit.
///
/// # Errors
/// `Conflict` naming the state when it was answered otherwise or is void, `NotFound`,
/// `InvalidArgument` when the answer does not fit the question.
pub(crate) async fn decide(
    core: &Arc<Core>,
    tenant: &TenantId,
    by: &Actor,
    id: ApprovalId,
    decision: &Decision,
) -> Result<ApprovalInfo> {
    let changed = core
        .store
        .change::<ApprovalInfo, ApprovalInfo>(tenant, id, |read, draft| {
            let approval = &read.value;
            if approval.state != ApprovalState::Pending {
                if approval.decision.as_ref() == Some(decision) && is_answer(approval.state) {
                    return Ok(None);
                }
                return Err(decided(approval));
            }
            check(approval, decision)?;
            let state = match decision {
                Decision::Allow { .. } | Decision::Answer { .. } => ApprovalState::Allowed,
                Decision::Deny { .. } => ApprovalState::Denied,
            };
            let event = ApprovalResolved {
                approval_id: Some(id),
                decision: decision.clone(),
                by: by.clone(),
                rule: None,
                reason: reason(decision),
                input: input(approval, decision),
            };
            settle(core, draft, read, by, state, decision, &event.into()).map(Some)
        })
        .await
        .map_err(|error| error.during("approval.decide"))?;
    match changed {
        Some(approval) => Ok(approval),
        None => Ok(core.store.require::<ApprovalInfo>(tenant, id).await?.value),
    }
}

/// Why, in the words of whoever answered.
fn reason(decision: &Decision) -> Option<String> {
    match decision {
        Decision::Deny { message, .. } => Some(message.clone()).filter(|text| !text.is_empty()),
        Decision::Allow { .. } | Decision::Answer { .. } => None,
    }
}

/// The input that runs, where it is allowed.
fn input(approval: &ApprovalInfo, decision: &Decision) -> Option<Value> {
    match decision {
        Decision::Allow { input, .. } => Some(input.as_ref().unwrap_or(&approval.input).clone()),
        Decision::Deny { .. } | Decision::Answer { .. } => None,
    }
}

/// Denies the approvals whose time is up.
pub(crate) async fn expire(core: &Arc<Core>) -> Result<()> {
    let mut query = ListQuery::new(None, RecordKind::APPROVAL);
    query.states = vec![ApprovalState::Pending.as_str().to_owned()];
    query.due_by = Some(core.now());
    query.limit = ListQuery::MAX_LIMIT;
    let denial = Decision::deny(NOBODY_ANSWERED);
    for read in core.store.list_all::<ApprovalInfo>(query).await? {
        let event = ApprovalExpired { approval_id: Some(read.value.id) };
        let mut draft = core.store.draft();
        let state = ApprovalState::Expired;
        settle(core, &mut draft, &read, &core.actor(), state, &denial, &event.into())?;
        match core.store.commit(draft).await {
            // Somebody answered just now, or another node was faster.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            result => result.map(|_| ()).map_err(|error| error.during("approval.expire"))?,
        }
    }
    Ok(())
}

/// Drafts the end of the waiting: record, event, and the command that tells the agent.
fn settle(
    core: &Core,
    draft: &mut Draft,
    read: &Versioned<ApprovalInfo>,
    by: &Actor,
    state: ApprovalState,
    decision: &Decision,
    event: &EventData,
) -> Result<ApprovalInfo> {
    let approval = ApprovalInfo {
        state,
        decision: Some(decision.clone()),
        decided_by: Some(by.clone()),
        ..read.value.clone()
    };
    draft.update(read.version, &approval)?;
    let event = core.event(by, &record::refs(&approval), event, None)?;
    draft.append(record::stream(&approval), vec![event]);
    let verb = Verb::ApprovalDeliver { approval_id: approval.id, decision: decision.clone() };
    let target = (&RecordKind::SESSION, approval.session_id.to_string());
    command::draft(core, draft, approval.tenant(), by, target, verb)?;
    Ok(approval)
}

fn is_answer(state: ApprovalState) -> bool {
    matches!(state, ApprovalState::Allowed | ApprovalState::Denied)
}

fn check(approval: &ApprovalInfo, decision: &Decision) -> Result<()> {
    let asks = matches!(approval.kind, ApprovalKind::Question | ApprovalKind::Elicitation);
    if matches!(decision, Decision::Answer { .. }) && !asks {
        return Err(Error::invalid(
            "answers",
            "fit a question only; this one is allowed or denied",
        )
        .with("approval_id", approval.id)
        .with("kind", record::kind_name(approval.kind)));
    }
    Ok(())
}

fn decided(approval: &ApprovalInfo) -> Error {
    let error = Error::new(
        ErrorKind::Conflict,
        "the approval does not wait for an answer any more; the first answer counts",
    )
    .with("approval_id", approval.id)
    .with("state", approval.state.as_str());
    match &approval.decided_by {
        Some(by) => error.with("decided_by", by),
        None => error,
    }
}
