//! Run many coding agents at once: sessions, tasks, approvals and worktrees that survive crashes.
//!
//! Everything starts at [`Maestro`]. The groups of verbs hang on it: projects, tasks, sessions,
//! approvals, events. What is durable is in the store when a call returns.
//!
//! ```no_run
//! use maestro_core::Maestro;
//! use maestro_core::agent::claude::ClaudeCode;
//! use maestro_core::model::{ProjectSpec, TaskSpec};
//! use maestro_core::storage::sqlite::Sqlite;
//!
//! # async fn ten_lines() -> maestro_core::Result<()> {
//! let maestro = Maestro::builder()
//!     .storage(Sqlite::at("maestro.db"))
//!     .agent("claude", ClaudeCode::discover()?)
//!     .concurrency(4)                                // this node; 0 = submit and watch only
//!     .build().await?;
//! let shop = maestro.projects().ensure(ProjectSpec::new("shop", "/src/shop")).await?;
//! let plan = maestro.tasks().submit(TaskSpec::prompt("Write PLAN.md for dark mode").project(&shop)).await?;
//! let build = maestro.tasks().submit(TaskSpec::prompt("Implement PLAN.md").project(&shop).needs([&plan])).await?;
//! let mut events = build.events();                   // from its submission; ends when the task ends
//! while let Some(event) = events.next().await { println!("{}", event?); }
//! let outcome = build.wait().await?;                 // data, also when the agent failed
//! build.workspace().merge("main").await?;            // the work is out
//! # drop(outcome);
//! # Ok(())
//! # }
//! ```

pub mod account;
pub mod agent;
pub mod agents;
pub mod approval;
mod builder;
mod command;
pub mod error;
pub mod event;
#[cfg(feature = "ffi")]
#[doc(hidden)]
pub mod ffi;
pub mod id;
mod ledger;
mod maestro;
pub mod model;
mod node;
pub mod project;
pub mod runtime;
pub mod scheduler;
pub mod secret;
pub mod session;
pub mod storage;
pub mod task;
pub mod testing;
pub mod text;
mod time;
pub mod transport;
mod unknown;
pub mod workspace;

pub use builder::MaestroBuilder;
pub use error::{Error, ErrorKind, Result};
pub use maestro::{Maestro, Running};
pub use node::LeaseTimes;
