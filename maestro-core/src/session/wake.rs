//! Sessions that wait for a process: a crash, a close or a node that cannot run them left prompts or
//! a turn behind, and whoever is capable goes on with them.

use std::sync::Arc;

use crate::error::{ErrorKind, Result};
use crate::id::{SessionId, TenantId};
use crate::model::{SessionInfo, SessionState};
use crate::node::{Core, Pass, Scope, Stored as _};
use crate::runtime::spawn;
use crate::session::resume::resume;
use crate::storage::{LeaseFilter, ListOrder, ListQuery};

/// Gives a process to sessions that wait for one and that this node can run, as many at once as it
/// works on tasks. A node that only watches leaves them to others.
pub(crate) async fn take_up(core: &Arc<Core>) -> Result<()> {
    let room = (core.parts.concurrency as usize).saturating_sub(core.waking.count());
    if room == 0 || core.parts.agents.is_empty() || core.is_closing() {
        return Ok(());
    }
    let mut query = ListQuery::new(None, SessionInfo::KIND);
    query.due_by = Some(core.now());
    query.capable = Some(core.capabilities().offered());
    query.lease = Some(LeaseFilter::Claimable);
    query.order = ListOrder::Due;
    let mut waiting = core.store.list::<SessionInfo>(&query).await?;
    waiting.retain(|read| !core.sessions.is_live(read.value.id));
    for read in waiting.into_iter().take(room) {
        let Some(pass) = core.waking.enter() else { break };
        wake(core, &read.value, pass);
    }
    Ok(())
}

/// Gives a process to a session that somebody asks something of, if this node can run it and nobody
/// does.
pub(super) async fn take_up_one(core: &Arc<Core>, tenant: &TenantId, id: SessionId) -> Result<()> {
    let Some(read) = core.store.get::<SessionInfo>(tenant, id).await? else {
        return Ok(());
    };
    let session = read.value;
    let capable = core.parts.agents.contains_key(&session.spec.agent)
        && session.cwd.place == core.parts.transport.place();
    let free = read.lease.node_id.is_none() && !core.sessions.is_live(id);
    if core.parts.concurrency == 0 || !capable || !free || session.state == SessionState::Closed {
        return Ok(());
    }
    if let Some(pass) = core.waking.enter() {
        wake(core, &session, pass);
    }
    Ok(())
}

/// Resumes a session beside the caller: a start takes its time.
fn wake(core: &Arc<Core>, session: &SessionInfo, pass: Pass) {
    let (id, actor) = (session.id, core.actor());
    let scope = Scope { core: Arc::clone(core), tenant: session.tenant_id.clone(), actor };
    let waking = async move {
        let _pass = pass;
        match resume(&scope, id, None).await {
            Ok(_) => {}
            // Another node was faster, or this one closes.
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Closed) => {}
            Err(error) => {
                tracing::warn!(%error, session = %id, "a session that waits got no process");
                // One whose last process is not gone is looked at again soon, but not at once.
                scope.core.runtime().sleep(super::machine::FIRST_WAIT).await;
            }
        }
        scope.core.ask_for_mail();
    };
    spawn(core.runtime(), "wake", waking).detach();
}
