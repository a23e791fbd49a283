//! A conversation with one process of the CLI.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::config::Limits;
use super::launch::Conversation;
use super::link::{Link, ended};
use super::map::Mapper;
use super::reports::{Reports, reports};
use super::serve::Served;
use super::{outgoing, refusal, ruled};
use crate::agent::{AgentPrompt, AgentReport, AgentSession, OpenContext};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Decision, ProcessRef};
use crate::runtime::Spawned;
use crate::transport::{Connection, StopGrace};

/// How long a turn may take to stop before its process is ended: what was said so far is then in
/// the transcript.
const INTERRUPT_ON_CLOSE: Duration = Duration::from_secs(2);

/// The argument that keeps the CLI from writing a transcript.
const FORGETS: &str = "--no-session-persistence";

/// A conversation with one process of the CLI.
#[derive(Debug)]
pub(super) struct ClaudeSession {
    link: Arc<Link>,
    limits: Limits,
    keeps_transcript: bool,
    reports: Reports,
    /// Reads until the process ends; dropped with the session.
    _reading: Spawned<()>,
}

impl ClaudeSession {
    /// Waits until the process answers. When it does not, it is ended before this returns.
    pub(super) async fn open(
        connection: Box<dyn Connection>,
        context: &OpenContext,
        mapper: Mapper,
        served: Served,
        conversation: Conversation,
        limits: Limits,
        extra: &[String],
    ) -> Result<Self> {
        let runtime = Arc::clone(&context.runtime);
        let (heard, reports, told) = reports();
        let link = Arc::new(Link::new(connection, runtime, mapper, served, told));
        let reading = Arc::clone(&link).read_all(limits.quiet, heard);
        let session = Self {
            _reading: crate::runtime::spawn(&*context.runtime, "claude.read", reading),
            link,
            limits,
            keeps_transcript: !extra.iter().chain(&context.spec.extra_args).any(|a| a == FORGETS),
            reports,
        };
        match session.shake_hands(&conversation, context.spec.max_thinking_tokens).await {
            Ok(()) => Ok(session),
            Err(error) => {
                let said = session.link.state().last_words();
                let error = refusal::explain(error, &said, [extra, &context.spec.extra_args]);
                session.link.state().closing = true;
                // The first error is the one that says what happened.
                let _ = session.link.connection.stop(StopGrace::NONE).await;
                Err(error)
            }
        }
    }

    async fn shake_hands(&self, conversation: &Conversation, thinking: Option<u32>) -> Result<()> {
        let hello = self.link.served.hello();
        self.link.request(hello, self.limits.handshake).await?;
        let pointer = self.link.state().mapper.conversation(conversation.id().to_owned());
        self.link.told.add(AgentReport::of(pointer));
        if let Some(tokens) = thinking {
            let most =
                json!({ "subtype": "set_max_thinking_tokens", "max_thinking_tokens": tokens });
            self.request(most, "claude.set_max_thinking_tokens").await?;
        }
        Ok(())
    }

    async fn send_prompt(&self, prompt: &AgentPrompt, steer: bool) -> Result<()> {
        let id = prompt.id.to_string();
        let line = match &self.link.served.policy {
            Some(policy) => {
                let blocks = ruled::prompt(&**policy, &prompt.blocks).await?;
                outgoing::prompt(&AgentPrompt { id: prompt.id, blocks })?
            }
            None => outgoing::prompt(prompt)?,
        };
        {
            let mut state = self.link.state();
            if state.exit().is_some() {
                return Err(ended(&state));
            }
            state.mapper.sent(id.clone(), steer);
        }
        let sent = self.link.connection.send(line).await;
        if sent.is_err() {
            self.link.state().mapper.not_sent(&id);
        }
        sent
    }

    async fn request(&self, request: Value, operation: &'static str) -> Result<Value> {
        let answer = self.link.request(request, self.limits.control).await;
        answer.map_err(|error| error.during(operation))
    }
}

#[async_trait]
impl AgentSession for ClaudeSession {
    fn process(&self) -> Option<ProcessRef> {
        Some(self.link.connection.process().clone())
    }

