//! One database at a path: who works with another one there has to end first.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use super::connection::Patience;
use super::identity::{Identity, beside, unusable};
use crate::error::{Error, ErrorKind, Result};

/// How long it is waited for those who use another database. They notice within a second that theirs is
/// gone, and end when their host closes them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Held while the store is open. Its file lies beside the database, says which database that is, and is
/// locked by everybody who has it open; the kernel lets go when they end.
#[derive(Debug)]
pub(super) struct PathLock {
    _file: File,
}

impl PathLock {
    /// Joins those who have the same database open.
    ///
    /// # Errors
    /// `Unavailable` while others have another one open that was in this place: it was deleted or
    /// replaced under them, and they have not ended yet.
    pub(super) fn take(path: &Path, identity: &Identity) -> Result<Self> {
        let lock = beside(path, "-lock");
        let unusable = |error| unusable(&lock, error);
        let mut patience = Patience::new(PATIENCE);
        loop {
            let mut file = open(&lock).map_err(unusable)?;
            match file.try_lock() {
                // Nobody else is there, so it says from now on what is there.
                Ok(()) => {
                    let name = identity.name();
                    if read(&mut file).map_err(unusable)? != name {
                        write(&mut file, &name).map_err(unusable)?;
                    }
                    file.unlock().map_err(unusable)?;
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(unusable(error)),
            }
            match file.try_lock_shared() {
                Ok(()) if read(&mut file).map_err(unusable)? == identity.name() => {
                    return Ok(Self { _file: file });
                }
                // Whoever looks whether somebody is there holds it for a moment.
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(unusable(error)),
            }
            drop(file);
            if !patience.wait() {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "the database file was replaced while other nodes use the one before; stop them, \
                     then start again",
                )
                .with("path", path.display()));
            }
        }
    }
}

fn open(lock: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(lock)
}

fn read(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    file.rewind()?;
    file.take(4096).read_to_string(&mut text)?;
    Ok(text)
}

fn write(file: &mut File, text: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}
