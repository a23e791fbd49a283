//! How approvals and rules are kept.

use std::collections::BTreeMap;

use crate::approval::machine::Step;
use crate::command;
use crate::error::Result;
use crate::id::{ApprovalId, SessionId, TaskId, TenantId};
use crate::model::{
    Actor, ApprovalInfo, ApprovalState, Decision, EventRefs, GrantState, Remember, RuleInfo,
    RuleLevel, StreamKey, Timestamp, Verb,
};
use crate::node::{Core, Draft, Stored, Versioned};
use crate::storage::{Columns, Link, ListQuery, RecordKey, RecordKind};

/// The link that names the kind of an approval.
pub(crate) const KIND: &str = "kind";
/// The link that names the task of an approval.
pub(crate) const TASK: &str = "task";
/// The link that names who is to answer.
pub(crate) const ASSIGNEE: &str = "assignee";
/// The link of those that a session's process waits for, or is not told yet.
const WAITS: &str = "waits";
/// The link of those with a grant that can answer.
const GRANT: &str = "grant";
/// What links point to that have one target only.
const YES: &str = "yes";

impl Stored for ApprovalInfo {
    const KIND: RecordKind = RecordKind::APPROVAL;
    const NAME: &'static str = "approval";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn columns(&self) -> Columns {
        let pending = self.state == ApprovalState::Pending;
        let granted = self.grant.as_ref().filter(|grant| grant.state == GrantState::Open);
        let gate = self.task_id.zip(self.key.as_deref());
        let gate = gate.map(|(task_id, key)| gate_key(task_id, self.round, key));
        let link = |rel: &str, target: String| Link { rel: rel.to_owned(), target };
        let mut links = vec![link(KIND, self.kind.as_str().to_owned())];
        links.extend(self.task_id.map(|id| link(TASK, id.to_string())));
        links.extend(self.assignee.clone().map(|name| link(ASSIGNEE, name)));
        let waits = self.session_id.is_some() && (pending || self.is_undelivered());
        links.extend(waits.then(|| link(WAITS, YES.to_owned())));
        links.extend(granted.map(|_| link(GRANT, YES.to_owned())));
        Columns {
            state: self.state.as_str().to_owned(),
            unique_key: gate,
            group: self.project_id.map(|id| id.to_string()),
            parent: self.session_id.map(|id| id.to_string()),
            due_at: match (pending, granted) {
                (true, _) => self.expires_at,
                (false, Some(grant)) => Some(grant.expires_at),
                (false, None) => self.deliver_at,
            },
            links,
            ..Columns::default()
        }
    }
}

/// What makes the same gate of the same task be found again.
pub(crate) fn gate_key(task_id: TaskId, round: Option<Timestamp>, key: &str) -> String {
    format!("{task_id}/{}/{key}", round.unwrap_or_default())
}

/// The home stream of an approval's events: its session's, or for a gate its task's.
pub(crate) fn stream(approval: &ApprovalInfo) -> StreamKey {
    let tenant = approval.tenant_id.clone();
    match (approval.session_id, approval.task_id) {
        (Some(session), _) => StreamKey::of(tenant, "session", session),
        (None, Some(task)) => StreamKey::of(tenant, "task", task),
        (None, None) => StreamKey::of(tenant, "approval", approval.id),
    }
}

/// What an approval's events are about.
pub(crate) fn refs(approval: &ApprovalInfo) -> EventRefs {
    EventRefs {
        project_id: approval.project_id,
        session_id: approval.session_id,
        turn_id: approval.turn_id,
        task_id: approval.task_id,
        ..EventRefs::default()
    }
}

/// Adds a step to a commit: the record, its events, and the command that tells the agent.
pub(crate) fn write(
    core: &Core,
    draft: &mut Draft,
    version: u64,
    by: &Actor,
    step: &Step,
) -> Result<()> {
    let approval = &step.approval;
    draft.update(version, approval)?;
    draft.append(stream(approval), core.events(by, &refs(approval), step.events.clone())?);
    if step.deliver {
        deliver(core, draft, by, approval)?;
    }
    Ok(())
}

