//! The driver for the Claude Code CLI.
//!
//! [`ClaudeCode`] starts one process of the CLI for each open session, over the transport port, and
//! speaks its stream of JSON lines. [`Mapper`] makes reports of these lines; it does no I/O.
//!
//! What is worth knowing about the CLI:
//!
//! - A prompt begins a turn when the CLI takes it up. A turn may also begin by itself, when a
//!   background subagent comes back; one prompt can so lead to several turns.
//! - Deltas are provisional: when the connection to the model is lost, the message starts again,
//!   with a higher `generation`. Only a whole `message` counts.
//! - Cost and usage are totals of the process there, and differences here. A process that resumes
//!   a conversation may go on with the totals of the one before; that is not counted again.
//! - What is sent into a turn is taken in when the model is next asked. When the turn ends before, it
//!   begins one of its own; only recent releases say which it was.
//! - A recent release has the tools for a plan only with `CLAUDE_CODE_ENABLE_TODO_TOOLS=1` in its
//!   environment.
//! - A conversation is in a transcript below the CLI's configuration directory, which is written
//!   in batches: a killed process may have lost its last messages, or all of them.

mod clean;
mod config;
mod discover;
mod hook;
mod launch;
mod link;
mod login;
mod map;
mod outgoing;
mod probe;
mod refusal;
mod reports;
mod serve;
mod session;
mod spoken_line;
mod stream_line;
mod transcript;
mod version;
mod wire;

pub use config::ClaudeCode;
pub use discover::{Discovery, Login};
pub use hook::{Hook, HookHandler, HookPoint, HookReply};
pub use map::Mapper;
