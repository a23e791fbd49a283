//! The errors that backends give, worded once.

use crate::error::{Error, ErrorKind};
use crate::storage::RecordKey;

/// An absence guard failed.
pub(crate) fn exists(key: &RecordKey) -> Error {
    Error::new(ErrorKind::AlreadyExists, "the record exists already").with("record", key)
}

/// Two records of a tenant and kind would have the same unique key.
pub(crate) fn unique_key_taken(key: &RecordKey, unique_key: &str) -> Error {
    Error::new(ErrorKind::AlreadyExists, "the unique key is in use")
        .with("record", key)
        .with("unique_key", unique_key)
}

/// A version guard failed. `found` is none when there is no such record.
pub(crate) fn version(key: &RecordKey, expected: u64, found: Option<u64>) -> Error {
    Error::new(ErrorKind::Conflict, "the record was changed in between")
        .with("record", key)
        .with("expected", expected)
        .with("found", found.map_or("none".to_owned(), |version| version.to_string()))
}

/// A lease guard or a release failed.
pub(crate) fn lease_lost(key: &RecordKey) -> Error {
    Error::new(ErrorKind::LeaseLost, "the lease is not held with this token any more")
        .with("record", key)
}

/// A lease cannot be acquired, since somebody holds it.
pub(crate) fn lease_held(key: &RecordKey) -> Error {
    Error::new(ErrorKind::Conflict, "the lease is held").with("record", key)
}

/// A lease cannot be acquired, since there is no such record after the commit.
pub(crate) fn lease_of_nothing(key: &RecordKey) -> Error {
    Error::new(ErrorKind::Conflict, "there is no record to lease").with("record", key)
}

/// The store was closed.
pub(crate) fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the store was closed")
}
