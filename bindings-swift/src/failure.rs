//! Errors, as data.

use std::fmt;

use maestro_core::error::ErrorInfo;
use maestro_core::{Error, ErrorKind};

/// What went wrong.
#[derive(Debug, uniffi::Error)]
pub enum Failure {
    /// An `ErrorInfo` as JSON.
    Failed {
        /// The JSON.
        info: String,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Failed { info } = self;
        f.write_str(info)
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed { info: serde_json::to_string(&error.info()).unwrap_or_default() }
    }
}

/// Reads an error that Swift wrote.
pub(crate) fn read(info: &str) -> Error {
    match serde_json::from_str::<ErrorInfo>(info) {
        Ok(info) => Error::from(info),
        Err(error) => Error::new(ErrorKind::Protocol, format!("no error: {info}")).caused_by(error),
    }
}
