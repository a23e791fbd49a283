//! Approvals: durable questions that wait for a person or a policy.
//!
//! `machine` is the life of an approval as pure functions; `rules` says what permission rules mean.
//! `decide` and `sweep` commit what the machine computes; `advise` finds what answers a question
//! before a person is asked, and `consult` asks the permission handler. `before` judges what an agent
//! would run without asking.

mod advise;
mod before;
mod consult;
mod decide;
mod group;
mod handler;
pub(crate) mod machine;
mod policies;
mod policy;
mod record;
mod reference;
pub mod rules;
mod sweep;

pub use group::{ApprovalFilter, ApprovalPage, Approvals};
pub use handler::PermissionHandler;
pub use policies::{Policies, RuleFilter, RulePage};
pub use reference::ApprovalRef;

pub(crate) use advise::{Advice, Advised, Inquiry, advise};
pub(crate) use before::policy_of;
pub(crate) use consult::consult;
pub(crate) use decide::{decide, rules_kept};
pub(crate) use record::{for_agent, gate_key, pending_of, read, refs, stream, write};
pub(crate) use sweep::sweep;
