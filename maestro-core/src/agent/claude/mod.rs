//! Claude Code over its stream-json protocol.
//!
//! The facts about the wire were recorded with versions 2.1.197 and 2.1.330. The CLI changes nearly
//! daily, so whatever this driver does not know is kept verbatim as an `agent.frame` event.

mod approval;
mod discover;
mod launch;
mod map;
mod session;
mod state;
mod tools;
mod transcript;

use std::path::{Path, PathBuf};

use async_trait::async_trait;

pub use discover::Discovery;

use crate::agent::{Agent, AgentSession, Evidence, OpenContext};
use crate::error::Result;
use crate::model::{AgentPointer, PlacePath};
use crate::transport::EnvPolicy;

/// The driver for Claude Code.
///
/// # Examples
/// ```no_run
/// use maestro_core::Maestro;
/// use maestro_core::agent::claude::ClaudeCode;
///
/// # fn main() -> maestro_core::Result<()> {
/// let builder = Maestro::builder().agent("claude", ClaudeCode::discover()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ClaudeCode {
    program: PathBuf,
    env: EnvPolicy,
    config_dir: Option<PathBuf>,
    found: Option<Discovery>,
}

impl ClaudeCode {
    /// Variables of the host's environment that an agent does not inherit: those that another
    /// Claude Code set for its own tools, which would make the agent take itself for a part of it.
    pub const DENIED: [&str; 3] = ["CLAUDECODE", "CLAUDE_CODE_*", "MAESTRO_*"];

    /// A program at a known path or name, which inherits the host's environment without
    /// [`ClaudeCode::DENIED`].
    pub fn at(program: impl AsRef<Path>) -> Self {
        let deny = Self::DENIED.map(str::to_owned).to_vec();
        Self {
            program: program.as_ref().to_owned(),
            env: EnvPolicy { inherit: true, deny, ..EnvPolicy::default() },
            config_dir: None,
            found: None,
        }
    }

    /// Looks for Claude Code in the environment of this process. This is the only call that reads
    /// it; [`ClaudeCode::found`] says what was there.
    ///
    /// # Errors
    /// `NotFound` when there is no `claude` in `PATH`; the message says how to install it.
    pub fn discover() -> Result<Self> {
        let found = discover::look()?;
        let mut claude = Self::at(&found.program);
        claude.config_dir.clone_from(&found.config_dir);
        claude.found = Some(found);
        Ok(claude)
    }

    /// What [`ClaudeCode::discover`] found.
    pub fn found(&self) -> Option<&Discovery> {
        self.found.as_ref()
    }

    /// Sets the environment that the program gets, in place of the default.
    pub fn env(mut self, env: EnvPolicy) -> Self {
        self.env = env;
        self
    }

    /// Sets where Claude Code keeps its configuration and transcripts. Default: `CLAUDE_CONFIG_DIR`
    /// of its environment, else `.claude` in its `HOME`.
    pub fn config_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.config_dir = Some(directory.into());
        self
    }

    /// Where the transcripts lie, as far as that is known without reading the environment.
    fn transcripts(&self) -> Option<PathBuf> {
        let config = self.config_dir.clone().or_else(|| {
            let set = &self.env.set;
            let named = set.get("CLAUDE_CONFIG_DIR").map(PathBuf::from);
            named.or_else(|| set.get("HOME").map(|home| Path::new(home).join(".claude")))
        });
        config.map(|config| config.join("projects"))
    }
}

#[async_trait]
impl Agent for ClaudeCode {
    fn kind(&self) -> &'static str {
        "claude_code"
    }

    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>> {
        session::open(self, context).await.map_err(|error| error.during("claude.open"))
    }

    async fn evidence(&self, cwd: &PlacePath, pointer: &AgentPointer) -> Result<Evidence> {
        Ok(match self.transcripts() {
            Some(directory) => transcript::evidence(&directory, cwd.as_path(), pointer),
            None => Evidence::Unknown,
        })
    }
}
