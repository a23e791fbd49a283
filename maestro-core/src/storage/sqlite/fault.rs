//! What SQLite says, in words that a caller can act on.

use std::path::Path;

use rusqlite::ErrorCode;

use super::access;
use crate::error::{Error, ErrorKind};

/// Why an operation did not happen.
#[derive(Debug)]
pub(super) enum Fault {
    /// The store's rules forbid it.
    Refused(Error),
    /// SQLite could not do it.
    Sql(rusqlite::Error),
}

impl Fault {
    pub(super) fn into_error(self, path: &Path) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Sql(error) => describe(path, error),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Whether another connection is in the way, so that the same call works a little later.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed
        )
    )
}

/// Whether what is in the file is broken, so that the same call never works. The last two are what a
/// file system that keeps checksums says.
fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CORRUPT, SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_DATA};
    error.sqlite_error().is_some_and(|error| {
        error.extended_code & 0xff == SQLITE_CORRUPT
            || matches!(error.extended_code, SQLITE_IOERR_DATA | SQLITE_IOERR_CORRUPTFS)
    })
}

/// Names the file, says what is wrong with it, and what to do.
pub(super) fn describe(path: &Path, error: rusqlite::Error) -> Error {
    let (kind, message) = match error.sqlite_error_code() {
        // The driver's own words for this say nothing that a user could act on, so they are left out.
        _ if is_busy(&error) => {
            return Error::new(
                ErrorKind::Unavailable,
                "other processes kept the database file busy for too long; try again",
            )
            .with("path", path.display());
        }
        // Retryable, since somebody may free space; not `Unavailable`, since waiting alone rarely helps.
        Some(ErrorCode::DiskFull) => (
            ErrorKind::ResourceExhausted,
            "the disk is full; free space where the database file is",
        ),
        Some(ErrorCode::NotADatabase) => {
            (ErrorKind::InvalidConfig, "`path` is not a database file; give another path")
        }
        // Which of several words the driver has for it depends on which file was in the way.
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            return access::denied(path, access::READ_ONLY);
        }
        Some(ErrorCode::CannotOpen) => match access::why_not(path) {
            Some(why) => return access::denied(path, why),
            None => (
                ErrorKind::InvalidConfig,
                "`path` cannot be opened; its directory must be there and be writable",
            ),
        },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::SystemIoFailure) if is_damage(&error) => (
            ErrorKind::InvalidConfig,
            "the database file is damaged; stop every process that uses it and restore a backup",
        ),
        Some(ErrorCode::SystemIoFailure) => {
            (ErrorKind::Unavailable, "the database file cannot be read or written now")
        }
        Some(ErrorCode::OutOfMemory) => (ErrorKind::ResourceExhausted, "there is no memory left"),
        Some(ErrorCode::TooBig) => {
            (ErrorKind::InvalidArgument, "a value is larger than the database can hold")
        }
        _ => (ErrorKind::Internal, "the database refused a statement"),
    };
    let full = kind == ErrorKind::ResourceExhausted;
    let failed = Error::new(kind, message);
    let retryable = full || failed.is_retryable();
    failed.with("path", path.display()).retryable(retryable).caused_by(error)
}
