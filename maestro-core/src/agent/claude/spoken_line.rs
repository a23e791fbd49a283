//! Whole messages, read without building a tree of all that they hold: they are the longest lines of
//! the CLI.

use serde::Deserialize;
use serde_json::Value;

use super::stream_line::seems;
use super::wire::{MessageUsage, Spoken, SpokenMessage, ToolResultMeta};

/// An `assistant` or `user` line, in the shape that we know.
#[derive(Debug, Deserialize)]
struct SpokenLine {
    #[serde(rename = "type")]
    kind: Kind,
    message: Message,
    #[serde(default)]
    parent_tool_use_id: Option<String>,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    uuid: Option<String>,
    #[serde(default, rename = "isReplay")]
    is_replay: bool,
    #[serde(default)]
    tool_use_result: Value,
    #[serde(default)]
    tool_result_meta: Vec<ToolResultMeta>,
    // What has one of these is named after it, so it is left to the reader that does that.
    #[serde(default)]
    subtype: Option<Value>,
    #[serde(default)]
    request: Option<Value>,
    #[serde(default)]
    response: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    usage: Option<MessageUsage>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Assistant,
    User,
}

/// Reads a line. None when it is something else, or of a shape that only the tolerant reader knows
/// what to do with.
pub(super) fn read(line: &str) -> Option<(Kind, Spoken)> {
    // What is something else is not parsed twice.
    if !["assistant", "user"].iter().any(|kind| seems(line, kind)) {
        return None;
    }
    let line: SpokenLine = serde_json::from_str(line).ok()?;
    if line.subtype.is_some() || line.request.is_some() || line.response.is_some() {
        return None;
    }
    let message = SpokenMessage {
        id: line.message.id,
        model: line.message.model,
        content: line.message.content,
        usage: line.message.usage.unwrap_or_default(),
    };
    let spoken = Spoken {
        message,
        parent_tool_use_id: line.parent_tool_use_id,
        agent_id: line.agent_id,
        uuid: line.uuid,
        is_replay: line.is_replay,
        tool_use_result: line.tool_use_result,
        tool_result_meta: line.tool_result_meta,
    };
    Some((line.kind, spoken))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::claude::wire::{Frame, parse, parse_any};

    fn both(line: &str) -> [String; 2] {
        [parse(line), parse_any(line)].map(|read| match read.expect("it is JSON") {
            (Frame::Assistant(spoken), name) => format!("{name} assistant {spoken:?}"),
            (Frame::User(spoken), name) => format!("{name} user {spoken:?}"),
            (frame, name) => format!("{name} {frame:?}"),
        })
    }

    #[test]
    fn both_readers_read_the_same() {
        for line in [
            r#"{"type":"assistant","message":{"id":"msg_1","role":"assistant","model":"m","content":[{"type":"text","text":"a\n\"b\" ä"}],"usage":{"input_tokens":3,"output_tokens":null}},"parent_tool_use_id":null,"session_id":"s","uuid":"u"}"#,
            r#"{"uuid":"u","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"x","is_error":true}]},"tool_use_result":{"stdout":"x","n":-1.5},"tool_result_meta":[{"id":"t","permission_decision":{"decision":"reject"}}],"type":"user"}"#,
            r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"x"}]},"tool_use_result":{"a":1,"a":2},"tool_result_meta":[{"id":7}],"isReplay":true}"#,
            r#"{"type":"user","message":{"content":"plain"},"parent_tool_use_id":"toolu_1","agent_id":"a1"}"#,
            // Of other shapes.
            r#"{"type":"user","message":null}"#,
            r#"{"type":"user"}"#,
            r#"{"type":"user","message":{"content":null,"usage":7,"model":[]},"isReplay":"yes","uuid":1}"#,
            r#"{"type":"assistant","subtype":"odd","message":{"content":[]}}"#,
            r#"{"type":"assistant","request":{"subtype":"odd"},"message":{"content":[]}}"#,
            r#"{"type":"user","message":{},"type":"assistant"}"#,
            r#"{"type":"system","subtype":"init","x":{"type":"user"},"message":{}}"#,
        ] {
            let [quick, tolerant] = both(line);
            assert_eq!(quick, tolerant, "{line}");
        }
    }

    #[test]
    fn the_usual_shape_needs_no_second_look() {
        let line = r#"{"type":"user","message":{"role":"user","content":[{"tool_use_id":"t","type":"tool_result","content":"x","is_error":false}]},"parent_tool_use_id":null,"session_id":"s","uuid":"u","tool_use_result":{"stdout":""},"tool_result_meta":[{"id":"t","permission_decision":{"decision":"accept","source":"config"}}]}"#;
        assert!(matches!(read(line), Some((Kind::User, _))));
        let other = r#"{"type":"system","x":{"type":"user"},"message":{}}"#;
        assert!(read(other).is_none());
    }
}
