//! How a node is kept.

use crate::id::TenantId;
use crate::model::{EventRefs, NodeInfo, StreamKey};
use crate::node::store::Stored;
use crate::storage::{Columns, RecordKind};

impl Stored for NodeInfo {
    const KIND: RecordKind = RecordKind::NODE;
    const NAME: &'static str = "node";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn columns(&self) -> Columns {
        Columns { state: self.state.as_str().to_owned(), ..Columns::default() }
    }
}

/// The home stream of a node's events.
pub(crate) fn stream(node: &NodeInfo) -> StreamKey {
    StreamKey::of(node.tenant_id.clone(), "node", node.id)
}

/// What a node's events are about.
pub(crate) fn refs(node: &NodeInfo) -> EventRefs {
    EventRefs { node_id: Some(node.id), ..EventRefs::default() }
}
