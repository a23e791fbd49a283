//! A closure as an agent: the shortest way to plug something in.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::agent::{
    Agent, AgentApproval, AgentEvent, AgentPrompt, AgentReport, AgentSession, AgentTurnEnd,
    Evidence, OpenContext, ProbeContext,
};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    AgentPointer, AgentStatus, ContentBlock, Decision, EventData, Message, Origin, PlacePath,
    ProcessRef, StopReason, Usage,
};
use crate::runtime::{self, Runtime, RuntimeExt as _, Spawned};

/// What a closure is asked.
#[derive(Debug, Clone)]
pub struct AgentTurn {
    /// The text of the prompt.
    pub prompt: String,
    /// The directory to work in.
    pub cwd: PlacePath,
    asks: Arc<Asks>,
}

impl AgentTurn {
    /// Asks whether a tool may run, with one line for people and its input, and waits for the
    /// answer. Nothing is allowed by itself: a rule, a handler or a person answers.
    ///
    /// # Errors
    /// `Closed` when the conversation is over.
    ///
    /// # Cancel safety
    /// Dropping the future takes the question back.
    pub async fn ask(&self, tool: &str, title: &str, input: Value) -> Result<Decision> {
        let request_id = self.asks.runtime.uuid().to_string();
        let (answer, answered) = oneshot::channel();
        self.asks.waiting().insert(request_id.clone(), answer);
        let open = Open { asks: &self.asks, request_id: request_id.clone() };
        self.asks.report(vec![AgentEvent::Approval(AgentApproval {
            request_id,
            tool: Some(tool.to_owned()),
            title: title.to_owned(),
            input,
            ..AgentApproval::default()
        })]);
        let answered = answered.await;
        drop(open);
        answered.map_err(|_| Error::new(ErrorKind::Closed, "the conversation is over"))
    }
}

/// The questions of a session that wait, and where it reports.
struct Asks {
    runtime: Arc<dyn Runtime>,
    reports: async_channel::Sender<AgentReport>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Decision>>>,
}

impl fmt::Debug for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asks").finish_non_exhaustive()
    }
}

impl Asks {
    fn waiting(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Decision>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, events: Vec<AgentEvent>) {
        // A session that was dropped meanwhile wants to hear nothing.
        let _ = self.reports.try_send(AgentReport { events, raw: None });
    }
}

/// A question that is taken back unless it was answered.
struct Open<'a> {
    asks: &'a Asks,
    request_id: String,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if self.asks.waiting().remove(&self.request_id).is_some() {
            let request_id = std::mem::take(&mut self.request_id);
            self.asks.report(vec![AgentEvent::ApprovalWithdrawn { request_id }]);
        }
    }
}

type Answer = Arc<dyn Fn(AgentTurn) -> BoxFuture<'static, Result<String>> + Send + Sync>;

struct AgentFn(Answer);

/// Makes an [`Agent`] of an async closure that answers each prompt with a text, and may ask before it
/// does something. It has no memory and reports no usage; an agent that does more implements the
/// trait.
pub fn agent_fn<F, R>(answer: F) -> impl Agent
where
    F: Fn(AgentTurn) -> R + Send + Sync + 'static,
    R: Future<Output = Result<String>> + Send + 'static,
{
    AgentFn(Arc::new(move |turn| Box::pin(answer(turn))))
}

impl fmt::Debug for AgentFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentFn").finish_non_exhaustive()
    }
}

#[async_trait]
impl Agent for AgentFn {
    fn kind(&self) -> &'static str {
        "function"
    }

    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>> {
        context.without_extras()?;
        let (reports, inbox) = async_channel::unbounded();
        let runtime = Arc::clone(&context.runtime);
        Ok(Box::new(FnSession {
            answer: Arc::clone(&self.0),
            context,
            asks: Arc::new(Asks { runtime, reports, waiting: Mutex::default() }),
            inbox,
            turn: Mutex::new(None),
            turns: Mutex::new(0),
        }))
    }

    async fn probe(&self, _: ProbeContext) -> AgentStatus {
        let mut status = AgentStatus::default();
        (status.installed, status.login) = (true, "none".to_owned());
        status
    }

    async fn evidence(&self, _cwd: &PlacePath, _pointer: &AgentPointer) -> Result<Evidence> {
        Ok(Evidence::Missing)
    }
}

