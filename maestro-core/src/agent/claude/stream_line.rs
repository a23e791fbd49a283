//! Pieces of a model's answer, read without building the whole message first: they are most of what
//! the CLI says.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::lenient;
use super::wire::{MessageUsage, Stream, StreamEvent, StreamMessage, StreamText};

/// A line that is a piece of a stream, in the shape that we know.
#[derive(Debug, Deserialize)]
pub(super) struct StreamLine<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    event: Event<'a>,
    #[serde(borrow, default)]
    parent_tool_use_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    agent_id: Option<Text<'a>>,
    #[serde(default)]
    abandoned_blocks: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(default)]
    index: u32,
    #[serde(borrow, default)]
    message: Option<Message<'a>>,
    #[serde(borrow, default)]
    content_block: Option<Piece<'a>>,
    #[serde(borrow, default)]
    delta: Option<Piece<'a>>,
    #[serde(default)]
    usage: Option<MessageUsage>,
}

#[derive(Debug, Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Text<'a>>,
    /// Full of escapes, and mostly read by nobody.
    #[serde(borrow, default)]
    partial_json: Option<&'a RawValue>,
}

/// A text that is borrowed where it has no escapes.
#[derive(Debug, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The names of the texts that a piece may bring.
pub(super) const TEXTS: [&str; 3] = ["text", "thinking", "partial_json"];

/// What of a piece of a stream can hold a part of a secret, and where it belongs.
#[derive(Debug, Clone)]
pub(super) struct StreamPiece<'a> {
    /// The call that the writing subagent was started by.
    pub(super) agent: Option<&'a str>,
    pub(super) kind: &'a str,
    pub(super) block: u32,
    /// In the order of [`TEXTS`].
    pub(super) texts: [Option<Cow<'a, str>>; 3],
}

/// Where an event of this kind has its texts.
pub(super) fn place(kind: &str) -> Option<&'static str> {
    match kind {
        "content_block_start" => Some("content_block"),
        "content_block_delta" => Some("delta"),
        _ => None,
    }
}

/// Whether a line seems to be a piece of a stream.
pub(super) fn is_stream(line: &str) -> bool {
    seems(line, "stream_event")
}

/// Whether a line is a piece of a tool's input in just the way that the CLI writes it: half of what it
/// says. The call comes whole, so the pieces say nothing.
pub(super) fn is_input(line: &str) -> bool {
    const START: &str = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":"#;
    const DELTA: &str = r#","delta":{"type":"input_json_delta","partial_json":""#;
    let block = line.strip_prefix(START);
    let delta = block.map(|rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    delta.is_some_and(|rest| rest.starts_with(DELTA)) && line.ends_with("\"}")
}

/// Whether a line may be of a type, wherever it says so: the order of keys varies. One that begins with
/// its type is not searched for another.
pub(super) fn seems(line: &str, wanted: &str) -> bool {
    const KEY: &str = r#""type":""#;
    let says = |rest: &str| rest.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('"'));
    match line.strip_prefix('{').and_then(|line| line.strip_prefix(KEY)) {
        Some(first) => says(first),
        None => line.match_indices(KEY).any(|(at, key)| says(&line[at + key.len()..])),
    }
}

impl<'a> StreamLine<'a> {
    /// What of it can hold a part of a secret.
    pub(super) fn text(&'a self) -> StreamPiece<'a> {
        let event = &self.event;
        let piece = match event.kind.0.as_ref() {
            "content_block_start" => event.content_block.as_ref(),
            "content_block_delta" => event.delta.as_ref(),
            _ => None,
        };
        let of = |text: &'a Option<Text<'a>>| text.as_ref().map(|text| Cow::Borrowed(&*text.0));
        let texts = match piece {
            Some(piece) => {
                let json = piece.partial_json.and_then(|text| {
                    let quoted = text.get();
                    quoted.starts_with('"').then(|| lenient::text(quoted)).flatten()
                });
                [of(&piece.text), of(&piece.thinking), json]
            }
            None => [None, None, None],
        };
        StreamPiece {
            agent: self.parent_tool_use_id.as_ref().map(|agent| agent.0.as_ref()),
            kind: event.kind.0.as_ref(),
            block: event.index,
            texts,
        }
    }

    /// Reads a line. None when it is something else, or of a shape that only the tolerant reader
    /// knows what to do with.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        // What is no stream is not parsed twice.
        if !is_stream(line) {
            return None;
        }
        serde_json::from_str(line).ok().filter(|read: &Self| read.kind.0 == "stream_event")
    }
}

