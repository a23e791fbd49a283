//! The driver for the Claude Code CLI.

mod map;
mod wire;

pub use map::Mapper;