    fn can_resume(&self) -> bool {
        self.keeps_transcript
    }

    async fn prompt(&self, prompt: &AgentPrompt) -> Result<()> {
        let sent = self.send_prompt(prompt, false).await;
        sent.map_err(|error| error.during("claude.prompt"))
    }

    async fn steer(&self, prompt: &AgentPrompt) -> Result<()> {
        let sent = self.send_prompt(prompt, true).await;
        sent.map_err(|error| error.during("claude.steer"))
    }

    async fn interrupt(&self) -> Result<()> {
        let request = {
            let mut state = self.link.state();
            state.mapper.interrupting();
            interrupt(&state.mapper)
        };
        let receipt = self.request(request, "claude.interrupt").await?;
        // Without the capability prompts that were sent into the turn stay queued, and would run.
        let queued = receipt.get("still_queued").and_then(Value::as_array);
        for id in queued.into_iter().flatten().filter_map(Value::as_str) {
            if self.link.state().mapper.awaits(id) {
                self.request(take_back(id), "claude.interrupt").await?;
            }
        }
        Ok(())
    }

    async fn answer(&self, request_id: &str, decision: &Decision) -> Result<()> {
        let answered = {
            let mut state = self.link.state();
            if state.exit().is_some() {
                Err(ended(&state))
            } else {
                state.mapper.answer(request_id, decision)
            }
        };
        let (wire_id, reply, event) = answered.map_err(|error| error.during("claude.answer"))?;
        if let Some(event) = event {
            self.link.told.add(AgentReport::of(event));
        }
        let line = outgoing::response(&wire_id, &reply);
        let sent = self.link.connection.send(line).await;
        sent.map_err(|error| error.during("claude.answer"))
    }

    async fn set_mode(&self, mode: &str) -> Result<()> {
        let request = json!({ "subtype": "set_permission_mode", "mode": mode });
        let set = self.request(request, "claude.set_mode").await;
        set.map(drop).map_err(|error| error.with("mode", mode))
    }

    async fn set_model(&self, model: &str) -> Result<()> {
        let request = json!({ "subtype": "set_model", "model": model });
        let set = self.request(request, "claude.set_model").await;
        set.map(drop).map_err(|error| error.with("model", model))
    }

    async fn control(&self, request: Value) -> Result<Value> {
        if request.get("subtype").and_then(Value::as_str).is_none() {
            return Err(Error::invalid("request", "must be an object with a `subtype`")
                .during("claude.control"));
        }
        self.request(request, "claude.control").await
    }

    async fn next(&self) -> Option<AgentReport> {
        self.reports.next().await
    }

    async fn close(&self, hard: bool) -> Result<()> {
        let in_turn = {
            let mut state = self.link.state();
            if state.exit().is_some() {
                return Err(ended(&state).during("claude.close"));
            }
            state.closing = true;
            state.mapper.in_turn()
        };
        if in_turn && !hard {
            // At the end of its input the CLI would finish its turn first, however long that takes.
            let request = interrupt(&self.link.state().mapper);
            if let Err(error) = self.link.request(request, INTERRUPT_ON_CLOSE).await {
                tracing::debug!(%error, "the agent was not stopped before its end");
            }
        }
        let grace = if hard { StopGrace::NONE } else { self.limits.grace };
        match self.link.connection.stop(grace).await {
            Ok(_) => Ok(()),
            // It ended before it was told to.
            Err(error) if error.kind() == ErrorKind::Closed => Ok(()),
            Err(error) => Err(error.during("claude.close")),
        }
    }
}

/// The request to stop all that was asked: the turn, and prompts that were sent into it.
fn interrupt(mapper: &Mapper) -> Value {
    let mut request = json!({ "subtype": "interrupt" });
    if mapper.can("interrupt_cancel_queued_v1") {
        request["cancel_queued"] = Value::Bool(true);
    }
    request
}

/// The request to forget a prompt that was not taken up yet.
fn take_back(prompt_id: &str) -> Value {
    json!({ "subtype": "cancel_async_message", "message_uuid": prompt_id })
}
