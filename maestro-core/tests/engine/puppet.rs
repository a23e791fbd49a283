//! An agent that does what its prompts say, and keeps its memory outside of its process.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use maestro_core::agent::{
    Agent, AgentApproval, AgentEvent, AgentPrompt, AgentReport, AgentSession, AgentTurnEnd,
    Evidence, OpenContext, ProbeContext,
};
use maestro_core::model::{
    AgentPointer, AgentStatus, ApprovalKind, ContentBlock, Decision, EventData, MicroUsd, Origin,
    PlacePath, ProcessRef, StopReason,
};
use maestro_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};

/// What all processes of the agent share, as a transcript on a disk would be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Puppet {
    /// Prompts that reached the agent, by the id that they went out with.
    known: Arc<Mutex<HashSet<String>>>,
    /// Everything that it was asked and told, in order.
    heard: Arc<Mutex<Vec<String>>>,
    /// What is sent here lets raw requests through that wait for it.
    gate: Option<async_channel::Receiver<()>>,
}

impl Puppet {
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Lets raw requests wait for the gate.
    pub(crate) fn behind(gate: async_channel::Receiver<()>) -> Self {
        Self { gate: Some(gate), ..Self::default() }
    }

    /// Forgets all conversations.
    pub(crate) fn forget(&self) {
        self.known.lock().unwrap().clear();
    }

    fn hear(&self, what: impl Into<String>) {
        self.heard.lock().unwrap().push(what.into());
    }
}

#[async_trait]
impl Agent for Puppet {
    fn kind(&self) -> &'static str {
        "puppet"
    }

    async fn open(&self, context: OpenContext) -> Result<Box<dyn AgentSession>> {
        if context.spec.model.as_deref() == Some("broken") {
            return Err(Error::new(ErrorKind::NotFound, "there is no such program"));
        }
        assert!(context.spec.model.as_deref() != Some("cursed"), "the wood is rotten");
        if context.fork {
            let of = context.resume.and_then(|pointer| pointer.agent_session_id);
            self.hear(format!("copy of {}", of.unwrap_or_default()));
        }
        let (reports, inbox) = async_channel::unbounded();
        let agent_session_id = Some("conversation".to_owned());
        let opened = AgentEvent::Pointer { agent_session_id, last_message: None };
        reports.try_send(AgentReport::of(opened)).unwrap();
        Ok(Box::new(Strings { puppet: self.clone(), reports, inbox, turns: Mutex::new(0) }))
    }

    async fn probe(&self, _: ProbeContext) -> AgentStatus {
        let mut status = AgentStatus::default();
        (status.installed, status.login) = (true, "none".to_owned());
        status
    }

    async fn evidence(&self, _cwd: &PlacePath, pointer: &AgentPointer) -> Result<Evidence> {
        if pointer.agent_session_id.as_deref() == Some("elsewhere") {
            return Ok(Evidence::Holds);
        }
        let known = self.known.lock().unwrap();
        let holds = pointer.last_prompt.as_ref().is_some_and(|id| known.contains(id));
        Ok(if holds { Evidence::Holds } else { Evidence::Missing })
    }
}

#[derive(Debug)]
struct Strings {
    puppet: Puppet,
    reports: async_channel::Sender<AgentReport>,
    inbox: async_channel::Receiver<AgentReport>,
    turns: Mutex<u64>,
}

impl Strings {
    fn say(&self, events: Vec<AgentEvent>) {
        // A session that is gone hears nothing.
        let _ = self.reports.try_send(AgentReport::framed(events, "{\"frame\":1}"));
    }

    fn fact(&self, event_type: &str, data: Value) {
        let fact = EventData::from_parts(event_type.to_owned(), data);
        self.say(vec![AgentEvent::Fact(fact)]);
    }

    fn end(&self, stop_reason: StopReason, result: &str) {
        let counter = {
            let mut turns = self.turns.lock().unwrap();
            *turns += 1;
            *turns
        };
        let mut end = AgentTurnEnd::new(stop_reason, counter);
        end.result = Some(result.to_owned());
        (end.usage.turns, end.usage.output_tokens, end.usage.cost_micro_usd) = (1, 3, 7);
        end.cost_micro_usd = Some(MicroUsd(7));
        self.say(vec![AgentEvent::TurnEnded(end), AgentEvent::Idle]);
    }
}

#[async_trait]
impl AgentSession for Strings {
    fn process(&self) -> Option<ProcessRef> {
        None
    }

    fn can_resume(&self) -> bool {
        true
    }

