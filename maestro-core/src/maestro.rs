//! The object that users hold.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::Accounts;
use crate::agents::Agents;
use crate::approval::Approvals;
use crate::builder::MaestroBuilder;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Events;
use crate::id::{NodeId, TenantId};
use crate::model::Actor;
use crate::node::{self, Core, Scope};
use crate::project::Projects;
use crate::runtime::RuntimeExt as _;
use crate::session::Sessions;
use crate::task::Tasks;

/// One node: everything that a product does with Maestro starts here. Cheap to clone.
///
/// Dropping every clone without [`close`](Self::close) ends the node's loops; its agents end with
/// it, and the next node on the store takes the work over.
#[derive(Clone)]
pub struct Maestro {
    scope: Scope,
    /// Whether this handle was given by [`scoped`](Self::scoped), which fixes the tenant.
    confined: bool,
    life: Arc<Life>,
}

/// Ends the node when the last handle is dropped.
struct Life {
    core: Arc<Core>,
}

impl Drop for Life {
    fn drop(&mut self) {
        self.core.begin_closing();
        self.core.stop();
    }
}

/// What happens to running work when a node is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Running {
    /// Agents are stopped where they are. Tasks, turns that are cut off and prompts that wait go on at
    /// the next node that can run them. It costs no retry.
    #[default]
    Park,
    /// Tasks that run are waited for; nothing new starts.
    Wait,
}

impl Maestro {
    /// Configures a node.
    pub fn builder() -> MaestroBuilder {
        MaestroBuilder::default()
    }

    pub(crate) fn start(core: Arc<Core>) -> Self {
        let scope =
            Scope { core: Arc::clone(&core), tenant: TenantId::default(), actor: Actor::default() };
        Self { scope, confined: false, life: Arc::new(Life { core }) }
    }

    /// The same node, confined to a tenant and acting as somebody. It only narrows: what this gives can
    /// be handed to code that must not reach other tenants or act as others.
    ///
    /// The default actor names nobody: on a handle that acts as somebody it leaves that actor.
    ///
    /// # Errors
    /// `PermissionDenied` for another tenant than that of a handle which is confined already, and for
    /// another actor than that of a handle which acts as somebody already.
    ///
    /// # Examples
    /// ```
    /// # async fn example(maestro: maestro_core::Maestro) -> maestro_core::error::Result<()> {
    /// use maestro_core::error::ErrorKind;
    /// use maestro_core::id::TenantId;
    /// use maestro_core::model::Actor;
    ///
    /// let acme = maestro.scoped(TenantId::new("acme")?, Actor::default())?;
    /// let ada = acme.scoped(TenantId::new("acme")?, Actor::person("ada"))?;
    /// let refused = ada.scoped(TenantId::new("other")?, Actor::person("ada")).unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    /// # Ok(())
    /// # }
    /// ```
    pub fn scoped(&self, tenant: TenantId, actor: Actor) -> Result<Self> {
        self.narrowed(Some(tenant), Some(actor)).map_err(|error| error.during("maestro.scoped"))
    }

    /// The same, where what is not given stays.
    pub(crate) fn narrowed(&self, tenant: Option<TenantId>, actor: Option<Actor>) -> Result<Self> {
        let Scope { core, tenant: own, actor: acting } = &self.scope;
        let tenant = tenant.unwrap_or_else(|| own.clone());
        if self.confined && tenant != *own {
            let why = "this handle is confined to another tenant; scope the handle that the node was built with";
            let error = Error::new(ErrorKind::PermissionDenied, why);
            return Err(error.with("tenant_id", tenant).with("confined_to", own));
        }
        let actor = actor.filter(|actor| *actor != Actor::default());
        let actor = actor.unwrap_or_else(|| acting.clone());
        if *acting != Actor::default() && actor != *acting {
            let why = "this handle acts as somebody else; scope one that acts as nobody yet";
            let error = Error::new(ErrorKind::PermissionDenied, why);
            return Err(error.with("actor", actor).with("acts_as", acting));
        }
        let scope = Scope { core: Arc::clone(core), tenant, actor };
        Ok(Self { scope, confined: true, life: Arc::clone(&self.life) })
    }

    /// This node's incarnation.
    pub fn node_id(&self) -> NodeId {
        self.scope.core.node_id
    }

    pub(crate) fn core(&self) -> &Core {
        &self.scope.core
    }

    /// Projects.
    pub fn projects(&self) -> Projects {
        Projects { scope: self.scope.clone() }
    }

    /// Agents.
    pub fn agents(&self) -> Agents {
        Agents { scope: self.scope.clone() }
    }

    /// Accounts.
    pub fn accounts(&self) -> Accounts {
        Accounts { scope: self.scope.clone() }
    }

    /// Tasks.
    pub fn tasks(&self) -> Tasks {
        Tasks { scope: self.scope.clone() }
    }

    /// Sessions.
    pub fn sessions(&self) -> Sessions {
        Sessions { scope: self.scope.clone() }
    }

    /// Approvals.
    pub fn approvals(&self) -> Approvals {
        Approvals { scope: self.scope.clone() }
    }

    /// Events.
    pub fn events(&self) -> Events {
        Events { scope: self.scope.clone() }
    }

    /// Closes the node: takes nothing new, lets running work end as `running` says, and gives its
    /// leases back. Calling it again does nothing.
    ///
    /// # Errors
    /// As the store and the transport give them; the node is closed all the same.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the node closing; call it again to go on.
    pub async fn close(&self, running: Running) -> Result<()> {
        let core = &self.scope.core;
        core.begin_closing();
        if running == Running::Wait {
            core.running.shut();
            core.running.empty().await;
        }
        core.park();
        // Whoever still writes needs the heart and the store: wait until the last one is done.
        let patience = core.parts.cancel_grace * 2;
        let parked = async {
            core.running.empty().await;
            core.waking.empty().await;
            core.conversing.empty().await;
        };
        if core.runtime().timeout(patience, parked).await.is_none() {
            tracing::warn!("some work did not stop in time; the next node takes it over");
        }
        let left = node::leave(core).await;
        core.stop();
        let transport = core.parts.transport.close().await;
        let store = core.store.storage.close().await;
        left.and(transport).and(store).map_err(|error| error.during("maestro.close"))
    }
}

impl fmt::Debug for Maestro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maestro").field("node_id", &self.node_id()).finish_non_exhaustive()
    }
}
