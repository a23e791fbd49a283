//! Permission rules: what they mean, without any effect on the world.
//!
//! A rule names tool calls in the syntax of Claude Code: `Bash(git status:*)`, `Edit(src/**)`, `Read`,
//! `mcp__server__tool`, `WebFetch(domain:example.com)`. The guide to approvals has the grammar.
//!
//! The matcher leans to one side: a rule that allows has to cover *all* that a call does, and only
//! what was read exactly as the tool reads it is covered; for one that denies it is enough to touch a
//! part, and where that cannot be found out a person is asked.

mod command;
#[cfg(test)]
mod cost;
mod domain;
mod elsewhere;
mod files;
mod fold;
mod grammar;
mod guard;
mod judge;
mod meter;
mod named;
mod path;
mod plain;
mod programs;
mod protected;
mod shell;
mod suggest;
mod target;
mod wildcard;
mod words;

pub use files::path_of;
pub use grammar::Rule;
pub use judge::{Call, RealPaths, Verdict, judge};
pub use meter::{MAX_JUDGED_BYTES, MAX_JUDGED_PARTS};
pub use named::{MAX_FOLLOWED_PATHS, paths_named};
pub use plain::{SimpleCommand, simple_commands};
pub use protected::{PROTECTED_DIRECTORIES, PROTECTED_FILES, is_protected};
pub use suggest::remembered;

/// Whether a rule that denies or asks is about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Touch {
    No,
    /// It cannot be ruled out.
    Perhaps,
    Yes,
}
