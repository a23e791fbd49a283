//! What must hold of every recording.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use maestro_core::agent::claude::Mapper;
use maestro_core::agent::{AgentEvent, AgentReport};
use maestro_core::model::{ContentBlock, EventData};

use crate::recording::{Dir, Recording};

/// Types of messages that come as frames alone, and why nothing is lost by it.
const FRAMES: &[&str] = &[
    // Answers to requests of the host.
    "control_response/success",
    "control_response/error",
    // Requests that the host's own code serves.
    "control_request/hook_callback",
    "control_request/mcp_message",
    // A question was withdrawn that was answered already, or is a hook's.
    "control_cancel_request",
    // What the session's own events say: it runs, it waits for a person.
    "system/session_state_changed",
    // A prompt was read, or its turn has a result.
    "command_lifecycle",
    // The model is asked; a mode that is no news.
    "system/status",
    // Nothing about the session is new.
    "system/init",
    // What the words about single agents say.
    "system/background_tasks_changed",
    // The end of an agent, which is told with its usage right after.
    "system/task_updated",
    // The end of a command that was waited for, whose result follows.
    "system/task_notification",
    // An estimate of how long a hidden thought is so far.
    "system/thinking_tokens",
    // The menus of the CLI's own surface.
    "system/ui_invalidate",
    // A prompt as it was given.
    "user",
];

/// What was read, over several recordings.
#[derive(Default)]
pub(crate) struct Tally {
    lines: usize,
    turns: usize,
    calls: usize,
    messages: usize,
    agents: usize,
    superseded: usize,
    frames: BTreeMap<String, usize>,
    events: BTreeSet<String>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, turns, calls, messages, agents, superseded, frames, events } = self;
        write!(
            f,
            "{lines} lines, {turns} turns, {calls} tool calls, {messages} messages written in pieces, \
             {agents} subagents, {superseded} messages superseded, {} types of events; frames: {frames:?}",
            events.len(),
        )
    }
}

/// What a recording says, told in order.
#[derive(Default)]
struct Story {
    faults: Vec<String>,
    open_turns: usize,
    calls: BTreeSet<String>,
    agents: BTreeSet<String>,
    asked: BTreeSet<String>,
    /// The pieces of each block that is being written: its generation and its text.
    pieces: HashMap<(Option<String>, String, u32), (u32, String)>,
}

/// Reads a recording and gives what is wrong with what came of it.
pub(crate) fn check(recording: &Recording, tally: &mut Tally) -> Vec<String> {
    let mut story = Story::default();
    let mut mapper = Mapper::new("/work-dir");
    for line in recording.lines.iter().filter(|line| line.dir == Dir::Out) {
        tally.lines += 1;
        let read = catch_unwind(AssertUnwindSafe(|| mapper.frame(&line.line)));
        match read {
            Ok(report) => story.report(&line.line, &report, tally),
            Err(_) => story.faults.push(format!("panics at {}", line.line)),
        }
    }
    if !recording.is_cut() {
        if story.open_turns > 0 {
            story.faults.push("a turn does not end".to_owned());
        }
        for call in &story.calls {
            story.faults.push(format!("the call {call} does not end"));
        }
    }
    story.faults.into_iter().map(|fault| format!("{}: {fault}", recording.name)).collect()
}

impl Story {
    fn fault(&mut self, what: impl Into<String>, line: &str) {
        let head: String = line.chars().take(300).collect();
        self.faults.push(format!("{}: {head}", what.into()));
    }

    fn report(&mut self, line: &str, report: &AgentReport, tally: &mut Tally) {
        let piece = line.contains("\"type\":\"stream_event\"");
        let durable = report.events.iter().any(|event| match event {
            AgentEvent::Fact(fact) => !fact.is_ephemeral(),
            _ => false,
        });
        // The line is the frame of exactly this report, unless it is only a piece of a message.
        match &report.raw {
            Some(raw) if raw != line => self.fault("another line is kept", line),
            None if !piece => self.fault("a line is not kept", line),
            None if durable => self.fault("a fact without its line", line),
            _ => {}
        }
        if report.events.is_empty() && !piece {
            self.fault("nothing is reported", line);
        }
        for event in &report.events {
            self.event(event, line, tally);
        }
    }

