//! Workspaces with the real git.
#![cfg(all(feature = "process", unix))]
#![expect(clippy::unwrap_used, reason = "a failure to set a test up fails the test")]

mod support;

#[path = "workspace/begun.rs"]
mod begun;
#[path = "workspace/checkout.rs"]
mod checkout;
#[path = "workspace/concurrent.rs"]
mod concurrent;
#[path = "workspace/conformance.rs"]
mod conformance;
#[path = "workspace/costs.rs"]
mod costs;
#[path = "workspace/edges.rs"]
mod edges;
#[path = "workspace/elsewhere.rs"]
mod elsewhere;
#[path = "workspace/filters.rs"]
mod filters;
#[path = "workspace/fixture.rs"]
mod fixture;
#[path = "workspace/halfway.rs"]
mod halfway;
#[path = "workspace/hidden.rs"]
mod hidden;
#[path = "workspace/history.rs"]
mod history;
#[path = "workspace/kill.rs"]
mod kill;
#[path = "workspace/nested.rs"]
mod nested;
#[path = "workspace/part.rs"]
mod part;
#[path = "workspace/pointers.rs"]
mod pointers;
#[path = "workspace/property.rs"]
mod property;
#[cfg(target_os = "linux")]
#[path = "workspace/readers.rs"]
mod readers;
#[path = "workspace/refs.rs"]
mod refs;
#[cfg(target_os = "linux")]
#[path = "workspace/rounds.rs"]
mod rounds;
#[path = "workspace/saved.rs"]
mod saved;
#[path = "workspace/traps.rs"]
mod traps;
