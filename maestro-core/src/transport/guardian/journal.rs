//! Reads the list that a guardian left behind.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use crate::transport::proc_table::{self, ProcessStamp};

/// What a guardian saw below it, read after its host or the guardian itself died.
///
/// # Contract
/// A file is read as it is, also while its guardian still writes: the last line may be cut. Remove
/// the file once [`alive`](Self::alive) is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// The boot in which it was written.
    pub boot_id: String,
    /// The pid namespace in which it was written.
    pub pid_namespace: u64,
    /// The process whose life the tree was tied to.
    pub host: ProcessStamp,
    /// The guardian itself.
    pub guardian: ProcessStamp,
    /// The agent and every process below it that a scan saw; most of them ended long ago.
    pub seen: BTreeSet<ProcessStamp>,
}

impl Journal {
    /// Reads a journal; `None` when there is none, which is how a guardian that finished leaves it.
    ///
    /// # Errors
    /// The file cannot be read, or is no journal (`InvalidData`).
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(&String::from_utf8_lossy(&bytes)).map(Some).ok_or_else(|| {
                let reason = format!("{} is no journal of a guardian", path.display());
                io::Error::new(io::ErrorKind::InvalidData, reason)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != "maestro-guardian-journal 1" {
            return None;
        }
        let (mut boot_id, mut pid_namespace, mut host, mut guardian) = (None, None, None, None);
        let mut seen = BTreeSet::new();
        for line in lines {
            match line.split_once(' ') {
                Some(("boot", id)) => boot_id = Some(id.to_owned()),
                Some(("pid-namespace", inode)) => pid_namespace = inode.parse().ok(),
                Some(("host", process)) => host = stamp(process),
                Some(("guardian", process)) => guardian = stamp(process),
                Some(("seen", process)) => seen.extend(stamp(process)),
                // A cut line names no process; a line of a later version is not ours to judge.
                _ => {}
            }
        }
        Some(Self {
            boot_id: boot_id?,
            pid_namespace: pid_namespace?,
            host: host?,
            guardian: guardian?,
            seen,
        })
    }

    /// The processes to end: those seen that are still the same processes, with what descends from
    /// them now, and first the guardian if it lives (SIGTERM makes it end the rest by itself).
    ///
    /// Empty for another boot or pid namespace, where the same numbers are other processes.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn alive(&self) -> io::Result<Vec<ProcessStamp>> {
        if self.boot_id != proc_table::boot_id()?
            || self.pid_namespace != proc_table::pid_namespace()?
        {
            return Ok(Vec::new());
        }
        let mut alive = Vec::new();
        let roots = std::iter::once(&self.guardian).chain(&self.seen);
        for root in roots.filter(|process| process.is_alive()) {
            alive.push(*root);
            alive.extend(
                proc_table::descendants(root.pid)?.into_iter().filter(ProcessStamp::is_alive),
            );
        }
        let mut known = BTreeSet::new();
        alive.retain(|process| known.insert(*process));
        Ok(alive)
    }
}

fn stamp(text: &str) -> Option<ProcessStamp> {
    let (pid, start) = text.split_once(' ')?;
    Some(ProcessStamp { pid: pid.parse().ok()?, start: start.parse().ok()? })
}
