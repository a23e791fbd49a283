//! What names an approval.

use crate::error::{Error, Result};
use crate::id::ApprovalId;
use crate::model::{ApprovalInfo, ApprovalRequested};

/// What names an approval: its id, its record, or the event that told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalRef(Option<ApprovalId>);

impl ApprovalRef {
    /// The id.
    ///
    /// # Errors
    /// `InvalidArgument` naming `approval` for an event without one, which no store holds.
    pub(crate) fn id(self) -> Result<ApprovalId> {
        self.0.ok_or_else(|| Error::invalid("approval", "has no id; give one that was asked"))
    }
}

impl From<ApprovalId> for ApprovalRef {
    fn from(id: ApprovalId) -> Self {
        Self(Some(id))
    }
}

impl From<&ApprovalInfo> for ApprovalRef {
    fn from(approval: &ApprovalInfo) -> Self {
        Self(Some(approval.id))
    }
}

impl From<&ApprovalRequested> for ApprovalRef {
    fn from(asked: &ApprovalRequested) -> Self {
        Self(asked.approval_id)
    }
}
