//! Directories of this host, which more than one adapter works in. Blocks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// The directory with no link and no `..` in its path, so that one directory has one name.
pub(super) fn directory(path: &Path) -> Result<PathBuf> {
    if path.as_os_str().is_empty() {
        return Err(Error::invalid("path", "must not be empty; `.` is the current directory"));
    }
    let found = fs::canonicalize(path).map_err(|error| {
        let wrong = match error.kind() {
            io::ErrorKind::NotFound => Error::new(
                ErrorKind::NotFound,
                "`path` is not there; make the directory or correct the path",
            ),
            io::ErrorKind::PermissionDenied => Error::new(
                ErrorKind::PermissionDenied,
                "`path` may not be read; give this user access to it",
            ),
            io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput => {
                Error::invalid("path", "cannot be a directory; correct the path")
            }
            _ => Error::new(ErrorKind::Unavailable, "`path` cannot be looked at"),
        };
        wrong.with("path", path.display()).caused_by(error)
    })?;
    if found.is_dir() {
        return Ok(found);
    }
    Err(Error::invalid("path", "is not a directory; name the one that holds the file")
        .with("path", path.display()))
}