impl From<StreamLine<'_>> for Stream {
    fn from(line: StreamLine<'_>) -> Self {
        let StreamLine { kind: _, event, parent_tool_use_id, agent_id, abandoned_blocks } = line;
        Self {
            event: StreamEvent {
                r#type: event.kind.0.into_owned(),
                usage: event.usage.unwrap_or_default(),
                index: event.index,
                message: StreamMessage {
                    id: owned(event.message.and_then(|message| message.id)).unwrap_or_default(),
                },
                content_block: event.content_block.map(Into::into).unwrap_or_default(),
                delta: event.delta.map(Into::into).unwrap_or_default(),
            },
            parent_tool_use_id: owned(parent_tool_use_id),
            agent_id: owned(agent_id),
            abandoned_blocks,
        }
    }
}

impl From<Piece<'_>> for StreamText {
    fn from(piece: Piece<'_>) -> Self {
        let text = |text| owned(text).unwrap_or_default();
        Self { r#type: text(piece.kind), text: text(piece.text), thinking: text(piece.thinking) }
    }
}

fn owned(text: Option<Text<'_>>) -> Option<String> {
    text.map(|text| text.0.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::claude::wire::{Frame, parse, parse_any};

    fn both(line: &str) -> [String; 2] {
        [parse(line), parse_any(line)].map(|read| {
            let (Frame::Stream(stream), name) = read.expect("it is JSON") else {
                panic!("{line} is no stream");
            };
            format!("{name} {stream:?}")
        })
    }

    #[test]
    fn both_readers_read_the_same() {
        for line in [
            r#"{"type":"stream_event","event":{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"a\n\"b\" ä"}},"parent_tool_use_id":null,"session_id":"s","uuid":"u"}"#,
            r#"{"uuid":"u","event":{"delta":{"thinking":"hm","type":"thinking_delta"},"index":0,"type":"content_block_delta"},"parent_tool_use_id":"toolu_1","agent_id":"a1","type":"stream_event"}"#,
            r#"{"type":"stream_event","event":{"type":"message_start","message":{"id":"msg_1","content":[],"usage":{"input_tokens":3}}}}"#,
            r#"{"type":"stream_event","event":{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7,"input_tokens":null}}}"#,
            r#"{"type":"stream_event","event":{"type":"message_stop"},"abandoned_blocks":[1]}"#,
            r#"{"type":"stream_event","event":{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","input":{"text":"no text of ours"}}}}"#,
            // Of other shapes.
            r#"{"type":"stream_event","event":{"type":"content_block_delta","index":-1,"delta":{"text":7}}}"#,
            r#"{"type":"stream_event","event":{"type":"content_block_delta","delta":null}}"#,
            r#"{"type":"stream_event","event":[1]}"#,
            r#"{"type":"stream_event"}"#,
        ] {
            let [quick, tolerant] = both(line);
            assert_eq!(quick, tolerant, "{line}");
        }
    }

    #[test]
    fn a_piece_of_a_tool_s_input_is_known_by_its_beginning() {
        let line = |start: &str, delta: &str| {
            format!(
                r#"{{"type":"stream_event",{start}"event":{{"type":"content_block_delta","index":12,"delta":{delta}}},"session_id":"s","uuid":"u"}}"#
            )
        };
        let input = line("", r#"{"type":"input_json_delta","partial_json":"{\"a\":"}"#);
        assert!(is_input(&input));
        assert!(!is_input(&line("", r#"{"type":"text_delta","text":"input_json_delta"}"#)));
        assert!(!is_input(&line(
            r#""uuid":"u","#,
            r#"{"type":"input_json_delta","partial_json":""}"#
        )));
        assert!(!is_input(&input[..input.len() - 3]), "it was cut off");
    }

    #[test]
    fn the_usual_shape_needs_no_second_look() {
        let line = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}},"parent_tool_use_id":null}"#;
        assert!(StreamLine::read(line).is_some());
        for other in [
            r#"{"type":"user","message":{"content":"\"type\":\"stream_event\""}}"#,
            r#"{"type":"user","x":{"type":"stream_event"},"event":{"type":"message_stop"}}"#,
        ] {
            assert!(StreamLine::read(other).is_none(), "{other}");
        }
    }
}
