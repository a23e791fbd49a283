//! An agent of a user, whose panics are errors.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde_json::Value;

use crate::agent::{
    Agent, AgentEvent, AgentPrompt, AgentReport, AgentSession, Evidence, OpenContext, ProbeContext,
};
use crate::error::Result;
use crate::model::{AgentPointer, AgentStatus, Decision, PlacePath, ProcessRef};
use crate::runtime::caught;

/// What panicked, in the error.
const WHAT: &str = "the agent";

/// The same agent. A panic of it is an error of the call that it happened in; one while a conversation is
/// asked what happens next is the end of its process.
#[derive(Debug)]
pub(crate) struct GuardedAgent<A>(pub(crate) A);

#[async_trait]
impl<A: Agent> Agent for GuardedAgent<A> {
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>> {
        let session = caught(WHAT, self.0.open(context)).await??;
        Ok(Box::new(Guarded { session, over: AtomicBool::new(false) }))
    }

    async fn probe(&self, context: ProbeContext) -> AgentStatus {
        caught(WHAT, self.0.probe(context)).await.unwrap_or_else(|error| AgentStatus {
            problem: Some(error.info()),
            ..AgentStatus::default()
        })
    }

    async fn evidence(&self, cwd: &PlacePath, pointer: &AgentPointer) -> Result<Evidence> {
        caught(WHAT, self.0.evidence(cwd, pointer)).await?
    }
}

#[derive(Debug)]
struct Guarded {
    session: Box<dyn AgentSession>,
    /// Whether it panicked where only the end can be reported.
    over: AtomicBool,
}

#[async_trait]
impl AgentSession for Guarded {
    fn process(&self) -> Option<ProcessRef> {
        self.session.process()
    }

    fn can_resume(&self) -> bool {
        self.session.can_resume()
    }

    async fn prompt(&self, prompt: &AgentPrompt) -> Result<()> {
        caught(WHAT, self.session.prompt(prompt)).await?
    }

    async fn steer(&self, prompt: &AgentPrompt) -> Result<()> {
        caught(WHAT, self.session.steer(prompt)).await?
    }

    async fn interrupt(&self) -> Result<()> {
        caught(WHAT, self.session.interrupt()).await?
    }

    async fn answer(&self, request_id: &str, decision: &Decision) -> Result<()> {
        caught(WHAT, self.session.answer(request_id, decision)).await?
    }

    async fn set_mode(&self, mode: &str) -> Result<()> {
        caught(WHAT, self.session.set_mode(mode)).await?
    }

    async fn set_model(&self, model: &str) -> Result<()> {
        caught(WHAT, self.session.set_model(model)).await?
    }

    async fn control(&self, request: Value) -> Result<Value> {
        caught(WHAT, self.session.control(request)).await?
    }

    async fn next(&self) -> Option<AgentReport> {
        if self.over.load(Ordering::Relaxed) {
            return None;
        }
        caught(WHAT, self.session.next()).await.unwrap_or_else(|error| {
            self.over.store(true, Ordering::Relaxed);
            let ended =
                AgentEvent::Ended { error: Some(error.info()), exit: "panicked".to_owned() };
            Some(AgentReport::of(ended))
        })
    }

    async fn close(&self, hard: bool) -> Result<()> {
        caught(WHAT, self.session.close(hard)).await?
    }
}
