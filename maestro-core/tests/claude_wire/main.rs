//! What the driver makes of the CLI's messages, and what it sends. The fixtures have the shape of
//! what a real CLI writes, and nothing of its content.

#[path = "../support/memory.rs"]
mod memory;

mod agents;
mod ends;
mod launch;
mod lenient;
mod mapper;
mod mutate;
mod plans;
mod questions;
mod served;
mod stage;
mod story;
mod turns;
