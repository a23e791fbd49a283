//! A conversation with an agent of the host language.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::channel::oneshot;
use futures::future::{Either, select};
use serde::Deserialize;
use serde_json::{Value, json};

use super::agent::Can;
use super::desk::Desk;
use crate::agent::{
    AgentApproval, AgentEvent, AgentPrompt, AgentReport, AgentSession, AgentTurnEnd,
};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    ApprovalKind, ApprovalOption, ContentBlock, Decision, EventData, MicroUsd, Origin, ProcessRef,
    Question, StopReason, Usage, type_matches,
};
use crate::runtime::{self, Runtime, RuntimeExt as _, Spawned};

/// Of what an agent of the host language may report, the rest being what the engine decides.
const FACTS: &[&str] = &[
    "message",
    "message.*",
    "thought",
    "thought.*",
    "tool.*",
    "file.*",
    "plan.*",
    "subagent.*",
    "context.*",
    "agent.*",
    "session.updated",
    "x.*",
];
/// How many reports may wait for the engine before whoever reports has to wait.
const AHEAD: usize = 64;
/// How long a turn may take to stop, or a conversation to close, before it is not waited for.
const GRACE: Duration = Duration::from_secs(10);

/// What the host language reports into, and asks.
#[derive(Debug)]
pub(in crate::ffi) struct Conversation {
    runtime: Arc<dyn Runtime>,
    reports: async_channel::Sender<Queued>,
    inbox: async_channel::Receiver<Queued>,
    asks: Mutex<HashMap<String, oneshot::Sender<Decision>>>,
    /// The text of the last whole message, which is the turn's result where it names no other.
    said: Mutex<Option<String>>,
}

/// A report, and who waits until it is taken.
#[derive(Debug)]
struct Queued(AgentReport, Option<oneshot::Sender<()>>);

/// A question for a person.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ask {
    pub kind: ApprovalKind,
    pub tool: Option<String>,
    pub tool_call_id: Option<String>,
    pub title: String,
    pub input: Value,
    pub questions: Vec<Question>,
    pub options: Vec<ApprovalOption>,
    pub suggestions: Vec<Value>,
    pub blocked_path: Option<String>,
    pub agent_id: Option<String>,
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Conversation {
    pub(super) fn new(runtime: Arc<dyn Runtime>) -> Self {
        let (reports, inbox) = async_channel::unbounded();
        Self { runtime, reports, inbox, asks: Mutex::default(), said: Mutex::default() }
    }

    fn push(&self, events: Vec<AgentEvent>) {
        // A conversation that is over wants to hear nothing.
        let _ = self.reports.try_send(Queued(AgentReport { events, raw: None }, None));
    }

    /// Reports facts. Returns when the engine is not far behind.
    pub(in crate::ffi) async fn report(
        &self,
        events: Vec<EventData>,
        raw: Option<String>,
    ) -> Result<()> {
        for event in &events {
            if !FACTS.iter().any(|fact| type_matches(fact, event.event_type())) {
                let why = format!("has a {:?}, which an agent cannot report", event.event_type());
                return Err(Error::invalid("events", why));
            }
            if let EventData::Message(message) = event
                && message.role != "user"
            {
                *locked(&self.said) = Some(ContentBlock::join_text(&message.blocks));
            }
        }
        let events = events.into_iter().map(AgentEvent::Fact).collect();
        let (taken, take) = oneshot::channel();
        let over = |_| Error::new(ErrorKind::Closed, "the conversation is over");
        let wait = self.reports.len() >= AHEAD;
        let queued = Queued(AgentReport { events, raw }, wait.then_some(taken));
        self.reports.try_send(queued).map_err(|_| over(oneshot::Canceled))?;
        if wait { take.await.map_err(over) } else { Ok(()) }
    }

    /// Asks a person, and waits for the answer.
    ///
    /// # Cancel safety
    /// Dropping the future takes the question back.
    pub(in crate::ffi) async fn ask(&self, ask: Ask) -> Result<Decision> {
        let request_id = self.runtime.uuid().to_string();
        let (answer, answered) = oneshot::channel();
        locked(&self.asks).insert(request_id.clone(), answer);
        let mut open = Open { conversation: self, request_id: Some(request_id.clone()) };
        self.push(vec![AgentEvent::Approval(AgentApproval {
            request_id,
            kind: ask.kind,
            tool: ask.tool,
            tool_call_id: ask.tool_call_id,
            title: ask.title,
            input: ask.input,
            questions: ask.questions,
            options: ask.options,
            suggestions: ask.suggestions,
            blocked_path: ask.blocked_path,
            agent_id: ask.agent_id,
        })]);
        let answered = answered.await;
        open.request_id = None;
        answered.map_err(|_| Error::new(ErrorKind::Closed, "the conversation is over"))
    }
}

