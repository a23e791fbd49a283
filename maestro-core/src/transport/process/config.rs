//! How processes are kept.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::model::Place;
use crate::runtime::Runtime;

/// Where control groups for programs are made.
///
/// In a group of its own nothing of a program's gets lost, however it detaches, whatever it does to
/// its environment, and whoever is killed. No limit is set on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Cgroups {
    /// In the group of this process, if it was delegated to us: its directory of cgroup v2 can be
    /// written to, and either systemd marked it (`user.delegate`) or this process is not root's. A
    /// root that may write everywhere has not been given anything.
    #[default]
    Delegated,
    /// Nowhere: descent, markers and journals have to do.
    Never,
    /// In this directory of cgroup v2.
    In(PathBuf),
}

/// How processes are kept.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProcessConfig {
    /// How long the processes of a host that died, or of a program that ended or was dropped, may
    /// take to end after they were asked to; then they are killed. Default 5 s: three times what
    /// Claude Code takes to end a running tool.
    pub grace: Duration,
    /// The place to serve. Default: this host, see [`ProcessTransport::place`].
    ///
    /// [`ProcessTransport::place`]: crate::transport::Transport::place
    pub place: Option<Place>,
    /// A directory of this user's own, created when it is missing. Guardians keep their journals
    /// in it, so that even a killed guardian's processes are found, and the guardian program goes
    /// there on systems that do not execute memory. Nodes may share it. Default: none.
    pub state_directory: Option<PathBuf>,
    /// Where control groups for programs are made. Default: [`Cgroups::Delegated`].
    pub cgroups: Cgroups,
    /// Told of what is in flight, and asked for the wall clock. Needed under the manual runtime,
    /// whose clock otherwise advances while programs work. Default: none.
    pub runtime: Option<Arc<dyn Runtime>>,
}

impl Default for ProcessConfig {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(5),
            place: None,
            state_directory: None,
            cgroups: Cgroups::default(),
            runtime: None,
        }
    }
}

impl ProcessConfig {
    /// Sets [`grace`](Self::grace).
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets [`place`](Self::place).
    pub fn place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Sets [`state_directory`](Self::state_directory).
    pub fn state_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state_directory = Some(directory.into());
        self
    }

    /// Sets [`cgroups`](Self::cgroups).
    pub fn cgroups(mut self, cgroups: Cgroups) -> Self {
        self.cgroups = cgroups;
        self
    }

    /// Sets [`runtime`](Self::runtime).
    pub fn runtime(mut self, runtime: Arc<dyn Runtime>) -> Self {
        self.runtime = Some(runtime);
        self
    }
}
