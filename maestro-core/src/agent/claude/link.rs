//! The way to the CLI: requests with their answers, and a task that reads what comes.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::channel::oneshot;
use serde_json::Value;

use super::lenient;
use super::map::{Mapper, Read};
use super::outgoing;
use super::refusal::LastWords;
use super::reports::{Heard, Told, is_text, joined};
use super::serve::Served;
use super::wire::Response;
use crate::agent::{AgentEvent, AgentReport};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{AgentOutput, AgentStderr, EventData};
use crate::runtime::{Runtime, RuntimeExt as _, Spawned};
use crate::transport::{Connection, ExitStatus, Frame, Garbled, GarbledReason};

/// One process of the CLI, shared by the session and the task that reads.
pub(super) struct Link {
    pub(super) connection: Box<dyn Connection>,
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) served: Served,
    pub(super) told: Told,
    state: Mutex<State>,
}

/// What the calls and the reading task share. Locked for moments only.
#[derive(Debug)]
pub(super) struct State {
    pub(super) mapper: Mapper,
    /// Whether we are ending the process.
    pub(super) closing: bool,
    waiting: HashMap<String, oneshot::Sender<Response>>,
    /// Requests of the CLI that the host's code works on. Dropping one stops it.
    pub(super) serving: HashMap<String, Spawned<()>>,
    requests: u64,
    /// The end of the standard error, and of the errors that results gave.
    last_words: VecDeque<String>,
    /// The first output that was not of the protocol.
    stray: Option<String>,
    exit: Option<ExitStatus>,
}

impl Link {
    pub(super) fn new(
        connection: Box<dyn Connection>,
        runtime: Arc<dyn Runtime>,
        mapper: Mapper,
        served: Served,
        told: Told,
    ) -> Self {
        let state = State {
            mapper,
            closing: false,
            waiting: HashMap::new(),
            serving: HashMap::new(),
            requests: 0,
            last_words: VecDeque::new(),
            stray: None,
            exit: None,
        };
        Self { connection, runtime, served, told, state: Mutex::new(state) }
    }

    /// A panic while it was locked left nothing half done that matters more than going on.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn request(&self, request: Value, timeout: Duration) -> Result<Value> {
        let (id, answer) = {
            let mut state = self.state();
            if state.exit.is_some() {
                return Err(ended(&state));
            }
            state.requests += 1;
            let id = format!("maestro-{}", state.requests);
            let (answered, answer) = oneshot::channel();
            state.waiting.insert(id.clone(), answered);
            (id, answer)
        };
        let _forget = Forget { link: self, id: &id };
        if let Err(error) = self.connection.send(outgoing::request(&id, &request)).await {
            // The process may be ending, and say why first: that is the better error.
            return match self.runtime.timeout(timeout, answer).await {
                Some(Err(_)) => Err(ended(&self.state())),
                _ => Err(error),
            };
        }
        match self.runtime.timeout(timeout, answer).await {
            Some(Ok(response)) => read(response),
            Some(Err(_)) => Err(ended(&self.state())),
            None => {
                let error = Error::new(ErrorKind::Timeout, "the agent does not answer");
                Err(error.with("timeout_ms", timeout.as_millis()))
            }
        }
    }

    /// Reports a call that the rules have denied before it ran, as one that was asked about.
    pub(super) fn denied(&self, hook: &Value) {
        let events = self.state().mapper.denied(hook);
        self.told.add(AgentReport { events, raw: None });
    }

    /// Reads until the process has ended, then reports that and ends itself.
    pub(super) async fn read_all(self: Arc<Self>, quiet: Duration, heard: Heard) {
        // A text under way, which may go on in what is there already.
        let mut text: Option<AgentReport> = None;
        loop {
            let next = if let Some(frame) = self.connection.ready() {
                Some(Some(frame))
            } else {
                if let Some(text) = text.take()
                    && !heard.send(text).await
                {
                    return;
                }
                let listens = self.state().mapper.listens();
                let next = self.connection.next();
                if listens { self.runtime.timeout(quiet, next).await } else { Some(next.await) }
            };
            let Some(frame) = next else {
                let events = self.state().mapper.silent();
                let silent = AgentReport { events, raw: None };
                if !silent.events.is_empty() && !heard.send(silent).await {
                    return;
                }
                continue;
            };
            let (report, last) = match frame {
                Some(Frame::Line(line)) => (self.line(&line), false),
                Some(Frame::Garbled(garbled)) => (self.garbled(garbled), false),
                Some(Frame::Stderr(text)) => (self.stderr(text), false),
                Some(Frame::Exited(status)) => (self.exited(status), true),
                // The transport broke its contract; the process is out of reach.
                None => (self.exited(ExitStatus::default()), true),
            };
            let report = match text.take() {
                Some(before) => match joined(before, report) {
                    Ok(longer) => longer,
                    Err((before, report)) => {
                        if !heard.send(before).await {
                            return;
                        }
                        report
                    }
                },
                None => report,
            };
            if is_text(&report) {
                text = Some(report);
            } else if !report.events.is_empty() && !heard.send(report).await {
                return;
            }
            if last {
                // What was reported can still be read.
                heard.close();
                return;
            }
        }
    }

    fn line(self: &Arc<Self>, line: &str) -> AgentReport {
        let read = self.state().mapper.read(line);
        self.heard(read)
    }

    /// Does what a message asks of the session, and gives what it reports.
    fn heard(self: &Arc<Self>, read: Read) -> AgentReport {
        let waiter = {
            let mut state = self.state();
            for event in &read.report.events {
                match event {
                    AgentEvent::TurnEnded(end) => {
                        if let Some(error) = &end.error {
                            state.say(&error.message);
                        }
                    }
                    AgentEvent::Fact(EventData::AgentOutput(output)) => state.stray(&output.text),
                    _ => {}
                }
            }
            read.response.as_ref().and_then(|response| state.waiting.remove(&response.request_id))
        };
        if let Some((request_id, asks)) = read.asks {
            self.serve(request_id, asks);
        }
        if let Some(request_id) = read.withdrawn {
            let stopped = self.state().serving.remove(&request_id);
            drop(stopped);
        }
        let mut report = read.report;
        if let (Some(waiter), Some(response)) = (waiter, read.response) {
            // The answer belongs to the caller; only what it says of the session is reported.
            report.events.clear();
            if response.response.get("commands").is_some() {
                report.events = self.state().mapper.hello(&response.response);
            }
            // The caller may have stopped waiting.
            let _ = waiter.send(response);
        }
        report
    }

    fn garbled(self: &Arc<Self>, garbled: Garbled) -> AgentReport {
        // All of such a line is there, with the bytes replaced that are no text.
        if garbled.reason == GarbledReason::NotUtf8 && lenient::value(&garbled.text).is_some() {
            return self.line(&garbled.text);
        }
        let mut read = self.state().mapper.headed(&garbled.text);
        read.report.events.insert(0, output(garbled));
        self.heard(read)
    }

    fn stderr(&self, text: String) -> AgentReport {
        self.state().say(&text);
        AgentReport::of(AgentEvent::Fact(AgentStderr { text }.into()))
    }

    fn exited(&self, status: ExitStatus) -> AgentReport {
        let mut state = self.state();
        state.exit = Some(status);
        // Their receivers learn from it that no answer will come.
        state.waiting.clear();
        let serving = std::mem::take(&mut state.serving);
        let mut report = AgentReport { events: Vec::new(), raw: None };
        let cut = state.mapper.exited();
        report.events.extend(cut.into_iter().map(AgentEvent::Fact));
        let error = (!state.closing).then(|| {
            Error::new(ErrorKind::Unavailable, "the agent's process ended by itself")
                .with("exit", status)
                .with("last_words", state.words())
                .info()
        });
        report.events.push(AgentEvent::Ended { error, exit: status.to_string() });
        // Host code that is stopped may do anything when it is dropped.
        drop(state);
        drop(serving);
        report
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("process", self.connection.process()).finish_non_exhaustive()
    }
}

