//! Frames of Claude Code to reports, without I/O.

use std::collections::HashMap;

use serde_json::Value;

use crate::agent::claude::state::{Partial, Totals};
use crate::agent::claude::{approval, tools};
use crate::agent::{AgentEvent, AgentReport, AgentTurnEnd};
use crate::error::{Error, ErrorInfo, ErrorKind};
use crate::model::{
    AgentFrame, AgentOutput, AgentRateLimited, AgentRetrying, ContentBlock, EventData, Message,
    MessageDelta, Origin, StopReason, Thought, ThoughtDelta, Timestamp, ToolEnded, ToolStarted,
};

/// What a frame means beside its report.
#[derive(Debug, Default)]
pub(super) struct Mapped {
    pub(super) report: Option<AgentReport>,
    /// The answer to a control request of ours: its id and what it says.
    pub(super) response: Option<(String, Result<Value, ErrorInfo>)>,
    /// A control request of the agent that wants an answer at once: its id and subtype.
    pub(super) asked: Option<(String, Value)>,
}

/// Remembers what frames refer to.
#[derive(Debug, Default)]
pub(super) struct Mapper {
    totals: Totals,
    partials: HashMap<String, Partial>,
    /// Questions that wait, by the agent's id.
    pub(super) questions: HashMap<String, Value>,
    in_turn: bool,
    /// Whether the agent tells its state by itself.
    tells_state: bool,
}

impl Mapper {
    /// Notes that a prompt goes out: the turn that follows is ours.
    pub(super) fn prompted(&mut self) {
        self.in_turn = true;
    }

    pub(super) fn frame(&mut self, line: &str) -> Mapped {
        let Ok(frame) = serde_json::from_str::<Value>(line) else {
            let output = AgentOutput {
                reason: "not_json".to_owned(),
                text: line.to_owned(),
                bytes: line.len() as u64,
            };
            let report = AgentReport::of(AgentEvent::Fact(output.into()));
            return Mapped { report: Some(report), ..Mapped::default() };
        };
        let mut mapped = Mapped::default();
        let kind = text(&frame, "type");
        let events = match kind {
            "stream_event" => {
                // Pieces come by the hundred and are replaced by whole messages: no raw frame.
                let events = self.piece(&frame);
                mapped.report =
                    (!events.is_empty()).then_some(AgentReport { events, raw: None });
                return mapped;
            }
            "assistant" => self.assistant(&frame),
            "user" => user(&frame),
            "result" => self.result(&frame),
            "control_request" => match self.request(&frame) {
                Some(asked) => {
                    mapped.asked = Some(asked);
                    Vec::new()
                }
                None => self.question(&frame),
            },
            "control_response" => {
                mapped.response = response(&frame);
                return mapped;
            }
            "control_cancel_request" => {
                let request_id = text(&frame, "request_id").to_owned();
                self.questions.remove(&request_id);
                vec![AgentEvent::ApprovalWithdrawn { request_id }]
            }
            "rate_limit_event" => vec![rate_limit(&frame)],
            "system" => self.system(&frame),
            _ => vec![unknown(kind)],
        };
        mapped.report = Some(AgentReport { events, raw: Some(line.to_owned()) });
        mapped
    }

    fn system(&mut self, frame: &Value) -> Vec<AgentEvent> {
        match text(frame, "subtype") {
            "init" => {
                let mut events = self.unprompted(frame);
                events.push(AgentEvent::Pointer {
                    agent_session_id: Some(text(frame, "session_id").to_owned()),
                    last_message: None,
                });
                let updated = crate::model::SessionUpdated {
                    model: owned(frame, "model"),
                    mode: owned(frame, "permissionMode"),
                    agent_version: owned(frame, "claude_code_version"),
                    ..crate::model::SessionUpdated::default()
                };
                events.push(AgentEvent::Fact(updated.into()));
                events
            }
            "session_state_changed" => {
                self.tells_state = true;
                match text(frame, "state") {
                    "idle" => vec![AgentEvent::Idle],
                    _ => Vec::new(),
                }
            }
            "api_retry" => vec![retry(frame)],
            subtype => vec![unknown(&format!("system/{subtype}"))],
        }
    }

    /// A turn that nobody prompted begins with its `init`.
    fn unprompted(&mut self, _frame: &Value) -> Vec<AgentEvent> {
        if self.in_turn {
            return Vec::new();
        }
        self.in_turn = true;
        let origin = Origin::Agent { reason: "task_notification".to_owned() };
        vec![AgentEvent::TurnStarted { origin }]
    }

