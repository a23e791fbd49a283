//! One process of Claude Code.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::channel::oneshot;
use futures::future::{Either, select};
use serde_json::{Value, json};

use crate::agent::claude::map::{Mapped, Mapper};
use crate::agent::claude::{ClaudeCode, approval, launch};
use crate::agent::{AgentEvent, AgentPrompt, AgentReport, AgentSession, OpenContext};
use crate::error::{Error, ErrorInfo, ErrorKind, Result};
use crate::model::{AgentOutput, AgentStderr, ContentBlock, Decision, ProcessRef};
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::transport::{Connection, ExitStatus, Frame, StopGrace};

/// How long the program may take to say that it is there. It takes 0.3 s alone and 4.4 s among
/// twenty on two cores; ten times that is a hang.
const HANDSHAKE: Duration = Duration::from_secs(45);
/// How long a control request may take; an interrupt takes 8 ms.
const CONTROL: Duration = Duration::from_secs(30);
/// How much of the standard error is kept for the reason of an end, in bytes.
const STDERR_TAIL: usize = 4096;

/// Starts the program and shakes hands.
pub(super) async fn open(
    claude: &ClaudeCode,
    context: OpenContext,
) -> Result<Box<dyn AgentSession>> {
    let (program, id) = launch::program(claude, &context, context.runtime.uuid());
    let connection = context.transport.start(program).await?;
    let session = ClaudeSession {
        connection,
        runtime: Arc::clone(&context.runtime),
        state: Mutex::default(),
        reading: futures::lock::Mutex::default(),
    };
    session.lock().early.push(AgentReport::of(AgentEvent::Pointer {
        agent_session_id: Some(id),
        last_message: None,
    }));
    let shaken = context.runtime.timeout(HANDSHAKE, session.handshake()).await;
    match shaken {
        Some(Ok(())) => Ok(Box::new(session)),
        Some(Err(error)) => {
            session.connection.stop(StopGrace::NONE).await?;
            Err(error)
        }
        None => {
            session.connection.stop(StopGrace::NONE).await?;
            Err(Error::new(ErrorKind::Timeout, "claude did not answer `initialize`")
                .with("waited_ms", HANDSHAKE.as_millis()))
        }
    }
}

#[derive(Debug, Default)]
struct State {
    mapper: Mapper,
    waiting: HashMap<String, oneshot::Sender<Result<Value, ErrorInfo>>>,
    /// What was reported before anybody asked.
    early: Vec<AgentReport>,
    stderr: String,
    stopping: bool,
    ended: bool,
}

struct ClaudeSession {
    connection: Box<dyn Connection>,
    runtime: Arc<dyn Runtime>,
    state: Mutex<State>,
    /// Whoever holds it reads frames: one at a time, so that reports keep their order.
    reading: futures::lock::Mutex<()>,
}

impl fmt::Debug for ClaudeSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaudeSession").field("process", self.connection.process()).finish()
    }
}

impl ClaudeSession {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says hello and waits for the answer. Everything that comes before it is kept.
    async fn handshake(&self) -> Result<()> {
        let answer = self.request(json!({ "subtype": "initialize", "hooks": null })).await?;
        match self.answered(answer).await {
            Some(result) => result.map(|_| ()).map_err(Error::from),
            None => Err(self.refused()),
        }
    }

    /// The answer to a request; none when the program ends first. Reads frames itself while nobody
    /// else does, and keeps what they report.
    async fn answered(
        &self,
        mut answer: oneshot::Receiver<Result<Value, ErrorInfo>>,
    ) -> Option<Result<Value, ErrorInfo>> {
        loop {
            let read = async {
                let _turn = self.reading.lock().await;
                let report = self.step().await;
                self.lock().early.extend(report.clone());
                report.is_some()
            };
            match select(&mut answer, Box::pin(read)).await {
                Either::Left((result, _)) => return result.ok(),
                Either::Right((true, _)) => {}
                Either::Right((false, _)) => return answer.try_recv().ok().flatten(),
            }
        }
    }