/// A question that nobody has answered yet.
struct Open<'a> {
    conversation: &'a Conversation,
    request_id: Option<String>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let Some(request_id) = self.request_id.take() else { return };
        if locked(&self.conversation.asks).remove(&request_id).is_some() {
            self.conversation.push(vec![AgentEvent::ApprovalWithdrawn { request_id }]);
        }
    }
}

/// How a turn ended, as the host language says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Ended {
    stop_reason: StopReason,
    result: Option<String>,
    structured_output: Option<Value>,
    usage: Usage,
    cost_micro_usd: Option<MicroUsd>,
    duration_ms: Option<u64>,
}

/// The engine's side of the conversation.
#[derive(Debug)]
pub(super) struct ForeignSession {
    id: u64,
    can: Vec<Can>,
    desk: Arc<Desk>,
    conversation: Arc<Conversation>,
    turn: Mutex<Option<Turn>>,
    turns: AtomicU64,
    over: AtomicBool,
}

/// The turn under way. Dropping it drops the call, which cancels it.
#[derive(Debug)]
struct Turn {
    interrupt: oneshot::Sender<()>,
    _running: Spawned<()>,
}

impl ForeignSession {
    pub(super) fn new(
        id: u64,
        can: Vec<Can>,
        desk: Arc<Desk>,
        conversation: Arc<Conversation>,
    ) -> Self {
        let (turn, turns, over) = (Mutex::default(), AtomicU64::new(0), AtomicBool::new(false));
        Self { id, can, desk, conversation, turn, turns, over }
    }

    pub(super) fn opened(&self, agent_session_id: Option<String>) {
        if agent_session_id.is_some() {
            self.conversation
                .push(vec![AgentEvent::Pointer { agent_session_id, last_message: None }]);
        }
    }

    /// Calls what only some agents have.
    async fn call(&self, can: Can, name: &str, mut request: Value) -> Result<Value> {
        if self.over.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Closed, "the conversation is over"));
        }
        if !self.can.contains(&can) {
            let why = format!("this agent has no `{}`", name.trim_start_matches("agent."));
            return Err(Error::new(ErrorKind::Unsupported, why));
        }
        request["conversation"] = self.id.into();
        self.desk.call(self.desk.id(), name, &request).await
    }

    fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
        drop(locked(&self.turn).take());
        locked(&self.conversation.asks).clear();
        self.conversation.reports.close();
        self.desk.forget_conversation(self.id);
    }
}

#[async_trait]
impl AgentSession for ForeignSession {
    fn process(&self) -> Option<ProcessRef> {
        None
    }

    fn can_resume(&self) -> bool {
        self.can.contains(&Can::Resume)
    }

