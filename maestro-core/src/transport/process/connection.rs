//! The connection to one process.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use futures::channel::oneshot;

use super::program::Program;
use super::transport::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ProcessRef;
use crate::transport::{Connection, ExitStatus, Frame, StopGrace};

/// A program that runs, or ran. Dropping it closes the input and asks the tree to end, and has it
/// killed after the configured grace, without waiting for any of that.
#[derive(Debug)]
pub(super) struct ProcessConnection {
    process: ProcessRef,
    program: Arc<Program>,
    shared: Arc<Shared>,
}

impl ProcessConnection {
    pub(super) fn new(shared: Arc<Shared>, program: Arc<Program>) -> Self {
        let started_at = shared.config.runtime.as_ref().map(|runtime| runtime.now());
        Self { process: shared.host.reference(program.tree.root, started_at), program, shared }
    }
}

#[async_trait]
impl Connection for ProcessConnection {
    fn process(&self) -> &ProcessRef {
        &self.process
    }

    /// # Cancel safety
    /// The line is written whole or not at all.
    async fn send(&self, line: String) -> Result<()> {
        if line.contains(['\n', '\r']) {
            return Err(Error::invalid("line", "has a line break in it"));
        }
        let _external = self.shared.external();
        let mut line = line.into_bytes();
        line.push(b'\n');
        let (written, writing) = oneshot::channel();
        let closed = || Error::new(ErrorKind::Closed, "the program takes no more input");
        let queued = self.program.input.send((line, written)).await;
        queued.map_err(|_| closed())?;
        writing.await.map_err(|_| closed())
    }

    async fn next(&self) -> Option<Frame> {
        let _external = self.shared.external();
        self.program.frames.next().await
    }

    fn ready(&self) -> Option<Frame> {
        self.program.frames.ready()
    }

    async fn close_input(&self) -> Result<()> {
        self.program.close_input();
        Ok(())
    }

    async fn interrupt(&self) -> Result<()> {
        let _external = self.shared.external();
        let program = Arc::clone(&self.program);
        let interrupting = async move { program.interrupt() };
        self.shared.io.run(interrupting).await
    }

    /// # Cancel safety
    /// The program is stopped also when nobody waits for it.
    async fn stop(&self, grace: StopGrace) -> Result<ExitStatus> {
        let _external = self.shared.external();
        if let Some(status) = self.program.ended.get() {
            return Ok(status);
        }
        let program = Arc::clone(&self.program);
        let stopping = async move { program.stop(grace).await };
        match self.shared.io.run(stopping).await {
            // The transport is being closed, which ends the program too.
            Err(error) if error.kind() == ErrorKind::Closed => {
                self.shared.io.close().await;
                self.program.ended.get().ok_or(error)
            }
            stopped => stopped,
        }
    }
}

impl Drop for ProcessConnection {
    fn drop(&mut self) {
        self.program.dropped.store(true, Ordering::Release);
        self.program.frames.abandon();
        if self.program.ended.get().is_some() {
            return;
        }
        let program = Arc::clone(&self.program);
        self.shared.io.detach(async move {
            let grace = StopGrace { after_eof: Duration::ZERO, after_term: program.grace };
            if let Err(error) = program.stop(grace).await {
                tracing::error!(%error, "a dropped program does not end");
            }
        });
    }
}
