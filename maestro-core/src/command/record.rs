//! How a command is kept.

use crate::id::TenantId;
use crate::model::{CommandInfo, CommandState};
use crate::node::Stored;
use crate::storage::{Columns, RecordKind};

impl Stored for CommandInfo {
    const KIND: RecordKind = RecordKind::COMMAND;
    const NAME: &'static str = "command";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn columns(&self) -> Columns {
        Columns {
            state: self.state.as_str().to_owned(),
            parent: Some(format!("{}/{}", self.target_kind, self.target_id)),
            due_at: (self.state == CommandState::Pending).then_some(self.expires_at),
            ..Columns::default()
        }
    }
}