    /// Why the program did not start: it says so on its standard error, or in a `result`.
    fn refused(&self) -> Error {
        let state = self.lock();
        let said = state.early.iter().flat_map(|report| &report.events).find_map(|event| match event {
            AgentEvent::TurnEnded(end) => end.error.as_ref().map(|error| error.message.clone()),
            _ => None,
        });
        let why = said.unwrap_or_else(|| state.stderr.trim().to_owned());
        let kind = if why.contains("No conversation found") {
            ErrorKind::NotFound
        } else if why.contains("already in use") {
            ErrorKind::AlreadyExists
        } else if why.contains("root") && why.contains("permission") {
            ErrorKind::PermissionDenied
        } else {
            ErrorKind::Unavailable
        };
        Error::new(kind, format!("claude did not start: {why}"))
    }

    /// Sends a control request; the receiver gets the answer while somebody reads frames.
    async fn request(&self, request: Value) -> Result<oneshot::Receiver<Result<Value, ErrorInfo>>> {
        let id = self.runtime.uuid().to_string();
        let (sender, receiver) = oneshot::channel();
        self.lock().waiting.insert(id.clone(), sender);
        let frame = json!({ "type": "control_request", "request_id": id, "request": request });
        if let Err(error) = self.connection.send(frame.to_string()).await {
            self.lock().waiting.remove(&id);
            return Err(error);
        }
        Ok(receiver)
    }

    async fn ask(&self, request: Value) -> Result<Value> {
        let answer = self.request(request).await?;
        match self.runtime.timeout(CONTROL, self.answered(answer)).await {
            Some(Some(result)) => result.map_err(Error::from),
            Some(None) => Err(Error::new(ErrorKind::Closed, "claude has ended")),
            None => Err(Error::new(ErrorKind::Timeout, "claude did not answer a control request")),
        }
    }

    async fn respond(&self, request_id: &str, response: Value) -> Result<()> {
        let frame = json!({
            "type": "control_response",
            "response": { "subtype": "success", "request_id": request_id, "response": response },
        });
        self.connection.send(frame.to_string()).await
    }

    async fn send_prompt(&self, prompt: &AgentPrompt) -> Result<()> {
        let content: Vec<Value> = prompt.blocks.iter().map(block).collect();
        let frame = json!({
            "type": "user",
            "message": { "role": "user", "content": content },
            "parent_tool_use_id": null,
            "uuid": prompt.id,
        });
        self.connection.send(frame.to_string()).await
    }

    /// The next report of the program; none after its end.
    async fn step(&self) -> Option<AgentReport> {
        loop {
            if self.lock().ended {
                return None;
            }
            let report = match self.connection.next().await? {
                Frame::Line(line) => {
                    let (report, asked) = self.line(&line);
                    let Some((id, request)) = asked else {
                        match report {
                            Some(report) => return Some(report),
                            None => continue,
                        }
                    };
                    // Kept before anything is awaited: a dropped future loses nothing.
                    self.lock().early.extend(report);
                    self.refuse(&id, &request).await;
                    let mut state = self.lock();
                    if state.early.is_empty() {
                        continue;
                    }
                    state.early.remove(0)
                }
                Frame::Garbled(garbled) => {
                    let output = AgentOutput {
                        reason: garbled.reason.as_str().to_owned(),
                        text: garbled.text,
                        bytes: garbled.bytes,
                    };
                    AgentReport::of(AgentEvent::Fact(output.into()))
                }
                Frame::Stderr(text) => {
                    let mut state = self.lock();
                    state.stderr.push_str(&text);
                    let excess = state.stderr.len().saturating_sub(STDERR_TAIL);
                    let cut = (excess..state.stderr.len())
                        .find(|at| state.stderr.is_char_boundary(*at))
                        .unwrap_or(0);
                    state.stderr.drain(..cut);
                    AgentReport::of(AgentEvent::Fact(AgentStderr { text }.into()))
                }
                Frame::Exited(status) => AgentReport::of(self.end(status)),
            };
            return Some(report);
        }
    }