    fn assistant(&mut self, frame: &Value) -> Vec<AgentEvent> {
        let mut events = Vec::new();
        let message = frame.get("message").cloned().unwrap_or_default();
        let message_id = text(&message, "id").to_owned();
        let agent_id = owned(frame, "agent_id");
        let parent = owned(frame, "parent_tool_use_id");
        for block in message.get("content").and_then(Value::as_array).into_iter().flatten() {
            let fact: EventData = match text(block, "type") {
                "tool_use" => {
                    let name = text(block, "name").to_owned();
                    let input = block.get("input").cloned().unwrap_or_default();
                    ToolStarted {
                        tool_call_id: text(block, "id").to_owned(),
                        parent_tool_call_id: parent.clone(),
                        agent_id: agent_id.clone(),
                        kind: tools::kind(&name).to_owned(),
                        title: tools::title(&name, &input),
                        locations: tools::locations(&input),
                        name,
                        input,
                    }
                    .into()
                }
                kind @ ("thinking" | "redacted_thinking") => Thought {
                    message_id: message_id.clone(),
                    text: text(block, "thinking").to_owned(),
                    redacted: kind == "redacted_thinking",
                    agent_id: agent_id.clone(),
                }
                .into(),
                kind => Message {
                    message_id: message_id.clone(),
                    role: "assistant".to_owned(),
                    blocks: vec![match kind {
                        "text" => ContentBlock::text(text(block, "text")),
                        _ => ContentBlock::Other { block: block.clone() },
                    }],
                    agent_id: agent_id.clone(),
                }
                .into(),
            };
            events.push(AgentEvent::Fact(fact));
        }
        if parent.is_none() {
            events.push(AgentEvent::Pointer {
                agent_session_id: None,
                last_message: owned(frame, "uuid"),
            });
        }
        events
    }

    fn piece(&mut self, frame: &Value) -> Vec<AgentEvent> {
        let agent_id = owned(frame, "agent_id");
        let key = text(frame, "parent_tool_use_id").to_owned();
        let partial = self.partials.entry(key).or_default();
        let event = frame.get("event").cloned().unwrap_or_default();
        if text(&event, "type") == "message_start" {
            partial.begin(event.pointer("/message/id").and_then(Value::as_str).unwrap_or_default());
            return Vec::new();
        }
        let Some(delta) = event.get("delta") else { return Vec::new() };
        let index = event.get("index").and_then(Value::as_u64).unwrap_or(0);
        let block = u32::try_from(index).unwrap_or(u32::MAX);
        let message_id = partial.message_id.clone();
        let generation = partial.generation;
        let fact: EventData = match text(delta, "type") {
            "text_delta" => {
                let piece = text(delta, "text");
                let offset = partial.advance(index, piece);
                let text = piece.to_owned();
                MessageDelta { message_id, block, generation, offset, text, agent_id }.into()
            }
            "thinking_delta" => {
                let piece = text(delta, "thinking");
                let offset = partial.advance(index, piece);
                let text = piece.to_owned();
                ThoughtDelta { message_id, block, generation, offset, text, agent_id }.into()
            }
            _ => return Vec::new(),
        };
        vec![AgentEvent::Fact(fact)]
    }

    fn result(&mut self, frame: &Value) -> Vec<AgentEvent> {
        let (usage, cost_micro_usd, counter) = self.totals.advance(frame);
        let (stop_reason, error) = end(frame);
        let end = AgentTurnEnd {
            stop_reason,
            error,
            result: owned(frame, "result"),
            structured_output: frame.get("structured_output").filter(|out| !out.is_null()).cloned(),
            usage,
            cost_micro_usd,
            counter,
            duration_ms: frame.get("duration_ms").and_then(Value::as_u64),
        };
        self.in_turn = false;
        self.partials.clear();
        let mut events = vec![AgentEvent::TurnEnded(end)];
        if !self.tells_state {
            // A version that does not tell its state: the result is the best sign there is.
            events.push(AgentEvent::Idle);
        }
        events
    }

    fn question(&mut self, frame: &Value) -> Vec<AgentEvent> {
        let request_id = text(frame, "request_id");
        let Some(request) = frame.get("request") else { return vec![unknown("control_request")] };
        self.questions.insert(request_id.to_owned(), request.clone());
        vec![approval::question(request_id, request)]
    }

    /// A request that no person answers: hooks and tool servers that nobody registered.
    #[expect(clippy::unused_self, reason = "stands beside the other kinds of frames")]
    fn request(&self, frame: &Value) -> Option<(String, Value)> {
        let subtype = frame.pointer("/request/subtype").and_then(Value::as_str);
        if subtype == Some("can_use_tool") {
            return None;
        }
        let request = frame.get("request").cloned().unwrap_or_default();
        Some((text(frame, "request_id").to_owned(), request))
    }
}

