//! How git is run.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How [`GitWorkspace`](super::GitWorkspace) runs git.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GitOptions {
    /// The program. `git` from the search path by default.
    pub program: PathBuf,
    /// The environment of every git process.
    pub environment: GitEnvironment,
    /// Whether filters that the repository's own configuration defines run, beside those of the
    /// user's and the system's. Off by default: that file lies where agents may be able to write, as
    /// may every tool that is allowed to run `git config`. A file with a filter that is left out is
    /// not committed and is named, see [`Committed::refused`](crate::workspace::Committed::refused).
    /// Switch it on where nobody but the user writes there and the repository needs it, as with a
    /// `git-crypt` or `nbstripout` of one repository; or define the filter by `git config --global`.
    pub repository_filters: bool,
    /// How long one git command may take before it is killed. 10 minutes by default, since a
    /// checkout may have to fetch large files.
    pub time_limit: Duration,
    /// The most output that one command may give. 64 MiB by default.
    pub max_output: usize,
    /// How long a lock of another git process, or a git process that a killed node left running,
    /// is waited for. 10 seconds by default. A lock that has been there for half of it is removed
    /// then, if nobody can hold it: the repository is on a local disk, and the lock is older than the
    /// boot of the host, or every process of the host can be seen (Linux, outside of a container) and
    /// none has the file open or is a git that works there and does more than read.
    pub patience: Duration,
}

impl Default for GitOptions {
    fn default() -> Self {
        Self {
            program: PathBuf::from("git"),
            environment: GitEnvironment::Inherit,
            repository_filters: false,
            time_limit: Duration::from_mins(10),
            max_output: 64 << 20,
            patience: Duration::from_secs(10),
        }
    }
}

/// The environment of git processes, before Maestro's own settings are added.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GitEnvironment {
    /// Of this process's variables only those that say where programs and the user's configuration
    /// are (`PATH`, `HOME`, `XDG_CONFIG_HOME`, `GIT_CONFIG_GLOBAL`, …), who commits (`GIT_AUTHOR_*`,
    /// `GIT_COMMITTER_*`, `EMAIL`, `USER`), and what texts mean (`LANG`, `LC_*`, `TZ`), with those for
    /// temporary files and certificates. The user's identity, filters and `safe.directory` keep
    /// working. No login is passed, and neither are proxies, which may hold one, and
    /// `SSH_AUTH_SOCK`: a filter that needs them is given them by [`GitEnvironment::Exactly`].
    Inherit,
    /// Exactly these variables, without those that point git at another repository or change what
    /// its output means. Git needs `PATH`, and `HOME` to find the user's configuration.
    Exactly(Vec<(OsString, OsString)>),
}
