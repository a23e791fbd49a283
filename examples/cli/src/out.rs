//! The standard output: lines for people, or JSON.

use std::fmt::Display;
use std::io::{self, Write as _};

use maestro_core::{Error, ErrorKind, Result};
use serde::Serialize;

use crate::args::Common;

/// Prints a line.
pub(crate) fn line(text: impl Display) -> Result<()> {
    print(format_args!("{text}\n"))
}

/// Prints a text as it is.
pub(crate) fn print(text: impl Display) -> Result<()> {
    write!(io::stdout(), "{text}").map_err(failed)
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|error| {
        Error::new(ErrorKind::Internal, "the result cannot be written as JSON").caused_by(error)
    })?;
    line(text)
}

/// Prints a value as JSON, or what it means for people.
pub(crate) fn say(common: &Common, value: &impl Serialize, text: impl Display) -> Result<()> {
    if common.json { json(value) } else { line(text) }
}

/// Nobody reads the output.
pub(crate) fn failed(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the output cannot be written").caused_by(error)
}

/// Whether whoever read the output went away, as `head` does when it has enough.
pub(crate) fn is_closed_pipe(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|cause| cause.downcast_ref());
    source.is_some_and(|cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe)
}
