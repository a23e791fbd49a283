//! Joining and leaving.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::id::TenantId;
use crate::model::{Extra, NodeInfo, NodeJoined, NodeState};
use crate::node::core::{Claimed, Core};
use crate::node::leases::HeldLease;
use crate::node::record;
use crate::node::store::{Stored as _, Versioned};
use crate::storage::{RecordKey, RecordKind};

/// Makes the node known and takes the lease that shows that it lives.
pub(crate) async fn join(core: &Arc<Core>) -> Result<()> {
    let node = NodeInfo {
        id: core.node_id,
        tenant_id: TenantId::default(),
        state: NodeState::Alive,
        process: core.parts.transport.own_process(),
        capabilities: core.capabilities(),
        concurrency: core.parts.concurrency,
        watches: false,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: core.now(),
        extra: Extra::new(),
    };
    let joined = NodeJoined { version: node.version.clone(), concurrency: node.concurrency };
    let mut draft = core.store.draft();
    draft.insert(&node)?;
    draft.acquire(node.key(), core.node_id, core.leases.times().ttl);
    let event = core.event(&core.actor(), &record::refs(&node), &joined.into())?;
    draft.append(record::stream(&node), vec![event]);
    let asked = core.runtime().monotonic();
    let receipt = core.store.commit(draft).await?;
    let token = receipt.tokens.first().copied().ok_or_else(|| {
        Error::new(ErrorKind::Internal, "the store gave no token for the node's lease")
    })?;
    let lease = core.leases.hold(node.key(), token, asked);
    core.leases.depend_on(node.key());
    core.set_presence(Some(lease));
    Ok(())
}

/// Takes the node's lease again after it was lost, as after a long sleep of the machine. While
/// another node recovers what this one had, it waits.
pub(crate) async fn rejoin(core: &Arc<Core>) -> Result<()> {
    if core.leases.holds_own() || core.is_closing() {
        return Ok(());
    }
    let key = RecordKey::new(TenantId::default(), RecordKind::NODE, core.node_id);
    match core.take::<NodeInfo>(key, None, None, Vec::new()).await? {
        Claimed::Yes { value, lease } => revive(core, *value, lease).await,
        Claimed::Held { node_id } => {
            tracing::warn!(node = %node_id, "another node recovers what this one had; waiting");
            Ok(())
        }
        Claimed::No | Claimed::Missing => {
            Err(Error::new(ErrorKind::Unavailable, "this node's record is gone"))
        }
    }
}

async fn revive(core: &Arc<Core>, node: Versioned<NodeInfo>, lease: HeldLease) -> Result<()> {
    if !core.renew().await || !core.leases.is_own_fresh() {
        // It would lose again what it takes up now.
        return Err(Error::new(ErrorKind::Unavailable, "heartbeats still do not get through"));
    }
    tracing::warn!(
        state = node.value.state.as_str(),
        "this node had lost its lease; it joins again"
    );
    if node.value.state != NodeState::Alive {
        let revived = NodeInfo { state: NodeState::Alive, ..node.value.clone() };
        let joined =
            NodeJoined { version: revived.version.clone(), concurrency: revived.concurrency };
        let mut draft = core.store.draft();
        draft.fence(&lease.fence);
        draft.update(node.version, &revived)?;
        let event = core.event(&core.actor(), &record::refs(&revived), &joined.into())?;
        draft.append(record::stream(&revived), vec![event]);
        core.store.commit(draft).await?;
    }
    core.set_presence(Some(lease));
    Ok(())
}

/// Says that the node is closed, and gives its lease back.
pub(crate) async fn leave(core: &Arc<Core>) -> Result<()> {
    let Some(lease) = core.set_presence(None) else {
        return Ok(());
    };
    core.store
        .change::<NodeInfo, ()>(&TenantId::default(), core.node_id, |read, draft| {
            draft.fence(&lease.fence);
            let node = NodeInfo { state: NodeState::Closed, ..read.value.clone() };
            draft.update(read.version, &node)?;
            draft.release(&lease.fence);
            Ok(Some(()))
        })
        .await
        .map(|_| ())
}
