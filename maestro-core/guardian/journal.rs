//! The list of processes seen below this guardian, for the next start of the host to end should the
//! guardian be killed.
//!
//! Plain lines; `maestro-core` reads them in `transport/guardian/journal.rs`:
//!
//! ```text
//! maestro-guardian-journal 1
//! boot 6f1c…
//! pid-namespace 4026531836
//! host 4711 8823311
//! guardian 4712 8823320
//! seen 4713 8823321
//! ```
//!
//! Nothing is synced to the disk: what survives the guardian is in the page cache, and what does
//! not survive a power cut names processes that did not survive it either.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::scan::{self, ProcessStamp};

/// Lines that may be stale before the file is written anew: about 64 KiB.
const STALE_LINES: usize = 4096;

pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    head: String,
    /// What the last scan saw and the file holds.
    known: BTreeSet<ProcessStamp>,
    lines: usize,
    /// The last write failed and may have left half a line.
    torn: bool,
}

impl Journal {
    /// Creates the file; one that exists is evidence of somebody's processes and is left alone.
    pub(crate) fn create(path: &Path, host: ProcessStamp) -> io::Result<Self> {
        let guardian = scan::stat(std::process::id()).ok_or(io::ErrorKind::NotFound)?.stamp;
        let path = std::path::absolute(path)?;
        let head = format!(
            "maestro-guardian-journal 1\nboot {}\npid-namespace {}\nhost {} {}\nguardian {} {}\n",
            scan::boot_id()?,
            scan::pid_namespace()?,
            host.pid,
            host.start,
            guardian.pid,
            guardian.start,
        );
        let file = Self::write_new(&path, &head)?;
        Ok(Self { path, file, head, known: BTreeSet::new(), lines: 0, torn: false })
    }

    fn write_new(path: &Path, text: &str) -> io::Result<File> {
        let mut file = File::options().append(true).create_new(true).mode(0o600).open(path)?;
        match file.write_all(text.as_bytes()) {
            Ok(()) => Ok(file),
            Err(error) => {
                let _ = fs::remove_file(path);
                Err(error)
            }
        }
    }

    /// Adds what a scan saw, and tells whether the tree changed since the last one.
    ///
    /// A write that fails (a full disk) is tried again with the next scan: there is nobody to tell,
    /// and the agent is guarded all the same.
    pub(crate) fn record(&mut self, seen: Vec<ProcessStamp>) -> bool {
        let seen: BTreeSet<_> = seen.into_iter().collect();
        if seen == self.known {
            return false;
        }
        let added: Vec<_> = seen.difference(&self.known).copied().collect();
        let written = if self.lines + added.len() > STALE_LINES + seen.len() {
            self.rewrite(&seen)
        } else {
            self.append(&added)
        };
        self.torn = written.is_err();
        if written.is_ok() {
            self.known = seen;
        }
        true
    }

    fn append(&mut self, added: &[ProcessStamp]) -> io::Result<()> {
        let mut text = if self.torn { "\n".to_owned() } else { String::new() };
        text.push_str(&lines(added.iter()));
        self.file.write_all(text.as_bytes())?;
        self.lines += added.len();
        Ok(())
    }

    fn rewrite(&mut self, seen: &BTreeSet<ProcessStamp>) -> io::Result<()> {
        let mut next = self.path.clone().into_os_string();
        next.push(".new");
        let next = PathBuf::from(next);
        let _ = fs::remove_file(&next);
        let file = Self::write_new(&next, &format!("{}{}", self.head, lines(seen.iter())))?;
        fs::rename(&next, &self.path)?;
        self.file = file;
        self.lines = seen.len();
        Ok(())
    }

    /// Removes the file: nothing is left to end.
    pub(crate) fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn lines<'a>(processes: impl Iterator<Item = &'a ProcessStamp>) -> String {
    let mut text = String::new();
    for process in processes {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "seen {} {}", process.pid, process.start);
    }
    text
}
