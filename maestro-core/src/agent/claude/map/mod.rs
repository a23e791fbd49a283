//! From the CLI's messages to what agents report. Pure: no I/O, no clock.

mod agents;
mod calls;
mod context;
mod messages;
mod partial;
mod permission;
mod plan;
mod questions;
mod result;
mod system;
mod tool;
mod totals;
mod turns;
mod unreadable;

use std::path::PathBuf;

use serde_json::Value;

use agents::Agents;
use calls::Calls;
use context::Context;
use partial::Partials;
use permission::Question;
use plan::Plans;
use questions::Questions;
use result::{Around, Rejected, turn_end};
use totals::Totals;
use turns::{Turns, Was};

use crate::agent::claude::lenient;
use crate::agent::claude::outgoing::Reply;
use crate::agent::claude::stream_line::is_input;
use crate::agent::claude::version;
use crate::agent::claude::wire::{
    Asked, Frame, Lifecycle, Request, Response, TurnResult, is_changed, parse,
};
use crate::agent::{AgentEvent, AgentReport, AgentTurnEnd};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    AgentFrame, AgentOutput, Decision, EventData, McpServerStatus, Origin, StopReason, Usage,
};

/// Makes reports of the messages of one process of the CLI, in their order.
///
/// It needs nothing but the messages, so a recording can be read with it long after.
///
/// # Contract
/// - Nothing is dropped: a message that says nothing in the common vocabulary is an
///   [`AgentFrame`]. Only pieces of a stream that carry no text give an empty report.
/// - Every report but those of text deltas holds its message verbatim.
/// - It never panics, whatever the line holds.
///
/// # Examples
/// ```
/// use maestro_core::agent::AgentEvent;
/// use maestro_core::agent::claude::Mapper;
///
/// let mut mapper = Mapper::new("/src/shop");
/// let report = mapper.frame(r#"{"type":"system","subtype":"session_state_changed","state":"idle"}"#);
/// assert_eq!(report.events, [AgentEvent::Idle]);
/// ```
#[derive(Debug, Default)]
pub struct Mapper {
    cwd: PathBuf,
    budget: Option<i64>,
    account: Option<String>,
    turns: Turns,
    partials: Partials,
    calls: Calls,
    totals: Totals,
    questions: Questions,
    agents: Agents,
    plans: Plans,
    context: Context,
    known: Known,
    rejected: Option<Rejected>,
    interrupted: bool,
    warned_of_silence: bool,
    /// Ends of turns, also of those that gave no result.
    ends: u64,
}

/// What was last reported about the session.
#[derive(Debug, Default)]
struct Known {
    session_id: Option<String>,
    model: Option<String>,
    mode: Option<String>,
    version: Option<String>,
    mcp_servers: Vec<McpServerStatus>,
    capabilities: Vec<String>,
}

/// A message, read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) report: AgentReport,
    /// The CLI's answer to a request of ours.
    pub(super) response: Option<Response>,
    /// A request of the CLI that is no question for people: its id and what it wants.
    pub(super) asks: Option<(String, Asks)>,
    /// A request of the CLI that it does not wait for any more.
    pub(super) withdrawn: Option<String>,
}

/// What the CLI asks of the host's own code.
#[derive(Debug)]
pub(super) enum Asks {
    Hook {
        callback_id: String,
        input: Value,
        tool_call_id: Option<String>,
    },
    Mcp {
        server: String,
        message: Value,
    },
    Other {
        subtype: String,
    },
    /// What cannot be read, but waits for an answer.
    Unreadable,
}

impl From<Asked> for Asks {
    fn from(asked: Asked) -> Self {
        match asked.subtype.as_str() {
            "hook_callback" => Self::Hook {
                callback_id: asked.callback_id,
                input: asked.input,
                tool_call_id: asked.tool_use_id,
            },
            "mcp_message" => Self::Mcp { server: asked.server_name, message: asked.message },
            _ => Self::Other { subtype: asked.subtype },
        }
    }
}

impl Mapper {
    /// A mapper for a process that works in `cwd`; paths inside are reported relative to it.
    pub fn new(cwd: impl Into<PathBuf>) -> Self {
        Self { cwd: cwd.into(), ..Self::default() }
    }

    /// Says what the process may spend, so that an error can name it.
    pub(super) fn budget(mut self, micro_usd: Option<i64>) -> Self {
        self.budget = micro_usd;
        self
    }

    /// Names the account that limits are told of.
    pub(super) fn account(mut self, name: Option<String>) -> Self {
        self.account = name;
        self
    }

    /// Says whether the process resumes a conversation.
    #[must_use]
    pub fn resumed(mut self, resumed: bool) -> Self {
        self.totals.resumed(resumed);
        self
    }

    /// What a message says.
    pub fn frame(&mut self, line: &str) -> AgentReport {
        self.read(line).report
    }

