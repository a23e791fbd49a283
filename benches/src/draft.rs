//! The lines of a long turn of Claude Code.

use std::io::{self, Write};

use fastrand::Rng;
use serde_json::{Value, json};

use crate::words::{id, pieces, text, uuid};

/// How many bytes of a text a piece has, at least.
const PIECE: usize = 34;

/// What a line is, by its `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `stream_event`.
    Stream,
    /// `assistant`.
    Assistant,
    /// `user`.
    User,
}

/// Writes the lines of one turn: messages of the model in pieces and whole, calls of tools and their
/// results. The same seed gives the same lines.
#[derive(Debug)]
pub struct Draft<W> {
    out: W,
    rng: Rng,
    session: String,
    pieces: bool,
    /// The kind and the length of every line.
    pub lines: Vec<(Kind, usize)>,
}

impl<W: Write> Draft<W> {
    /// Writes to `out`; with pieces as `--include-partial-messages` gives them, or whole messages only.
    pub fn new(out: W, seed: u64, pieces: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let session = uuid(&mut rng);
        Self { out, rng, session, pieces, lines: Vec::new() }
    }

    /// Writes whole messages until there are at least `lines` lines.
    pub fn turn(&mut self, lines: usize) -> io::Result<()> {
        while self.lines.len() < lines {
            self.message()?;
        }
        self.out.flush()
    }

    /// A message of the model, and the results of the tools that it calls.
    fn message(&mut self) -> io::Result<()> {
        let message = id(&mut self.rng, "msg_01", 22);
        let model = "claude-opus-5-5";
        let usage = json!({
            "input_tokens": self.rng.u32(4..4000), "cache_creation_input_tokens": self.rng.u32(..9000),
            "cache_read_input_tokens": self.rng.u32(..150_000), "output_tokens": self.rng.u32(1..9),
            "service_tier": "standard",
        });
        let begun = json!({
            "id": message, "type": "message", "role": "assistant", "model": model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": usage,
        });
        self.stream(&message, &json!({ "type": "message_start", "message": begun }))?;

        let mut blocks = Vec::new();
        if self.rng.u32(..100) < 8 {
            let bytes = self.rng.usize(200..1100);
            let thinking = text(&mut self.rng, bytes);
            let signature = id(&mut self.rng, "Er", 300);
            blocks
                .push(json!({ "type": "thinking", "thinking": thinking, "signature": signature }));
        }
        if self.rng.u32(..100) < 36 {
            let bytes = self.rng.usize(100..1150);
            blocks.push(json!({ "type": "text", "text": text(&mut self.rng, bytes) }));
        }
        let calls: Vec<_> =
            (0..if self.rng.u32(..100) < 12 { 2 } else { 1 }).map(|_| self.call()).collect();
        blocks.extend(calls.iter().map(|(call, _)| call.clone()));
        for (index, block) in blocks.iter().enumerate() {
            self.block(&message, index, block)?;
            let spoken = json!({
                "id": message, "type": "message", "role": "assistant", "model": model,
                "content": [block], "stop_reason": null, "stop_sequence": null, "usage": usage,
                "context_management": null,
            });
            let line = json!({
                "type": "assistant", "message": spoken, "parent_tool_use_id": null,
                "session_id": self.session, "uuid": uuid(&mut self.rng),
                "request_id": id(&mut self.rng, "req_01", 22),
            });
            self.line(Kind::Assistant, &line)?;
            self.stream(&message, &json!({ "type": "content_block_stop", "index": index }))?;
        }
        let mut usage = usage;
        usage["output_tokens"] = json!(self.rng.u32(20..900));
        let delta = json!({ "stop_reason": "tool_use", "stop_sequence": null });
        let ends = json!({ "type": "message_delta", "delta": delta, "usage": usage });
        self.stream(&message, &ends)?;
        self.stream(&message, &json!({ "type": "message_stop" }))?;
        for (call, structured) in calls {
            self.result(&call["id"], structured)?;
        }
        Ok(())
    }

