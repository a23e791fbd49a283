//! The programs that run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::io_thread;
use super::program::Program;
use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;

/// How long reading the last output of ended programs may hold up the end of the thread; it is
/// longer than reading may take by its own bounds.
const LAST_FRAMES: Duration = Duration::from_secs(5);

/// The programs of one transport that were started and whose end was not handled yet.
#[derive(Debug, Default)]
pub(super) struct Registry {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    programs: BTreeMap<u64, Arc<Program>>,
    next: u64,
    closing: bool,
    /// Programs that did not end when everything had to.
    stuck: usize,
}

impl Registry {
    /// Takes in the program that `start` starts, unless everything is ending.
    ///
    /// Called on the I/O thread only, so that the end cannot come in between.
    pub(super) fn add(
        &self,
        start: impl FnOnce() -> Result<Arc<Program>>,
    ) -> Result<(u64, Arc<Program>)> {
        if self.lock().closing {
            return Err(Error::new(ErrorKind::Closed, "the transport is closed"));
        }
        let program = start()?;
        let mut state = self.lock();
        let key = state.next;
        state.next += 1;
        state.programs.insert(key, Arc::clone(&program));
        Ok((key, program))
    }

    pub(super) fn remove(&self, key: u64) {
        self.lock().programs.remove(&key);
    }

    /// Whether somebody here still uses a program of this incarnation.
    pub(super) fn is_alive(&self, owner: NodeId) -> bool {
        let state = self.lock();
        let mut programs = state.programs.values();
        programs.any(|program| program.owner == owner && program.is_in_use())
    }

    /// Ends every program at once, and waits for their last frames.
    pub(super) async fn end_all(&self) {
        let programs: Vec<_> = {
            let mut state = self.lock();
            state.closing = true;
            state.programs.values().cloned().collect()
        };
        let ending = programs.iter().map(|program| async {
            let ended = program.kill().await;
            if let Err(error) = &ended {
                tracing::error!(%error, "a program outlives its transport");
            }
            // Its frames must end all the same.
            let _ = io_thread::within(LAST_FRAMES, program.finished.wait()).await;
            program.frames.finish(ended.as_ref().copied().unwrap_or_default());
            ended.is_err()
        });
        let stuck = futures::future::join_all(ending).await;
        self.lock().stuck = stuck.into_iter().filter(|stuck| *stuck).count();
    }

    /// How many programs did not end when everything had to.
    pub(super) fn stuck(&self) -> usize {
        self.lock().stuck
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
