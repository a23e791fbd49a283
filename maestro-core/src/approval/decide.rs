//! Answers: who decides first, decides.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::approval::machine::{self, Answer};
use crate::approval::policy::{self, NewRules};
use crate::approval::rules::{self, Rule};
use crate::approval::{record, sweep};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ApprovalId, TenantId};
use crate::model::{
    Actor, ApprovalInfo, ApprovalKind, Decision, Effect, Remember, RuleLevel, SessionInfo,
    SessionState,
};
use crate::node::{Core, Scope};

/// How often an answer is computed again after somebody put the same rule at the same time.
const MAX_RACES: u32 = 10;

/// What came of an answer.
enum Decided {
    Yes(Box<ApprovalInfo>),
    /// Its time was up, which this call was the first to see.
    Late(Error),
}

/// Answers an approval: the state, the event, the rules that remember it and the command to the
/// session's owner are one commit.
///
/// # Errors
/// `Conflict` that says what happened when it does not wait any more, `NotFound`, `InvalidArgument`
/// naming the field when the answer does not fit the question.
pub(crate) async fn decide(
    core: &Arc<Core>,
    tenant: &TenantId,
    by: &Actor,
    id: ApprovalId,
    decision: &Decision,
) -> Result<ApprovalInfo> {
    let mut races = 0;
    loop {
        // Boxed, since it holds several whole records.
        match Box::pin(try_decide(core, tenant, by, id, decision)).await {
            // Somebody else remembers the same just now: it is found at the next look.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && races < MAX_RACES => {
                races += 1;
            }
            result => return result.map_err(|error| error.during("approval.decide")),
        }
    }
}

async fn try_decide(
    core: &Arc<Core>,
    tenant: &TenantId,
    by: &Actor,
    id: ApprovalId,
    decision: &Decision,
) -> Result<ApprovalInfo> {
    let asked = core.store.require::<ApprovalInfo>(tenant, id).await?.value;
    let session = match asked.session_id {
        Some(session_id) => core.store.get::<SessionInfo>(tenant, session_id).await?,
        None => None,
    };
    let session = session.map(|session| session.value);
    let goes_on = session.as_ref().is_some_and(|session| session.state != SessionState::Closed);
    let new_rules = remembered(core, &asked, session.as_ref(), by, decision).await?;
    let changed = core
        .store
        .change::<ApprovalInfo, Decided>(tenant, id, |read, draft| {
            let now = core.now();
            let approval = &read.value;
            if let Some(step) = machine::expire(approval, now) {
                record::write(core, draft, read.version, &Actor::timeout(), &step)?;
                return Ok(Some(Decided::Late(machine::conflict(&step.approval))));
            }
            let grants_last = core.parts.grants_last;
            let answer = Answer { by, decision, now, goes_on, grants_last };
            let Some(step) = machine::decide(approval, answer)? else {
                return Ok(None);
            };
            record::write(core, draft, read.version, by, &step)?;
            new_rules.write(core, draft, by)?;
            Ok(Some(Decided::Yes(Box::new(step.approval))))
        })
        .await?;
    match changed {
        Some(Decided::Yes(approval)) if approval.grant.is_some() => {
            let granted = core.store.require::<ApprovalInfo>(tenant, id).await?;
            sweep::answer_by(core, &granted).await?;
            Ok(core.store.require::<ApprovalInfo>(tenant, id).await?.value)
        }
        Some(Decided::Yes(approval)) => Ok(*approval),
        Some(Decided::Late(error)) => Err(error),
        None => Ok(core.store.require::<ApprovalInfo>(tenant, id).await?.value),
    }
}

/// The rules that an allowance of a call keeps when it is remembered; none for what is no tool call.
pub(crate) fn rules_kept(
    kind: ApprovalKind,
    tool: Option<&str>,
    input: &Value,
    suggestions: &[Value],
    root: Option<&str>,
) -> Vec<String> {
    let tool = tool.filter(|_| kind == ApprovalKind::Tool);
    let rules = tool.and_then(|tool| rules::remembered(tool, input, suggestions, root));
    rules.unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// The rules that an answer leaves behind.
async fn remembered(
    core: &Core,
    asked: &ApprovalInfo,
    session: Option<&SessionInfo>,
    by: &Actor,
    decision: &Decision,
) -> Result<NewRules> {
    let Decision::Allow { remember, .. } = decision else {
        return Ok(NewRules::default());
    };
    // Whether it fits at all is for the machine to say.
    let level = match (remember, asked.session_id, asked.project_id) {
        (Remember::Session, Some(session_id), _) => RuleLevel::Session { session_id },
        (Remember::Project, _, Some(project_id)) => RuleLevel::Project { project_id },
        _ => return Ok(NewRules::default()),
    };
    if machine::check(asked, decision).is_err() {
        return Ok(NewRules::default());
    }
    // What a person was shown. Approvals of older versions show none.
    let shown = &asked.remembered_rules;
    let root = session.and_then(|session| session.cwd.path.to_str());
    let tool = asked.tool.as_deref().unwrap_or_default();
    let rules: Option<Vec<Rule>> = if shown.is_empty() {
        rules::remembered(tool, &asked.input, &asked.suggestions, root)
    } else {
        shown.iter().map(|text| Rule::parse_for(Effect::Allow, text).ok()).collect()
    };
    let rules = rules.ok_or_else(|| {
        Error::invalid("remember", "cannot be kept: no rule is narrow enough for this call")
            .with("approval_id", asked.id)
    })?;
    policy::remember(core, asked, &level, by, &rules).await
}

/// Gives an approval that waits at least this much more time, from now on.
pub(crate) async fn extend(scope: &Scope, id: ApprovalId, by: Duration) -> Result<ApprovalInfo> {
    change(scope, id, |approval| machine::extend(approval, by, scope.core.now())).await
}

/// Says who is to answer.
pub(crate) async fn assign(
    scope: &Scope,
    id: ApprovalId,
    assignee: Option<&str>,
) -> Result<ApprovalInfo> {
    if assignee.is_some_and(|name| !(1..=200).contains(&name.len())) {
        return Err(Error::invalid("assignee", "must be 1 to 200 bytes long"));
    }
    change(scope, id, |approval| machine::assign(approval, assignee)).await
}

/// Changes an approval that waits, unless its time is up.
async fn change(
    scope: &Scope,
    id: ApprovalId,
    step: impl Fn(&ApprovalInfo) -> Result<Option<machine::Step>> + Send + Sync,
) -> Result<ApprovalInfo> {
    let Scope { core, tenant, actor } = scope;
    let changed = core
        .store
        .change::<ApprovalInfo, Decided>(tenant, id, |read, draft| {
            if let Some(step) = machine::expire(&read.value, core.now()) {
                record::write(core, draft, read.version, &Actor::timeout(), &step)?;
                return Ok(Some(Decided::Late(machine::conflict(&step.approval))));
            }
            let Some(step) = step(&read.value)? else {
                return Ok(None);
            };
            record::write(core, draft, read.version, actor, &step)?;
            Ok(Some(Decided::Yes(Box::new(step.approval))))
        })
        .await?;
    match changed {
        Some(Decided::Yes(approval)) => Ok(*approval),
        Some(Decided::Late(error)) => Err(error),
        None => Ok(core.store.require::<ApprovalInfo>(tenant, id).await?.value),
    }
}
