//! Tools for tests: of adapters against the contracts of their ports, and of what is built on them.
//!
//! - [`agent`]: the table of demands that every agent has to meet;
//! - [`runtime`]: the table of demands that every runtime has to meet;
//! - [`storage`]: the conformance table that every storage backend has to pass;
//! - [`transport`] and [`workspace`]: the tables for transports and workspaces;
//! - [`sim`]: seeded random work on a backend, compared after each step with the naive
//!   [`reference`](mod@reference);
//! - [`loopback`] and [`adversarial`]: wrappers that make a good store harder to live with;
//! - [`record`](mod@record): recordings of what passes over connections;
//! - [`held`](fn@held): what a node holds in memory for what is under way;
//! - [`SteppedRuntime`]: a clock that a test moves.
//!
//! What is here panics when a promise is broken, since that is how a test says so.

pub mod adversarial;
pub mod agent;
mod held;
pub mod loopback;
pub mod patient;
pub mod record;
pub mod reference;
pub mod runtime;
pub mod sim;
mod stepped;
pub mod storage;
pub mod transport;
pub mod workspace;

pub use held::{Held, held};
pub use stepped::SteppedRuntime;
