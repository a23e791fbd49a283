//! Tools for tests: of adapters against the contracts of their ports, and of what is built on them.
//!
//! - [`agent`]: the table of demands that every agent has to meet;
//! - [`runtime`]: the table of demands that every runtime has to meet;
//! - [`storage`]: the conformance table that every storage backend has to pass;
//! - [`workspace`]: the table for workspaces;
//! - [`loopback`] and [`adversarial`]: wrappers that make a good store harder to live with;
//! - [`SteppedRuntime`]: a clock that a test moves.
//!
//! What is here panics when a promise is broken, since that is how a test says so.

pub mod adversarial;
pub mod agent;
pub mod loopback;
pub mod patient;
pub mod runtime;
mod stepped;
pub mod storage;
pub mod workspace;

pub use stepped::SteppedRuntime;
