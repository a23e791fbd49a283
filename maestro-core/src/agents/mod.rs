//! The `agents` group: which agents this node can run, and what is known of them.

use std::sync::Arc;
use std::time::Duration;

use crate::account;
use crate::agent::ProbeContext;
use crate::error::Result;
use crate::model::{AgentInfo, AgentStatus, PlacePath};
use crate::node::Scope;

/// The `agents` group.
#[derive(Debug, Clone)]
pub struct Agents {
    pub(crate) scope: Scope,
}

impl Agents {
    /// How long a probe may take, from when it is its turn to start a process.
    pub const PROBE_TIMEOUT: Duration = Duration::from_secs(30);

    /// The agents that are registered with this node, by name.
    pub fn list(&self) -> Vec<AgentInfo> {
        let agents = self.scope.core.parts.agents.iter();
        agents
            .map(|(name, agent)| AgentInfo { name: name.clone(), kind: agent.kind().into() })
            .collect()
    }

    /// Looks at an agent: whether it is installed, its version, login, models, modes and commands.
    ///
    /// It starts a short-lived process, ended before this returns, that asks no model anything. What
    /// is wrong with the agent is in the status, as its `problem`.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is not registered.
    pub async fn probe(&self, name: &str) -> Result<AgentStatus> {
        self.probe_as(name, None).await
    }

    /// The same with an account, by id or name.
    ///
    /// # Errors
    /// Also those of the account and its secrets.
    pub async fn probe_as(&self, name: &str, account: Option<&str>) -> Result<AgentStatus> {
        let probed = self.probed(name, account).await;
        probed.map_err(|error| error.during("agents.probe").with("agent", name))
    }

    async fn probed(&self, name: &str, account: Option<&str>) -> Result<AgentStatus> {
        let core = &self.scope.core;
        let agent = Arc::clone(core.agent(name)?);
        let account = match account {
            None => None,
            Some(account) => {
                let account = account::for_session(&self.scope, account, agent.kind()).await?;
                Some(account::credentials(core, &account).await?)
            }
        };
        let context = ProbeContext {
            owner: core.node_id,
            // It is there at every place, and nothing of it is read.
            cwd: PlacePath::new(core.parts.transport.place(), "/"),
            account,
            timeout: Self::PROBE_TIMEOUT,
            transport: Arc::clone(&core.parts.transport),
            runtime: Arc::clone(&core.parts.runtime),
        };
        let _place = core.starts.place().await;
        Ok(agent.probe(context).await)
    }
}
