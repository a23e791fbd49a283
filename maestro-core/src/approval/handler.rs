//! The permission handler: answers before a person is asked.

use std::fmt;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::{ApprovalInfo, Decision};

/// Answers approvals without a person.
///
/// # Contract
/// - It is called once on the node that owns the session, after the question is durable: people see
///   it meanwhile, and the first answer counts.
/// - It is not called where rules or a grant answer, where a rule wants a person to, and for gates.
/// - An error, a panic, and an answer that does not fit the question leave it to a person. What failed is
///   logged, and it is in [`ApprovalInfo::handler_error`] and in an `approval.updated` event.
/// - One that never returns holds nobody up: a person may answer meanwhile, and the expiry runs on.
/// - After a crash of the node it is not called again for the same question, since the process
///   that asked is gone too.
#[async_trait]
pub trait PermissionHandler: fmt::Debug + Send + Sync + 'static {
    /// The answer, or none to wait for a person.
    async fn decide(&self, approval: &ApprovalInfo) -> Result<Option<Decision>>;
}
