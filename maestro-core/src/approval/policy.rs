//! Rules as records, and what they say about a call that is being asked about.

use crate::approval::record;
use crate::approval::rules::{Call, RealPaths, Rule, judge, path_of};
use crate::error::Result;
use crate::id::{ProjectId, RuleId, SessionId, TenantId};
use crate::model::{
    Actor, ApprovalInfo, Effect, EventRefs, Extra, PlacePath, PolicyUpdated, RuleInfo, RuleLevel,
    Ruling, StreamKey,
};
use crate::node::{Core, Draft};
use crate::runtime::RuntimeExt as _;
use crate::storage::{ListQuery, RecordKind};

/// The rules that hold in a session, a project, or everywhere: the narrowest level first, and there
/// the oldest first.
pub(crate) async fn rules_of(
    core: &Core,
    tenant: &TenantId,
    session_id: Option<SessionId>,
    project_id: Option<ProjectId>,
) -> Result<Vec<RuleInfo>> {
    let session = session_id.map(|session_id| RuleLevel::Session { session_id });
    let project = project_id.map(|project_id| RuleLevel::Project { project_id });
    let mut rules = Vec::new();
    for level in session.into_iter().chain(project).chain([RuleLevel::Tenant]) {
        let mut query = ListQuery::new(Some(tenant.clone()), RecordKind::RULE);
        query.parent = Some(record::level_name(&level));
        query.limit = ListQuery::MAX_LIMIT;
        let found = core.store.list_all::<RuleInfo>(query).await?;
        rules.extend(found.into_iter().map(|read| read.value));
    }
    Ok(rules)
}

/// What the rules say about a call in a directory.
pub(crate) async fn rule_on(
    core: &Core,
    rules: &[RuleInfo],
    tool: &str,
    input: &serde_json::Value,
    cwd: Option<&PlacePath>,
) -> Ruling {
    let read: Vec<(Effect, Option<Rule>)> = rules
        .iter()
        .map(|rule| {
            let parsed = Rule::parse_for(rule.effect, &rule.rule);
            let parsed = parsed.inspect_err(|error| {
                tracing::warn!(%error, rule = %rule.id, "a stored rule cannot be read");
            });
            (rule.effect, parsed.ok())
        })
        .collect();
    let read: Vec<(Effect, Option<&Rule>)> =
        read.iter().map(|(effect, rule)| (*effect, rule.as_ref())).collect();
    let real = match (cwd, path_of(tool, input)) {
        (Some(cwd), Some(path)) if !rules.is_empty() => follow(core, cwd, path).await,
        _ => None,
    };
    let root = cwd.and_then(|cwd| cwd.path.to_str());
    let verdict = judge(&read, &Call { tool, input, root, real: real.as_ref() });
    Ruling {
        effect: verdict.effect,
        rules: verdict.rules.into_iter().filter_map(|index| rules.get(index).cloned()).collect(),
        followed_links: real.is_some(),
    }
}

/// Where a path in a directory leads; none when that cannot be found out.
async fn follow(core: &Core, cwd: &PlacePath, path: &str) -> Option<RealPaths> {
    // Joined without taking `..` out: behind a link it leads somewhere else.
    let path = PlacePath::new(cwd.place.clone(), cwd.path.join(path));
    for workspace in &core.parts.workspaces {
        match (workspace.real_path(cwd).await, workspace.real_path(&path).await) {
            (Ok(root), Ok(path)) => {
                let text = |path: PlacePath| path.path.to_str().map(str::to_owned);
                return Some(RealPaths { root: text(root)?, path: text(path)? });
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::debug!(%error, "a path could not be followed");
            }
        }
    }
    None
}

/// Rules that go into a commit.
#[derive(Debug, Default)]
pub(crate) struct NewRules {
    rules: Vec<RuleInfo>,
}

impl NewRules {
    pub(crate) fn write(&self, core: &Core, draft: &mut Draft, by: &Actor) -> Result<()> {
        for rule in &self.rules {
            draft.insert(rule)?;
            let (stream, refs) = home(rule);
            let event = PolicyUpdated { rule: Some(rule.clone()) };
            draft.append(stream, vec![core.event(by, &refs, &event.into())?]);
        }
        Ok(())
    }
}

/// Makes rules of a remembered answer, apart from those that hold already.
pub(crate) async fn remember(
    core: &Core,
    asked: &ApprovalInfo,
    level: RuleLevel,
    by: &Actor,
    rules: &[Rule],
) -> Result<NewRules> {
    let mut new: Vec<RuleInfo> = Vec::new();
    for rule in rules {
        let text = rule.to_string();
        let key = record::rule_key(&level, &text);
        let held = core.store.by_unique_key::<RuleInfo>(&asked.tenant_id, &key).await?;
        // One with another effect was put on purpose, and is not undone by the way.
        if held.is_some() || new.iter().any(|other| other.rule == text) {
            continue;
        }
        new.push(RuleInfo {
            id: core.runtime().id::<RuleId>(),
            tenant_id: asked.tenant_id.clone(),
            level,
            rule: text,
            effect: Effect::Allow,
            reason: String::new(),
            approval_id: Some(asked.id),
            created_by: by.clone(),
            created_at: core.now(),
            extra: Extra::new(),
        });
    }
    Ok(NewRules { rules: new })
}

/// Where the events of a rule are at home, and what they are about.
pub(crate) fn home(rule: &RuleInfo) -> (StreamKey, EventRefs) {
    let tenant = rule.tenant_id.clone();
    match rule.level {
        RuleLevel::Session { session_id } => (
            StreamKey::of(tenant, "session", session_id),
            EventRefs { session_id: Some(session_id), ..EventRefs::default() },
        ),
        RuleLevel::Project { project_id } => (
            StreamKey::of(tenant, "project", project_id),
            EventRefs { project_id: Some(project_id), ..EventRefs::default() },
        ),
        RuleLevel::Tenant => {
            let name = tenant.to_string();
            (StreamKey::of(tenant, "tenant", name), EventRefs::default())
        }
    }
}
