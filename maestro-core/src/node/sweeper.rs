//! Sweeps: what every node does over and over, so that nothing stays stuck.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{ErrorKind, Result};
use crate::id::{NodeId, TenantId};
use crate::model::{NodeInfo, NodeLost, NodeState, WorkspaceInfo};
use crate::node::core::{Claimed, Core};
use crate::node::record;
use crate::node::store::{Stored, Versioned};
use crate::runtime::RuntimeExt as _;
use crate::storage::{LeaseFilter, ListQuery, RecordKey, RecordKind};
use crate::transport::ProcessStatus;
use crate::{approval, command, session, task};

/// How the loss of a node is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LostNode {
    pub(crate) id: NodeId,
    pub(crate) evidence: &'static str,
    /// How many processes it had left behind that were ended.
    pub(crate) ended: u32,
}

/// Sweeps until the node stops: at once, after each hint of the store at most ten times a second
/// for commands, and wholly every `sweep_every` with jitter.
pub(crate) async fn sweep_for_ever(core: Arc<Core>) {
    let watch = core.store.storage.watch();
    let mut last_sweep: Option<Duration> = None;
    loop {
        if core.stopping.is_closed() {
            return;
        }
        core.note_progress();
        let now = core.runtime().monotonic();
        if last_sweep.is_none_or(|last| now.saturating_sub(last) >= core.parts.sweep_every) {
            last_sweep = Some(now);
            if let Err(error) = sweep(&core).await {
                tracing::warn!(%error, "a sweep did not get through; the next one tries again");
            }
        }
        if let Err(error) = command::deliver(&core).await {
            tracing::warn!(%error, "commands could not be looked for");
        }
        let pause = core.runtime().jitter(core.parts.sweep_every.min(Duration::from_secs(1)));
        core.runtime().timeout(pause, watch.next()).await;
        while watch.try_next().is_some() {}
    }
}

/// One pass over everything that may be stuck.
pub(crate) async fn sweep(core: &Arc<Core>) -> Result<()> {
    recover_nodes(core).await?;
    approval::sweep(core).await?;
    command::expire(core).await?;
    task::sweep(core).await?;
    core.wake();
    Ok(())
}

/// Finds nodes that are gone and takes their work over.
async fn recover_nodes(core: &Arc<Core>) -> Result<()> {
    let mut query = ListQuery::new(None, RecordKind::NODE);
    query.states = vec![NodeState::Alive.as_str().to_owned()];
    for node in core.store.list_all::<NodeInfo>(query).await? {
        if node.value.id == core.node_id {
            continue;
        }
        if let Some(evidence) = evidence(core, &node).await? {
            recover_node(core, &node, evidence).await?;
        }
    }
    Ok(())
}

/// Recovers the work of one node if it is known to be gone. False when it is there.
pub(crate) async fn recover(core: &Arc<Core>, id: NodeId) -> Result<bool> {
    let node = core.store.get::<NodeInfo>(&TenantId::default(), id).await?;
    let Some(node) = node.filter(|node| node.value.id != core.node_id) else {
        return Ok(false);
    };
    if node.value.state != NodeState::Alive {
        return Ok(true);
    }
    let Some(evidence) = evidence(core, &node).await? else {
        return Ok(false);
    };
    recover_node(core, &node, evidence).await?;
    Ok(true)
}

async fn evidence(core: &Core, node: &Versioned<NodeInfo>) -> Result<Option<&'static str>> {
    if let Some(process) = &node.value.process
        && core.parts.transport.inspect(process).await? == ProcessStatus::Dead
    {
        return Ok(Some("process_dead"));
    }
    let lapsed = node.lease.node_id.is_none() || node.lease.until <= core.now();
    Ok(lapsed.then_some("lease_lapsed"))
}

async fn recover_node(
    core: &Arc<Core>,
    node: &Versioned<NodeInfo>,
    evidence: &'static str,
) -> Result<()> {
    // Whoever takes the dead node's own lease does the recovery; the others leave it alone.
    let key = node.value.key();
    let claim = core.claim::<NodeInfo>(key, None, Some(node.value.id), Vec::new()).await?;
    let Claimed::Yes { value: node, lease } = claim else {
        return Ok(());
    };
    if node.value.state != NodeState::Alive {
        return Ok(());
    }
    tracing::info!(node = %node.value.id, evidence, "recovering a node that is gone");
    let ended = session::end_processes_of(core, node.value.id).await?;
    let lost = LostNode { id: node.value.id, evidence, ended };
    for key in held_by::<crate::model::SessionInfo>(core, lost.id).await? {
        session::rescue(core, key, &lost).await?;
    }
    for key in held_by::<WorkspaceInfo>(core, lost.id).await? {
        release_lost(core, key, &lost).await?;
    }
    for key in held_by::<crate::model::TaskInfo>(core, lost.id).await? {
        task::rescue(core, key, &lost).await?;
    }
    let mut draft = core.store.draft();
    draft.fence(&lease.fence);
    let gone = NodeInfo { state: NodeState::Lost, ..node.value.clone() };
    draft.update(node.version, &gone)?;
    draft.release(&lease.fence);
    let event = NodeLost { evidence: evidence.to_owned() };
    let event = core.event(&core.actor(), &record::refs(&gone), &event.into(), None)?;
    draft.append(record::stream(&gone), vec![event]);
    core.store.commit(draft).await.map(|_| ())
}

/// The records of a kind that a node holds.
async fn held_by<T: Stored>(core: &Core, node_id: NodeId) -> Result<BTreeSet<RecordKey>> {
    let mut query = ListQuery::new(None, T::KIND);
    query.lease = Some(LeaseFilter::HeldBy { node_id });
    Ok(core.store.list_all::<T>(query).await?.into_iter().map(|read| read.value.key()).collect())
}

/// Takes a lost lease and gives it back, for records that need nothing else.
async fn release_lost(core: &Arc<Core>, key: RecordKey, lost: &LostNode) -> Result<()> {
    let claim = core.claim::<WorkspaceInfo>(key, None, Some(lost.id), Vec::new()).await?;
    let Claimed::Yes { lease, .. } = claim else {
        return Ok(());
    };
    let mut draft = core.store.draft();
    draft.release(&lease.fence);
    match core.store.commit(draft).await {
        Err(error) if error.kind() == ErrorKind::LeaseLost => Ok(()),
        result => result.map(|_| ()),
    }
}
