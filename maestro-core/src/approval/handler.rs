//! The permission handler: answers before a person is asked.

use std::fmt;

use async_trait::async_trait;

use crate::model::{ApprovalInfo, Decision};

/// Answers approvals without a person.
///
/// # Contract
/// - It is called once on the node that owns the session, after the question is durable: people see
///   it meanwhile, and the first answer counts.
/// - It is not called where rules or a grant answer, where a rule wants a person to, and for gates.
/// - A panic is as none, and said in the log.
/// - After a crash of the node it is not called again for the same question, since the process
///   that asked is gone too.
#[async_trait]
pub trait PermissionHandler: fmt::Debug + Send + Sync + 'static {
    /// The answer, or none to wait for a person.
    async fn decide(&self, approval: &ApprovalInfo) -> Option<Decision>;
}
