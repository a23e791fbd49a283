//! How a command is kept.

use std::time::Duration;

use crate::id::TenantId;
use crate::model::{CommandInfo, CommandState};
use crate::node::Stored;
use crate::storage::{Columns, RecordKind};

/// How long a command's result can be asked for after the command has expired.
const KEPT: Duration = Duration::from_hours(24);

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
            due_at: Some(match self.state {
                CommandState::Pending | CommandState::Taken | CommandState::Other(_) => {
                    self.expires_at
                }
                CommandState::Done | CommandState::Failed | CommandState::Expired => {
                    self.expires_at + KEPT
                }
            }),
            ..Columns::default()
        }
    }
}