    /// Takes a frame: what it reports, and what the program asks of us.
    fn line(&self, line: &str) -> (Option<AgentReport>, Option<(String, Value)>) {
        let mut state = self.lock();
        let Mapped { report, response, asked } = state.mapper.frame(line);
        if let Some((id, result)) = response
            && let Some(waiting) = state.waiting.remove(&id)
        {
            // Who asked may have given up.
            let _ = waiting.send(result);
        }
        (report, asked)
    }

    /// Refuses what nobody here serves: hooks and tool servers that were never registered.
    async fn refuse(&self, id: &str, request: &Value) {
        let refusal = json!({
            "type": "control_response",
            "response": {
                "subtype": "error",
                "request_id": id,
                "error": format!("nothing here serves {}", request["subtype"]),
            },
        });
        if let Err(error) = self.connection.send(refusal.to_string()).await {
            tracing::debug!(%error, "claude is gone and needs no refusal");
        }
    }

    fn end(&self, status: ExitStatus) -> AgentEvent {
        let mut state = self.lock();
        state.ended = true;
        state.waiting.clear();
        let error = (!state.stopping).then(|| {
            Error::new(ErrorKind::Unavailable, format!("claude ended by itself: {status}"))
                .with("stderr", state.stderr.trim())
                .info()
        });
        AgentEvent::Ended { error, exit: status.to_string() }
    }
}

#[async_trait]
impl AgentSession for ClaudeSession {
    fn process(&self) -> Option<ProcessRef> {
        Some(self.connection.process().clone())
    }

    async fn prompt(&self, prompt: &AgentPrompt) -> Result<()> {
        self.lock().mapper.prompted();
        self.send_prompt(prompt).await
    }

    async fn steer(&self, prompt: &AgentPrompt) -> Result<()> {
        self.send_prompt(prompt).await
    }

    async fn interrupt(&self) -> Result<()> {
        self.ask(json!({ "subtype": "interrupt" })).await.map(|_| ())
    }

    async fn answer(&self, request_id: &str, decision: &Decision) -> Result<()> {
        let Some(request) = self.lock().mapper.questions.remove(request_id) else {
            return Err(Error::new(ErrorKind::Conflict, "claude does not wait for this answer")
                .with("request_id", request_id));
        };
        self.respond(request_id, approval::response(&request, decision)).await
    }

    async fn set_mode(&self, mode: &str) -> Result<()> {
        self.ask(json!({ "subtype": "set_permission_mode", "mode": mode })).await.map(|_| ())
    }

    async fn set_model(&self, model: &str) -> Result<()> {
        self.ask(json!({ "subtype": "set_model", "model": model })).await.map(|_| ())
    }

    async fn control(&self, request: Value) -> Result<Value> {
        self.ask(request).await
    }

    async fn next(&self) -> Option<AgentReport> {
        let _turn = self.reading.lock().await;
        let early = {
            let mut state = self.lock();
            (!state.early.is_empty()).then(|| state.early.remove(0))
        };
        match early {
            Some(report) => Some(report),
            None => self.step().await,
        }
    }

    async fn close(&self, hard: bool) -> Result<()> {
        self.lock().stopping = true;
        let grace = if hard { StopGrace::NONE } else { StopGrace::default() };
        self.connection.stop(grace).await.map(|_| ())
    }
}

fn block(block: &ContentBlock) -> Value {
    match block {
        ContentBlock::Text { text } => json!({ "type": "text", "text": text }),
        ContentBlock::Image { media_type, data } => json!({
            "type": "image",
            "source": { "type": "base64", "media_type": media_type, "data": data },
        }),
        ContentBlock::Other { block } => block.clone(),
    }
}
