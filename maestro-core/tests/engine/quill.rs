//! An agent that says what the test makes it say, when the test wants it.

use std::sync::{Arc, Mutex};

use async_channel::{Receiver, Sender};
use async_trait::async_trait;
use maestro_core::Result;
use maestro_core::agent::{
    Agent, AgentEvent, AgentPrompt, AgentReport, AgentSession, AgentTurnEnd, Evidence, OpenContext,
    ProbeContext,
};
use maestro_core::model::{
    AgentPointer, AgentStatus, Decision, EventData, Origin, PlacePath, ProcessRef, StopReason,
};
use serde_json::{Value, json};

/// The hand that writes. All sessions of the agent say the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quill {
    sessions: Arc<Mutex<Vec<Sender<AgentReport>>>>,
}

impl Quill {
    pub(crate) fn say(&self, events: &[AgentEvent]) {
        for session in &*self.sessions.lock().unwrap() {
            // A session that is gone hears nothing.
            let _ = session.try_send(AgentReport::new(events.to_vec()));
        }
    }

    /// Waits until nobody has a session any more.
    #[allow(dead_code, reason = "only some of the tests that have this file end sessions")]
    pub(crate) async fn gone(&self) {
        let sessions = self.sessions.lock().unwrap().clone();
        for session in sessions {
            session.closed().await;
        }
    }

    pub(crate) fn fact(&self, event_type: &str, data: Value) {
        self.say(&[AgentEvent::Fact(EventData::from_parts(event_type.to_owned(), data))]);
    }

    /// A piece of the first block of a message.
    pub(crate) fn delta(&self, message: &str, offset: usize, text: &str) {
        self.fact(
            "message.delta",
            json!({ "message_id": message, "offset": offset, "text": text }),
        );
    }

    /// A whole message of one block.
    pub(crate) fn message(&self, message: &str, text: &str) {
        let blocks = json!([{ "type": "text", "text": text }]);
        let data = json!({ "message_id": message, "role": "assistant", "blocks": blocks });
        self.fact("message", data);
    }

    pub(crate) fn end_turn(&self) {
        let mut end = AgentTurnEnd::new(StopReason::EndTurn, 1);
        end.usage.turns = 1;
        self.say(&[AgentEvent::TurnEnded(end), AgentEvent::Idle]);
    }
}

#[async_trait]
impl Agent for Quill {
    fn kind(&self) -> &'static str {
        "quill"
    }

    async fn open(&self, _context: OpenContext) -> Result<Box<dyn AgentSession>> {
        let (reports, inbox) = async_channel::unbounded();
        self.sessions.lock().unwrap().push(reports.clone());
        Ok(Box::new(Paper { reports, inbox }))
    }

    async fn probe(&self, _: ProbeContext) -> AgentStatus {
        AgentStatus::default()
    }

    async fn evidence(&self, _cwd: &PlacePath, _pointer: &AgentPointer) -> Result<Evidence> {
        Ok(Evidence::Missing)
    }
}

#[derive(Debug)]
struct Paper {
    reports: Sender<AgentReport>,
    inbox: Receiver<AgentReport>,
}

#[async_trait]
impl AgentSession for Paper {
    fn process(&self) -> Option<ProcessRef> {
        None
    }

    fn can_resume(&self) -> bool {
        false
    }

    async fn prompt(&self, _prompt: &AgentPrompt) -> Result<()> {
        let started = AgentEvent::TurnStarted { origin: Origin::Prompt, prompt_id: None };
        let _ = self.reports.try_send(AgentReport::of(started));
        Ok(())
    }

    async fn steer(&self, _prompt: &AgentPrompt) -> Result<()> {
        Ok(())
    }

    async fn interrupt(&self) -> Result<()> {
        Ok(())
    }

    async fn answer(&self, _request_id: &str, _decision: &Decision) -> Result<()> {
        Ok(())
    }

    async fn set_mode(&self, _mode: &str) -> Result<()> {
        Ok(())
    }

    async fn set_model(&self, _model: &str) -> Result<()> {
        Ok(())
    }

    async fn control(&self, request: Value) -> Result<Value> {
        Ok(request)
    }

    async fn next(&self) -> Option<AgentReport> {
        self.inbox.recv().await.ok()
    }

    async fn close(&self, _hard: bool) -> Result<()> {
        let ended = AgentEvent::Ended { error: None, exit: "closed".to_owned() };
        let _ = self.reports.try_send(AgentReport::of(ended));
        self.reports.close();
        Ok(())
    }
}
