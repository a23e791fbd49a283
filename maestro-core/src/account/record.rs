//! How accounts are kept.

use crate::id::TenantId;
use crate::model::{AccountInfo, AccountState};
use crate::node::Stored;
use crate::storage::{Columns, RecordKind};

impl Stored for AccountInfo {
    const KIND: RecordKind = RecordKind::ACCOUNT;
    const NAME: &'static str = "account";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn columns(&self) -> Columns {
        let in_use = self.state == AccountState::Active;
        Columns {
            state: self.state.as_str().to_owned(),
            unique_key: in_use.then(|| self.name.clone()),
            ..Columns::default()
        }
    }
}
