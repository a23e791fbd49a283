//! Whether anything of an incarnation still runs, also where this process cannot see it.
//!
//! Processes of another pid namespace are in no list that this one can read, so a list without them says
//! nothing. Each guardian and each program holds a lock of its own on a file of its incarnation, which the
//! kernel lets go when the last process that inherited it has ended, whoever sees that process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::id::NodeId;

/// How often a lock is tried again that somebody looks at just now.
const TRIES: u32 = 2000;
/// How long it is waited in between.
const PAUSE: Duration = Duration::from_millis(1);

/// The lock of one incarnation.
#[derive(Debug, Clone)]
pub(super) struct OwnerLock {
    file: PathBuf,
    /// What asks the guardians of the incarnation to end their trees, by being there.
    request: PathBuf,
}

impl OwnerLock {
    /// The lock of an incarnation, in a directory of locks.
    pub(super) fn of(directory: &Path, owner: NodeId) -> Self {
        let file = |ending| directory.join(format!("{owner}.{ending}"));
        Self { file: file("lock"), request: file("end") }
    }

    /// The file that asks for the end.
    pub(super) fn request(&self) -> &Path {
        &self.request
    }

    /// Takes the incarnation back to life: what asks for its end is not meant for what starts now.
    pub(super) fn revive(&self) -> io::Result<()> {
        missing_is_fine(fs::remove_file(&self.request))
    }

    /// A lock that others may hold beside, by a descriptor of its own, so that whoever inherits one cannot
    /// let go of another.
    pub(super) fn share(&self) -> io::Result<File> {
        for _ in 0..TRIES {
            let file = self.open(true)?;
            match file.try_lock_shared() {
                Ok(()) if self.is_current(&file)? => return Ok(file),
                // It was removed since, or is looked at just now.
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
            std::thread::park_timeout(PAUSE);
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Whether nobody holds it; then nothing is left of it.
    pub(super) fn is_free(&self) -> io::Result<bool> {
        let file = match self.open(false) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) if self.is_current(&file)? => {
                missing_is_fine(fs::remove_file(&self.request))?;
                missing_is_fine(fs::remove_file(&self.file))?;
                Ok(true)
            }
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Asks all guardians of the incarnation to end their trees.
    pub(super) fn ask_to_end(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600).open(&self.request).map(drop)
    }

    fn open(&self, create: bool) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(create).truncate(false).mode(0o600).open(&self.file)
    }

    /// Whether its name still leads to this file.
    fn is_current(&self, file: &File) -> io::Result<bool> {
        let ours = file.metadata()?;
        match fs::metadata(&self.file) {
            Ok(now) => Ok((now.dev(), now.ino()) == (ours.dev(), ours.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
