//! User content at rest, apart from the columns that a store may look at.

use std::borrow::Cow;
use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result};

/// Encoded content with the name of its key and codec. Stores never look inside. A clone shares the
/// bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The key that the bytes are encrypted with; empty means none.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub key_id: Cow<'static, str>,
    /// How the bytes are encoded, for example `json`.
    pub codec: Cow<'static, str>,
    /// The bytes; base64 on the wire.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub bytes: Bytes,
}

impl Envelope {
    /// The codec of unencrypted JSON.
    pub const JSON: &'static str = "json";

    /// Encodes a value as JSON.
    pub fn json<T: Serialize>(value: &T) -> Result<Self> {
        let bytes = written(value).map_err(|error| {
            Error::new(ErrorKind::Internal, "a value cannot be written as JSON").caused_by(error)
        })?;
        Ok(Self { key_id: Cow::Borrowed(""), codec: Cow::Borrowed(Self::JSON), bytes })
    }

    /// The codec of plain UTF-8 text.
    pub const TEXT: &'static str = "text";

    /// Keeps a text as it is.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            key_id: Cow::Borrowed(""),
            codec: Cow::Borrowed(Self::TEXT),
            bytes: Bytes::from(text.into()),
        }
    }

    /// What a store has kept: the names are mostly those of this version.
    #[cfg(feature = "sqlite")]
    pub(crate) fn kept(key_id: &str, codec: &str, bytes: Vec<u8>) -> Self {
        let named = |name: &str| match ["", Self::JSON, Self::TEXT].into_iter().find(|n| *n == name)
        {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(name.to_owned()),
        };
        Self { key_id: named(key_id), codec: named(codec), bytes: Bytes::from(bytes) }
    }

    /// Decodes JSON.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(self.as_json()?).map_err(Self::unreadable)
    }

    /// The bytes as text; what is no UTF-8 in them is replaced.
    pub(crate) fn to_text(&self) -> String {
        // The other way looks at each byte even where all are good.
        match str::from_utf8(&self.bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(&self.bytes).into_owned(),
        }
    }

    /// The bytes, which are JSON.
    ///
    /// # Errors
    /// `Unsupported` when they are something else.
    pub(crate) fn as_json(&self) -> Result<&[u8]> {
        if self.codec != Self::JSON || !self.key_id.is_empty() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the content is encoded in a way that this version cannot read",
            )
            .with("codec", &self.codec)
            .with("key_id", &self.key_id));
        }
        Ok(&self.bytes)
    }

    /// The error of content that is no JSON, or not what it should be.
    pub(crate) fn unreadable(error: serde_json::Error) -> Error {
        Error::new(ErrorKind::Internal, "stored content cannot be read").caused_by(error)
    }
}

thread_local! {
    /// How long some JSON will be is known when it is written.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn written<T: Serialize>(value: &T) -> serde_json::Result<Bytes> {
    /// Where more than this was needed, the memory is given back.
    const KEEP_BYTES: usize = 16 * 1024;

    let mut json = SCRATCH.take();
    json.clear();
    serde_json::to_writer(&mut json, value)?;
    let bytes = Bytes::copy_from_slice(&json);
    if json.capacity() <= KEEP_BYTES {
        SCRATCH.set(json);
    }
    Ok(bytes)
}

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    STANDARD.decode(text.as_bytes()).map(Bytes::from).map_err(serde::de::Error::custom)
}
