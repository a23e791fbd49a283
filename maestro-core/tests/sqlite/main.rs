//! The SQLite store: what is its own beside the contract that every store keeps.

#![cfg(feature = "sqlite")]

mod close;
mod differential;
mod disk;
mod group;
mod schema;
mod support;
mod views;
