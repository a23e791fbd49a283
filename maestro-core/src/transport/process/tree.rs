//! One program's processes, and how they are told to end.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{PROGRAM_VARIABLE, cgroup};
use crate::error::{Error, ErrorKind, Result};
use crate::transport::guardian::Journal;
use crate::transport::proc_table::{self, ProcessStamp, Signal};

/// The processes of one program.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    /// The guardian, or the program itself where there is none.
    pub(super) root: ProcessStamp,
    pub(super) guarded: bool,
    /// The directory of its control group, if it has one.
    pub(super) cgroup: Option<PathBuf>,
    /// Where its guardian writes down what it sees below it, if it does.
    pub(super) journal: Option<PathBuf>,
    /// What [`PROGRAM_VARIABLE`] says in their environment.
    pub(super) mark: String,
}

impl Tree {
    /// Sends a signal to the root alone. A guardian hands an interrupt on to the program, and ends
    /// its tree when it is told to terminate, at once when it is told again.
    pub(super) fn signal_root(&self, signal: Signal) -> Result<bool> {
        proc_table::signal(self.root, signal).map_err(|error| not_signalled(self.root, error))
    }

    /// Whether its guardian ended before it had ended everything.
    pub(super) fn is_unfinished(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| journal.exists())
    }

    /// Removes what a guardian that was killed left behind, once nothing of the tree runs.
    pub(super) fn forget(&self) {
        if let Some(journal) = &self.journal {
            // Whoever looks for leftovers finds the same: nobody who still runs.
            let _ = fs::remove_file(journal);
        }
        if let Some(group) = &self.cgroup {
            let _ = fs::remove_dir(group);
        }
    }

    /// Everything that runs: by descent from the root, by the mark, by the journal, and by the
    /// control group.
    ///
    /// Reads the whole process table, so it blocks for milliseconds.
    pub(super) fn members(&self) -> Result<BTreeSet<ProcessStamp>> {
        let mut members: BTreeSet<_> = proc_table::with_marker(PROGRAM_VARIABLE, &self.mark)
            .map_err(unreadable)?
            .into_iter()
            .collect();
        if self.root.is_alive() {
            members.insert(self.root);
            members.extend(proc_table::descendants(self.root.pid).map_err(unreadable)?);
        }
        if let Some(journal) = &self.journal {
            match Journal::read(journal) {
                Ok(Some(journal)) => members.extend(journal.alive().map_err(unreadable)?),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "a guardian's journal cannot be read"),
            }
        }
        members.extend(self.cgroup.iter().flat_map(|directory| cgroup::members(directory)));
        let own = std::process::id();
        members.retain(|process| process.pid != own && process.is_alive());
        Ok(members)
    }

    /// Sends a signal to everything that runs but the guardian; false when nothing does.
    pub(super) fn signal_members(&self, signal: Signal) -> Result<bool> {
        let mut any = false;
        for process in self.members()? {
            if !(self.guarded && process == self.root) {
                any |= proc_table::signal(process, signal)
                    .map_err(|error| not_signalled(process, error))?;
            }
        }
        Ok(any)
    }
}

pub(super) fn not_signalled(process: ProcessStamp, error: std::io::Error) -> Error {
    Error::new(ErrorKind::PermissionDenied, "a process cannot be ended")
        .with("pid", process.pid)
        .caused_by(error)
}

pub(super) fn unreadable(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the process table cannot be read").caused_by(error)
}
