//! A closure as an agent: the shortest way to plug something in.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::agent::{
    Agent, AgentEvent, AgentPrompt, AgentReport, AgentSession, AgentTurnEnd, Evidence, OpenContext,
    ProbeContext,
};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    AgentPointer, AgentStatus, ContentBlock, Decision, EventData, Message, Origin, PlacePath,
    ProcessRef, StopReason, Usage,
};
use crate::runtime::{self, RuntimeExt as _, Spawned};

/// What a closure is asked.
#[derive(Debug, Clone)]
pub struct AgentTurn {
    /// The text of the prompt.
    pub prompt: String,
    /// The directory to work in.
    pub cwd: PlacePath,
}

type Answer = Arc<dyn Fn(AgentTurn) -> BoxFuture<'static, Result<String>> + Send + Sync>;

struct AgentFn(Answer);

/// Makes an [`Agent`] of an async closure that answers each prompt with a text. It has no memory,
/// asks for nothing and reports no usage; an agent that does more implements the trait.
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
        Ok(Box::new(FnSession {
            answer: Arc::clone(&self.0),
            context,
            reports,
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
    reports: async_channel::Sender<AgentReport>,
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
        let (answer, cwd) = (Arc::clone(&self.answer), self.context.cwd.clone());
        let asked = AgentTurn { prompt: ContentBlock::join_text(&prompt.blocks), cwd };
        let answer = runtime::caught("the agent", async move { answer(asked).await });
        let reports = self.reports.clone();
        let turn = runtime::spawn(&*self.context.runtime, "agent", async move {
            let started = AgentEvent::TurnStarted { origin: Origin::Prompt, prompt_id: None };
            let mut end = AgentTurnEnd {
                usage: Usage { turns: 1, ..Usage::default() },
                counter,
                ..AgentTurnEnd::default()
            };
            let mut events = vec![started];
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
            // A session that was dropped meanwhile wants to hear nothing.
            let _ = reports.send(AgentReport { events, raw: None }).await;
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
            let events = vec![AgentEvent::TurnEnded(end), AgentEvent::Idle];
            let _ = self.reports.send(AgentReport { events, raw: None }).await;
        }
        Ok(())
    }

    async fn answer(&self, _request_id: &str, _decision: &Decision) -> Result<()> {
        Self::unsupported("ask, so there is nothing to answer")
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
        let ended = AgentEvent::Ended { error: None, exit: "closed".to_owned() };
        // After the last report `next` gives none.
        let _ = self.reports.try_send(AgentReport::of(ended));
        self.reports.close();
        Ok(())
    }
}
