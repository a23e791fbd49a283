//! A control group for the agent and what it starts: the kernel's own list of them, which nothing
//! leaves by clearing its environment or by a double fork, and which outlives the guardian.
//!
//! The guardian joins it, starts the agent, which begins there too, and goes back to the group
//! above. So the group never holds the guardian, and is empty and can be removed at the end.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::scan::{self, ProcessStamp};

/// The group of one agent.
pub(crate) struct Cgroup {
    directory: PathBuf,
}

impl Cgroup {
    /// Makes the group and joins it.
    pub(crate) fn join(directory: &Path) -> io::Result<Self> {
        fs::create_dir(directory)?;
        let group = Self { directory: directory.to_owned() };
        match enter(directory) {
            Ok(()) => Ok(group),
            Err(error) => {
                group.remove();
                Err(error)
            }
        }
    }

    /// Goes back to the group above. A guardian that may not stays where it is.
    pub(crate) fn leave(&self) {
        if let Some(above) = self.directory.parent() {
            let _ = enter(above);
        }
    }

    /// Everyone in the group but the guardian.
    pub(crate) fn processes(&self) -> Vec<ProcessStamp> {
        let text = fs::read_to_string(self.directory.join("cgroup.procs")).unwrap_or_default();
        let pids = text.lines().filter_map(|line| line.parse().ok());
        let others = pids.filter(|pid| *pid != std::process::id());
        others.filter_map(|pid| scan::stat(pid).map(|stat| stat.stamp)).collect()
    }

    /// Removes the group: nothing is left in it.
    pub(crate) fn remove(self) {
        self.leave();
        let _ = fs::remove_dir(&self.directory);
    }
}

fn enter(directory: &Path) -> io::Result<()> {
    // 0 is whoever writes it.
    fs::write(directory.join("cgroup.procs"), "0")
}
