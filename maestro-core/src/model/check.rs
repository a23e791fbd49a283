//! What specs check, worded once.

use std::ops::RangeInclusive;

use crate::error::{Error, Result};

/// A text whose length is limited, in bytes.
pub(super) fn length(field: &str, text: &str, bytes: RangeInclusive<usize>) -> Result<()> {
    if bytes.contains(&text.len()) {
        return Ok(());
    }
    let found = text.len();
    let range = match (bytes.start(), bytes.end()) {
        (0, most) => format!("at most {most}"),
        (least, most) => format!("{least} to {most}"),
    };
    Err(Error::invalid(field, format!("must be {range} bytes long and has {found}")))
}

/// One line for people, or a name: it goes into lists, branches and commit messages.
pub(super) fn line(field: &str, text: &str) -> Result<()> {
    match text.chars().find(|found| found.is_control()) {
        None => Ok(()),
        Some(found) => Err(Error::invalid(
            field,
            format!("must be one line with no control characters and has {found:?}"),
        )),
    }
}

/// A text that is left out rather than empty.
pub(super) fn given(field: &str, text: Option<&str>) -> Result<()> {
    match text {
        Some(text) if text.trim().is_empty() => {
            Err(Error::invalid(field, "must not be empty; leave it out for the default"))
        }
        _ => Ok(()),
    }
}

/// A number that is left out rather than 0.
pub(super) fn positive(field: &str, number: Option<i64>) -> Result<()> {
    match number {
        Some(number) if number < 1 => Err(Error::invalid(
            field,
            format!("must be greater than 0 and is {number}; leave it out for no limit"),
        )),
        _ => Ok(()),
    }
}
