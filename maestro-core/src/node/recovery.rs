//! Recovery: the work of nodes that are gone, and what was left without anybody keeping it.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::id::{NodeId, TenantId};
use crate::model::{NodeInfo, NodeLost, NodeState, SessionInfo, TaskInfo, WorkspaceInfo};
use crate::node::core::{Claimed, Core};
use crate::node::record;
use crate::node::store::{Stored, Versioned};
use crate::storage::{LeaseFilter, ListQuery, RecordKey, RecordKind};
use crate::transport::ProcessStatus;
use crate::{session, task};

/// How the loss of a node is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LostNode {
    pub(crate) id: NodeId,
    pub(crate) evidence: &'static str,
    /// How many processes it had left behind that were ended.
    pub(crate) ended: u32,
}

/// Finds nodes that are gone and takes their work over.
pub(crate) async fn recover_nodes(core: &Arc<Core>) -> Result<()> {
    let mut query = ListQuery::new(None, RecordKind::NODE);
    query.states = vec![NodeState::Alive.as_str().to_owned()];
    let mut result = Ok(());
    for node in core.store.list_all::<NodeInfo>(query).await? {
        if node.value.id == core.node_id {
            continue;
        }
        let recovered = match evidence(core, &node).await {
            Ok(Some(evidence)) => recover_node(core, &node, evidence).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        // One that cannot be recovered does not keep the others from it.
        result = result.and(recovered.map_err(|error| error.with("node_id", node.value.id)));
    }
    result
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

/// Frees what a lapsed lease holds that nobody keeps: of a node that was closed or recovered before
/// it let go, or of this node, when it lost its authority and its work has ended since.
pub(crate) async fn recover_lapsed(core: &Arc<Core>) -> Result<()> {
    let mut result = Ok(());
    for kind in [RecordKind::SESSION, RecordKind::WORKSPACE, RecordKind::TASK] {
        let mut query = ListQuery::new(None, kind);
        query.lease = Some(LeaseFilter::Lapsed);
        query.limit = ListQuery::MAX_LIMIT;
        let mut abandoned = Vec::new();
        loop {
            let page = core.store.storage.list(&query).await?;
            let held = page.records.iter();
            abandoned.extend(
                held.filter_map(|record| Some((record.key.clone(), record.lease.node_id?))),
            );
            match page.next {
                Some(next) => query.page_token = Some(next),
                None => break,
            }
        }
        for (key, holder) in abandoned {
            if is_kept(core, &key, holder).await? {
                continue;
            }
            let lost = LostNode { id: holder, evidence: "lease_lapsed", ended: 0 };
            result = result.and(rescue(core, key, &lost).await);
        }
    }
    result
}

/// Whether somebody still answers for a record whose lease has lapsed.
async fn is_kept(core: &Core, key: &RecordKey, holder: NodeId) -> Result<bool> {
    if holder == core.node_id {
        return Ok(core.leases.holds(key) || core.is_owner(key));
    }
    let node = core.store.get::<NodeInfo>(&TenantId::default(), holder).await?;
    // While it is there, it finds this itself; when it is gone, it is recovered as a whole.
    Ok(node.is_some_and(|node| node.value.state == NodeState::Alive))
}

async fn rescue(core: &Arc<Core>, key: RecordKey, lost: &LostNode) -> Result<()> {
    let done = if key.kind == RecordKind::SESSION {
        session::rescue(core, key.clone(), lost).await
    } else if key.kind == RecordKind::TASK {
        task::rescue(core, key.clone(), lost).await
    } else {
        release(core, key.clone(), lost).await
    };
    match done {
        // Somebody was faster.
        Err(error) if error.kind() == ErrorKind::LeaseLost => Ok(()),
        result => result.map_err(|error: Error| error.with("record", key)),
    }
}

async fn evidence(core: &Core, node: &Versioned<NodeInfo>) -> Result<Option<&'static str>> {
    if let Some(process) = &node.value.process
        && core.parts.transport.inspect(process).await? == ProcessStatus::Dead
    {
        return Ok(Some("process_dead"));
    }
    let lapsed = node.lease.node_id.is_none() || node.lease.until <= core.now();
    if !lapsed {
        core.suspects.clear(node.value.id);
    }
    Ok((lapsed && core.suspects.confirm(core, node)).then_some("lease_lapsed"))
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
        let mut draft = core.store.draft();
        draft.release(&lease.fence);
        return core.store.commit(draft).await.map(|_| ());
    }
    tracing::info!(node = %node.value.id, evidence, "recovering a node that is gone");
    let ended = session::end_processes_of(core, node.value.id).await?;
    let lost = LostNode { id: node.value.id, evidence, ended };
    let mut held = held_by::<SessionInfo>(core, lost.id).await?;
    held.append(&mut held_by::<WorkspaceInfo>(core, lost.id).await?);
    held.append(&mut held_by::<TaskInfo>(core, lost.id).await?);
    let mut result = Ok(());
    for key in held {
        core.note_progress();
        result = result.and(rescue(core, key, &lost).await);
    }
    // It may have died before it told those that waited for its tasks.
    core.scanned.lock().unwrap_or_else(PoisonError::into_inner).take();
    // What could not be freed is tried again, by whoever finds the node then.
    result?;
    let mut draft = core.store.draft();
    draft.fence(&lease.fence);
    let gone = NodeInfo { state: NodeState::Lost, ..node.value.clone() };
    draft.update(node.version, &gone)?;
    draft.release(&lease.fence);
    let event = NodeLost { evidence: evidence.to_owned() };
    let event = core.event(&core.actor(), &record::refs(&gone), &event.into())?;
    draft.append(record::stream(&gone), vec![event]);
    core.store.commit(draft).await.map(|_| ())
}

/// The records of a kind that a node holds.
async fn held_by<T: Stored>(core: &Core, node_id: NodeId) -> Result<Vec<RecordKey>> {
    let mut query = ListQuery::new(None, T::KIND);
    query.lease = Some(LeaseFilter::HeldBy { node_id });
    let all = core.store.list_all::<T>(query).await?;
    let keys: BTreeSet<RecordKey> = all.into_iter().map(|read| read.value.key()).collect();
    Ok(keys.into_iter().collect())
}

/// Takes a lost lease and gives it back, for records that need nothing else.
async fn release(core: &Arc<Core>, key: RecordKey, lost: &LostNode) -> Result<()> {
    let claim = core.claim::<WorkspaceInfo>(key, None, Some(lost.id), Vec::new()).await?;
    let Claimed::Yes { lease, .. } = claim else {
        return Ok(());
    };
    let mut draft = core.store.draft();
    draft.release(&lease.fence);
    core.store.commit(draft).await.map(|_| ())
}
