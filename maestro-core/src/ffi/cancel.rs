//! Giving up a wait, for languages that cannot drop a future.

use std::future::Future;

use futures::future::{Either, select};

use crate::error::{Error, ErrorKind, Result};

/// Gives up a call. Whatever the call waits for goes on, as if its future had been dropped.
#[derive(Debug, Clone)]
pub struct Cancel {
    sender: async_channel::Sender<()>,
    receiver: async_channel::Receiver<()>,
}

impl Default for Cancel {
    fn default() -> Self {
        let (sender, receiver) = async_channel::bounded(1);
        Self { sender, receiver }
    }
}

impl Cancel {
    /// One that has not been used.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives up every call that this was given to. Doing it again changes nothing.
    pub fn cancel(&self) {
        self.sender.close();
    }

    /// Whether it was used.
    pub fn is_cancelled(&self) -> bool {
        self.sender.is_closed()
    }

    /// What the future gives, or none when it was given up.
    pub(super) async fn or<F: Future>(&self, future: F) -> Option<F::Output> {
        let given_up = async { while self.receiver.recv().await.is_ok() {} };
        match select(Box::pin(given_up), Box::pin(future)).await {
            Either::Left(_) => None,
            Either::Right((output, _)) => Some(output),
        }
    }

    /// The same as a result: `Cancelled` when it was given up.
    pub(super) async fn guard<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let given_up = || Error::new(ErrorKind::Cancelled, "the caller gave up waiting");
        self.or(future).await.unwrap_or_else(|| Err(given_up()))
    }
}
