use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

/// One request that the endpoint was asked, and what it decided to answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// Which request this is, counted from 1 over all paths.
    pub number: u64,
    /// The HTTP method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers in lower case; values of `x-api-key` and `authorization` are left out.
    pub headers: BTreeMap<String, String>,
    /// The body; null when there was none or it was no JSON.
    pub body: Arc<Value>,
    /// What was decided.
    pub answer: Answer,
}

impl Request {
    /// The agent's session, from the header `x-claude-code-session-id`.
    pub fn session(&self) -> Option<&str> {
        self.headers.get("x-claude-code-session-id").map(String::as_str)
    }

    /// The scenario that was played, when one was.
    pub fn scenario(&self) -> Option<&str> {
        match &self.answer {
            Answer::Step { scenario, .. }
            | Answer::Done { scenario }
            | Answer::Fault { scenario, .. } => Some(scenario),
            _ => None,
        }
    }

    /// The step that was played or failed, counted from 0.
    pub fn step(&self) -> Option<usize> {
        match &self.answer {
            Answer::Step { step, .. } | Answer::Fault { step, .. } => Some(*step),
            _ => None,
        }
    }
}

/// What a request was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A step of a scenario, counted from 0.
    Step {
        /// The scenario's name.
        scenario: String,
        /// Which step.
        step: usize,
    },
    /// The text after the last step.
    Done {
        /// The scenario's name.
        scenario: String,
    },
    /// A failure from the step's `fail` list.
    Fault {
        /// The scenario's name.
        scenario: String,
        /// Which step.
        step: usize,
        /// Which failure of the step, counted from 0 with every `times`.
        failure: u64,
    },
    /// A conversation without a marker got a text about markers.
    NoScenario,
    /// An error, since the request or the scenario's variables are wrong.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why.
        message: String,
    },
    /// A count of tokens.
    Tokens(u64),
    /// The root path: the endpoint is there.
    Alive,
}

/// The requests so far, and a bell for those who wait for one.
#[derive(Debug)]
pub(crate) struct Log {
    keep: usize,
    requests: Mutex<VecDeque<Request>>,
    bell: watch::Sender<u64>,
}

impl Log {
    pub(crate) fn new(keep: usize) -> Self {
        Self { keep, requests: Mutex::new(VecDeque::new()), bell: watch::Sender::new(0) }
    }

    /// Adds a request and gives it its number.
    pub(crate) fn push(&self, mut request: Request) {
        let mut requests = self.lock();
        self.bell.send_modify(|count| {
            *count += 1;
            request.number = *count;
            requests.push_back(request);
            while requests.len() > self.keep {
                requests.pop_front();
            }
        });
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        self.lock().iter().cloned().collect()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
