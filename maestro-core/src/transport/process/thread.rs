//! The one thread that reads and writes all pipes, so that a busy embedder cannot starve them.

use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Builder, Handle};

use crate::error::{Error, ErrorKind, Result};

/// A private event loop, started at first use and ended by [`IoThread::close`].
#[derive(Debug, Default)]
pub(super) struct IoThread {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    New,
    Running {
        handle: Handle,
        stop: async_channel::Sender<()>,
    },
    Closed,
}

impl IoThread {
    /// The event loop.
    ///
    /// # Errors
    /// `Closed`, or `Unavailable` when the system gives no thread.
    pub(super) fn handle(&self) -> Result<Handle> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Running { handle, .. } => return Ok(handle.clone()),
            State::Closed => return Err(Error::new(ErrorKind::Closed, "the transport is closed")),
            State::New => {}
        }
        let unavailable =
            |error| Error::new(ErrorKind::Unavailable, "no thread for processes").caused_by(error);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(unavailable)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = async_channel::bounded::<()>(1);
        std::thread::Builder::new()
            .name("maestro-io".to_owned())
            .spawn(move || {
                // Ends when the sender is dropped.
                let _ = runtime.block_on(stopped.recv());
            })
            .map_err(unavailable)?;
        *state = State::Running {
            handle: handle.clone(),
            stop,
        };
        Ok(handle)
    }

    /// Ends the thread. What it was doing is dropped.
    pub(super) fn close(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Running { stop, .. } = std::mem::replace(&mut *state, State::Closed) {
            stop.close();
        }
    }
}

impl Drop for IoThread {
    fn drop(&mut self) {
        self.close();
    }
}