    async fn prompt(&self, prompt: &AgentPrompt) -> Result<()> {
        let text = ContentBlock::join_text(&prompt.blocks);
        self.puppet.known.lock().unwrap().insert(prompt.id.to_string());
        self.puppet.hear(text.clone());
        self.say(vec![AgentEvent::TurnStarted { origin: Origin::Prompt, prompt_id: None }]);
        match text.as_str() {
            "refuse" => return Err(Error::invalid("prompt", "is refused")),
            "break" => panic!("a string broke"),
            "break later" => self.say(Vec::new()),
            "hang" => {}
            "background" => {
                self.fact("subagent.started", json!({ "agent_id": "worker", "background": true }));
                self.end(StopReason::EndTurn, &text);
            }
            "detach" => {
                self.fact("tool.ended", json!({ "tool_call_id": "c1", "background": true }));
                self.end(StopReason::EndTurn, &text);
            }
            "die" => self.say(vec![AgentEvent::Ended { error: None, exit: "signal 9".to_owned() }]),
            asks if asks == "ask" || asks.starts_with("ask ") => {
                let command = asks.strip_prefix("ask ").unwrap_or("ls");
                let mut asked = AgentApproval::new("question-1", ApprovalKind::Tool);
                asked.tool = Some("Bash".to_owned());
                "Run ls".clone_into(&mut asked.title);
                asked.input = json!({ "command": command });
                self.say(vec![AgentEvent::Approval(asked)]);
            }
            asks if asks.starts_with("twice ") => {
                // Two questions by one name, in one report.
                let asked = asks.split(' ').skip(1).map(|command| {
                    let mut asked = AgentApproval::new("question-1", ApprovalKind::Tool);
                    asked.tool = Some("Bash".to_owned());
                    asked.title = format!("Run {command}");
                    asked.input = json!({ "command": command });
                    AgentEvent::Approval(asked)
                });
                self.say(asked.collect());
            }
            _ => {
                let message = json!({
                    "message_id": "m1", "role": "assistant", "blocks": [{ "type": "text", "text": text }],
                });
                let message = EventData::from_parts("message".to_owned(), message);
                self.say(vec![AgentEvent::Fact(message)]);
                self.end(StopReason::EndTurn, &text);
            }
        }
        Ok(())
    }

    async fn steer(&self, prompt: &AgentPrompt) -> Result<()> {
        let text = ContentBlock::join_text(&prompt.blocks);
        self.puppet.hear(format!("steered: {text}"));
        let prompt_id = prompt.id.to_string();
        match text.as_str() {
            "refuse" => return Err(Error::invalid("prompt", "is refused")),
            "never" => {}
            // The turn ends before it is taken in.
            "late" => {
                let end = AgentTurnEnd::new(StopReason::EndTurn, 100);
                let prompt_id = Some(prompt_id);
                self.say(vec![
                    AgentEvent::TurnEnded(end),
                    AgentEvent::TurnStarted { origin: Origin::Prompt, prompt_id },
                ]);
                self.end(StopReason::EndTurn, &text);
            }
            _ => {
                self.say(vec![AgentEvent::PromptFolded { prompt_id }]);
                self.end(StopReason::EndTurn, &text);
            }
        }
        Ok(())
    }

    async fn interrupt(&self) -> Result<()> {
        self.end(StopReason::Cancelled, "stopped");
        Ok(())
    }

    async fn answer(&self, request_id: &str, decision: &Decision) -> Result<()> {
        let said = match decision {
            Decision::Allow { .. } => "allowed",
            Decision::Deny { message, .. } => message,
            _ => "answered",
        };
        self.puppet.hear(format!("{request_id}: {said}"));
        self.end(StopReason::EndTurn, said);
        Ok(())
    }

    async fn set_mode(&self, mode: &str) -> Result<()> {
        self.puppet.hear(format!("mode {mode}"));
        Ok(())
    }

    async fn set_model(&self, model: &str) -> Result<()> {
        self.puppet.hear(format!("model {model}"));
        Ok(())
    }

    async fn control(&self, request: Value) -> Result<Value> {
        self.puppet.hear(format!("control {request}"));
        assert!(request != "break", "a string broke");
        if let Some(ends) = request.get("ends") {
            self.fact("subagent.ended", json!({ "agent_id": ends, "status": "completed" }));
        }
        if let Some(gate) = &self.puppet.gate {
            let _ = gate.recv().await;
        }
        Ok(json!({ "echo": request }))
    }

    async fn next(&self) -> Option<AgentReport> {
        let report = self.inbox.recv().await.ok()?;
        assert!(!report.events.is_empty(), "a string broke later");
        Some(report)
    }

    async fn close(&self, _hard: bool) -> Result<()> {
        self.say(vec![AgentEvent::Ended { error: None, exit: "closed".to_owned() }]);
        self.reports.close();
        Ok(())
    }
}
