//! The `approvals.policies` group.

use serde::{Deserialize, Serialize};

use crate::approval::rules::Rule;
use crate::approval::{policy, record};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ProjectId, RuleId, SessionId};
use crate::model::{
    Cursor, Effect, Extra, PolicyRemoved, PolicyUpdated, ProjectInfo, RuleInfo, RuleLevel,
    RuleSpec, Ruling, SessionInfo, ToolUse, check,
};
use crate::node::{Scope, Stored as _, Versioned};
use crate::project;
use crate::runtime::RuntimeExt as _;
use crate::storage::{ListQuery, RecordKind};

/// Which rules to list. Without a level all of the tenant's are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RuleFilter {
    /// Those of just this level.
    pub level: Option<RuleLevel>,
    /// At most this many, up to 1000. Default 100.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl RuleFilter {
    /// The rules of one level.
    pub fn level(level: RuleLevel) -> Self {
        Self { level: Some(level), ..Self::default() }
    }
}

/// One page of rules, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RulePage {
    /// The rules.
    pub rules: Vec<RuleInfo>,
    /// Where the next page starts; none when this is the last.
    pub next: Option<String>,
    /// Watching from here misses nothing that came after this page.
    pub as_of: Cursor,
}

/// The `approvals.policies` group: rules that answer tool calls before a person is asked.
///
/// A rule that denies beats one that asks, and that one beats a rule that allows, whatever their
/// levels. A call that no rule fits is asked about.
#[derive(Debug, Clone)]
pub struct Policies {
    pub(crate) scope: Scope,
}

impl Policies {
    /// Puts a rule. One with the same text at the same level gets the new effect and reason.
    ///
    /// # Errors
    /// `InvalidArgument` naming the `rule` with the `position` of what is wrong; `NotFound` for the
    /// project or session; `InvalidArgument` when both are given.
    pub async fn put(&self, spec: RuleSpec) -> Result<RuleInfo> {
        self.try_put(spec).await.map_err(|error| error.during("policies.put"))
    }

    async fn try_put(&self, spec: RuleSpec) -> Result<RuleInfo> {
        let Scope { core, tenant, actor } = &self.scope;
        if let Effect::Other(value) = spec.effect {
            return Err(check::unknown("effect", value));
        }
        let text = Rule::parse_for(spec.effect, spec.rule.trim())?.to_string();
        let level = self.level(spec.session_id, spec.project.as_deref()).await?;
        let key = record::rule_key(&level, &text);
        loop {
            let found = core.store.by_unique_key::<RuleInfo>(tenant, &key).await?;
            let mut draft = core.store.draft();
            let rule = match &found {
                Some(read) => RuleInfo {
                    effect: spec.effect,
                    reason: spec.reason.clone(),
                    ..read.value.clone()
                },
                None => RuleInfo {
                    id: core.runtime().id::<RuleId>(),
                    tenant_id: tenant.clone(),
                    level: level.clone(),
                    rule: text.clone(),
                    effect: spec.effect,
                    reason: spec.reason.clone(),
                    approval_id: None,
                    created_by: actor.clone(),
                    created_at: core.now(),
                    extra: Extra::new(),
                },
            };
            match &found {
                Some(read) if read.value == rule => return Ok(rule),
                Some(read) => draft.update(read.version, &rule)?,
                None => draft.insert(&rule)?,
            }
            let (stream, refs) = policy::home(&rule);
            let event = PolicyUpdated { rule: Some(rule.clone()) };
            draft.append(stream, vec![core.event(actor, &refs, &event.into())?]);
            match core.store.commit(draft).await {
                Ok(_) => return Ok(rule),
                // Somebody was faster; each time one of them got through.
                Err(error)
                    if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn level(
        &self,
        session_id: Option<SessionId>,
        project: Option<&str>,
    ) -> Result<RuleLevel> {
        let Scope { core, tenant, .. } = &self.scope;
        match (session_id, project) {
            (Some(_), Some(_)) => Err(Error::invalid(
                "project",
                "does not go with `session_id`: a rule has one level",
            )),
            (Some(session_id), None) => {
                core.store.require::<SessionInfo>(tenant, session_id).await?;
                Ok(RuleLevel::Session { session_id })
            }
            (None, Some(project)) => {
                let project_id = project::resolve(&self.scope, project).await?.value.id;
                Ok(RuleLevel::Project { project_id })
            }
            (None, None) => Ok(RuleLevel::Tenant),
        }
    }

    /// A page of rules, oldest first.
    ///
    /// # Errors
    /// `InvalidArgument` for a limit out of range or a page token of another query.
    pub async fn list(&self, filter: RuleFilter) -> Result<RulePage> {
        let tenant = Some(self.scope.tenant.clone());
        let mut query = ListQuery::new(tenant, RecordKind::RULE);
        query.parent = filter.level.as_ref().map(record::level_name);
        query.limit = filter.limit.unwrap_or(ListQuery::DEFAULT_LIMIT);
        query.page_token = filter.page_token;
        let listed = self.scope.core.store.storage.list(&query).await;
        let page = listed.map_err(|error: Error| error.during("policies.list"))?;
        let reads = page.records.iter().map(Versioned::decode);
        let rules = reads.map(|read| read.map(|read| read.value)).collect::<Result<_>>()?;
        Ok(RulePage { rules, next: page.next, as_of: page.as_of })
    }

    /// Removes a rule. Calls that it has answered stay as they are.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn remove(&self, id: RuleId) -> Result<RuleInfo> {
        let Scope { core, tenant, actor } = &self.scope;
        let removed = core
            .store
            .change::<RuleInfo, RuleInfo>(tenant, id, |read, draft| {
                let rule = &read.value;
                draft.delete(read.version, rule.key());
                let (stream, refs) = policy::home(rule);
                let event = PolicyRemoved {
                    rule_id: Some(rule.id),
                    rule: rule.rule.clone(),
                    effect: Some(rule.effect),
                };
                draft.append(stream, vec![core.event(actor, &refs, &event.into())?]);
                Ok(Some(rule.clone()))
            })
            .await
            .map_err(|error| error.during("policies.remove"))?;
        removed.ok_or_else(|| Error::new(ErrorKind::Internal, "a rule was not removed"))
    }

    /// Says what the rules would answer to a call, and which. Nothing is asked, and nothing happens.
    ///
    /// Symbolic links are followed where this node is at the place of the session or project;
    /// elsewhere no rule about paths allows.
    ///
    /// # Errors
    /// `NotFound` for the session or project.
    pub async fn test(&self, call: ToolUse) -> Result<Ruling> {
        self.try_test(call).await.map_err(|error| error.during("policies.test"))
    }

    async fn try_test(&self, call: ToolUse) -> Result<Ruling> {
        let Scope { core, tenant, .. } = &self.scope;
        let session = match call.session_id {
            Some(id) => Some(core.store.require::<SessionInfo>(tenant, id).await?.value),
            None => None,
        };
        let project: Option<ProjectInfo> = match (&session, &call.project) {
            (None, Some(project)) => Some(project::resolve(&self.scope, project).await?.value),
            _ => None,
        };
        let project_id: Option<ProjectId> = match (&session, &project) {
            (Some(session), _) => session.project_id,
            (None, Some(project)) => Some(project.id),
            (None, None) => None,
        };
        let cwd = session.as_ref().map(|session| &session.cwd);
        let cwd = cwd.or(project.as_ref().map(|project| &project.path));
        let rules = policy::rules_of(core, tenant, call.session_id, project_id).await?;
        policy::rule_on(core, &rules, &call.tool, &call.input, cwd).await
    }
}
