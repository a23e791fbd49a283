//! The permission handler of the host language.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use super::Desk;
use crate::approval::PermissionHandler;
use crate::error::Result;
use crate::model::{ApprovalInfo, Decision};

/// The permission handler of the host language.
#[derive(Debug)]
pub(in crate::ffi) struct ForeignPermission {
    desk: Arc<Desk>,
}

impl ForeignPermission {
    pub(in crate::ffi) fn new(desk: Arc<Desk>) -> Self {
        Self { desk }
    }
}

#[async_trait]
impl PermissionHandler for ForeignPermission {
    async fn decide(&self, approval: &ApprovalInfo) -> Result<Option<Decision>> {
        let request = json!({ "approval": approval });
        self.desk.call(self.desk.id(), "permission.decide", &request).await
    }
}
