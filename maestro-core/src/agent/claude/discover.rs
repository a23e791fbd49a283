//! Finding Claude Code: the one place of the driver that reads the environment.

use std::path::PathBuf;

use crate::error::{Error, ErrorKind, Result};

/// What [`ClaudeCode::discover`](super::ClaudeCode::discover) found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discovery {
    /// The program.
    pub program: PathBuf,
    /// Where it keeps its configuration, login and transcripts.
    pub config_dir: Option<PathBuf>,
    /// Whether an API key is set in the environment. The key itself is not read.
    pub api_key: bool,
}

pub(super) fn look() -> Result<Discovery> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let program = std::env::split_paths(&path).map(|directory| directory.join("claude"));
    let program = program.into_iter().find(|candidate| candidate.is_file()).ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            "there is no `claude` in PATH; install it with `npm install -g @anthropic-ai/claude-code`",
        )
        .during("claude.discover")
    })?;
    let config_dir = std::env::var_os("CLAUDE_CONFIG_DIR").map(PathBuf::from).or_else(|| {
        std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".claude"))
    });
    let api_key = std::env::var_os("ANTHROPIC_API_KEY").is_some_and(|key| !key.is_empty());
    Ok(Discovery { program, config_dir, api_key })
}
