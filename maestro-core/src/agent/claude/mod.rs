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
//! - A message may hold what is no strict JSON, as half of a surrogate pair, or nest very deep. It is
//!   read all the same, and its verbatim line is kept: a question in it is asked, and its answer has
//!   the input as the CLI wrote it. A value that is nested deeper than 64 levels is shown as its text.
//! - The CLI runs much without asking: what only reads, what its mode or its settings allow. A hook asks the
//!   host's rules before each call, of subagents too. A file that a prompt names by `@` is read without a
//!   call; where a rule denies or asks about it, the prompt goes out with a space after the `@`.
//! - The CLI can make worktrees of the project and work there. In a task's workspace it is kept from
//!   that, unless `tools.allow` has `EnterWorktree`.
//! - Settings of a project run programs without asking: hooks, tool servers, helpers for keys, variables.
//!   So they are not read by default, nor are its subagents, skills and slash commands. `CLAUDE.md` is
//!   read here, from the directory to work in up to the top of its repository, without what it
//!   includes by `@`, and 64 KiB at most.
//! - A conversation is in a transcript below the CLI's configuration directory, which is written
//!   in batches: a killed process may have lost its last messages, or all of them.

mod clean;
mod config;
mod confine;
mod discover;
mod hook;
mod instructions;
mod launch;
mod lenient;
mod link;
mod login;
mod map;
mod mention;
mod outgoing;
mod probe;
mod refusal;
mod reports;
mod ruled;
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
