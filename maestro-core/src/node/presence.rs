//! Joining and leaving.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::id::TenantId;
use crate::model::{Extra, NodeInfo, NodeJoined, NodeState};
use crate::node::core::Core;
use crate::node::leases::HeldLease;
use crate::node::record;
use crate::node::store::Stored as _;

/// Makes the node known and takes the lease that shows that it lives.
pub(crate) async fn join(core: &Arc<Core>) -> Result<HeldLease> {
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
    let event = core.event(&core.actor(), &record::refs(&node), &joined.into(), None)?;
    draft.append(record::stream(&node), vec![event]);
    let asked = core.runtime().monotonic();
    let receipt = core.store.commit(draft).await?;
    let token = receipt.tokens.first().copied().ok_or_else(|| {
        Error::new(ErrorKind::Internal, "the store gave no token for the node's lease")
    })?;
    Ok(core.leases.hold(node.key(), token, asked))
}

/// Says that the node is closed, and gives its lease back.
pub(crate) async fn leave(core: &Arc<Core>, lease: &HeldLease) -> Result<()> {
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
