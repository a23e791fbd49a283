//! Permission rules: what they mean, without any effect on the world.
//!
//! A rule names tool calls in the syntax of Claude Code: `Bash(git status:*)`, `Edit(src/**)`, `Read`,
//! `mcp__server__tool`, `WebFetch(domain:example.com)`. The guide to approvals has the grammar.
//!
//! The matcher leans to one side: a rule that allows has to cover *all* that a call does, as far as
//! it can be seen through; for one that denies or asks it is enough to touch a part.

mod command;
mod domain;
mod grammar;
mod judge;
mod path;
mod shell;
mod suggest;
mod wildcard;

pub use grammar::Rule;
pub use judge::{Call, RealPaths, Verdict, judge};
pub use suggest::{path_of, remembered};
