//! Which right is missing where the files of a database cannot be opened.
//!
//! SQLite tells a database that may not be written from one that is not there, but neither for the files
//! beside it nor on a file system that is mounted read-only. So the rights are looked at here.

use std::path::Path;

use crate::error::{Error, ErrorKind};

pub(super) const READ_ONLY: &str =
    "`path` or its directory is read-only; give this user the right to write both";
#[cfg(unix)]
const NO_SEARCH: &str = "a directory of `path` may not be searched; give this user the right to";

/// The error for a missing right.
pub(super) fn denied(path: &Path, why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidConfig, why).with("path", path.display())
}

/// What right is missing to open a database, if that is what is wrong.
#[cfg(unix)]
pub(super) fn why_not(path: &Path) -> Option<&'static str> {
    use rustix::fs::Access;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        return lacks(directory, Access::EXISTS).then_some(NO_SEARCH);
    }
    if lacks(directory, Access::EXEC_OK) {
        return Some(NO_SEARCH);
    }
    let beside = ["-wal", "-shm"].map(|suffix| super::identity::beside(path, suffix));
    let mut files = beside.iter().map(std::path::PathBuf::as_path).chain([path, directory]);
    files.any(|file| lacks(file, Access::READ_OK | Access::WRITE_OK)).then_some(READ_ONLY)
}

/// Whether the right is what is missing. Who runs as another user than it was started by is asked as who it
/// runs as.
#[cfg(unix)]
fn lacks(file: &Path, right: rustix::fs::Access) -> bool {
    use rustix::fs::{AtFlags, CWD, accessat};
    use rustix::io::Errno;
    let asked = match accessat(CWD, file, right, AtFlags::EACCESS) {
        // Old systems, and filters of system calls that do not know it.
        Err(Errno::NOSYS | Errno::INVAL | Errno::PERM) => {
            accessat(CWD, file, right, AtFlags::empty())
        }
        asked => asked,
    };
    matches!(asked, Err(Errno::ACCESS | Errno::PERM | Errno::ROFS))
}

#[cfg(not(unix))]
pub(super) fn why_not(path: &Path) -> Option<&'static str> {
    let read_only = std::fs::metadata(path).is_ok_and(|found| found.permissions().readonly());
    read_only.then_some(READ_ONLY)
}
