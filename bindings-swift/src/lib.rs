//! The native half of the Swift package `MaestroKit`; it converts, and behaves in no way of its own.
//!
//! Everything crosses as JSON. Each node has a tokio runtime of its own, whose threads end with it.

pub mod failure;
pub mod foreign;
pub mod host;
pub mod stream;

uniffi::setup_scaffolding!("maestro");
