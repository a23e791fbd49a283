//! What the endpoint does, seen from outside.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests run on tokio, not on the core's Runtime port"
)]
#![expect(clippy::unwrap_used, reason = "a helper that finds something missing fails its test")]

mod claude;
mod faults;
mod messages;
mod program;
mod scenario_files;
mod steps;
mod support;
