//! What waits for JavaScript.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::channel::oneshot;
use maestro_core::ffi::Foreign;
use maestro_core::{Error, ErrorKind, Result};
use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

/// Wakes the event loop, and keeps it alive while it is held.
pub(crate) type Bell = ThreadsafeFunction<(), (), (), Status, false>;

/// One thing to tell JavaScript.
#[napi(object, object_from_js = false)]
#[derive(Debug)]
pub struct Letter {
    /// What it is: 0 a call has its answer, 1 it failed, 2 what JavaScript implements is called, 3 what has this
    /// id is to stop.
    pub what: u32,
    /// The call that it is about.
    pub id: i64,
    /// What is called.
    pub name: Option<String>,
    /// JSON: the answer, the error or the request.
    pub text: Option<String>,
}

/// A call has its answer.
pub(crate) const ANSWER: u32 = 0;
/// A call failed; the text is the error.
pub(crate) const ERROR: u32 = 1;
const CALL: u32 = 2;
const CANCEL: u32 = 3;

/// Letters for JavaScript, and what it has still to answer.
pub(crate) struct Inbox {
    letters: Mutex<Vec<Letter>>,
    bell: Mutex<Option<Bell>>,
    replies: Mutex<Option<HashMap<u64, oneshot::Sender<Result<String>>>>>,
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inbox {
    pub(crate) fn new(bell: Bell) -> Self {
        let replies = Mutex::new(Some(HashMap::new()));
        Self { letters: Mutex::default(), bell: Mutex::new(Some(bell)), replies }
    }

    /// Leaves a letter. Only the first one rings.
    pub(crate) fn put(&self, letter: Letter) {
        let mut letters = locked(&self.letters);
        letters.push(letter);
        if letters.len() > 1 {
            return;
        }
        drop(letters);
        if let Some(bell) = &*locked(&self.bell) {
            // An event loop that has ended wants to hear nothing.
            let _ = bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Takes all letters.
    pub(crate) fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut locked(&self.letters))
    }

    /// Takes JavaScript's answer to a call.
    pub(crate) fn reply(&self, id: u64, reply: Result<String>) {
        let waiting = locked(&self.replies).as_mut().and_then(|replies| replies.remove(&id));
        if let Some(waiting) = waiting {
            // Nobody may wait any more.
            let _ = waiting.send(reply);
        }
    }

    /// Nobody looks here any more: the event loop may end, and whoever waits for JavaScript is told.
    pub(crate) fn end(&self) {
        drop(locked(&self.bell).take());
        drop(locked(&self.replies).take());
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

#[async_trait]
impl Foreign for Inbox {
    async fn call(&self, id: u64, name: String, request: String) -> Result<String> {
        let gone = || Error::new(ErrorKind::Closed, "the JavaScript side is gone");
        let (reply, replied) = oneshot::channel();
        if let Some(replies) = &mut *locked(&self.replies) {
            replies.insert(id, reply);
        } else {
            return Err(gone());
        }
        let (name, text) = (Some(name), Some(request));
        self.put(Letter { what: CALL, id: signed(id), name, text });
        replied.await.unwrap_or_else(|_| Err(gone()))
    }

    fn cancel(&self, id: u64) {
        self.put(Letter { what: CANCEL, id: signed(id), name: None, text: None });
    }
}

/// An id as JavaScript has it. Ids count calls, so none is near the end.
fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}