    /// Does what can be done for a line of which only the head is there.
    pub(super) fn headed(&mut self, head: &str) -> Read {
        let mut read = Read::default();
        self.unreadable(head, &mut read);
        read
    }

    /// What a message says, and what it asks of the session.
    pub(super) fn read(&mut self, line: &str) -> Read {
        let mut read = Read::default();
        if is_input(line) {
            return read;
        }
        let events = &mut read.report.events;
        let parsed = parse(line);
        if let Ok((Frame::Stream(stream), _)) = parsed {
            self.stream(stream, events);
            let durable = |event: &AgentEvent| match event {
                AgentEvent::Fact(fact) => !fact.is_ephemeral(),
                _ => false,
            };
            // Most have none, and are not copied.
            if events.iter().any(durable) {
                read.report.raw = Some(line.to_owned());
            }
            return read;
        }
        read.report.raw = Some(line.to_owned());
        let Ok((frame, name)) = parsed else {
            events.push(not_json(line));
            self.unreadable(line, &mut read);
            return read;
        };
        match frame {
            Frame::Assistant(spoken) => self.assistant(spoken, events),
            Frame::User(spoken) => self.user(spoken, events),
            Frame::System(system) => self.system(*system, events),
            Frame::Result(result) => self.result(*result, events),
            Frame::Lifecycle(lifecycle) => self.lifecycle(&lifecycle, events),
            Frame::RateLimit(limit) => self.rate_limit(limit, events),
            Frame::Request(Request { request_id, request }) => {
                if Question::asks(&request) {
                    events.extend(self.withdraw(&request_id));
                    let name = self.questions.name(&request_id);
                    let (question, asked) = Question::of(&name, request_id, request);
                    let written = || lenient::find(line, &["request", "input"]);
                    let question =
                        if is_changed(line) { question.written(written()) } else { question };
                    if let Some(call) = &question.tool_call_id {
                        self.calls.asked(call);
                    }
                    self.questions.insert(name, question);
                    events.push(asked);
                } else {
                    read.asks = Some((request_id, request.into()));
                }
            }
            Frame::CancelRequest(request_id) => match self.withdraw(&request_id) {
                Some(withdrawn) => events.push(withdrawn),
                None => read.withdrawn = Some(request_id),
            },
            Frame::Response(response) => read.response = Some(response),
            Frame::Stream(_) | Frame::Other => {}
        }
        if events.is_empty() {
            events.push(AgentEvent::Fact(AgentFrame { frame_type: name }.into()));
        }
        read
    }

    fn lifecycle(&mut self, lifecycle: &Lifecycle, events: &mut Vec<AgentEvent>) {
        self.turns.tells_prompts();
        match lifecycle.state.as_str() {
            "started" => events.extend(self.turns.taken_up(&lifecycle.command_uuid)),
            "completed" => {
                self.turns.take(&lifecycle.command_uuid);
            }
            // It was taken back before it began: an interrupt came first.
            "cancelled" => match self.turns.take(&lifecycle.command_uuid) {
                Some(Was::Prompt) if !self.turns.is_open() => {
                    let prompt_id = Some(lifecycle.command_uuid.clone());
                    events.push(AgentEvent::TurnStarted { origin: Origin::Prompt, prompt_id });
                    events.extend(self.end_without_result(StopReason::Cancelled, None));
                }
                Some(_) => events.push(AgentEvent::PromptCancelled {
                    prompt_id: lifecycle.command_uuid.clone(),
                }),
                None => {}
            },
            _ => {}
        }
    }

    fn result(&mut self, result: TurnResult, events: &mut Vec<AgentEvent>) {
        if let Some(kind) = &result.origin.kind {
            self.turns.woken(kind);
        }
        events.extend(self.turns.works());
        events.extend(self.turns.ended(&result.user_message_uuids));
        let mut left = self.calls.cut(true);
        left.extend(self.partials.end_turn());
        left.extend(self.context.ended(result.model_usage.as_ref()));
        events.extend(left.into_iter().map(AgentEvent::Fact));
        let spent =
            self.totals.advance(&result, version::carries_totals(self.known.version.as_deref()));
        self.ends += 1;
        let around = Around {
            spent,
            counter: self.ends,
            total_cost: self.totals.cost(),
            budget: self.budget,
            rejected: self.rejected.take(),
            interrupted: self.interrupted,
        };
        self.interrupted = false;
        events.push(AgentEvent::TurnEnded(turn_end(result, &around)));
    }

