//! A deterministic agent in this process, for tests and demonstrations of products that embed
//! agents.
//!
//! It understands nothing: it plays scripts. A line `scenario: NAME key=value key="a b"` in a
//! prompt chooses one; `${key}` in the script is replaced by the value, or by a variable that
//! Maestro adds for agents, for example `${MAESTRO_TASK_ID}`. It asks for permission, is stopped,
//! fails, spends, really writes files below its directory, and remembers its conversations.

mod act;
mod agent;
mod files;
mod marker;
mod memory;
mod permission;
mod play;
mod script;
mod session;
mod stage;

pub use agent::{Asked, ScriptedAgent};
pub use script::{Script, Step, ToolStep};
