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
    /// Stopped by Ctrl-C or another signal, or nobody reads the output; the work can go on.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_and_the_help_list_every_code() {
        let codes = [
            Exit::Ok,
            Exit::TaskFailed,
            Exit::Usage,
            Exit::NotFound,
            Exit::Conflict,
            Exit::Unavailable,
            Exit::Internal,
            Exit::Interrupted,
        ];
        for code in codes.map(|code| code as u8) {
            assert!(include_str!("../README.md").contains(&format!("\n| {code} |")), "{code}");
            let listed = [format!(": {code} "), format!(", {code} ")];
            assert!(listed.iter().any(|listed| crate::args::EXIT_CODES.contains(listed)), "{code}");
        }
    }
}
