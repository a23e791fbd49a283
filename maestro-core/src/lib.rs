//! Run many coding agents at once: sessions, tasks, approvals and worktrees that survive crashes.

pub mod agent;
pub mod error;
pub mod id;
pub mod model;
pub mod runtime;
pub mod storage;
pub mod testing;
mod time;
pub mod transport;
pub mod workspace;

pub use error::{Error, ErrorKind, Result};
