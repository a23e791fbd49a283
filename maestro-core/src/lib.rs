//! Run many coding agents at once: sessions, tasks, approvals and worktrees that survive crashes.

pub mod agent;
pub mod approval;
mod builder;
mod command;
pub mod error;
pub mod event;
pub mod id;
mod ledger;
mod maestro;
pub mod model;
mod node;
pub mod project;
pub mod runtime;
pub mod scheduler;
pub mod session;
pub mod storage;
pub mod task;
pub mod testing;
mod time;
pub mod transport;
pub mod workspace;

pub use builder::MaestroBuilder;
pub use error::{Error, ErrorKind, Result};
pub use maestro::{Maestro, Running};
pub use node::LeaseTimes;
