//! The one place that everything passes which a process of the CLI says: secrets are taken out here,
//! before anything else of the driver sees it.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;
use zeroize::Zeroizing;

use super::lenient;
use super::stream_line::{StreamLine, StreamPiece, TEXTS, is_stream, place};
use crate::error::Result;
use crate::model::ProcessRef;
use crate::secret::{Redactor, Tail};
use crate::transport::{Connection, ExitStatus, Frame, Garbled, GarbledReason, StopGrace};

/// Takes the secrets out of what a process says.
///
/// # Contract
/// That of [`Connection`], and: a question of the CLI is answered with what it asked about, also where
/// that held a secret which nobody else was shown.
pub(super) struct Clean {
    inner: Box<dyn Connection>,
    redactor: Arc<Redactor>,
    state: Mutex<State>,
}

/// Where a text of a stream is, what it is called, and what is shown of it.
type Shown = (&'static str, &'static str, String);

/// A text that was shown, and what it stands for, as it was written with its quotes.
type Hidden = (String, Zeroizing<String>);

#[derive(Default)]
struct State {
    /// Frames that come before anything that is read.
    next: VecDeque<Frame>,
    stderr: Tail,
    /// The end of each text that is being streamed: by agent, block and kind.
    streams: HashMap<(Option<String>, u32, &'static str), Tail>,
    /// For each question with a secret: the texts that were shown, and what they stand for.
    hidden: HashMap<String, Vec<Hidden>>,
}

impl Clean {
    /// Around a connection. One whose process knows no secret is given back as it is.
    pub(super) fn around(
        inner: Box<dyn Connection>,
        redactor: Arc<Redactor>,
    ) -> Box<dyn Connection> {
        if redactor.is_empty() {
            return inner;
        }
        Box::new(Self { inner, redactor, state: Mutex::default() })
    }

    /// A panic while it was locked left nothing half done that matters more than going on.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The frame that comes before anything that is read.
    fn waiting(&self) -> Option<Frame> {
        self.state().next.pop_front()
    }

    /// What is shown of a frame; none when all of it is held back.
    fn shown(&self, frame: Frame) -> Option<Frame> {
        Some(self.frame(frame)).filter(|frame| *frame != Frame::Stderr(String::new()))
    }

    fn frame(&self, frame: Frame) -> Frame {
        let mut state = self.state();
        match frame {
            Frame::Line(line) => Frame::Line(self.line(&mut state, line)),
            Frame::Garbled(Garbled { reason: GarbledReason::NotUtf8, text, bytes }) => {
                let text = self.line(&mut state, text);
                Frame::Garbled(Garbled { reason: GarbledReason::NotUtf8, text, bytes })
            }
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
        if let Some(changed) = self.stream(state, &line)
            && let Some(mut message) = lenient::value(&line)
        {
            for (place, name, shown) in changed {
                message["event"][place][name] = Value::String(shown);
            }
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

    /// Holds back the end of a piece of a text that may be the beginning of a secret. Gives what is to
    /// be shown instead of which texts, if that is another; nothing else of such a message holds text.
    fn stream(&self, state: &mut State, line: &str) -> Option<Vec<Shown>> {
        if let Some(line) = StreamLine::read(line) {
            return self.piece(state, &line.text());
        }
        // Of a shape that is new: a secret may be in pieces all the same.
        is_stream(line).then(|| lenient::value(line))?.and_then(|message| {
            let event = &message["event"];
            let kind = event["type"].as_str()?;
            let place = place(kind);
            let text = |name: &str| Some(event.get(place?)?.get(name)?.as_str()?.into());
            let piece = StreamPiece {
                agent: message["parent_tool_use_id"].as_str(),
                kind,
                block: event["index"].as_u64().and_then(|at| u32::try_from(at).ok()).unwrap_or(0),
                texts: TEXTS.map(text),
            };
            self.piece(state, &piece)
        })
    }

    fn piece(&self, state: &mut State, piece: &StreamPiece<'_>) -> Option<Vec<Shown>> {
        let StreamPiece { agent, kind, block, texts } = piece;
        let (agent, block) = (*agent, *block);
        match *kind {
            "message_start" => state.streams.retain(|(of, _, _), _| of.as_deref() != agent),
            // The whole block came before this.
            "content_block_stop" => state
                .streams
                .retain(|(of, number, _), _| (of.as_deref(), *number) != (agent, block)),
            _ => {}
        }
        let place = place(kind)?;
        let mut changed = Vec::new();
        for (name, text) in TEXTS.into_iter().zip(texts) {
            let Some(text) = text.as_deref() else { continue };
            let key = (agent.map(str::to_owned), block, name);
            let shown = state.streams.entry(key).or_default().push(&self.redactor, text);
            if shown != text {
                changed.push((place, name, shown));
            }
        }
        (!changed.is_empty()).then_some(changed)
    }

    /// Puts back what a question held.
    fn restore(&self, line: String) -> String {
        let mut state = self.state();
        if state.hidden.is_empty() || !line.contains("control_response") {
            return line;
        }
        let request = lenient::find(&line, &["response", "request_id"]).and_then(lenient::text);
        let Some(hidden) = request.and_then(|request| state.hidden.remove(&*request)) else {
            return line;
        };
        drop(state);
        lenient::replaced(&line, |text| {
            let shown = lenient::text(text)?;
            let (_, original) = hidden.iter().find(|(known, _)| *known == *shown)?;
            Some(original.as_str())
        })
    }
}

/// What a question that held a secret is called, and which of its texts stand for which.
fn hidden(line: &str, clean: &str) -> Option<(String, Vec<Hidden>)> {
    if !line.contains(r#""control_request""#) {
        return None;
    }
    let request = lenient::text(lenient::find(line, &["request_id"])?)?.into_owned();
    let pairs = lenient::texts(clean).zip(lenient::texts(line));
    let pairs = pairs.filter(|(shown, original)| shown != original);
    let pairs = pairs.filter_map(|(shown, original)| {
        Some((lenient::text(shown)?.into_owned(), Zeroizing::new(original.to_owned())))
    });
    Some((request, pairs.collect()))
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
            if let Some(waiting) = self.waiting() {
                return Some(waiting);
            }
            if let Some(shown) = self.shown(self.inner.next().await?) {
                return Some(shown);
            }
        }
    }

    fn ready(&self) -> Option<Frame> {
        loop {
            if let Some(waiting) = self.waiting() {
                return Some(waiting);
            }
            if let Some(shown) = self.shown(self.inner.ready()?) {
                return Some(shown);
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
