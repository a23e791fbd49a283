//! What git's failures mean to a caller.

use std::io;
use std::path::Path;

use super::child::Finished;
use super::reason::{Filtered, Reason};
use crate::error::{Error, ErrorKind, LimitHit};

/// A lock that stays.
pub(super) fn locked(subject: &str, lock: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "another git process holds a lock; try again, and if no git process runs there, delete the lock file",
    )
    .with("lock", lock)
    .with("command", subject)
}

/// Git did not start.
pub(super) fn start(program: &Path, subject: &str, error: io::Error) -> Error {
    let (kind, message) = if error.kind() == io::ErrorKind::NotFound {
        (
            ErrorKind::Unsupported,
            format!("{} was not found; install git 2.38 or newer", program.display()),
        )
    } else {
        (ErrorKind::Unavailable, format!("{} does not start", program.display()))
    };
    Error::new(kind, message).with("command", subject).caused_by(error)
}

/// Git said too much. What it said is not used, since nobody could tell what is missing.
pub(super) fn overflow(subject: &str, finished: &Finished) -> Error {
    let max = u64::try_from(finished.stdout.len()).unwrap_or(u64::MAX);
    Error::new(ErrorKind::ResourceExhausted, "git gave more output than is allowed")
        .with_limit(LimitHit {
            limit: "git_output_bytes".to_owned(),
            scope: "command".to_owned(),
            // At least: the rest was not counted.
            used: max.saturating_add(1),
            max,
            resets_at: None,
        })
        .with("command", subject)
}

/// A directory of the repository that this process may not write.
pub(super) fn denied(subject: &str, path: &Path) -> Error {
    Error::new(
        ErrorKind::PermissionDenied,
        "git may not read or write a file; give this user the right to, then try again",
    )
    .with("command", subject)
    .with("path", path.display())
}

/// Git said no.
pub(super) fn error(subject: &str, finished: &Finished) -> Error {
    let said = finished.stderr.trim();
    let reason = Reason::of(finished).unwrap_or(Reason::Other);
    let (kind, message) = match &reason {
        Reason::Denied(_) => (
            ErrorKind::PermissionDenied,
            "git may not read or write a file; give this user the right to, then try again",
        ),
        Reason::Full => (
            ErrorKind::ResourceExhausted,
            "there is no space left for git to write; make some, then try again",
        ),
        Reason::Damaged => (
            ErrorKind::Unavailable,
            "something in the repository is damaged; look at it with `git fsck`",
        ),
        Reason::Foreign => (
            ErrorKind::PermissionDenied,
            "the repository belongs to another user; name it in git's `safe.directory`",
        ),
        Reason::NoRepository => (
            ErrorKind::NotFound,
            "the project is not a git repository; make it one with `git init` and a first commit, or let `workspace` be `directory`",
        ),
        Reason::CheckedOut => (
            ErrorKind::Conflict,
            "the branch is checked out somewhere else; switch that checkout to another branch",
        ),
        Reason::InTheWay => {
            (ErrorKind::Conflict, "another branch is in the way; rename or remove that one")
        }
        Reason::Filter(_) => (
            ErrorKind::Conflict,
            "the filter of a file failed; install or correct it in git's configuration, then try again",
        ),
        Reason::Moved => (ErrorKind::Conflict, "a branch was changed meanwhile; try again"),
        Reason::Killed => (ErrorKind::Unavailable, "git was killed; the call may be repeated"),
        Reason::Busy(_) => (ErrorKind::Unavailable, "another git process holds a lock; try again"),
        Reason::Other => (ErrorKind::Unavailable, "git failed"),
    };
    let retryable = matches!(reason, Reason::Killed | Reason::Moved | Reason::Busy(_));
    let error = Error::new(kind, message)
        .retryable(retryable)
        .with("command", subject)
        .with("exit", finished.code.map_or_else(|| "signal".to_owned(), |code| code.to_string()))
        .with("said", if said.is_empty() { "nothing" } else { said });
    match reason {
        Reason::Denied(Some(path)) => error.with("path", path),
        Reason::Filter(Some(Filtered { file, filter })) => {
            error.with("file", file).with("filter", filter)
        }
        _ => error,
    }
}