struct FnSession {
    answer: Answer,
    context: OpenContext,
    asks: Arc<Asks>,
    inbox: async_channel::Receiver<AgentReport>,
    turn: Mutex<Option<Spawned<()>>>,
    turns: Mutex<u64>,
}

impl fmt::Debug for FnSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnSession").finish_non_exhaustive()
    }
}

impl FnSession {
    fn next_turn(&self) -> u64 {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        *turns += 1;
        *turns
    }

    fn set_turn(&self, turn: Option<Spawned<()>>) -> Option<Spawned<()>> {
        let mut current = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, turn)
    }

    fn unsupported<T>(what: &str) -> Result<T> {
        Err(Error::new(ErrorKind::Unsupported, format!("an agent of a closure cannot {what}")))
    }
}

#[async_trait]
impl AgentSession for FnSession {
    fn process(&self) -> Option<ProcessRef> {
        None
    }

    fn can_resume(&self) -> bool {
        false
    }

    async fn prompt(&self, prompt: &AgentPrompt) -> Result<()> {
        let counter = self.next_turn();
        let message_id = self.context.runtime.uuid().to_string();
        let answer = Arc::clone(&self.answer);
        let asked = AgentTurn {
            prompt: ContentBlock::join_text(&prompt.blocks),
            cwd: self.context.cwd.clone(),
            asks: Arc::clone(&self.asks),
        };
        let answer = runtime::caught("the agent", async move { answer(asked).await });
        let asks = Arc::clone(&self.asks);
        asks.report(vec![AgentEvent::TurnStarted { origin: Origin::Prompt, prompt_id: None }]);
        let turn = runtime::spawn(&*self.context.runtime, "agent", async move {
            let mut end = AgentTurnEnd {
                usage: Usage { turns: 1, ..Usage::default() },
                counter,
                ..AgentTurnEnd::default()
            };
            let mut events = Vec::new();
            match answer.await.and_then(|answered| answered) {
                Ok(text) => {
                    let message = Message {
                        message_id: message_id.clone(),
                        block: None,
                        role: "assistant".to_owned(),
                        blocks: vec![ContentBlock::text(text.clone())],
                        agent_id: None,
                    };
                    events.push(AgentEvent::Fact(EventData::Message(message)));
                    end.result = Some(text);
                }
                Err(error) => end.error = Some(error.info()),
            }
            events.extend([AgentEvent::TurnEnded(end), AgentEvent::Idle]);
            asks.report(events);
        });
        self.set_turn(Some(turn));
        Ok(())
    }

    async fn steer(&self, _prompt: &AgentPrompt) -> Result<()> {
        Self::unsupported("be steered")
    }

    async fn interrupt(&self) -> Result<()> {
        if self.set_turn(None).is_some() {
            let end =
                AgentTurnEnd { stop_reason: StopReason::Cancelled, ..AgentTurnEnd::default() };
            self.asks.report(vec![AgentEvent::TurnEnded(end), AgentEvent::Idle]);
        }
        Ok(())
    }

    async fn answer(&self, request_id: &str, decision: &Decision) -> Result<()> {
        let asked = self.asks.waiting().remove(request_id);
        let heard = asked.is_some_and(|answer| answer.send(decision.clone()).is_ok());
        let late = || Error::new(ErrorKind::Conflict, "the agent does not wait for it any more");
        if heard { Ok(()) } else { Err(late().with("request_id", request_id)) }
    }

    async fn set_mode(&self, _mode: &str) -> Result<()> {
        Self::unsupported("change its mode")
    }

    async fn set_model(&self, _model: &str) -> Result<()> {
        Self::unsupported("change its model")
    }

    async fn control(&self, _request: Value) -> Result<Value> {
        Self::unsupported("be controlled")
    }

    async fn next(&self) -> Option<AgentReport> {
        self.inbox.recv().await.ok()
    }

    async fn close(&self, _hard: bool) -> Result<()> {
        self.set_turn(None);
        self.asks.waiting().clear();
        self.asks.report(vec![AgentEvent::Ended { error: None, exit: "closed".to_owned() }]);
        // After the last report `next` gives none.
        self.asks.reports.close();
        Ok(())
    }
}
