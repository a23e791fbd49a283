//! Workspaces with the real git.
#![cfg(all(feature = "process", unix))]
#![expect(clippy::unwrap_used, reason = "a failure to set a test up fails the test")]

mod support;

#[path = "workspace/concurrent.rs"]
mod concurrent;
#[path = "workspace/conformance.rs"]
mod conformance;
#[path = "workspace/edges.rs"]
mod edges;
#[path = "workspace/fixture.rs"]
mod fixture;
#[path = "workspace/halfway.rs"]
mod halfway;
#[path = "workspace/kill.rs"]
mod kill;
#[path = "workspace/property.rs"]
mod property;
