//! What agents report, in one vocabulary.

use serde_json::Value;

use crate::error::ErrorInfo;
use crate::model::{
    ApprovalKind, ApprovalOption, EventData, MicroUsd, Origin, Question, StopReason, Usage,
};

/// The agent's own frame, verbatim.
pub type RawFrame = String;

/// Something that an agent reported, with the frame that it came in.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct AgentReport {
    /// What happened, in order. One frame may say several things, or nothing that matters.
    pub events: Vec<AgentEvent>,
    /// The frame.
    pub raw: Option<RawFrame>,
}

impl AgentReport {
    /// A report without a frame.
    pub fn of(event: AgentEvent) -> Self {
        Self { events: vec![event], raw: None }
    }

    /// A report of several things, in order, without a frame.
    pub fn new(events: Vec<AgentEvent>) -> Self {
        Self { events, raw: None }
    }

    /// What one frame says.
    pub fn framed(events: Vec<AgentEvent>, raw: impl Into<RawFrame>) -> Self {
        Self { events, raw: Some(raw.into()) }
    }
}

/// What an agent can report.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AgentEvent {
    /// A fact to record as it is: messages, tools, deltas, retries, output that is no protocol. It
    /// changes nothing about the session's state.
    Fact(EventData),
    /// The agent's side of the conversation moved. Only what is given changed.
    Pointer {
        /// The agent's own id of the conversation.
        agent_session_id: Option<String>,
        /// The agent's id of the last whole message.
        last_message: Option<String>,
    },
    /// A turn began.
    TurnStarted {
        /// What began it.
        origin: Origin,
        /// The id that the prompt which began it went out with, where the agent says which.
        prompt_id: Option<String>,
    },
    /// A turn ended.
    TurnEnded(AgentTurnEnd),
    /// The agent took up a prompt as part of the turn under way, or of the last one: it begins none.
    PromptFolded {
        /// The id that the prompt went out with.
        prompt_id: String,
    },
    /// A prompt that was sent into a turn is taken back: the agent will not see it.
    PromptCancelled {
        /// The id that the prompt went out with.
        prompt_id: String,
    },
    /// The agent waits for an answer.
    Approval(AgentApproval),
    /// The agent does not wait for an answer any more.
    ApprovalWithdrawn {
        /// The agent's own name of the question.
        request_id: String,
    },
    /// The agent has nothing to do and will not begin by itself: all follow-up turns are over.
    Idle,
    /// The process is gone. This is the last report.
    Ended {
        /// Why, when it was not asked for.
        error: Option<ErrorInfo>,
        /// How, for people.
        exit: String,
    },
}

/// What an agent waits for.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct AgentApproval {
    /// The agent's own name of the question; it answers to this. An adapter gives each question of
    /// a process another one, whatever the agent calls it. A question with the name of one that is
    /// open withdraws that.
    pub request_id: String,
    /// What kind of question it is.
    pub kind: ApprovalKind,
    /// The tool that wants to run.
    pub tool: Option<String>,
    /// The call that wants to run.
    pub tool_call_id: Option<String>,
    /// One line for people.
    pub title: String,
    /// The tool's input, or the question.
    pub input: Value,
    /// The questions, where the agent asks the person something.
    pub questions: Vec<Question>,
    /// The answers that the agent knows.
    pub options: Vec<ApprovalOption>,
    /// Rules that the agent proposes, verbatim.
    pub suggestions: Vec<Value>,
    /// The path that made the agent ask.
    pub blocked_path: Option<String>,
    /// The subagent that asks, if one does.
    pub agent_id: Option<String>,
}

impl AgentApproval {
    /// A question of a kind, by the agent's own name of it.
    pub fn new(request_id: impl Into<String>, kind: ApprovalKind) -> Self {
        Self { request_id: request_id.into(), kind, ..Self::default() }
    }
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct AgentTurnEnd {
    /// Why the agent stopped.
    pub stop_reason: StopReason,
    /// How it failed, if it did.
    pub error: Option<ErrorInfo>,
    /// The agent's last text.
    pub result: Option<String>,
    /// The structured result, where one was asked for.
    pub structured_output: Option<Value>,
    /// What the turn used: the difference to the total before, `turns` being 1.
    pub usage: Usage,
    /// What the turn cost: the difference to the total before. None means that the agent did not
    /// say, never zero.
    pub cost_micro_usd: Option<MicroUsd>,
    /// A number that grows with each end in one process, so that its usage is counted once.
    pub counter: u64,
    /// How long the agent says it took.
    pub duration_ms: Option<u64>,
}

impl AgentTurnEnd {
    /// An end without a result, `counter` being larger than that of the end before.
    pub fn new(stop_reason: StopReason, counter: u64) -> Self {
        Self { stop_reason, counter, ..Self::default() }
    }
}
