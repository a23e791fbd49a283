//! What waits for the host language.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::channel::oneshot;

use super::Foreign;
use crate::error::{Error, ErrorKind, Result};

/// One thing to tell the host language.
#[derive(Debug)]
pub struct Letter {
    /// What it is.
    pub what: What,
    /// The call that it is about.
    pub id: u64,
    /// What is called.
    pub name: Option<String>,
    /// JSON: the answer, the error or the request.
    pub text: Option<String>,
    /// With a batch of a feed, JSON of what its events have in common, as in [`Batch`](super::Batch).
    pub common: Option<String>,
    /// With a batch of a feed, what each event has as its `raw`; empty when none has any.
    pub frames: Vec<Option<String>>,
}

/// What a letter is; the number is the one on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum What {
    /// A call has its answer.
    Answer = 0,
    /// A call failed; the text is the error.
    Error = 1,
    /// Something that the host language implements is called.
    Call = 2,
    /// What has this id is to stop.
    Cancel = 3,
}

type Bell = Box<dyn Fn() + Send + Sync>;

/// Letters for the host language, and what it has still to answer.
pub(super) struct Inbox {
    letters: Mutex<Vec<Letter>>,
    bell: Mutex<Option<Bell>>,
    replies: Mutex<Option<HashMap<u64, oneshot::Sender<Result<String>>>>>,
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inbox {
    pub(super) fn new(bell: Bell) -> Self {
        let replies = Mutex::new(Some(HashMap::new()));
        Self { letters: Mutex::default(), bell: Mutex::new(Some(bell)), replies }
    }

    /// Leaves a letter. Only the first one rings.
    pub(super) fn put(&self, letter: Letter) {
        let mut letters = locked(&self.letters);
        letters.push(letter);
        if letters.len() > 1 {
            return;
        }
        drop(letters);
        if let Some(bell) = &*locked(&self.bell) {
            bell();
        }
    }

    /// Takes all letters.
    pub(super) fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut locked(&self.letters))
    }

    /// Takes the host language's answer to a call.
    pub(super) fn reply(&self, id: u64, reply: Result<String>) {
        let waiting = locked(&self.replies).as_mut().and_then(|replies| replies.remove(&id));
        if let Some(waiting) = waiting {
            // Nobody may wait any more.
            let _ = waiting.send(reply);
        }
    }

    /// How many calls the host language has still to answer.
    pub(super) fn unanswered(&self) -> usize {
        locked(&self.replies).as_ref().map_or(0, HashMap::len)
    }

    /// Nobody looks here any more.
    pub(super) fn end(&self) {
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
        let gone = || Error::new(ErrorKind::Closed, "the host language is gone");
        let (reply, replied) = oneshot::channel();
        if let Some(replies) = &mut *locked(&self.replies) {
            replies.insert(id, reply);
        } else {
            return Err(gone());
        }
        self.put(Letter {
            what: What::Call,
            id,
            name: Some(name),
            text: Some(request),
            common: None,
            frames: Vec::new(),
        });
        replied.await.unwrap_or_else(|_| Err(gone()))
    }

    fn cancel(&self, id: u64) {
        self.put(Letter {
            what: What::Cancel,
            id,
            name: None,
            text: None,
            common: None,
            frames: Vec::new(),
        });
    }
}
