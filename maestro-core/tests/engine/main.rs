//! The engine through its public API, on a virtual clock.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agents;
mod idle;
mod leases;
mod merge;
mod observers;
mod puppet;
mod recovery;
mod reply;
mod restart;
mod sessions;
mod store;
mod support;
mod tasks;
mod wake;
