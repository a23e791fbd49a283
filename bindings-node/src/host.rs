//! The node, as JavaScript holds it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use maestro_core::error::ErrorInfo;
use maestro_core::ffi::{self, Cancel, EventStream};
use maestro_core::{Error, ErrorKind, Result};
use napi::bindgen_prelude::Function;
use napi_derive::napi;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::inbox::{ANSWER, ERROR, Inbox, Letter};
use crate::runtime;

/// A node. Every call is a letter with an id of the caller's, answered by a letter in the inbox.
#[napi]
#[derive(Debug)]
pub struct Host {
    node: Arc<OnceLock<ffi::Host>>,
    desk: Arc<Desk>,
}

/// What is under way.
#[derive(Debug)]
struct Desk {
    inbox: Arc<Inbox>,
    calls: Mutex<HashMap<u32, AbortHandle>>,
    streams: Mutex<HashMap<u32, Arc<EventStream>>>,
    runtime: Handle,
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// Runs a call and leaves its answer.
    fn run(
        self: &Arc<Self>,
        id: u32,
        call: impl Future<Output = Result<Option<String>>> + Send + 'static,
    ) {
        // Not kept alive by what is under way: dropping the last `Host` ends it.
        let desk = Arc::downgrade(self);
        let mut calls = locked(&self.calls);
        let running = self.runtime.spawn(async move {
            let (what, text) = match call.await {
                Ok(answer) => (ANSWER, answer),
                Err(error) => (ERROR, Some(written(&error))),
            };
            if let Some(desk) = desk.upgrade() {
                locked(&desk.calls).remove(&id);
                desk.inbox.put(Letter { what, id: id.into(), name: None, text });
            }
        });
        calls.insert(id, running.abort_handle());
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        locked(&self.calls).drain().for_each(|(_, call)| call.abort());
        self.inbox.end();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // What a node leaves to be done after it goes to the runtime.
        let _inside = self.desk.runtime.enter();
        self.node = Arc::default();
    }
}

#[napi]
impl Host {
    /// `wake` is called when there is something to take.
    #[napi(constructor)]
    pub fn new(wake: Function<'_, (), ()>) -> napi::Result<Self> {
        let bell = wake.build_threadsafe_function().callee_handled::<false>().build()?;
        let desk = Desk {
            inbox: Arc::new(Inbox::new(bell)),
            calls: Mutex::default(),
            streams: Mutex::default(),
            runtime: runtime::handle()?,
        };
        Ok(Self { node: Arc::default(), desk: Arc::new(desk) })
    }

    /// Takes what is in the inbox.
    #[napi]
    pub fn take(&self) -> Vec<Letter> {
        self.desk.inbox.take()
    }

    /// Starts a call: `open`, `command`, `query`, `events` or `close`.
    #[napi]
    pub fn submit(&self, id: u32, operation: String, text: String) -> napi::Result<()> {
        if operation == "open" {
            let (node, inbox) = (Arc::clone(&self.node), Arc::clone(&self.desk.inbox));
            self.desk.run(id, async move {
                let host = ffi::Host::open(&text, inbox).await?;
                let twice = |_| Error::new(ErrorKind::Conflict, "it is open already");
                node.set(host).map(|()| None).map_err(twice)
            });
            return Ok(());
        }
        let desk = Arc::downgrade(&self.desk);
        let host = self.host()?.clone();
        self.desk.run(id, async move {
            let nothing = Cancel::new();
            match operation.as_str() {
                "command" => host.command(&text, &nothing).await.map(Some),
                "query" => host.query(&text, &nothing).await.map(Some),
                "close" => host.close(&text).await.map(|()| None),
                "events" => {
                    let stream = Arc::new(host.events(&text).await?);
                    let gone = || Error::new(ErrorKind::Closed, "the JavaScript side is gone");
                    let desk = desk.upgrade().ok_or_else(gone)?;
                    locked(&desk.streams).insert(id, stream);
                    Ok(None)
                }
                other => {
                    let why = format!("the native half knows no operation {other:?}");
                    Err(Error::new(ErrorKind::Internal, why))
                }
            }
        });
        Ok(())
    }

    /// Starts to wait for a batch of the feed that the call `feed` opened.
    #[napi]
    pub fn next_batch(&self, id: u32, feed: u32, max: u32) {
        let stream = locked(&self.desk.streams).get(&feed).cloned();
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        self.desk.run(id, async move {
            match stream {
                Some(stream) => stream.next_batch(max).await,
                None => Ok(None),
            }
        });
    }

    /// Ends a feed.
    #[napi]
    pub fn end_feed(&self, feed: u32) {
        if let Some(stream) = locked(&self.desk.streams).remove(&feed) {
            stream.cancel();
        }
    }

    /// Gives up a call. It is not answered any more, unless it was just now.
    #[napi]
    pub fn cancel(&self, id: u32) {
        if let Some(call) = locked(&self.desk.calls).remove(&id) {
            call.abort();
        }
    }

    /// Answers what JavaScript was called for: with JSON, or with an error as JSON.
    #[napi]
    pub fn reply(
        &self,
        id: i64,
        answer: Option<String>,
        error: Option<String>,
    ) -> napi::Result<()> {
        let reply = match (answer, error) {
            (Some(answer), None) => Ok(answer),
            (None, Some(error)) => {
                let wrong = |error| napi::Error::from_reason(format!("no error: {error}"));
                Err(serde_json::from_str::<ErrorInfo>(&error).map_err(wrong)?.into())
            }
            _ => return Err(napi::Error::from_reason("either an answer or an error")),
        };
        if let Ok(id) = u64::try_from(id) {
            self.desk.inbox.reply(id, reply);
        }
        Ok(())
    }

    /// The same node for a tenant and an actor, with the same inbox. What is thrown has an error as JSON
    /// for its message.
    #[napi]
    pub fn scoped(&self, tenant: Option<String>, actor: Option<String>) -> napi::Result<Self> {
        let scoped = self.host()?.scoped(tenant.as_deref(), actor.as_deref());
        let node = scoped.map_err(|error| napi::Error::from_reason(written(&error)))?;
        Ok(Self { node: Arc::new(OnceLock::from(node)), desk: Arc::clone(&self.desk) })
    }

    /// Nobody takes from the inbox any more. The event loop is not kept alive from here on.
    #[napi]
    pub fn end(&self) {
        self.desk.inbox.end();
    }

    fn host(&self) -> napi::Result<&ffi::Host> {
        self.node.get().ok_or_else(|| napi::Error::from_reason("the node is not open"))
    }
}

fn written(error: &Error) -> String {
    serde_json::to_string(&error.info()).unwrap_or_default()
}
