//! Calls by number, for languages whose event loop is woken and then looks what has come.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::inbox::{Inbox, Letter, What};
use super::{Batch, Cancel, EventStream, Host, read};
use crate::error::{Error, ErrorInfo, ErrorKind, Result};

/// A node whose every call is a letter with an id of the caller's, answered by a [`Letter`] that
/// [`take`](Self::take) gives after the bell has rung. No thread of the core calls the host language
/// with anything but the bell.
#[derive(Debug)]
pub struct Post {
    node: Arc<OnceLock<Host>>,
    desk: Arc<Desk>,
}

/// What is under way.
struct Desk {
    inbox: Arc<Inbox>,
    calls: Mutex<HashMap<u64, AbortHandle>>,
    streams: Mutex<HashMap<u64, Arc<EventStream>>>,
    runtime: Handle,
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Post {
    /// `bell` is rung when there is something to take; it must not block. The node works in `runtime`.
    pub fn new(bell: impl Fn() + Send + Sync + 'static, runtime: Handle) -> Self {
        let desk = Desk {
            inbox: Arc::new(Inbox::new(Box::new(bell))),
            calls: Mutex::default(),
            streams: Mutex::default(),
            runtime,
        };
        Self { node: Arc::default(), desk: Arc::new(desk) }
    }

    /// Takes what is in the inbox.
    pub fn take(&self) -> Vec<Letter> {
        self.desk.inbox.take()
    }

    /// Starts a call: `open`, `command`, `query`, `events` or `close`, each with its text.
    ///
    /// # Errors
    /// `Closed` before `open` was answered, `InvalidArgument` for another operation. All else is a
    /// letter.
    pub fn submit(&self, id: u64, operation: &str, text: String) -> Result<()> {
        if operation == "open" {
            let (node, inbox) = (Arc::clone(&self.node), Arc::clone(&self.desk.inbox));
            self.desk.run(id, async move {
                let host = Host::open(&text, inbox).await?;
                let twice = |_| Error::new(ErrorKind::Conflict, "it is open already");
                node.set(host).map(|()| None::<String>).map_err(twice)
            });
            return Ok(());
        }
        let host = self.host()?.clone();
        match operation {
            "command" => self
                .desk
                .run(id, async move { host.command(&text, &Cancel::new()).await.map(Some) }),
            "query" => {
                self.desk.run(id, async move { host.query(&text, &Cancel::new()).await.map(Some) });
            }
            "close" => {
                self.desk.run(id, async move { host.close(&text).await.map(|()| None::<String>) });
            }
            "events" => {
                let desk = Arc::downgrade(&self.desk);
                self.desk.run(id, async move {
                    let stream = Arc::new(host.events(&text).await?);
                    let gone = || Error::new(ErrorKind::Closed, "nobody holds the node any more");
                    let desk = desk.upgrade().ok_or_else(gone)?;
                    locked(&desk.streams).insert(id, stream);
                    // One that was given up just now is ended by nobody else.
                    if !locked(&desk.calls).contains_key(&id) {
                        desk.end_feed(id);
                    }
                    Ok(None::<String>)
                });
            }
            other => {
                return Err(Error::invalid("operation", format!("is {other:?}, which is none")));
            }
        }
        Ok(())
    }

    /// Starts to wait for a batch of the feed that the call `feed` opened.
    pub fn next_batch(&self, id: u64, feed: u64, max: usize) {
        let stream = locked(&self.desk.streams).get(&feed).cloned();
        self.desk.run(id, async move {
            match stream {
                Some(stream) => stream.next_apart(max).await,
                None => Ok(None),
            }
        });
    }

    /// Ends a feed.
    pub fn end_feed(&self, feed: u64) {
        self.desk.end_feed(feed);
    }

    /// Gives up a call. It is not answered any more, unless it was just now.
    pub fn cancel(&self, id: u64) {
        if let Some(call) = locked(&self.desk.calls).remove(&id) {
            call.abort();
        }
    }

    /// Answers what the host language was called for: with JSON, or with an [`ErrorInfo`] as JSON.
    ///
    /// # Errors
    /// `InvalidArgument` for both or none, or for what is no error.
    pub fn reply(&self, id: u64, answer: Option<String>, error: Option<&str>) -> Result<()> {
        let reply = match (answer, error) {
            (Some(answer), None) => Ok(answer),
            (None, Some(error)) => {
                let info: ErrorInfo = read(error, ErrorKind::InvalidArgument, "the error")?;
                Err(Error::from(info))
            }
            _ => return Err(Error::invalid("answer", "must be given or an error, not both")),
        };
        self.desk.inbox.reply(id, reply);
        Ok(())
    }

    /// The same node for a tenant and an actor, with the same inbox.
    ///
    /// # Errors
    /// As [`Host::scoped`]; `Closed` before `open` was answered.
    pub fn scoped(&self, tenant: Option<&str>, actor: Option<&str>) -> Result<Self> {
        let scoped = self.host()?.scoped(tenant, actor)?;
        Ok(Self { node: Arc::new(OnceLock::from(scoped)), desk: Arc::clone(&self.desk) })
    }

    /// The node, once it is open; for tests.
    pub fn node(&self) -> Option<&Host> {
        self.node.get()
    }

    /// How many calls, feeds and calls of the host language are under way; for tests.
    pub fn under_way(&self) -> (usize, usize, usize) {
        let desk = &self.desk;
        (locked(&desk.calls).len(), locked(&desk.streams).len(), desk.inbox.unanswered())
    }

    /// Nobody takes from the inbox any more: the bell is dropped, and whoever waits for the host
    /// language is told that it is gone.
    pub fn end(&self) {
        self.desk.inbox.end();
    }

    fn host(&self) -> Result<&Host> {
        self.node.get().ok_or_else(|| Error::new(ErrorKind::Closed, "the node is not open"))
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        // What a node leaves to be done after it goes to the runtime.
        let _inside = self.desk.runtime.enter();
        self.node = Arc::default();
    }
}

impl Desk {
    fn end_feed(&self, feed: u64) {
        if let Some(stream) = locked(&self.streams).remove(&feed) {
            stream.cancel();
        }
    }

    /// Runs a call and leaves its answer.
    fn run(
        self: &Arc<Self>,
        id: u64,
        call: impl Future<Output = Result<Option<impl Into<Batch>>>> + Send + 'static,
    ) {
        // Not kept alive by what is under way: dropping the last `Post` ends it.
        let desk = Arc::downgrade(self);
        let mut calls = locked(&self.calls);
        let running = self.runtime.spawn(async move {
            let (what, answer) = match call.await {
                Ok(answer) => (What::Answer, answer.map(Into::into)),
                Err(error) => (What::Error, Some(Batch::from(written(&error)))),
            };
            let (text, common, frames) = match answer {
                Some(Batch { json, common, frames }) => (Some(json), common, frames),
                None => (None, None, Vec::new()),
            };
            if let Some(desk) = desk.upgrade() {
                locked(&desk.calls).remove(&id);
                desk.inbox.put(Letter { what, id, name: None, text, common, frames });
            }
        });
        calls.insert(id, running.abort_handle());
    }
}

/// An error as the host language reads it.
pub fn written(error: &Error) -> String {
    serde_json::to_string(&error.info()).unwrap_or_default()
}

impl Drop for Desk {
    fn drop(&mut self) {
        locked(&self.calls).drain().for_each(|(_, call)| call.abort());
        self.inbox.end();
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}
