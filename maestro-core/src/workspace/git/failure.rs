//! What git's failures mean to a caller.

use std::io;
use std::path::Path;

use super::child::Finished;
use crate::error::{Error, ErrorKind, LimitHit};

/// The lock file that another process holds, if that is why git failed.
pub(super) fn lock(finished: &Finished) -> Option<String> {
    if finished.code == Some(0) {
        return None;
    }
    let text = &finished.stderr;
    if let Some(at) = text.find("Unable to create '") {
        let rest = &text[at + "Unable to create '".len()..];
        let (path, why) = rest.split_once("': ")?;
        return (path.contains(".lock") && why.starts_with("File exists")).then(|| path.to_owned());
    }
    // Git reads the other worktrees' files, and fails when one is being made at that moment.
    if let Some(at) = text.find("failed to read ")
        && let Some((path, _)) = text[at + "failed to read ".len()..].split_once(": ")
        && path.contains("/worktrees/")
    {
        return Some(path.to_owned());
    }
    let at = text.find("could not lock config file ")?;
    let rest = &text[at + "could not lock config file ".len()..];
    let (path, why) = rest.split_once(": ")?;
    why.starts_with("File exists").then(|| format!("{path}.lock"))
}

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

/// Git said no.
pub(super) fn error(subject: &str, finished: &Finished) -> Error {
    let said = finished.stderr.trim();
    let (kind, message) = if said.contains("dubious ownership") {
        (
            ErrorKind::PermissionDenied,
            "the repository belongs to another user; name it in git's `safe.directory`",
        )
    } else if said.contains("not a git repository") {
        (
            ErrorKind::NotFound,
            "the project is not a git repository; make it one with `git init` and a first commit, or let `workspace` be `directory`",
        )
    } else if said.contains("Permission denied") {
        (ErrorKind::PermissionDenied, "git may not read or write a file")
    } else if said.contains("is already used by worktree")
        || said.contains("is already checked out")
    {
        (
            ErrorKind::Conflict,
            "the branch is checked out somewhere else; switch that checkout to another branch",
        )
    } else if finished.code.is_none() {
        (ErrorKind::Unavailable, "git was killed; the call may be repeated")
    } else {
        (ErrorKind::Unavailable, "git failed")
    };
    let retryable = kind == ErrorKind::Unavailable && finished.code.is_none();
    Error::new(kind, message)
        .retryable(retryable)
        .with("command", subject)
        .with("exit", finished.code.map_or_else(|| "signal".to_owned(), |code| code.to_string()))
        .with("said", if said.is_empty() { "nothing" } else { said })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(stderr: &str) -> Finished {
        Finished {
            code: Some(128),
            stdout: Vec::new(),
            stderr: stderr.to_owned(),
            overflowed: false,
            interrupted: false,
        }
    }

    #[test]
    fn a_lock_is_named_and_other_failures_are_not_locks() {
        let held =
            failed("fatal: Unable to create '/r a/.git/index.lock': File exists.\n\nAnother…");
        assert_eq!(lock(&held).as_deref(), Some("/r a/.git/index.lock"));
        let config = failed("error: could not lock config file .git/config: File exists");
        assert_eq!(lock(&config).as_deref(), Some(".git/config.lock"));
        let readonly = failed("fatal: Unable to create '/r/.git/index.lock': Permission denied");
        assert_eq!(lock(&readonly), None);
        assert_eq!(error("git x", &readonly).kind(), ErrorKind::PermissionDenied);
    }
}
