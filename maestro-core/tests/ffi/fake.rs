//! A host language that is Rust, and a node for it.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::{BoxFuture, Either, select};
use maestro_core::error::ErrorInfo;
use maestro_core::ffi::{Cancel, EventStream, Foreign, Host};
use maestro_core::{Error, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

type Answer = BoxFuture<'static, Result<Value>>;
type Handler = Arc<dyn Fn(Value) -> Answer + Send + Sync>;

/// A host language: async functions by the name of what they answer. One that is cancelled ends as one
/// of a real host does, with an error of the kind `cancelled`.
#[derive(Default)]
pub(crate) struct Fake {
    handlers: HashMap<&'static str, Handler>,
    under_way: Mutex<HashMap<u64, async_channel::Sender<()>>>,
    cancelled: Mutex<Vec<u64>>,
    faults: Mutex<Vec<Value>>,
}

impl Fake {
    pub(crate) fn on<F, R>(mut self, name: &'static str, handler: F) -> Self
    where
        F: Fn(Value) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value>> + Send + 'static,
    {
        self.handlers.insert(name, Arc::new(move |request| Box::pin(handler(request))));
        self
    }

    /// What it was told to log.
    pub(crate) fn faults(&self) -> Vec<Value> {
        self.faults.lock().unwrap().clone()
    }

    pub(crate) fn cancelled(&self) -> Vec<u64> {
        self.cancelled.lock().unwrap().clone()
    }
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fake").finish_non_exhaustive()
    }
}

#[async_trait]
impl Foreign for Fake {
    async fn call(&self, id: u64, name: String, request: String) -> Result<String> {
        if name == "fault" {
            self.faults.lock().unwrap().push(serde_json::from_str(&request).unwrap());
            return Ok("null".to_owned());
        }
        let (stop, stopped) = async_channel::bounded::<()>(1);
        self.under_way.lock().unwrap().insert(id, stop);
        let handler = Arc::clone(&self.handlers[name.as_str()]);
        let answer = handler(serde_json::from_str(&request).unwrap());
        let answer = match select(answer, Box::pin(stopped.recv())).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(error("cancelled", "CancelledError", false)),
        };
        self.under_way.lock().unwrap().remove(&id);
        answer.map(|value| value.to_string())
    }

    fn cancel(&self, id: u64) {
        self.cancelled.lock().unwrap().push(id);
        self.under_way.lock().unwrap().remove(&id);
    }
}

/// An exception of the host.
pub(crate) fn error(kind: &str, message: &str, retryable: bool) -> Error {
    let info = json!({ "kind": kind, "message": message, "retryable": retryable });
    serde_json::from_value::<ErrorInfo>(info).unwrap().into()
}

/// A node with a project `shop` in a directory of its own.
pub(crate) struct Shop {
    pub(crate) host: Host,
    pub(crate) fake: Arc<Fake>,
    pub(crate) directory: TempDir,
}

impl Shop {
    pub(crate) async fn open(config: Value, fake: Fake) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let fake = Arc::new(fake);
        let host = Host::open(&config.to_string(), fake.clone()).await.unwrap();
        let shop = Self { host, fake, directory };
        let spec = json!({ "name": "shop", "path": shop.directory.path() });
        shop.command("projects.ensure", json!({ "spec": spec })).await.unwrap();
        shop
    }

    pub(crate) async fn command(&self, verb: &str, args: Value) -> Result<Value> {
        command(&self.host, verb, args).await
    }

    pub(crate) async fn query(&self, verb: &str, args: Value) -> Result<Value> {
        let query = json!({ "query": verb, "args": args }).to_string();
        let answer = self.host.query(&query, &Cancel::new()).await?;
        Ok(serde_json::from_str(&answer).unwrap())
    }

    pub(crate) async fn feed(&self, feed: &str, args: Value) -> EventStream {
        self.host.events(&json!({ "feed": feed, "args": args }).to_string()).await.unwrap()
    }

    /// A new session, by its id.
    pub(crate) async fn session(&self) -> String {
        let spec = json!({ "project": "shop" });
        let opened = self.command("sessions.open", json!({ "spec": spec })).await.unwrap();
        opened["session_id"].as_str().unwrap().to_owned()
    }

    /// Asks, and gives the turn as it ended.
    pub(crate) async fn turn(&self, session: &str, text: &str) -> Value {
        let turn = self.prompt(session, text).await;
        let args = json!({ "session_id": session, "turn_id": turn });
        self.query("turns.wait", args).await.unwrap()
    }

    pub(crate) async fn prompt(&self, session: &str, text: &str) -> String {
        let prompt = json!([{ "type": "text", "text": text }]);
        let args = json!({ "session_id": session, "prompt": prompt });
        let turn = self.command("sessions.prompt", args).await.unwrap();
        turn["turn_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn submit(&self, spec: Value) -> String {
        let task = self.command("tasks.submit", json!({ "spec": spec })).await.unwrap();
        task["task_id"].as_str().unwrap().to_owned()
    }

    /// The first event of a type in a feed.
    pub(crate) async fn until(&self, feed: &EventStream, event_type: &str) -> Value {
        loop {
            let batch = feed.next_batch(1).await.unwrap().expect("the event comes");
            let mut batch: Vec<Value> = serde_json::from_str(&batch).unwrap();
            if batch[0]["type"] == event_type {
                return batch.remove(0);
            }
        }
    }
}

pub(crate) async fn command(host: &Host, verb: &str, args: Value) -> Result<Value> {
    let command = json!({ "command": verb, "args": args }).to_string();
    let answer = host.command(&command, &Cancel::new()).await?;
    Ok(serde_json::from_str(&answer).unwrap())
}

/// What a feed gives until it ends.
pub(crate) async fn all(feed: &EventStream) -> Vec<Value> {
    let mut events = Vec::new();
    while let Some(batch) = feed.next_batch(100).await.unwrap() {
        events.extend(serde_json::from_str::<Vec<Value>>(&batch).unwrap());
    }
    events
}
