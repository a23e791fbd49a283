//! The SQLite store: what is its own beside the contract that every store keeps.

#![cfg(all(feature = "sqlite", feature = "tokio"))]
#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test may fail it, too; clippy allows it in test functions only"
)]

mod busy;
mod close;
mod differential;
mod disk;
mod follow;
mod group;
mod log;
mod lost;
mod receipts;
mod schema;
mod support;
mod views;
