//! What the exit code says.

use std::process::ExitCode;

use maestro_core::{Error, ErrorKind};

/// The exit codes, as `maestro --help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything worked.
    Ok = 0,
    /// A task failed or was cancelled.
    TaskFailed = 1,
    /// An argument is wrong. The same code as for an unknown option.
    Usage = 2,
    /// There is no such thing.
    NotFound = 3,
    /// Something is in the way, or a person has to help.
    Conflict = 4,
    /// Something outside does not answer.
    Unavailable = 5,
    /// A defect.
    Internal = 70,
    /// Stopped by Ctrl-C; run the same command again to go on.
    Interrupted = 130,
}

impl Exit {
    pub(crate) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::Cancelled => Self::TaskFailed,
            ErrorKind::InvalidArgument | ErrorKind::InvalidConfig | ErrorKind::Unsupported => {
                Self::Usage
            }
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Conflict
            | ErrorKind::AlreadyExists
            | ErrorKind::LeaseLost
            | ErrorKind::PermissionDenied => Self::Conflict,
            ErrorKind::Unavailable
            | ErrorKind::Timeout
            | ErrorKind::ResourceExhausted
            | ErrorKind::Protocol
            | ErrorKind::Closed => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
