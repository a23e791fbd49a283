//! What is installed here. The only place of the driver that reads the environment, and only when
//! called.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::login::PROVIDERS;
use crate::agent::AgentAccount;
use crate::error::{Error, ErrorKind, Result};

/// What was found of Claude Code on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discovery {
    /// The program.
    pub program: PathBuf,
    /// The directory of its settings and transcripts. It need not exist yet.
    pub config_dir: Option<PathBuf>,
    /// How it is going to log in, as far as can be seen. Secrets are not read.
    pub login: Login,
}

/// How the CLI is going to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Login {
    /// By `ANTHROPIC_API_KEY`.
    ApiKey,
    /// By `ANTHROPIC_AUTH_TOKEN`, which a gateway takes.
    AuthToken,
    /// By `CLAUDE_CODE_OAUTH_TOKEN`.
    OauthToken,
    /// By a cloud provider with a login of its own.
    Provider,
    /// By what an earlier login stored in the configuration directory.
    Stored,
    /// None can be seen; the CLI may still find one, for example in a keychain.
    None,
}

impl Login {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::AuthToken => "auth_token",
            Self::OauthToken => "oauth_token",
            Self::Provider => "provider",
            Self::Stored => "stored",
            Self::None => "none",
        }
    }

    /// What the CLI takes of several, in its order.
    fn of(has: impl Fn(&str) -> bool, config_dir: Option<&Path>) -> Self {
        let stored = || config_dir.is_some_and(|dir| dir.join(".credentials.json").exists());
        if PROVIDERS.iter().any(|name| has(name)) {
            Self::Provider
        } else if has("ANTHROPIC_AUTH_TOKEN") {
            Self::AuthToken
        } else if has("ANTHROPIC_API_KEY") {
            Self::ApiKey
        } else if has("CLAUDE_CODE_OAUTH_TOKEN") {
            Self::OauthToken
        } else if stored() {
            Self::Stored
        } else {
            Self::None
        }
    }

    /// How an account logs in. Looks into its configuration directory.
    pub(super) fn of_account(account: &AgentAccount) -> Self {
        let has = |name: &str| account.credentials.contains_key(name);
        Self::of(has, account.config_dir.as_deref())
    }
}

impl Discovery {
    /// Looks in `PATH` and in the places that the CLI's own installers use.
    ///
    /// # Errors
    /// `NotFound` when there is no program.
    pub fn look() -> Result<Self> {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"));
        let home = home.map(PathBuf::from);
        let path = env::var_os("PATH").unwrap_or_default();
        let program = find(&path, home.as_deref()).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "Claude Code is not installed here: there is no `claude` in PATH; install it, or \
                 name the program with `ClaudeCode::at`",
            )
            .during("claude.discover")
            .with("path", path.to_string_lossy())
        })?;
        let config_dir = match env::var_os("CLAUDE_CONFIG_DIR") {
            Some(directory) if !directory.is_empty() => Some(PathBuf::from(directory)),
            _ => home.map(|home| home.join(".claude")),
        };
        let has = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let login = Login::of(has, config_dir.as_deref());
        Ok(Self { program, config_dir, login })
    }
}

fn find(path: &OsStr, home: Option<&Path>) -> Option<PathBuf> {
    let name = if cfg!(windows) { "claude.exe" } else { "claude" };
    let installed = home.into_iter().flat_map(|home| {
        [".local/bin", ".claude/local", ".npm-global/bin"].map(|below| home.join(below))
    });
    let system = [PathBuf::from("/usr/local/bin"), PathBuf::from("/opt/homebrew/bin")];
    env::split_paths(path)
        .chain(installed)
        .chain(system)
        // A relative entry would mean another program in each agent's directory.
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|program| is_program(program))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn finds_the_first_that_can_be_run() {
        let root = tempfile::tempdir().unwrap();
        let place = |name: &str, mode: u32| {
            let directory = root.path().join(name);
            fs::create_dir_all(&directory).unwrap();
            let program = directory.join("claude");
            fs::write(&program, "#!/bin/sh\n").unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
            directory
        };
        let (broken, good, later) = (place("a", 0o644), place("b", 0o755), place("c", 0o755));
        let relative = PathBuf::from("bin");
        let path = env::join_paths([&relative, &broken, &good, &later]).unwrap();
        assert_eq!(find(&path, None), Some(good.join("claude")));
    }

    #[test]
    fn looks_where_installers_put_it() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join(".local/bin");
        fs::create_dir_all(&directory).unwrap();
        let program = directory.join("claude");
        fs::write(&program, "").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find(OsStr::new(""), Some(home.path())), Some(program));
    }
}
