//! References to large payloads.

use serde::{Deserialize, Serialize};

/// Where a payload is that is too large for an event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BlobRef {
    /// Its address within the tenant: a keyed hash of the content.
    pub address: String,
    /// How many bytes it has.
    pub size: u64,
    /// Its media type, for example `text/plain` or `application/json`.
    pub media_type: String,
    /// How it begins, when it is text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub head: String,
}

impl BlobRef {
    /// A reference to a payload.
    pub fn new(address: impl Into<String>, size: u64, media_type: impl Into<String>) -> Self {
        Self { address: address.into(), size, media_type: media_type.into(), head: String::new() }
    }
}
