//! Why the CLI did not start.

use crate::error::{Error, ErrorKind};
use crate::transport::ExitStatus;

/// What the CLI says, in lower case, and what it means.
const MEANINGS: &[(&str, ErrorKind)] = &[
    ("no conversation found", ErrorKind::NotFound),
    ("already in use", ErrorKind::AlreadyExists),
    ("root/sudo privileges", ErrorKind::PermissionDenied),
    ("unknown option", ErrorKind::InvalidArgument),
    ("invalid value", ErrorKind::InvalidArgument),
    ("is invalid", ErrorKind::InvalidArgument),
    ("invalid session id", ErrorKind::InvalidArgument),
    ("must be", ErrorKind::InvalidArgument),
    ("unrecognized_model", ErrorKind::InvalidArgument),
    ("not logged in", ErrorKind::PermissionDenied),
    ("invalid api key", ErrorKind::PermissionDenied),
];

/// Makes a clear error of a handshake that failed: of what the CLI said, where it ended itself.
pub(super) fn explain(error: Error, exit: Option<ExitStatus>, words: &str) -> Error {
    let Some(exit) = exit else {
        return if words.is_empty() { error } else { error.with("last_words", words) };
    };
    let said = words.to_lowercase();
    let meaning = MEANINGS.iter().find(|(phrase, _)| said.contains(phrase));
    let kind = meaning.map_or(ErrorKind::Unavailable, |(_, kind)| *kind);
    let message = if words.is_empty() {
        "the agent ended at its start and did not say why".to_owned()
    } else {
        format!("the agent did not start: {words}")
    };
    Error::new(kind, message).with("exit", exit)
}
