//! What waits for Python.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use futures::channel::oneshot;
use maestro_core::ffi::Foreign;
use maestro_core::{Error, ErrorKind, Result};

/// One thing to tell Python: what it is, the id that it is about, and texts.
pub(crate) type Letter = (u8, u64, Option<String>, Option<String>);

/// A call has its answer.
pub(crate) const ANSWER: u8 = 0;
/// A call failed; the text is the error.
pub(crate) const ERROR: u8 = 1;
/// Something that Python implements is called: its name and the request.
const CALL: u8 = 2;
/// What has this id is to stop.
const CANCEL: u8 = 3;

/// Letters for Python, and what Python has still to answer.
#[derive(Debug)]
pub(crate) struct Inbox {
    letters: Mutex<Vec<Letter>>,
    bell: UnixStream,
    door: UnixStream,
    replies: Mutex<HashMap<u64, oneshot::Sender<Result<String>>>>,
}

impl Inbox {
    pub(crate) fn new() -> std::io::Result<Self> {
        let (bell, door) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        door.set_nonblocking(true)?;
        Ok(Self { letters: Mutex::default(), bell, door, replies: Mutex::default() })
    }

    /// What becomes readable when there are letters.
    pub(crate) fn fileno(&self) -> i32 {
        self.door.as_raw_fd()
    }

    /// Leaves a letter. Only the first one rings.
    pub(crate) fn put(&self, letter: Letter) {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.push(letter);
        if letters.len() == 1 {
            // A bell that is full rings already.
            let _ = (&self.bell).write(&[0]);
        }
    }

    /// Takes all letters.
    pub(crate) fn take(&self) -> Vec<Letter> {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        // One ring per emptying, so this finds one byte; the next letter rings again.
        let _ = (&self.door).read(&mut [0; 16]);
        std::mem::take(&mut letters)
    }

    /// Takes Python's answer to a call.
    pub(crate) fn reply(&self, id: u64, reply: Result<String>) {
        let waiting = self.replies.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let Some(waiting) = waiting {
            // Nobody may wait any more.
            let _ = waiting.send(reply);
        }
    }
}

#[async_trait]
impl Foreign for Inbox {
    async fn call(&self, id: u64, name: String, request: String) -> Result<String> {
        let (reply, replied) = oneshot::channel();
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).insert(id, reply);
        self.put((CALL, id, Some(name), Some(request)));
        let gone = || Error::new(ErrorKind::Closed, "the Python side is gone");
        replied.await.unwrap_or_else(|_| Err(gone()))
    }

    fn cancel(&self, id: u64) {
        self.put((CANCEL, id, None, None));
    }
}
