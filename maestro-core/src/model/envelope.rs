//! User content at rest, apart from the columns that a store may look at.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result};

/// Encoded content with the name of its key and codec. Stores never look inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The key that the bytes are encrypted with; empty means none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key_id: String,
    /// How the bytes are encoded, for example `json`.
    pub codec: String,
    /// The bytes; base64 on the wire.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub bytes: Vec<u8>,
}

impl Envelope {
    /// The codec of unencrypted JSON.
    pub const JSON: &'static str = "json";

    /// Encodes a value as JSON.
    pub fn json<T: Serialize>(value: &T) -> Result<Self> {
        let bytes = serde_json::to_vec(value).map_err(|error| {
            Error::new(ErrorKind::Internal, "a value cannot be written as JSON").caused_by(error)
        })?;
        Ok(Self { key_id: String::new(), codec: Self::JSON.to_owned(), bytes })
    }

    /// The codec of plain UTF-8 text.
    pub const TEXT: &'static str = "text";

    /// Keeps a text as it is.
    pub fn text(text: &str) -> Self {
        Self {
            key_id: String::new(),
            codec: Self::TEXT.to_owned(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    /// Decodes JSON.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(self.as_json()?).map_err(Self::unreadable)
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

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    STANDARD.decode(text.as_bytes()).map_err(serde::de::Error::custom)
}
