//! Events as JSON.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};
use crate::event::Item;
use crate::id::{AccountId, NodeId, ProjectId, SessionId, TaskId, TenantId, TurnId};
use crate::model::{
    Actor, Cursor, Envelope, EventRefs, NewEvent, StoredEvent, StreamKey, Timestamp,
};

/// An event as it stands on the wire. What is kept of it as JSON is not read for that, so fields that
/// this version does not know are there too.
#[derive(Serialize)]
struct Kept<'a> {
    cursor: &'a Cursor,
    seq: u64,
    at: Timestamp,
    #[serde(flatten)]
    home: Home<'a>,
    r#type: &'a str,
    data: &'a RawValue,
}

/// What is the same for most events that follow each other. Where it stands once for many, an event has
/// only what is another with it; null means that it has none.
#[derive(Serialize)]
struct Home<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<&'a TenantId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<&'a Option<ProjectId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a Option<SessionId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    turn_id: Option<&'a Option<TurnId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<&'a Option<TaskId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<&'a Option<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a Option<AccountId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_id: Option<&'a Option<NodeId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'a u32>,
}

impl<'a> Home<'a> {
    /// What of it is not in `common`; all that it has, if that is none.
    fn of(stream: &'a StreamKey, event: &'a NewEvent, common: Option<&Common>) -> Self {
        fn differs<'a, T: PartialEq>(own: &'a T, common: Option<&T>) -> Option<&'a T> {
            (common != Some(own)).then_some(own)
        }
        /// Where it stands alone, what there is not is left out.
        #[expect(clippy::ref_option, reason = "none is written as null")]
        fn has<'a, T: PartialEq>(
            own: &'a Option<T>,
            common: Option<&Option<T>>,
        ) -> Option<&'a Option<T>> {
            differs(own, Some(common.unwrap_or(&None)))
        }
        // One that is added is not forgotten here.
        let EventRefs {
            project_id,
            session_id,
            turn_id,
            task_id,
            attempt,
            account_id,
            node_id,
            trace_id,
        } = &event.refs;
        let (home, other) = (common.map(|it| &it.stream), common.map(|it| &*it.event));
        let others = other.map(|other| &other.refs);
        Self {
            stream: differs(&stream.name, home.map(|it| &it.name)).map(String::as_str),
            tenant_id: differs(&stream.tenant_id, home.map(|it| &it.tenant_id)),
            actor: differs(&event.actor, other.map(|it| &it.actor)),
            project_id: has(project_id, others.map(|it| &it.project_id)),
            session_id: has(session_id, others.map(|it| &it.session_id)),
            turn_id: has(turn_id, others.map(|it| &it.turn_id)),
            task_id: has(task_id, others.map(|it| &it.task_id)),
            attempt: has(attempt, others.map(|it| &it.attempt)),
            account_id: has(account_id, others.map(|it| &it.account_id)),
            node_id: has(node_id, others.map(|it| &it.node_id)),
            trace_id: has(trace_id, others.map(|it| &it.trace_id)),
            schema: differs(&event.schema, other.map(|it| &it.schema)),
        }
    }
}

/// What stands once for the events of a batch: that of the first which is kept.
#[derive(Debug)]
pub(super) struct Common {
    stream: StreamKey,
    event: Arc<NewEvent>,
}

impl Common {
    pub(super) fn json(&self) -> Result<String> {
        let mut json = Vec::new();
        write(&Home::of(&self.stream, &self.event, None), &mut json)?;
        text(json)
    }
}

/// What a feed gives.
#[derive(Debug)]
pub(super) enum Given {
    Event(Item),
    /// Something else, as JSON.
    Json(Vec<u8>),
}

impl Given {
    pub(super) fn json<T: Serialize>(item: &T) -> Result<Self> {
        let mut json = Vec::new();
        write(item, &mut json)?;
        Ok(Self::Json(json))
    }

    /// Appends it as JSON without what is in `common`, and gives the agent's own frame of it beside that:
    /// as a text within the JSON it would be read letter by letter by whoever never looks at it. After an
    /// error some of it is there.
    pub(super) fn write_apart(
        self,
        json: &mut Vec<u8>,
        common: &mut Option<Common>,
    ) -> Result<Option<String>> {
        if let (Self::Event(Item::Kept(stored)), None) = (&self, &common) {
            let (stream, event) = (stored.stream.clone(), Arc::clone(&stored.event));
            *common = Some(Common { stream, event });
        }
        self.write(json, common.as_ref())
    }

    /// Appends it as JSON, with all that belongs to it.
    pub(super) fn write_whole(
        self,
        json: &mut Vec<u8>,
        _: &mut Option<Common>,
    ) -> Result<Option<String>> {
        if let Some(frame) = self.write(json, None)? {
            // An event is an object that has fields.
            json.pop();
            json.extend(b",\"raw\":");
            write(&frame, json)?;
            json.push(b'}');
        }
        Ok(None)
    }

    fn write(self, json: &mut Vec<u8>, common: Option<&Common>) -> Result<Option<String>> {
        let StoredEvent { cursor, stream, seq, event } = match self {
            Self::Json(item) => {
                json.extend(item);
                return Ok(None);
            }
            Self::Event(Item::Piece(event)) => return write(&event, json).map(|()| None),
            Self::Event(Item::Kept(stored)) => *stored,
        };
        let kept = Kept {
            cursor: &cursor,
            seq,
            at: event.at,
            home: Home::of(&stream, &event, common),
            r#type: &event.event_type,
            data: serde_json::from_slice(event.data.as_json()?).map_err(Envelope::unreadable)?,
        };
        write(&kept, json)?;
        Ok(event.raw.as_ref().map(Envelope::to_text))
    }
}

/// JSON as text.
pub(super) fn text(json: Vec<u8>) -> Result<String> {
    String::from_utf8(json)
        .map_err(|error| Error::new(ErrorKind::Internal, "JSON is text").caused_by(error))
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
    while let Some(at) = first_wide(rest.as_bytes()) {
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

/// Where the first byte is that is not ASCII.
fn first_wide(bytes: &[u8]) -> Option<usize> {
    /// So many are looked at together.
    const BLOCK: usize = 64;
    let plain = bytes.chunks_exact(BLOCK).take_while(|block| block.is_ascii()).count() * BLOCK;
    bytes[plain..].iter().position(|byte| !byte.is_ascii()).map(|at| plain + at)
}

fn write<T: Serialize>(item: &T, json: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(json, item).map_err(|error| {
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