    /// The end of a turn that the CLI gave no result for.
    fn end_without_result(
        &mut self,
        stop_reason: StopReason,
        error: Option<Error>,
    ) -> Vec<AgentEvent> {
        self.ends += 1;
        self.turns.ended(&[]);
        self.interrupted = false;
        let mut left = self.calls.cut(true);
        left.extend(self.partials.end_turn());
        let end = AgentEvent::TurnEnded(AgentTurnEnd {
            stop_reason,
            error: error.map(|error| error.info()),
            usage: Usage { turns: 1, ..Usage::default() },
            counter: self.ends,
            ..AgentTurnEnd::default()
        });
        left.into_iter().map(AgentEvent::Fact).chain([end]).collect()
    }

    /// A prompt goes out. `steer` means that it adds to the turn under way.
    pub(super) fn sent(&mut self, prompt_id: String, steer: bool) {
        self.turns.sent(prompt_id, steer);
    }

    /// A prompt could not be sent.
    pub(super) fn not_sent(&mut self, prompt_id: &str) {
        self.turns.take(prompt_id);
    }

    /// Whether a prompt is on its way that the CLI has not taken up.
    pub(super) fn awaits(&self, prompt_id: &str) -> bool {
        self.turns.awaits(prompt_id)
    }

    /// An interrupt goes out.
    pub(super) fn interrupting(&mut self) {
        self.interrupted = self.turns.is_open();
    }

    /// Whether a turn is under way.
    pub(super) fn in_turn(&self) -> bool {
        self.turns.is_open()
    }

    /// Forgets the open question that the CLI knows by this id.
    fn withdraw(&mut self, wire_id: &str) -> Option<AgentEvent> {
        let request_id = self.questions.withdraw(wire_id)?;
        Some(AgentEvent::ApprovalWithdrawn { request_id })
    }

    /// What a call is reported as that a hook has denied by a rule: a question that nobody waits for.
    pub(super) fn denied(&mut self, hook: &Value) -> Vec<AgentEvent> {
        let word = |key: &str| hook.get(key).and_then(Value::as_str).map(str::to_owned);
        let call = word("tool_use_id");
        if let Some(call) = &call {
            self.calls.denied(call);
        }
        let asked = Asked {
            subtype: "can_use_tool".to_owned(),
            tool_name: word("tool_name").unwrap_or_default(),
            input: hook["tool_input"].clone(),
            agent_id: word("agent_id"),
            tool_use_id: call.clone(),
            ..Asked::default()
        };
        let request_id = self.questions.name(&format!("rules-{}", call.unwrap_or_default()));
        let (_, asked) = Question::of(&request_id, String::new(), asked);
        vec![asked, AgentEvent::ApprovalWithdrawn { request_id }]
    }

    /// Takes an answer to a question: the CLI's id of it, what to tell the CLI, and what it changes.
    ///
    /// # Errors
    /// `Conflict` when nobody waits for it any more; `InvalidArgument` when it does not answer
    /// this kind of question, which then still waits.
    pub(super) fn answer(
        &mut self,
        request_id: &str,
        decision: &Decision,
    ) -> Result<(String, Reply, Option<AgentEvent>)> {
        let question = self.questions.get(request_id).ok_or_else(|| {
            Error::new(ErrorKind::Conflict, "the agent does not wait for this answer any more")
                .with("request_id", request_id)
        })?;
        let (reply, changed) = question.answer(decision)?;
        let (call, wire_id) = (question.tool_call_id.clone(), question.wire_id.clone());
        self.questions.remove(request_id);
        let event = call.and_then(|call| {
            if let Decision::Deny { .. } = decision {
                self.calls.denied(&call);
                return None;
            }
            self.calls.allowed(&call, changed)
        });
        Ok((wire_id, reply, event.map(AgentEvent::Fact)))
    }

    /// Whether only silence can tell that the agent has nothing to do.
    pub(super) fn listens(&self) -> bool {
        self.turns.listens()
    }

    /// It was silent for long enough.
    pub(super) fn silent(&mut self) -> Vec<AgentEvent> {
        let mut events = self.turns.silent();
        if !events.is_empty() && !std::mem::replace(&mut self.warned_of_silence, true) {
            let message =
                "the agent does not say when it has nothing to do; a silence is taken for it";
            events.insert(0, AgentEvent::Fact(system::warning("capability_missing", message)));
        }
        events
    }

    /// The process is gone: what is left of its work.
    pub(super) fn exited(&mut self) -> Vec<EventData> {
        self.questions.clear();
        let mut left = self.calls.cut(false);
        left.extend(self.partials.exited());
        left.extend(self.agents.exited());
        left
    }
}

fn not_json(line: &str) -> AgentEvent {
    /// The rest is in the report's `raw`.
    const HEAD_BYTES: usize = 64 * 1024;
    let output = AgentOutput {
        reason: "not_json".to_owned(),
        text: line[..line.floor_char_boundary(HEAD_BYTES)].to_owned(),
        bytes: line.len() as u64,
    };
    AgentEvent::Fact(output.into())
}
