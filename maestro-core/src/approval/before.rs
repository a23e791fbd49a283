//! What rules that deny or ask say about a call before an agent runs it, whether the agent asks or not.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::agent::{ToolPolicy, ToolVerdict};
use crate::approval::{advise, policy};
use crate::error::Result;
use crate::id::{ProjectId, SessionId, TenantId};
use crate::model::{Effect, PlacePath, SessionInfo};
use crate::node::Core;

/// The rules that hold in a session.
pub(crate) fn policy_of(core: &Arc<Core>, session: &SessionInfo) -> Arc<dyn ToolPolicy> {
    Arc::new(SessionPolicy {
        core: Arc::clone(core),
        tenant: session.tenant_id.clone(),
        session_id: session.id,
        project_id: session.project_id,
        cwd: session.cwd.clone(),
    })
}

#[derive(Debug)]
struct SessionPolicy {
    core: Arc<Core>,
    tenant: TenantId,
    session_id: SessionId,
    project_id: Option<ProjectId>,
    cwd: PlacePath,
}

#[async_trait]
impl ToolPolicy for SessionPolicy {
    /// Rules are read each time: any node may put one at any time.
    async fn judge(&self, tool: &str, input: &Value) -> Result<ToolVerdict> {
        let Self { core, tenant, session_id, project_id, cwd } = self;
        let mut rules = policy::rules_of(core, tenant, Some(*session_id), *project_id).await?;
        rules.retain(|rule| rule.effect != Effect::Allow);
        if rules.is_empty() {
            return Ok(ToolVerdict::Unruled);
        }
        let ruling = policy::rule_on(core, &rules, tool, input, Some(cwd)).await?;
        let text = ruling.text().unwrap_or_default();
        Ok(match ruling.effect {
            None => ToolVerdict::Unruled,
            Some(Effect::Deny) => {
                ToolVerdict::Deny { reason: advise::denial(&text, ruling.rules.first()) }
            }
            Some(_) => ToolVerdict::Ask { reason: format!("The rule {text} wants a person.") },
        })
    }
}
