//! Cleaning up after a node that is gone.

use std::sync::Arc;

use crate::approval;
use crate::error::{Error, ErrorKind, Result};
use crate::event;
use crate::id::NodeId;
use crate::model::{ProcessRef, SessionInfo};
use crate::node::{Claimed, Core, HeldLease, LostNode, Stored as _, Versioned};
use crate::session::machine;
use crate::session::work::{Ended, Work};
use crate::storage::{LeaseFilter, ListQuery, RecordKey};

/// How often a rescue is computed again after somebody else was faster.
const MAX_CONFLICTS: u32 = 50;

/// Ends what the sessions of a dead node have left running. Gives how many processes that were.
///
/// # Errors
/// `Timeout` when something does not go away; the next sweep tries again.
pub(crate) async fn end_processes_of(core: &Arc<Core>, node: NodeId) -> Result<u32> {
    let mut query = ListQuery::new(None, SessionInfo::KIND);
    query.lease = Some(LeaseFilter::HeldBy { node_id: node });
    let place = core.parts.transport.place();
    let sessions = core.store.list_all::<SessionInfo>(query).await?;
    let processes: Vec<ProcessRef> = sessions
        .into_iter()
        .filter_map(|read| read.value.process)
        .filter(|process| process.place == place)
        .collect();
    Ok(core.parts.transport.end_all_of(node, &processes).await?.processes)
}

/// Frees a session of a dead node, so that it can be resumed. Its questions are void. Its turn stays
/// open for the next process: that of the task's next attempt, or the one that a capable node gives
/// it.
pub(crate) async fn rescue(core: &Arc<Core>, key: RecordKey, lost: &LostNode) -> Result<()> {
    let claimed = core.claim::<SessionInfo>(key, None, Some(lost.id), Vec::new()).await?;
    let Claimed::Yes { value, lease } = claimed else {
        return Ok(());
    };
    let mut read = *value;
    event::clear(core, &lease.fence, &read.value.tenant_id, read.value.id).await?;
    let mut conflicts = 0;
    loop {
        match release(core, &read, &lease, lost).await {
            Ok(()) => return Ok(()),
            // Somebody was faster.
            Err(error) if error.kind() == ErrorKind::LeaseLost => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Conflict && conflicts < MAX_CONFLICTS => {
                conflicts += 1;
                read = core.store.require(&read.value.tenant_id, read.value.id).await?;
            }
            Err(error) => return Err(error.during("session.rescue")),
        }
    }
}

async fn release(
    core: &Core,
    read: &Versioned<SessionInfo>,
    lease: &HeldLease,
    lost: &LostNode,
) -> Result<()> {
    let session = &read.value;
    let approvals = approval::pending_of(core, &session.tenant_id, session.id).await?;
    let mut work = Work::new(core, session, None, approvals, true);
    let error = Error::new(ErrorKind::LeaseLost, "the node that ran the session is gone")
        .with("node_id", lost.id)
        .with("evidence", lost.evidence)
        .info();
    // A session without a process had nothing to lose.
    let failed = Ended { error: Some(error.clone()), exit: None };
    let failed = (session.node_id.is_some()).then_some(failed);
    let keep_turn = machine::lose(&mut work.session);
    work.depart(&error, failed.as_ref(), keep_turn)?;
    core.store.commit(work.draft(&lease.fence, read.version, true)?).await.map(|_| ())
}