/// Adds the command that tells the agent to a commit.
pub(crate) fn deliver(
    core: &Core,
    draft: &mut Draft,
    by: &Actor,
    approval: &ApprovalInfo,
) -> Result<()> {
    let (Some(session), Some(decision)) = (approval.session_id, &approval.decision) else {
        return Ok(());
    };
    let verb = Verb::ApprovalDeliver { approval_id: approval.id, decision: for_agent(decision) };
    let target = (&RecordKind::SESSION, session.to_string());
    command::draft(core, draft, approval.tenant(), by, target, verb).map(|_| ())
}

/// What an agent is told. It remembers nothing itself: the rules are kept here, where they can be
/// seen, taken back, and beaten by others.
pub(crate) fn for_agent(decision: &Decision) -> Decision {
    match decision {
        Decision::Allow { input, .. } => {
            Decision::Allow { input: input.clone(), remember: Remember::Once }
        }
        decision => decision.clone(),
    }
}

/// The approvals that a session's process waits for, or is not told yet.
pub(crate) async fn pending_of(
    core: &Core,
    tenant: &TenantId,
    session_id: SessionId,
) -> Result<BTreeMap<ApprovalId, Versioned<ApprovalInfo>>> {
    let all = linked(core, tenant, session_id, WAITS).await?;
    Ok(all.into_iter().map(|read| (read.value.id, read)).collect())
}

/// The approvals of a session whose grants may answer, oldest first.
pub(crate) async fn granted_of(
    core: &Core,
    tenant: &TenantId,
    session_id: SessionId,
) -> Result<Vec<Versioned<ApprovalInfo>>> {
    linked(core, tenant, session_id, GRANT).await
}

/// All approvals whose grants may answer, for sweeps.
pub(crate) fn granted() -> ListQuery {
    let mut query = ListQuery::new(None, RecordKind::APPROVAL);
    query.link = Some(Link { rel: GRANT.to_owned(), target: YES.to_owned() });
    query.limit = ListQuery::MAX_LIMIT;
    query
}

async fn linked(
    core: &Core,
    tenant: &TenantId,
    session_id: SessionId,
    rel: &str,
) -> Result<Vec<Versioned<ApprovalInfo>>> {
    let mut query = ListQuery::new(Some(tenant.clone()), RecordKind::APPROVAL);
    query.parent = Some(session_id.to_string());
    query.link = Some(Link { rel: rel.to_owned(), target: YES.to_owned() });
    query.limit = ListQuery::MAX_LIMIT;
    core.store.list_all(query).await
}

/// The named approvals, as they are now.
pub(crate) async fn read(
    core: &Core,
    tenant: &TenantId,
    ids: impl Iterator<Item = ApprovalId>,
) -> Result<BTreeMap<ApprovalId, Versioned<ApprovalInfo>>> {
    let key = |id| RecordKey::new(tenant.clone(), RecordKind::APPROVAL, id);
    let keys: Vec<RecordKey> = ids.map(key).collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let records = core.store.storage.get(&keys).await?;
    let mut found = BTreeMap::new();
    for record in records.iter().flatten() {
        let read = Versioned::<ApprovalInfo>::decode(record)?;
        found.insert(read.value.id, read);
    }
    Ok(found)
}

impl Stored for RuleInfo {
    const KIND: RecordKind = RecordKind::RULE;
    const NAME: &'static str = "rule";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn columns(&self) -> Columns {
        Columns {
            state: self.effect.as_str().to_owned(),
            unique_key: Some(rule_key(&self.level, &self.rule)),
            group: match &self.level {
                RuleLevel::Project { project_id } => Some(project_id.to_string()),
                _ => None,
            },
            parent: Some(level_name(&self.level)),
            ..Columns::default()
        }
    }
}

/// What the rules of a level belong to.
pub(crate) fn level_name(level: &RuleLevel) -> String {
    match level {
        RuleLevel::Session { session_id } => format!("session/{session_id}"),
        RuleLevel::Project { project_id } => format!("project/{project_id}"),
        RuleLevel::Tenant => "tenant".to_owned(),
        // One of a newer version, which alone asks for such rules.
        RuleLevel::Unknown(kept) => format!("unknown/{}", kept.as_value()),
    }
}

/// What makes a rule that is put again be found again. Its text is content, so it is hashed.
pub(crate) fn rule_key(level: &RuleLevel, rule: &str) -> String {
    crate::approval::machine::input_hash(&serde_json::json!([level_name(level), rule]))
}
