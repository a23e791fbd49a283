//! What a scenario says: plain data, read from TOML or built in Rust.

mod amount;
mod block;
mod builtin;
mod fault;
mod file;
mod library;
mod step;
mod usage;
mod vars;

pub use amount::Amount;
pub use block::{Block, Pace};
pub use fault::Fault;
pub(crate) use fault::{FaultKind, Point, error_status, error_type};
pub use file::Scenario;
pub(crate) use library::Library;
pub use step::Step;
pub use usage::Usage;
pub(crate) use vars::{Vars, expand};
