//! The one place that everything passes which a process of the CLI says: secrets are taken out here,
//! before anything else of the driver sees it.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::Result;
use crate::model::ProcessRef;
use crate::secret::{Redactor, Tail};
use crate::transport::{Connection, ExitStatus, Frame, Garbled, StopGrace};

/// Takes the secrets out of what a process says.
///
/// # Contract
/// That of [`Connection`], and: a question of the CLI is answered with what it asked about, also where
/// that held a secret which nobody else was shown.
pub(super) struct Clean {
    inner: Box<dyn Connection>,
    redactor: Redactor,
    state: Mutex<State>,
}

/// A text that was shown, and what it stands for.
type Hidden = (String, Zeroizing<String>);

#[derive(Default)]
struct State {
    /// Frames that come before anything that is read.
    next: VecDeque<Frame>,
    stderr: Tail,
    /// The end of each text that is being streamed: by agent, block and kind.
    streams: HashMap<(Option<String>, u64, String), Tail>,
    /// For each question with a secret: the texts that were shown, and what they stand for.
    hidden: HashMap<String, Vec<Hidden>>,
}

impl Clean {
    /// Around a connection. One whose process knows no secret is given back as it is.
    pub(super) fn around(inner: Box<dyn Connection>, redactor: Redactor) -> Box<dyn Connection> {
        if redactor.is_empty() {
            return inner;
        }
        Box::new(Self { inner, redactor, state: Mutex::default() })
    }

    /// A panic while it was locked left nothing half done that matters more than going on.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn frame(&self, frame: Frame) -> Frame {
        let mut state = self.state();
        match frame {
            Frame::Line(line) => Frame::Line(self.line(&mut state, line)),
            Frame::Garbled(Garbled { reason, text, bytes }) => {
                let text = self.redactor.redact_cut(&text).into_owned();
                Frame::Garbled(Garbled { reason, text, bytes })
            }
            Frame::Stderr(text) => Frame::Stderr(state.stderr.push(&self.redactor, &text)),
            Frame::Exited(status) => {
                let rest = state.stderr.finish(&self.redactor);
                if rest.is_empty() {
                    return Frame::Exited(status);
                }
                state.next.push_back(Frame::Exited(status));
                Frame::Stderr(rest)
            }
        }
    }

    fn line(&self, state: &mut State, line: String) -> String {
        if is_stream(&line)
            && let Ok(mut message) = serde_json::from_str::<Value>(&line)
            && self.stream(state, &mut message)
        {
            return message.to_string();
        }
        let Cow::Owned(clean) = self.redactor.redact(&line) else {
            return line;
        };
        let line = Zeroizing::new(line);
        if let Some((request, hidden)) = hidden(&line, &clean) {
            state.hidden.insert(request, hidden);
        }
        clean
    }

    /// Holds back the end of a piece of a text that may be the beginning of a secret. Gives whether
    /// the message has changed; nothing else of such a message holds text.
    fn stream(&self, state: &mut State, message: &mut Value) -> bool {
        let agent = message["parent_tool_use_id"].as_str().map(str::to_owned);
        let event = &mut message["event"];
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        let block = event["index"].as_u64().unwrap_or(0);
        let piece = match kind.as_str() {
            "message_start" => {
                state.streams.retain(|(of, _, _), _| *of != agent);
                return false;
            }
            "content_block_stop" => {
                // The whole block came before this.
                state.streams.retain(|(of, number, _), _| (of, *number) != (&agent, block));
                return false;
            }
            "content_block_start" => &mut event["content_block"],
            "content_block_delta" => &mut event["delta"],
            _ => return false,
        };
        let mut changed = false;
        for name in ["text", "thinking", "partial_json"] {
            let Some(text) = piece.get(name).and_then(Value::as_str) else {
                continue;
            };
            let key = (agent.clone(), block, name.to_owned());
            let shown = state.streams.entry(key).or_default().push(&self.redactor, text);
            if shown != text {
                piece[name] = Value::String(shown);
                changed = true;
            }
        }
        changed
    }

    /// Puts back what a question held.
    fn restore(&self, line: String) -> String {
        let mut state = self.state();
        if state.hidden.is_empty() || !line.contains("control_response") {
            return line;
        }
        let Ok(mut message) = serde_json::from_str::<Value>(&line) else {
            return line;
        };
        let request = message["response"]["request_id"].as_str().unwrap_or_default();
        let Some(hidden) = state.hidden.remove(request) else {
            return line;
        };
        drop(state);
        walk(&mut message, &mut |text| {
            if let Some((_, original)) = hidden.iter().find(|(shown, _)| shown == text) {
                original.as_str().clone_into(text);
            }
        });
        message.to_string()
    }
}

/// Whether a line is a piece of a stream, by its beginning or its end: the order of keys varies.
fn is_stream(line: &str) -> bool {
    line.contains(r#""type":"stream_event""#)
}

/// What a question that held a secret is called, and which of its texts stand for which.
fn hidden(line: &str, clean: &str) -> Option<(String, Vec<Hidden>)> {
    if !line.contains(r#""control_request""#) {
        return None;
    }
    let original: Value = serde_json::from_str(line).ok()?;
    let shown: Value = serde_json::from_str(clean).ok()?;
    let request = original.get("request_id")?.as_str()?.to_owned();
    let (mut originals, mut shows) = (Vec::new(), Vec::new());
    walk(&mut { original }, &mut |text| originals.push(Zeroizing::new(std::mem::take(text))));
    walk(&mut { shown }, &mut |text| shows.push(std::mem::take(text)));
    let pairs = shows.into_iter().zip(originals);
    Some((request, pairs.filter(|(shown, original)| **shown != ***original).collect()))
}

/// Visits every text in a value, in its order.
fn walk(value: &mut Value, visit: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, visit)),
        Value::Object(fields) => fields.values_mut().for_each(|field| walk(field, visit)),
        _ => {}
    }
}

#[async_trait]
impl Connection for Clean {
    fn process(&self) -> &ProcessRef {
        self.inner.process()
    }

    async fn send(&self, line: String) -> Result<()> {
        let sent = self.inner.send(self.restore(line)).await;
        sent.map_err(|error| self.redactor.error(error))
    }

    async fn next(&self) -> Option<Frame> {
        loop {
            let waiting = self.state().next.pop_front();
            if waiting.is_some() {
                return waiting;
            }
            match self.frame(self.inner.next().await?) {
                // All of it is held back.
                Frame::Stderr(text) if text.is_empty() => {}
                frame => return Some(frame),
            }
        }
    }

    async fn close_input(&self) -> Result<()> {
        self.inner.close_input().await
    }

    async fn interrupt(&self) -> Result<()> {
        self.inner.interrupt().await
    }

    async fn stop(&self, grace: StopGrace) -> Result<ExitStatus> {
        self.inner.stop(grace).await
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clean")
            .field("inner", &self.inner)
            .field("redactor", &self.redactor)
            .finish_non_exhaustive()
    }
}