    async fn prompt(&self, prompt: &AgentPrompt) -> Result<()> {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed) + 1;
        let (desk, conversation) = (Arc::clone(&self.desk), Arc::clone(&self.conversation));
        let text = ContentBlock::join_text(&prompt.blocks);
        let request = json!({
            "conversation": self.id, "turn": turn, "prompt": prompt.blocks, "text": text,
        });
        let prompt_id = Some(prompt.id.to_string());
        conversation.push(vec![AgentEvent::TurnStarted { origin: Origin::Prompt, prompt_id }]);
        *locked(&conversation.said) = None;
        let (interrupt, interrupted) = oneshot::channel();
        let runtime = Arc::clone(&conversation.runtime);
        let running = runtime::spawn(&*runtime, "agent", async move {
            let id = desk.id();
            let call = Box::pin(desk.call::<Option<Ended>>(id, "agent.prompt", &request));
            let (ended, stopped) = match select(call, interrupted).await {
                Either::Left((ended, _)) => (Some(ended), false),
                Either::Right((_, call)) => {
                    desk.cancel(id);
                    (conversation.runtime.timeout(GRACE, call).await, true)
                }
            };
            let end = turn_end(ended, stopped, turn, locked(&conversation.said).take());
            conversation.push(vec![AgentEvent::TurnEnded(end), AgentEvent::Idle]);
        });
        *locked(&self.turn) = Some(Turn { interrupt, _running: running });
        Ok(())
    }

    async fn steer(&self, prompt: &AgentPrompt) -> Result<()> {
        let text = ContentBlock::join_text(&prompt.blocks);
        let request = json!({ "prompt": prompt.blocks, "text": text });
        self.call(Can::Steer, "agent.steer", request).await.map(drop)?;
        let prompt_id = prompt.id.to_string();
        self.conversation.push(vec![AgentEvent::PromptFolded { prompt_id }]);
        Ok(())
    }

    async fn interrupt(&self) -> Result<()> {
        let turn = locked(&self.turn).take();
        if let Some(Turn { interrupt, _running: running }) = turn {
            // A turn that is over hears nothing.
            let _ = interrupt.send(());
            running.detach();
        }
        Ok(())
    }

    async fn answer(&self, request_id: &str, decision: &Decision) -> Result<()> {
        let asked = locked(&self.conversation.asks).remove(request_id);
        let heard = asked.is_some_and(|answer| answer.send(decision.clone()).is_ok());
        let late = || Error::new(ErrorKind::Conflict, "the agent does not wait for it any more");
        if heard { Ok(()) } else { Err(late().with("request_id", request_id)) }
    }

    async fn set_mode(&self, mode: &str) -> Result<()> {
        self.call(Can::SetMode, "agent.set_mode", json!({ "mode": mode })).await.map(drop)
    }

    async fn set_model(&self, model: &str) -> Result<()> {
        self.call(Can::SetModel, "agent.set_model", json!({ "model": model })).await.map(drop)
    }

    async fn control(&self, request: Value) -> Result<Value> {
        self.call(Can::Control, "agent.control", json!({ "request": request })).await
    }

    async fn next(&self) -> Option<AgentReport> {
        match self.conversation.inbox.recv().await {
            Ok(Queued(report, taken)) => {
                if let Some(taken) = taken {
                    // Whoever reported may have given up waiting.
                    let _ = taken.send(());
                }
                Some(report)
            }
            Err(_) => None,
        }
    }

    async fn close(&self, hard: bool) -> Result<()> {
        let closed = if hard || !self.can.contains(&Can::Close) {
            Ok(())
        } else {
            let closing = self.call(Can::Close, "agent.close", json!({}));
            let late = || Error::new(ErrorKind::Timeout, "the agent did not close in time");
            let closed = self.conversation.runtime.timeout(GRACE, closing).await;
            closed.unwrap_or_else(|| Err(late())).map(drop)
        };
        let ended = AgentEvent::Ended { error: None, exit: "closed".to_owned() };
        self.conversation.push(vec![ended]);
        self.end();
        closed
    }
}

impl Drop for ForeignSession {
    fn drop(&mut self) {
        self.end();
    }
}

fn turn_end(
    ended: Option<Result<Option<Ended>>>,
    stopped: bool,
    counter: u64,
    said: Option<String>,
) -> AgentTurnEnd {
    let mut end = AgentTurnEnd { counter, result: said, ..AgentTurnEnd::default() };
    end.usage = Usage { turns: 1, ..Usage::default() };
    match ended {
        Some(Ok(given)) => {
            let given = given.unwrap_or_default();
            end.stop_reason = given.stop_reason;
            end.result = given.result.or(end.result);
            end.structured_output = given.structured_output;
            let cost = given.cost_micro_usd.map_or(given.usage.cost_micro_usd, |cost| cost.0);
            end.usage = Usage { turns: 1, cost_micro_usd: cost, ..given.usage };
            end.cost_micro_usd = given.cost_micro_usd;
            end.duration_ms = given.duration_ms;
        }
        Some(Err(error)) if !(stopped && error.kind() == ErrorKind::Cancelled) => {
            end.error = Some(error.info());
        }
        Some(Err(_)) | None => {}
    }
    if stopped && end.error.is_none() {
        end.stop_reason = StopReason::Cancelled;
    }
    end
}
