//! All that is printed: lines for people, JSON, and what is drawn on a terminal.
//!
//! No other module writes to the standard streams, so nothing that an agent wrote reaches a terminal
//! unless its hidden characters are escapes; a test below reads the sources for that.

mod block;
mod screen;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};

use maestro_core::text::{is_hidden, visible, visible_bytes};
use maestro_core::{Error, ErrorKind, Result};
use serde::Serialize;

pub(crate) use block::{Block, is_live, room};
pub(crate) use screen::{Look, Row, Screen};

use crate::args::Common;

/// Prints a line for people. What a terminal would obey, or not show, is an escape in it.
pub(crate) fn line(text: impl Display) -> Result<()> {
    write_line(&mut io::stdout(), text).map_err(failed)
}

fn write_line(out: &mut impl Write, text: impl Display) -> io::Result<()> {
    let text = text.to_string();
    writeln!(out, "{}", visible(&text))
}

/// Prints bytes: as they are for a program or a file, with escapes on a terminal.
pub(crate) fn bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = if out.is_terminal() {
        out.write_all(visible_bytes(bytes).as_bytes())
    } else {
        out.write_all(bytes)
    };
    written.and_then(|()| out.flush()).map_err(failed)
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|error| {
        Error::new(ErrorKind::Internal, "the result cannot be written as JSON").caused_by(error)
    })?;
    // Escapes of JSON, for programs read it; none of these is outside of a string.
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            let units = &mut [0; 2];
            escaped.extend(c.encode_utf16(units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            escaped.push(c);
        }
    }
    writeln!(io::stdout(), "{escaped}").map_err(failed)
}

/// Prints a value as JSON, or what it means for people.
pub(crate) fn say(common: &Common, value: &impl Serialize, text: impl Display) -> Result<()> {
    if common.json { json(value) } else { line(text) }
}

/// Tells people something beside the output, such as an error. What follows a line break in it is
/// indented, so that nothing of others passes for a line of ours.
pub(crate) fn note(text: impl Display) {
    let text = text.to_string();
    let text = visible(text.trim_end()).replace('\n', "\n  ");
    // Nobody is left to hear that it cannot be said.
    let _ = writeln!(block::errors(), "{text}");
}

/// Tells what clap says of the command line: its help, or a mistake.
pub(crate) fn usage(error: &clap::Error) {
    let text = error.render().to_string();
    let text = visible(&text);
    // The exit code says it as well.
    let _ = if error.use_stderr() {
        write!(io::stderr(), "{text}")
    } else {
        write!(io::stdout(), "{text}")
    };
}

/// Where lines of the log go: the standard error, each with escapes.
pub(crate) fn log() -> impl Write {
    Shown(block::errors())
}

/// Lets a panic be told with escapes: its message may hold what an agent wrote.
pub(crate) fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let trace = std::backtrace::Backtrace::capture();
        let trace = match trace.status() {
            std::backtrace::BacktraceStatus::Captured => format!("\n{trace}"),
            _ => String::new(),
        };
        note(format_args!("maestro: a defect: {panic}{trace}"));
    }));
}

/// Writes everything with escapes.
struct Shown<W>(W);

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(visible_bytes(bytes).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Nobody reads the output.
fn failed(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the output cannot be written").caused_by(error)
}

/// Whether whoever read the output went away, as `head` does when it has enough.
pub(crate) fn is_closed_pipe(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|cause| cause.downcast_ref());
    source.is_some_and(|cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe)
}
