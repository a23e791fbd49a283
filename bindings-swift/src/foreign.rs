//! What Swift implements.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::channel::oneshot;
use maestro_core::ffi;
use maestro_core::{Error, ErrorKind, Result};

use crate::failure;

/// Swift, as the core calls it; see `maestro_core::ffi::Foreign`. Neither method may wait.
///
/// A call is answered by its [`Reply`] rather than by an asynchronous method, so that it is known on
/// the other side before anything can cancel it.
#[uniffi::export(rust, foreign)]
pub trait Foreign: Send + Sync {
    /// Starts what is asked for.
    fn call(&self, id: u64, name: String, request: String, reply: Arc<Reply>);

    /// Whatever has this id is to stop.
    fn cancel(&self, id: u64);
}

/// Takes the answer to one call.
#[derive(Debug, uniffi::Object)]
pub struct Reply(Mutex<Option<oneshot::Sender<Result<String>>>>);

impl Reply {
    fn put(&self, answer: Result<String>) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waiting) = waiting {
            // Nobody may wait any more.
            let _ = waiting.send(answer);
        }
    }
}

#[uniffi::export]
impl Reply {
    /// The answer, as JSON. Only the first one counts.
    pub fn succeed(&self, answer: String) {
        self.put(Ok(answer));
    }

    /// The error, an `ErrorInfo` as JSON.
    pub fn fail(&self, info: &str) {
        self.put(Err(failure::read(info)));
    }
}

/// Swift, as a port of the core.
pub(crate) struct Port(pub(crate) Arc<dyn Foreign>);

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port").finish_non_exhaustive()
    }
}

#[async_trait]
impl ffi::Foreign for Port {
    async fn call(&self, id: u64, name: String, request: String) -> Result<String> {
        let (reply, replied) = oneshot::channel();
        self.0.call(id, name, request, Arc::new(Reply(Mutex::new(Some(reply)))));
        let gone = || Error::new(ErrorKind::Closed, "the Swift side did not answer");
        replied.await.unwrap_or_else(|_| Err(gone()))
    }

    fn cancel(&self, id: u64) {
        self.0.cancel(id);
    }
}
