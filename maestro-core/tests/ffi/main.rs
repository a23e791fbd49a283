//! The facade for other languages, as a binding uses it: JSON in, JSON out.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agents;
mod calls;
mod fake;
mod feeds;
mod held;
mod post;
mod tasks;
