//! Why the CLI did not start.

use crate::error::{Error, ErrorKind};
use crate::transport::ExitStatus;

/// What the CLI says, in lower case, and what it means.
const MEANINGS: &[(&str, ErrorKind)] = &[
    ("no conversation found", ErrorKind::NotFound),
    ("already in use", ErrorKind::AlreadyExists),
    ("root/sudo privileges", ErrorKind::PermissionDenied),
    ("invalid value", ErrorKind::InvalidArgument),
    ("is invalid", ErrorKind::InvalidArgument),
    ("invalid session id", ErrorKind::InvalidArgument),
    ("must be", ErrorKind::InvalidArgument),
    ("unrecognized_model", ErrorKind::InvalidArgument),
    ("not logged in", ErrorKind::PermissionDenied),
    ("invalid api key", ErrorKind::PermissionDenied),
];

/// How programs say, in lower case, that they do not know an option.
const UNKNOWN_OPTION: &[&str] = &[
    "unknown option",
    "unknown argument",
    "unknown flag",
    "unexpected argument",
    "unrecognized option",
    "unrecognized argument",
    "illegal option",
    "invalid option",
];

/// What a process said that never answered.
#[derive(Debug, Default)]
pub(super) struct LastWords {
    /// How it ended, if it has.
    pub(super) exit: Option<ExitStatus>,
    /// The end of its standard error.
    pub(super) errors: String,
    /// The first line of its output that was not of the protocol.
    pub(super) stray: Option<String>,
}

/// Makes a clear error of a handshake that failed: of what the CLI said, where it said something.
/// `extra` are the arguments that the user added.
pub(super) fn explain(error: Error, said: &LastWords, extra: [&[String]; 2]) -> Error {
    let words = said.errors.as_str();
    let Some(exit) = said.exit else {
        return match &said.stray {
            Some(stray) => not_ours("and does not answer", stray).caused_by(error),
            None if words.is_empty() && error.kind() == ErrorKind::Timeout => Error::new(
                ErrorKind::Timeout,
                "the agent did not answer its first request; run `program` by hand to see why",
            )
            .caused_by(error),
            None if words.is_empty() => error,
            None => error.with("last_words", words),
        };
    };
    let lower = words.to_lowercase();
    let error = if UNKNOWN_OPTION.iter().any(|phrase| lower.contains(phrase)) {
        unknown_option(words, extra)
    } else if let Some((_, kind)) = MEANINGS.iter().find(|(phrase, _)| lower.contains(phrase)) {
        Error::new(*kind, format!("the agent did not start: {words}"))
    } else if !words.is_empty() {
        Error::new(ErrorKind::Unavailable, format!("the agent did not start: {words}"))
    } else if let Some(stray) = &said.stray {
        not_ours("and ends", stray)
    } else {
        Error::new(
            ErrorKind::Unavailable,
            "the agent ended at its start and did not say why; run `program` by hand to see",
        )
    };
    error.with("exit", exit)
}

/// The user's option, or one that every release has that this driver can work with.
fn unknown_option(words: &str, extra: [&[String]; 2]) -> Error {
    let option = words.split_whitespace().find_map(|word| {
        let word = word.trim_start_matches(['\'', '"', '`']);
        let end = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
        word.split(end).next().filter(|name| name.len() > 1 && name.starts_with('-'))
    });
    let mut names = extra.into_iter().flatten().filter_map(|argument| argument.split('=').next());
    let theirs = option.is_some_and(|option| names.any(|name| name == option));
    let error = if theirs {
        Error::invalid("extra_args", "has an option that the agent does not know; leave it out")
    } else {
        Error::new(
            ErrorKind::Unsupported,
            "`program` does not know an option that is needed: it is too old, or is another program; update Claude Code",
        )
    };
    error.with("said", words)
}

fn not_ours(what_else: &str, stray: &str) -> Error {
    Error::new(
        ErrorKind::Protocol,
        format!("`program` prints what Claude Code does not, {what_else}; name another program"),
    )
    .with("printed", format!("{stray:?}"))
}