fn user(frame: &Value) -> Vec<AgentEvent> {
    let mut events = Vec::new();
    let structured = frame.get("tool_use_result");
    let metas = frame.get("tool_result_meta").and_then(Value::as_array);
    let blocks = frame.pointer("/message/content").and_then(Value::as_array);
    for block in blocks.into_iter().flatten() {
        if text(block, "type") != "tool_result" {
            continue;
        }
        let call = text(block, "tool_use_id");
        let meta = metas.into_iter().flatten().find(|meta| text(meta, "id") == call);
        let mut content = tools::content(block.get("content").unwrap_or(&Value::Null));
        if let Some((changed, diff)) = structured.and_then(|result| tools::change(call, result)) {
            events.push(AgentEvent::Fact(changed.into()));
            content.push(diff);
        }
        let ended = ToolEnded {
            tool_call_id: call.to_owned(),
            status: tools::status(block, meta),
            content,
            result: structured.cloned(),
            truncated: false,
        };
        events.push(AgentEvent::Fact(ended.into()));
    }
    if events.is_empty() {
        events.push(unknown("user"));
    }
    events
}

/// Why a turn ended.
fn end(frame: &Value) -> (StopReason, Option<ErrorInfo>) {
    let is_error = frame.get("is_error").and_then(Value::as_bool) == Some(true);
    let terminal = text(frame, "terminal_reason");
    let errors = frame.get("errors").and_then(Value::as_array).into_iter().flatten();
    let errors = errors.filter_map(Value::as_str).collect::<Vec<_>>().join("; ");
    let why = if errors.is_empty() { text(frame, "result").to_owned() } else { errors };
    let stop = owned(frame, "stop_reason").map_or(StopReason::EndTurn, |reason| match reason {
        reason if reason == "stop_sequence" || reason == "tool_use" => StopReason::EndTurn,
        reason => StopReason::from(reason),
    });
    match text(frame, "subtype") {
        "error_max_turns" => (StopReason::MaxTurnRequests, None),
        "error_max_budget_usd" => {
            let error = Error::new(ErrorKind::ResourceExhausted, why);
            (StopReason::Other("max_budget".to_owned()), Some(error.info()))
        }
        "error_during_execution" if terminal.starts_with("aborted") => (StopReason::Cancelled, None),
        "success" if !is_error => (stop, None),
        _ => {
            let status = frame.get("api_error_status").and_then(Value::as_u64);
            let kind = match status {
                Some(400 | 404 | 413) => ErrorKind::InvalidArgument,
                Some(401 | 403) => ErrorKind::PermissionDenied,
                Some(429) => ErrorKind::ResourceExhausted,
                _ => ErrorKind::Unavailable,
            };
            let retryable = matches!(kind, ErrorKind::ResourceExhausted | ErrorKind::Unavailable);
            let why = if why.is_empty() { "the agent failed without saying why".to_owned() } else { why };
            (stop, Some(Error::new(kind, why).retryable(retryable).info()))
        }
    }
}

fn response(frame: &Value) -> Option<(String, Result<Value, ErrorInfo>)> {
    let response = frame.get("response")?;
    let id = text(response, "request_id").to_owned();
    Some(match text(response, "subtype") {
        "success" => (id, Ok(response.get("response").cloned().unwrap_or_default())),
        _ => {
            let why = text(response, "error").to_owned();
            (id, Err(Error::new(ErrorKind::InvalidArgument, why).info()))
        }
    })
}

fn retry(frame: &Value) -> AgentEvent {
    let number = |key: &str| frame.get(key).and_then(Value::as_f64);
    let whole = |key: &str| frame.get(key).and_then(Value::as_u64);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an older version gives the delay as a float; casts of floats saturate"
    )]
    let delay_ms = number("retry_delay_ms").map(|delay| delay as u64);
    AgentEvent::Fact(
        AgentRetrying {
            attempt: whole("attempt").and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            max_attempts: whole("max_retries").and_then(|n| u32::try_from(n).ok()),
            delay_ms,
            status: whole("error_status").and_then(|n| u16::try_from(n).ok()),
            reason: owned(frame, "error"),
        }
        .into(),
    )
}

fn rate_limit(frame: &Value) -> AgentEvent {
    let info = frame.get("rate_limit_info").cloned().unwrap_or_default();
    let seconds = info.get("resetsAt").and_then(Value::as_i64);
    AgentEvent::Fact(
        AgentRateLimited {
            status: text(&info, "status").to_owned(),
            utilization: info.get("utilization").and_then(Value::as_f64),
            resets_at: seconds.map(|s| Timestamp::from_micros(s.saturating_mul(1_000_000))),
            window: owned(&info, "rateLimitType"),
        }
        .into(),
    )
}

fn unknown(frame_type: &str) -> AgentEvent {
    AgentEvent::Fact(AgentFrame { frame_type: frame_type.to_owned() }.into())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn owned(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}
