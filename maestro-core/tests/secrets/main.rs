//! Secrets: where they come from, who gets them, and that nothing else shows them.
#![cfg(all(unix, feature = "tokio", feature = "process", feature = "sqlite"))]
#![expect(clippy::print_stdout, reason = "a skipped test says why")]

mod accounts;
mod house;
mod scan;
mod store;
