//! A Messages API endpoint on loopback that plays scenario files, so that the real Claude Code CLI can be
//! tested and shown without an account.
#![doc = include_str!("../README.md")]
// This crate is a program of its own on tokio; the Runtime port belongs to the core.
#![expect(
    clippy::disallowed_methods,
    reason = "time and tasks come from tokio here, not from the core's Runtime port"
)]

mod error;
mod play;
mod scenario;
mod server;

pub use error::Error;
pub use scenario::{Amount, Block, Fault, Pace, Scenario, Step, Usage};
pub use server::{Answer, ModelConfig, Request, ScriptedModel};
