//! Rules as records, and what they say about a call that is being asked about.

use crate::approval::record;
use serde_json::Value;

use crate::approval::rules::{Call, RealPaths, Rule, Verdict, judge, path_of, paths_named};
use crate::error::Result;
use crate::id::{ProjectId, RuleId, SessionId, TenantId};
use crate::model::{
    Actor, ApprovalInfo, Effect, EventRefs, Extra, PlacePath, PolicyUpdated, RuleInfo, RuleLevel,
    Ruling, StreamKey,
};
use crate::node::{Core, Draft};
use crate::runtime::RuntimeExt as _;
use crate::storage::{ListQuery, RecordKind};
use crate::workspace::Workspace;

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
///
/// # Errors
/// `Internal` when judging fails. Then nothing is allowed.
pub(crate) async fn rule_on(
    core: &Core,
    rules: &[RuleInfo],
    tool: &str,
    input: &Value,
    cwd: Option<&PlacePath>,
) -> Result<Ruling> {
    let root = cwd.and_then(|cwd| cwd.path.to_str()).map(str::to_owned);
    let real = match cwd {
        Some(cwd) if !rules.is_empty() => follow(core, cwd, tool, input).await?,
        _ => None,
    };
    let followed_links = real.is_some() && path_of(tool, input).is_some();
    // What a newer version would do with such a call is for a person to say.
    let known = |effect| if matches!(effect, Effect::Other(_)) { Effect::Ask } else { effect };
    let texts = rules.iter().map(|rule| (rule.id, known(rule.effect), rule.rule.clone())).collect();
    let (tool, input) = (tool.to_owned(), input.clone());
    // An agent chose the input, so reading it keeps no executor busy.
    let judging = move || read_and_judge(texts, &tool, &input, root.as_deref(), real.as_ref());
    let verdict = core.runtime().blocking("rules", judging).await?;
    Ok(Ruling {
        effect: verdict.effect,
        rules: verdict.rules.into_iter().filter_map(|index| rules.get(index).cloned()).collect(),
        followed_links,
    })
}

fn read_and_judge(
    texts: Vec<(RuleId, Effect, String)>,
    tool: &str,
    input: &Value,
    root: Option<&str>,
    real: Option<&RealPaths>,
) -> Verdict {
    let read: Vec<(Effect, Option<Rule>)> = texts
        .into_iter()
        .map(|(id, effect, text)| {
            let parsed = Rule::parse_for(effect, &text).inspect_err(|error| {
                tracing::warn!(%error, rule = %id, "a stored rule cannot be read");
            });
            (effect, parsed.ok())
        })
        .collect();
    let read: Vec<(Effect, Option<&Rule>)> =
        read.iter().map(|(effect, rule)| (*effect, rule.as_ref())).collect();
    judge(&read, &Call { tool, input, root, real })
}

/// Where the paths that a call names lead; none when that cannot be found out.
async fn follow(
    core: &Core,
    cwd: &PlacePath,
    tool: &str,
    input: &Value,
) -> Result<Option<RealPaths>> {
    let Some(root) = cwd.path.to_str() else { return Ok(None) };
    let read = (tool.to_owned(), input.clone(), root.to_owned());
    let reading = move || paths_named(&read.0, &read.1, &read.2);
    let named = core.runtime().blocking("rules", reading).await?;
    let own = path_of(tool, input);
    if own.is_none() && named.as_ref().is_some_and(Vec::is_empty) {
        return Ok(None);
    }
    for workspace in &core.parts.workspaces {
        let Some(root) = real_path(&**workspace, cwd, "").await else { continue };
        let mut real = RealPaths { root, unfollowed: named.is_none(), ..RealPaths::default() };
        // Joined without taking `..` out: behind a link it leads somewhere else.
        if let Some(path) = own {
            let Some(path) = real_path(&**workspace, cwd, path).await else { continue };
            real.path = path;
        }
        for path in named.iter().flatten() {
            if let Some(leads) = real_path(&**workspace, cwd, path).await {
                real.named.insert(path.clone(), leads);
            }
        }
        return Ok(Some(real));
    }
    Ok(None)
}

async fn real_path(workspace: &dyn Workspace, cwd: &PlacePath, path: &str) -> Option<String> {
    let path = PlacePath::new(cwd.place.clone(), cwd.path.join(path));
    let found = workspace.real_path(&path).await;
    let found =
        found.inspect_err(|error| tracing::debug!(%error, "a path could not be followed")).ok()?;
    found.path.to_str().map(str::to_owned)
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
    level: &RuleLevel,
    by: &Actor,
    rules: &[Rule],
) -> Result<NewRules> {
    let mut new: Vec<RuleInfo> = Vec::new();
    for rule in rules {
        let text = rule.to_string();
        let key = record::rule_key(level, &text);
        let held = core.store.by_unique_key::<RuleInfo>(&asked.tenant_id, &key).await?;
        // One with another effect was put on purpose, and is not undone by the way.
        if held.is_some() || new.iter().any(|other| other.rule == text) {
            continue;
        }
        new.push(RuleInfo {
            id: core.runtime().id::<RuleId>(),
            tenant_id: asked.tenant_id.clone(),
            level: level.clone(),
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
    match &rule.level {
        RuleLevel::Session { session_id } => (
            StreamKey::of(tenant, "session", session_id),
            EventRefs { session_id: Some(*session_id), ..EventRefs::default() },
        ),
        RuleLevel::Project { project_id } => (
            StreamKey::of(tenant, "project", project_id),
            EventRefs { project_id: Some(*project_id), ..EventRefs::default() },
        ),
        RuleLevel::Tenant | RuleLevel::Unknown(_) => {
            let name = tenant.to_string();
            (StreamKey::of(tenant, "tenant", name), EventRefs::default())
        }
    }
}
