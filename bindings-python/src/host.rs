//! The node, as Python holds it.

use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use maestro_core::Error;
use maestro_core::ffi::{Post, written};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::runtime;

/// What it is, the id that it is about, and texts: the name and the request of what is called, else
/// the answer or the error, and what the events of a batch have in common. Last what the events of a batch have as their `raw`.
type Letter = (u8, u64, Option<String>, Option<String>, Vec<Option<String>>);

/// A node; the methods that are not Python's own are those of the same name in
/// `maestro_core::ffi::Post`.
#[pyclass(frozen, module = "maestro._native")]
#[derive(Debug)]
pub(crate) struct Host {
    post: Post,
    door: Arc<UnixStream>,
    process: u32,
}

#[pymethods]
impl Host {
    #[new]
    fn new() -> PyResult<Self> {
        let (bell, door) = pair()
            .map_err(|error| PyRuntimeError::new_err(format!("no socket for Maestro: {error}")))?;
        let ring = move || {
            // A bell that is full rings already.
            let _ = (&bell).write(&[0]);
        };
        let post = Post::new(ring, runtime::handle()?);
        Ok(Self { post, door: Arc::new(door), process: std::process::id() })
    }

    /// What becomes readable when `take` has something.
    fn fileno(&self) -> i32 {
        self.door.as_raw_fd()
    }

    /// Takes what is in the inbox.
    fn take(&self) -> Vec<Letter> {
        // Before the letters are taken: the next one after that rings again.
        let _ = (&*self.door).read(&mut [0; 16]);
        let letters = self.post.take().into_iter();
        let letters = letters.map(|letter| match letter.name {
            Some(name) => (letter.what as u8, letter.id, Some(name), letter.text, letter.frames),
            None => (letter.what as u8, letter.id, letter.text, letter.common, letter.frames),
        });
        letters.collect()
    }

    /// Starts a call: `open`, `command`, `query`, `events` or `close`.
    fn submit(&self, id: u64, operation: &str, text: String) -> PyResult<()> {
        self.check()?;
        self.post.submit(id, operation, text).map_err(|error| misused(&error))
    }

    /// Starts to wait for a batch of the feed that the call `feed` opened.
    fn next_batch(&self, id: u64, feed: u64, max: usize) -> PyResult<()> {
        self.check()?;
        self.post.next_batch(id, feed, max);
        Ok(())
    }

    /// Ends a feed.
    fn end_feed(&self, feed: u64) {
        self.post.end_feed(feed);
    }

    /// Gives up a call. It is not answered any more, unless it was just now.
    fn cancel(&self, id: u64) {
        self.post.cancel(id);
    }

    /// Answers what Python was called for: with JSON, or with an error as JSON.
    #[pyo3(signature = (id, answer, error))]
    fn reply(&self, id: u64, answer: Option<String>, error: Option<&str>) -> PyResult<()> {
        self.post.reply(id, answer, error).map_err(|error| misused(&error))
    }

    /// The same node for a tenant and an actor, with the same inbox; or an error as JSON.
    #[pyo3(signature = (tenant, actor))]
    fn scoped(
        &self,
        tenant: Option<&str>,
        actor: Option<&str>,
    ) -> PyResult<(Option<Self>, Option<String>)> {
        self.check()?;
        Ok(match self.post.scoped(tenant, actor) {
            Err(error) => (None, Some(written(&error))),
            Ok(post) => {
                let door = Arc::clone(&self.door);
                (Some(Self { post, door, process: self.process }), None)
            }
        })
    }
}

impl Host {
    /// A process that was forked has none of the threads.
    fn check(&self) -> PyResult<()> {
        if self.process == std::process::id() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this Maestro was opened before the process forked and works in the parent only; open another one \
             here, or start processes with the method `spawn` or `forkserver`",
        ))
    }
}

fn pair() -> std::io::Result<(UnixStream, UnixStream)> {
    let (bell, door) = UnixStream::pair()?;
    bell.set_nonblocking(true)?;
    door.set_nonblocking(true)?;
    Ok((bell, door))
}

/// A mistake of this package, not of its user.
fn misused(error: &Error) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}
