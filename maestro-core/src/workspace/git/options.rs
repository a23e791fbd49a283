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
    /// How long one git command may take before it is killed. 10 minutes by default, since a
    /// checkout may have to fetch large files.
    pub time_limit: Duration,
    /// The most output that one command may give. 64 MiB by default.
    pub max_output: usize,
    /// How long a lock of another git process, or a git process that a killed node left running,
    /// is waited for. 10 seconds by default. A lock that has been there for half of it is removed
    /// then, if nobody can hold it: the repository is on a local disk, and the lock is older than the
    /// boot of the host, or every process of the host can be seen (Linux, outside of a container) and
    /// none is a git that works there or has the file open.
    pub patience: Duration,
}

impl Default for GitOptions {
    fn default() -> Self {
        Self {
            program: PathBuf::from("git"),
            environment: GitEnvironment::Inherit,
            time_limit: Duration::from_mins(10),
            max_output: 64 << 20,
            patience: Duration::from_secs(10),
        }
    }
}

/// The environment of git processes, before Maestro's own settings are added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitEnvironment {
    /// That of this process, without the variables that point git at another repository or change
    /// what its output means. The user's identity, filters and `safe.directory` keep working.
    Inherit,
    /// Exactly these variables. Git needs `PATH`, and `HOME` to find the user's configuration.
    Exactly(Vec<(OsString, OsString)>),
}