    /// One block in pieces.
    fn block(&mut self, message: &str, index: usize, block: &Value) -> io::Result<()> {
        let of = |key: &str| block[key].as_str().unwrap_or_default().to_owned();
        let (empty, whole, delta, field) = match of("type").as_str() {
            "thinking" => {
                let empty = json!({ "type": "thinking", "thinking": "", "signature": "" });
                (empty, of("thinking"), "thinking_delta", "thinking")
            }
            "text" => (json!({ "type": "text", "text": "" }), of("text"), "text_delta", "text"),
            _ => {
                let mut empty = block.clone();
                empty["input"] = json!({});
                (empty, block["input"].to_string(), "input_json_delta", "partial_json")
            }
        };
        let starts =
            json!({ "type": "content_block_start", "index": index, "content_block": empty });
        self.stream(message, &starts)?;
        for piece in pieces(&whole, PIECE) {
            let delta = json!({ "type": delta, field: piece });
            let event = json!({ "type": "content_block_delta", "index": index, "delta": delta });
            self.stream(message, &event)?;
        }
        Ok(())
    }

    /// A call of a tool, and what the tool is going to give: as text, and structured.
    fn call(&mut self) -> (Value, (String, Value)) {
        let call = id(&mut self.rng, "toolu_01", 22);
        let path = format!("/src/shop/{}.rs", id(&mut self.rng, "module_", 6));
        let bytes = self.rng.usize(60..1650);
        let gives = text(&mut self.rng, bytes);
        let about = text(&mut self.rng, 90);
        let (name, input, structured) = match self.rng.u32(..10) {
            0..4 => (
                "Bash",
                json!({ "command": format!("grep -rn '{about}' {path}"), "description": about }),
                json!({ "stdout": gives, "stderr": "", "interrupted": false, "isImage": false }),
            ),
            4..7 => (
                "Read",
                json!({ "file_path": path, "offset": 1, "limit": 200 }),
                json!({ "type": "text", "file": {
                    "filePath": path, "content": gives, "numLines": 40, "startLine": 1,
                    "totalLines": 400,
                } }),
            ),
            7..9 => (
                "Grep",
                json!({ "pattern": about, "path": path, "output_mode": "content" }),
                json!({ "mode": "content", "numFiles": 0, "filenames": [], "content": gives }),
            ),
            _ => {
                let (old, new) = (about, text(&mut self.rng, 120));
                let lines = json!([format!("-{old}"), format!("+{new}")]);
                let hunk = json!({
                    "oldStart": 7, "oldLines": 1, "newStart": 7, "newLines": 1, "lines": lines,
                });
                (
                    "Edit",
                    json!({ "file_path": path, "old_string": old, "new_string": new }),
                    json!({
                        "filePath": path, "oldString": old, "newString": new, "originalFile": null,
                        "structuredPatch": [hunk], "userModified": false, "replaceAll": false,
                    }),
                )
            }
        };
        (
            json!({ "type": "tool_use", "id": call, "name": name, "input": input }),
            (gives, structured),
        )
    }

    fn result(&mut self, call: &Value, (gives, structured): (String, Value)) -> io::Result<()> {
        let result = json!({
            "tool_use_id": call, "type": "tool_result", "content": gives, "is_error": false,
        });
        let accepted = json!({ "decision": "accept", "source": "config" });
        let line = json!({
            "type": "user", "message": { "role": "user", "content": [result] },
            "parent_tool_use_id": null, "session_id": self.session, "uuid": uuid(&mut self.rng),
            "tool_use_result": structured,
            "tool_result_meta": [{ "id": call, "permission_decision": accepted }],
        });
        self.line(Kind::User, &line)
    }

    fn stream(&mut self, message: &str, event: &Value) -> io::Result<()> {
        if !self.pieces {
            return Ok(());
        }
        let line = json!({
            "type": "stream_event", "event": event, "session_id": self.session,
            "parent_tool_use_id": null, "uuid": uuid(&mut self.rng), "api_message_id": message,
        });
        self.line(Kind::Stream, &line)
    }

    fn line(&mut self, kind: Kind, line: &Value) -> io::Result<()> {
        let mut line = serde_json::to_vec(line)?;
        line.push(b'\n');
        self.out.write_all(&line)?;
        self.lines.push((kind, line.len()));
        Ok(())
    }
}
