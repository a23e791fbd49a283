//! Events as JSON.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};
use crate::event::Item;
use crate::model::{Actor, Cursor, Envelope, EventRefs, StoredEvent, Timestamp};

/// An event as it stands on the wire. What is kept of it as JSON is not read for that, so fields that
/// this version does not know are there too.
#[derive(Serialize)]
struct Kept<'a> {
    cursor: &'a Cursor,
    stream: &'a str,
    seq: u64,
    at: Timestamp,
    tenant_id: &'a str,
    actor: &'a Actor,
    #[serde(flatten)]
    refs: &'a EventRefs,
    schema: u32,
    r#type: &'a str,
    data: &'a RawValue,
}

/// An item of a feed as JSON, with the agent's own frame beside it: as a text within that JSON it would
/// be read letter by letter by whoever never looks at it.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) json: Vec<u8>,
    pub(super) frame: Option<String>,
}

impl Encoded {
    /// Something that has no frame.
    pub(super) fn plain<T: Serialize>(item: &T) -> Result<Self> {
        Ok(Self { json: json(item)?, frame: None })
    }

    /// One event of a feed.
    pub(super) fn item(item: Item) -> Result<Self> {
        let StoredEvent { cursor, stream, seq, event } = match item {
            Item::Piece(event) => return Self::plain(&event),
            Item::Kept(stored) => *stored,
        };
        let json = json(&Kept {
            cursor: &cursor,
            stream: &stream.name,
            seq,
            at: event.at,
            tenant_id: stream.tenant_id.as_str(),
            actor: &event.actor,
            refs: &event.refs,
            schema: event.schema,
            r#type: &event.event_type,
            data: serde_json::from_slice(event.data.as_json()?).map_err(Envelope::unreadable)?,
        })?;
        Ok(Self { json, frame: event.raw.map(|raw| text(raw.bytes)) })
    }

    /// The frame goes into the JSON.
    pub(super) fn whole(mut self) -> Result<Self> {
        if let Some(frame) = self.frame.take() {
            // An event is an object that has fields.
            self.json.pop();
            self.json.extend(b",\"raw\":");
            self.json.extend(json(&frame)?);
            self.json.push(b'}');
        }
        Ok(self)
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The same JSON in ASCII alone, where that makes it little longer. A string that holds nothing else is
/// taken over by Python and JavaScript as it is, and takes them half the memory: one letter beyond Latin
/// makes all of a batch wide.
pub(super) fn narrow(json: String) -> String {
    /// Escapes are read slowly, so no more than one byte in so many is written as one.
    const RARE: usize = 32;
    let wide = json.bytes().filter(|byte| !byte.is_ascii()).count();
    if wide == 0 || wide > json.len() / RARE {
        return json;
    }
    let mut narrow = String::with_capacity(json.len() + 2 * wide);
    let (mut rest, mut units) = (json.as_str(), [0; 2]);
    while let Some(at) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (ascii, from) = rest.split_at(at);
        narrow.push_str(ascii);
        let mut letters = from.chars();
        if let Some(letter) = letters.next() {
            // What is not ASCII stands within a string.
            for unit in letter.encode_utf16(&mut units) {
                let _ = write!(narrow, "\\u{unit:04x}");
            }
        }
        rest = letters.as_str();
    }
    narrow.push_str(rest);
    narrow
}

fn json<T: Serialize>(item: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(item).map_err(|error| {
        Error::new(ErrorKind::Internal, "an event cannot be written as JSON").caused_by(error)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::narrow;

    #[test]
    fn a_few_letters_are_escaped_and_say_the_same() {
        let few = format!("[\"{}ä – 🦀\"]", "a".repeat(1000));
        let escaped = narrow(few.clone());
        assert!(escaped.is_ascii(), "{escaped}");
        let read = |json: &str| serde_json::from_str::<Value>(json).expect("it is JSON");
        assert_eq!(read(&escaped), read(&few));
    }

    #[test]
    fn many_are_left_as_they_are() {
        for json in ["[\"ääää\"]", "[\"plain\"]"] {
            assert_eq!(narrow(json.to_owned()), json);
        }
    }
}
