//! An agent of a user, whose panics are errors.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde_json::Value;

use crate::agent::{Agent, AgentEvent, AgentPrompt, AgentReport, AgentSession, OpenContext};
use crate::error::Result;
use crate::model::{Decision, ProcessRef};
use crate::runtime::caught;

/// What panicked, in the error.
const WHAT: &str = "the agent";

/// Opens a conversation. A panic in it, then or later, is an error of the call that it happened in; one
/// while it is waited for what happens next is the end of the process.
pub(super) async fn open(agent: &dyn Agent, context: OpenContext) -> Result<Box<dyn AgentSession>> {
    let session = caught(WHAT, agent.open(context)).await??;
    Ok(Box::new(Guarded { session, over: AtomicBool::new(false) }))
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