    fn event(&mut self, event: &AgentEvent, line: &str, tally: &mut Tally) {
        match event {
            AgentEvent::TurnStarted { .. } => {
                self.open_turns += 1;
                tally.turns += 1;
                if self.open_turns > 1 {
                    self.fault("a turn begins in a turn", line);
                }
            }
            AgentEvent::TurnEnded(_) if self.open_turns == 0 => self.fault("no turn ends", line),
            AgentEvent::TurnEnded(_) => self.open_turns -= 1,
            AgentEvent::Approval(asked) => {
                self.asked.insert(asked.request_id.clone());
                if asked.tool.as_deref() == Some("AskUserQuestion") && asked.questions.is_empty() {
                    self.fault("a question without questions", line);
                }
            }
            AgentEvent::ApprovalWithdrawn { request_id } if !self.asked.contains(request_id) => {
                self.fault("a question that was not asked is withdrawn", line);
            }
            AgentEvent::Fact(fact) => self.fact(fact, line, tally),
            _ => {}
        }
    }

    fn fact(&mut self, fact: &EventData, line: &str, tally: &mut Tally) {
        tally.events.insert(fact.event_type().to_owned());
        match fact {
            EventData::AgentFrame(frame) => {
                *tally.frames.entry(frame.frame_type.clone()).or_default() += 1;
                if !FRAMES.contains(&frame.frame_type.as_str()) {
                    self.fault(format!("{} is not known", frame.frame_type), line);
                }
            }
            EventData::AgentOutput(_) => self.fault("no message", line),
            EventData::ToolStarted(started) => {
                tally.calls += 1;
                if !self.calls.insert(started.tool_call_id.clone()) {
                    self.fault("a call starts twice", line);
                }
            }
            EventData::ToolEnded(ended) if !self.calls.remove(&ended.tool_call_id) => {
                self.fault("a call ends that does not run", line);
            }
            EventData::SubagentStarted(started) => {
                tally.agents += 1;
                if !self.agents.insert(started.agent_id.clone()) {
                    self.fault("a subagent starts twice", line);
                }
            }
            EventData::SubagentEnded(ended) if !self.agents.remove(&ended.agent_id) => {
                self.fault("a subagent ends that does not run", line);
            }
            EventData::MessageSuperseded(void) => {
                tally.superseded += 1;
                self.pieces.retain(|(_, id, _), _| *id != void.message_id);
            }
            EventData::MessageDelta(delta) => {
                let at = (delta.agent_id.clone(), delta.message_id.clone(), delta.block);
                let (generation, text) = self.pieces.entry(at).or_default();
                if *generation != delta.generation {
                    *generation = delta.generation;
                    text.clear();
                }
                if text.len() as u64 == delta.offset {
                    text.push_str(&delta.text);
                } else {
                    self.fault("a piece is not where the last one ended", line);
                }
            }
            EventData::Message(message) if message.role == "assistant" => {
                let text = ContentBlock::join_text(&message.blocks);
                let mut mine: Vec<_> = self
                    .pieces
                    .extract_if(|(agent, id, _), (_, pieces)| {
                        (agent, id) == (&message.agent_id, &message.message_id) && *pieces == text
                    })
                    .collect();
                tally.messages += mine.len();
                let (agent, id) = (&message.agent_id, &message.message_id);
                let others = self.pieces.keys().filter(|(a, i, _)| (a, i) == (agent, id)).count();
                if mine.pop().is_none() && others > 0 && !is_shortened(&text) {
                    self.fault("the pieces are not the message", line);
                }
            }
            _ => {}
        }
    }
}

/// Whether the text was cut when it was recorded.
fn is_shortened(text: &str) -> bool {
    text.ends_with(" chars)")
}
