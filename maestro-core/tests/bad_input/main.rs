//! Mistakes of callers: each gets a clear error that names what is wrong, and nothing is lost.
//!
//! `docs/errors.md` has a table for each of these files, and every test compares what it was told
//! with the table of its section: kind and message, word for word.
#![cfg(all(unix, feature = "tokio", feature = "sqlite", feature = "process"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agents;
mod approvals;
mod book;
mod building;
mod bytes;
#[path = "../support/claude_program.rs"]
mod claude_program;
mod den;
mod isolation;
mod kept;
mod projects;
mod prompts;
mod sessions;
mod stores;
mod tasks;
mod workspaces;
