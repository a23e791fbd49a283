use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::Reply;
use super::reply::Part;
use crate::scenario::{FaultKind, Point};

/// One thing that a stream does.
#[derive(Clone, Debug)]
pub(crate) enum Frame {
    /// Waits, then sends an event.
    Send { after: Duration, event: Bytes },
    /// Sends nothing more and keeps the connection.
    Hang,
    /// Ends the connection.
    Cut,
}

/// The stream of a reply, with a fault in its middle where one is given.
pub(crate) fn frames(reply: &Reply, fault: Option<&FaultKind>) -> Vec<Frame> {
    let mut frames = vec![event("message_start", json!({"message": start(reply)}))];
    frames.extend((0..reply.pings).map(|_| event("ping", json!({}))));
    let mut deltas = Vec::new();
    for (index, part) in reply.parts.iter().enumerate() {
        frames.push(event(
            "content_block_start",
            json!({"index": index, "content_block": empty(part)}),
        ));
        for (nth, text) in part.deltas.iter().enumerate() {
            let pause = if nth == 0 { Duration::ZERO } else { part.pause };
            deltas.push(frames.len());
            frames.push(delta(index, part, text, pause));
        }
        if let Some(signature) = part.block.get("signature") {
            let delta = json!({"type": "signature_delta", "signature": signature});
            frames.push(event("content_block_delta", json!({"index": index, "delta": delta})));
        }
        frames.push(event("content_block_stop", json!({"index": index})));
    }
    let delta = json!({"stop_reason": reply.stop_reason, "stop_sequence": null});
    frames.push(event("message_delta", json!({"delta": delta, "usage": reply.usage})));
    frames.push(event("message_stop", json!({})));

    let broken = match fault {
        Some(FaultKind::Hang(Point::MidStream)) => Frame::Hang,
        Some(FaultKind::Drop(Point::MidStream)) => Frame::Cut,
        Some(FaultKind::StreamError { error, message }) => {
            event("error", json!({"error": {"type": error, "message": message}}))
        }
        _ => return frames,
    };
    // After half of the deltas, rounded up; without any, after `message_start`.
    frames.truncate(deltas.get(deltas.len().saturating_sub(1) / 2).map_or(1, |last| last + 1));
    frames.push(broken);
    frames
}

/// The message as it begins: no content, no end, one token written.
fn start(reply: &Reply) -> Value {
    let mut usage = reply.usage.clone();
    usage["output_tokens"] = json!(1);
    reply.envelope(&json!([]), None, &usage)
}

/// The block as it begins.
fn empty(part: &Part) -> Value {
    let mut block = part.block.clone();
    match kind(part) {
        "text" => block["text"] = json!(""),
        "thinking" => {
            block["thinking"] = json!("");
            block["signature"] = json!("");
        }
        _ => block["input"] = json!({}),
    }
    block
}

fn delta(index: usize, part: &Part, text: &str, after: Duration) -> Frame {
    let delta = match kind(part) {
        "text" => json!({"type": "text_delta", "text": text}),
        "thinking" => json!({"type": "thinking_delta", "thinking": text}),
        _ => json!({"type": "input_json_delta", "partial_json": text}),
    };
    match event("content_block_delta", json!({"index": index, "delta": delta})) {
        Frame::Send { event, .. } => Frame::Send { after, event },
        other => other,
    }
}

fn kind(part: &Part) -> &str {
    part.block.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// What stands for half of a surrogate pair in texts and inputs of a scenario, as models write it now
/// and then: no text in UTF-8 can hold one.
const HALF_A_PAIR: char = '\u{e000}';

/// A server-sent event; its `type` is its name.
fn event(name: &str, data: Value) -> Frame {
    let mut object = json!({"type": name});
    if let (Value::Object(object), Value::Object(data)) = (&mut object, data) {
        object.extend(data);
    }
    let data = object.to_string().replace(HALF_A_PAIR, r"\ud83d");
    let text = format!("event: {name}\ndata: {data}\n\n");
    Frame::Send { after: Duration::ZERO, event: Bytes::from(text) }
}
