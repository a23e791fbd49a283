//! Approvals: durable questions that wait for a person or a policy.

mod decide;
mod group;
mod handler;
mod record;

pub use group::{ApprovalFilter, ApprovalPage, Approvals};
pub use handler::PermissionHandler;

pub(crate) use decide::{decide, expire};
pub(crate) use record::{pending_of, read};
