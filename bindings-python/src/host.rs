//! The node, as Python holds it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use maestro_core::error::ErrorInfo;
use maestro_core::ffi::{self, Cancel, EventStream};
use maestro_core::{Error, ErrorKind, Result};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::inbox::{ANSWER, ERROR, Inbox, Letter};
use crate::runtime;

/// A node. Every call is a letter with an id of the caller's, answered by a letter in the inbox.
#[pyclass(frozen, module = "maestro._native")]
#[derive(Debug)]
pub(crate) struct Host {
    node: Arc<OnceLock<ffi::Host>>,
    desk: Arc<Desk>,
}

/// What is under way.
#[derive(Debug)]
struct Desk {
    inbox: Arc<Inbox>,
    calls: Mutex<HashMap<u64, AbortHandle>>,
    streams: Mutex<HashMap<u64, Arc<EventStream>>>,
    runtime: Handle,
    process: u32,
}

impl Desk {
    /// Runs a call and leaves its answer.
    fn run(
        self: &Arc<Self>,
        id: u64,
        call: impl Future<Output = Result<Option<String>>> + Send + 'static,
    ) {
        // Not kept alive by what is under way: dropping the last `Host` ends it.
        let desk = Arc::downgrade(self);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let running = self.runtime.spawn(async move {
            let letter = match call.await {
                Ok(answer) => (ANSWER, id, answer, None),
                Err(error) => (ERROR, id, Some(written(&error)), None),
            };
            if let Some(desk) = desk.upgrade() {
                desk.calls.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                desk.inbox.put(letter);
            }
        });
        calls.insert(id, running.abort_handle());
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner));
        calls.values().for_each(AbortHandle::abort);
    }
}

#[pymethods]
impl Host {
    #[new]
    fn new() -> PyResult<Self> {
        let inbox = Inbox::new()
            .map_err(|error| PyRuntimeError::new_err(format!("no socket for Maestro: {error}")))?;
        let desk = Desk {
            inbox: Arc::new(inbox),
            calls: Mutex::default(),
            streams: Mutex::default(),
            runtime: runtime::handle()?,
            process: std::process::id(),
        };
        Ok(Self { node: Arc::default(), desk: Arc::new(desk) })
    }

    /// What becomes readable when `take` has something.
    fn fileno(&self) -> i32 {
        self.desk.inbox.fileno()
    }

    /// Takes what is in the inbox: what it is, an id and two texts each.
    fn take(&self) -> Vec<Letter> {
        self.desk.inbox.take()
    }

    /// Starts a call: `open`, `command`, `query`, `events` or `close`.
    fn submit(&self, id: u64, operation: &str, text: String) -> PyResult<()> {
        self.check()?;
        if operation == "open" {
            let (node, inbox) = (Arc::clone(&self.node), Arc::clone(&self.desk.inbox));
            let opening = async move {
                let host = ffi::Host::open(&text, inbox).await?;
                let twice = |_| Error::new(ErrorKind::Conflict, "it is open already");
                node.set(host).map(|()| None).map_err(twice)
            };
            self.desk.run(id, opening);
            return Ok(());
        }
        let desk = Arc::downgrade(&self.desk);
        let host = self.node.get().cloned();
        let host = host.ok_or_else(|| PyRuntimeError::new_err("the node is not open"))?;
        match operation {
            "command" => self
                .desk
                .run(id, async move { host.command(&text, &Cancel::new()).await.map(Some) }),
            "query" => {
                self.desk.run(id, async move { host.query(&text, &Cancel::new()).await.map(Some) });
            }
            "close" => self.desk.run(id, async move { host.close(&text).await.map(|()| None) }),
            "events" => self.desk.run(id, async move {
                let stream = Arc::new(host.events(&text).await?);
                let gone = || Error::new(ErrorKind::Closed, "the Python side is gone");
                let desk = desk.upgrade().ok_or_else(gone)?;
                desk.streams.lock().unwrap_or_else(PoisonError::into_inner).insert(id, stream);
                Ok(None)
            }),
            other => return Err(PyValueError::new_err(format!("no operation {other:?}"))),
        }
        Ok(())
    }

    /// Starts to wait for a batch of the feed that the call `feed` opened.
    fn next_batch(&self, id: u64, feed: u64, max: usize) -> PyResult<()> {
        self.check()?;
        let stream = self.stream(feed);
        self.desk.run(id, async move {
            match stream {
                Some(stream) => stream.next_batch(max).await,
                None => Ok(None),
            }
        });
        Ok(())
    }

    /// Ends a feed.
    fn end_feed(&self, feed: u64) {
        let mut streams = self.desk.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stream) = streams.remove(&feed) {
            stream.cancel();
        }
    }

    /// Gives up a call. It is not answered any more, unless it was just now.
    fn cancel(&self, id: u64) {
        let mut calls = self.desk.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = calls.remove(&id) {
            call.abort();
        }
    }

    /// Answers what Python was called for: with JSON, or with an error as JSON.
    #[pyo3(signature = (id, answer, error))]
    fn reply(&self, id: u64, answer: Option<String>, error: Option<&str>) -> PyResult<()> {
        let reply = match (answer, error) {
            (Some(answer), None) => Ok(answer),
            (None, Some(error)) => {
                let info = serde_json::from_str::<ErrorInfo>(error);
                let wrong = |error| PyValueError::new_err(format!("no error: {error}"));
                Err(Error::from(info.map_err(wrong)?))
            }
            _ => return Err(PyValueError::new_err("either an answer or an error")),
        };
        self.desk.inbox.reply(id, reply);
        Ok(())
    }

    /// The same node for a tenant and an actor, with the same inbox; or an error as JSON.
    #[pyo3(signature = (tenant, actor))]
    fn scoped(
        &self,
        tenant: Option<&str>,
        actor: Option<&str>,
    ) -> PyResult<(Option<Self>, Option<String>)> {
        self.check()?;
        let node =
            self.node.get().ok_or_else(|| PyRuntimeError::new_err("the node is not open"))?;
        Ok(match node.scoped(tenant, actor) {
            Err(error) => (None, Some(written(&error))),
            Ok(scoped) => {
                let node = Arc::new(OnceLock::from(scoped));
                (Some(Self { node, desk: Arc::clone(&self.desk) }), None)
            }
        })
    }
}

impl Host {
    fn stream(&self, feed: u64) -> Option<Arc<EventStream>> {
        let streams = self.desk.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.get(&feed).cloned()
    }

    /// A process that was forked has none of the threads.
    fn check(&self) -> PyResult<()> {
        if self.desk.process == std::process::id() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this Maestro was opened before the process forked and works in the parent only; open another one \
             here, or start processes with the method `spawn` or `forkserver`",
        ))
    }
}

fn written(error: &Error) -> String {
    serde_json::to_string(&error.info()).unwrap_or_default()
}