/// Removes a request that nobody waits for any more.
struct Forget<'a> {
    link: &'a Link,
    id: &'a str,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.link.state().waiting.remove(self.id);
    }
}

impl State {
    /// How much of what the process said last is kept for errors.
    const WORDS_BYTES: usize = 4 * 1024;

    /// How the process ended, if it has.
    pub(super) fn exit(&self) -> Option<ExitStatus> {
        self.exit
    }

    fn say(&mut self, text: &str) {
        let start = text.len().saturating_sub(Self::WORDS_BYTES);
        self.last_words.push_back(text[text.ceil_char_boundary(start)..].to_owned());
        let mut kept: usize = self.last_words.iter().map(String::len).sum();
        while kept > Self::WORDS_BYTES
            && let Some(oldest) = self.last_words.pop_front()
        {
            kept -= oldest.len();
        }
    }

    /// Keeps the head of the first output that was not of the protocol.
    fn stray(&mut self, text: &str) {
        const HEAD_CHARS: usize = 120;
        self.stray.get_or_insert_with(|| text.chars().take(HEAD_CHARS).collect());
    }

    /// What the process said, for one that did not get to work.
    pub(super) fn last_words(&self) -> LastWords {
        LastWords { exit: self.exit, errors: self.words(), stray: self.stray.clone() }
    }

    /// What the process said last.
    pub(super) fn words(&self) -> String {
        let words: Vec<&str> = self.last_words.iter().map(|words| words.trim()).collect();
        words.join("\n")
    }
}

/// The error of every call after the end.
pub(super) fn ended(state: &State) -> Error {
    let error = Error::new(ErrorKind::Closed, "the agent's process has ended");
    match state.exit {
        Some(status) => error.with("exit", status),
        None => error,
    }
}

fn read(response: Response) -> Result<Value> {
    if response.subtype != "error" {
        return Ok(response.response);
    }
    let message = response.error.unwrap_or_else(|| "the agent refused".to_owned());
    let code = response.error_code.unwrap_or_default();
    let unsupported =
        code == "unsupported_request" || message.starts_with("Unsupported control request");
    let kind = if unsupported { ErrorKind::Unsupported } else { ErrorKind::InvalidArgument };
    let error = Error::new(kind, message);
    Err(if code.is_empty() { error } else { error.with("error_code", code) })
}

fn output(garbled: Garbled) -> AgentEvent {
    let output = AgentOutput {
        reason: garbled.reason.as_str().to_owned(),
        text: garbled.text,
        bytes: garbled.bytes,
    };
    AgentEvent::Fact(output.into())
}
