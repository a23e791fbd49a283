//! What specs check, worded once.

use std::ops::RangeInclusive;
use std::path::Path;

use crate::error::{Error, Result};
use crate::model::{UnknownValue, UnknownVariant};

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

/// The same of a variant.
pub(crate) fn unknown_variant(field: &str, kept: &UnknownVariant) -> Error {
    let why = format!("is none of the variants that this version knows: {}", kept.as_value());
    Error::invalid(field, why)
}

/// A value that only a newer version can mean: it is kept where it is read, and refused where it is given.
pub(crate) fn unknown(field: &str, value: UnknownValue) -> Error {
    Error::invalid(field, format!("is none of the values that this version knows: {value:?}"))
}

/// Refuses the first of some values that this version does not know.
pub(crate) fn none_unknown(
    field: &str,
    unknown_ones: impl IntoIterator<Item = UnknownValue>,
) -> Result<()> {
    unknown_ones.into_iter().next().map_or(Ok(()), |value| Err(unknown(field, value)))
}

/// Why a path cannot be used, if it cannot: records and the wire hold text, and the system takes no NUL.
pub(crate) fn path_fault(path: &Path) -> Option<&'static str> {
    match path.to_str() {
        None => {
            Some("holds bytes that are no text (UTF-8); rename what it names, or give another path")
        }
        Some(text) if text.contains('\0') => Some("holds a NUL character; correct the path"),
        Some(_) => None,
    }
}

/// A path that is kept or sent.
pub(crate) fn path(field: &str, path: &Path) -> Result<()> {
    match path_fault(path) {
        None => Ok(()),
        Some(why) => Err(Error::invalid(field, why).with("path", path.display())),
    }
}

/// Texts that reach a command line, which takes no NUL.
pub(super) fn no_nul<'a>(field: &str, texts: impl IntoIterator<Item = &'a String>) -> Result<()> {
    if texts.into_iter().any(|text| text.contains('\0')) {
        return Err(Error::invalid(field, "holds a NUL character, which no program can be given"));
    }
    Ok(())
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
