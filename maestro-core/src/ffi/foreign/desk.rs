//! What is under way between the core and the host language.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Foreign;
use super::conversation::Conversation;
use crate::error::{Error, ErrorKind, Result};
use crate::ffi::read;
use crate::task::TaskContext;

/// Hands out ids, makes calls, and finds what the host language names by an id.
#[derive(Debug)]
pub(in crate::ffi) struct Desk {
    foreign: Arc<dyn Foreign>,
    last_id: AtomicU64,
    runs: Mutex<HashMap<u64, TaskContext>>,
    conversations: Mutex<HashMap<u64, Arc<Conversation>>>,
}

impl Desk {
    pub(in crate::ffi) fn new(foreign: Arc<dyn Foreign>) -> Self {
        Self {
            foreign,
            last_id: AtomicU64::new(0),
            runs: Mutex::default(),
            conversations: Mutex::default(),
        }
    }

    /// An id that no other call has.
    pub(super) fn id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Asks the host language.
    ///
    /// # Cancel safety
    /// Dropping the future tells the host language to cancel.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        id: u64,
        name: &str,
        request: &(impl Serialize + Sync),
    ) -> Result<T> {
        let request = serde_json::to_string(request).map_err(|error| {
            Error::new(ErrorKind::Internal, "a call cannot be written as JSON").caused_by(error)
        })?;
        let mut unfinished = Unfinished { desk: self, id: Some(id) };
        let reply = self.foreign.call(id, name.to_owned(), request).await;
        unfinished.id = None;
        let answer = reply.and_then(|reply| {
            read(&reply, ErrorKind::Protocol, &format!("the answer to `{name}`"))
        });
        if let Err(error) = &answer
            && let Some(message) = fault(name, error.kind())
        {
            self.tell(message, error).await;
        }
        answer
    }

    /// Has the host language log what its user would not see elsewhere.
    async fn tell(&self, message: &str, error: &Error) {
        tracing::error!(%error, "{message}");
        let request = json!({ "message": message, "error": error.info() }).to_string();
        // Where it cannot be told, nobody is there any more.
        let _ = self.foreign.call(self.id(), "fault".to_owned(), request).await;
    }

    /// Lets the host language stop what has this id.
    pub(super) fn cancel(&self, id: u64) {
        self.foreign.cancel(id);
    }

    pub(in crate::ffi) fn run(&self, id: u64) -> Result<TaskContext> {
        let gone = || Error::new(ErrorKind::Closed, "the attempt is over").with("run", id);
        locked(&self.runs).get(&id).cloned().ok_or_else(gone)
    }

    pub(in crate::ffi) fn conversation(&self, id: u64) -> Result<Arc<Conversation>> {
        let gone =
            || Error::new(ErrorKind::Closed, "the conversation is over").with("conversation", id);
        locked(&self.conversations).get(&id).cloned().ok_or_else(gone)
    }

    /// How many attempts and conversations are known.
    pub(in crate::ffi) fn known(&self) -> (usize, usize) {
        (locked(&self.runs).len(), locked(&self.conversations).len())
    }

    /// Makes an attempt known until the guard is dropped.
    pub(super) fn note_run(&self, id: u64, context: TaskContext) -> impl Drop + Send {
        locked(&self.runs).insert(id, context);
        Noted { map: &self.runs, id }
    }

    /// Makes a conversation known.
    pub(super) fn note_conversation(&self, id: u64, conversation: Arc<Conversation>) {
        locked(&self.conversations).insert(id, conversation);
    }

    /// A conversation is over.
    pub(super) fn forget_conversation(&self, id: u64) {
        if locked(&self.conversations).remove(&id).is_some() {
            self.foreign.cancel(id);
        }
    }
}

/// What to say of an answer that is an error, if it is a mistake in the user's code: anything but an error of
/// Maestro's own, thrown for whoever asked. Nobody hears that of a permission handler or a hook.
fn fault(call: &str, kind: ErrorKind) -> Option<&'static str> {
    match (call, kind) {
        (_, ErrorKind::Cancelled | ErrorKind::Closed) => None,
        ("permission.decide", _) => {
            Some("the permission handler failed; the question waits for a person")
        }
        ("hook.call", _) => Some("a hook failed; what it can deny is denied"),
        ("tool.call", ErrorKind::Internal | ErrorKind::Protocol) => {
            Some("a tool failed; the agent is told")
        }
        ("task.run", ErrorKind::Internal | ErrorKind::Protocol) => {
            Some("a kind of task failed; the attempt fails with it")
        }
        (_, ErrorKind::Internal | ErrorKind::Protocol) => Some("an agent failed"),
        _ => None,
    }
}

fn locked<T>(map: &Mutex<T>) -> MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells the host language that nobody waits for a call any more.
struct Unfinished<'a> {
    desk: &'a Desk,
    id: Option<u64>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.desk.cancel(id);
        }
    }
}

struct Noted<'a, T> {
    map: &'a Mutex<HashMap<u64, T>>,
    id: u64,
}

impl<T> Drop for Noted<'_, T> {
    fn drop(&mut self) {
        locked(self.map).remove(&self.id);
    }
}
