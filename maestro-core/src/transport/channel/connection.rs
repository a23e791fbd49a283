//! The connection to one async function.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use futures::channel::oneshot;

use super::Shared;
use super::running::Running;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ProcessRef;
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::transport::{Connection, ExitStatus, Frame, StopGrace};

/// A program that runs, or ran. Dropping it closes the input and asks the program to end, and ends
/// it by force after the default grace.
#[derive(Debug)]
pub(super) struct ChannelConnection {
    process: ProcessRef,
    running: Arc<Running>,
    shared: Arc<Shared>,
}

impl ChannelConnection {
    pub(super) fn new(shared: Arc<Shared>, running: Arc<Running>) -> Self {
        Self {
            process: ProcessRef {
                place: shared.place.clone(),
                pid: running.pid,
                start: u64::from(running.pid),
                boot: None,
                namespace: None,
                started_at: Some(shared.runtime.now()),
            },
            running,
            shared,
        }
    }
}

#[async_trait]
impl Connection for ChannelConnection {
    fn process(&self) -> &ProcessRef {
        &self.process
    }

    async fn send(&self, line: String) -> Result<()> {
        if line.contains(['\n', '\r']) {
            return Err(Error::invalid("line", "has a line break in it"));
        }
        let sent = self.running.input.send(line).await;
        sent.map_err(|_| Error::new(ErrorKind::Closed, "the program takes no more input"))
    }

    async fn next(&self) -> Option<Frame> {
        self.running.frames.next().await
    }

    fn ready(&self) -> Option<Frame> {
        self.running.frames.ready()
    }

    async fn close_input(&self) -> Result<()> {
        self.running.input.close();
        Ok(())
    }

    async fn interrupt(&self) -> Result<()> {
        if self.running.ended.get().is_some() {
            return Err(Error::new(ErrorKind::Closed, "the program has ended"));
        }
        self.running.ask(&self.running.interrupt);
        Ok(())
    }

    /// # Cancel safety
    /// The program is stopped also when nobody waits for it.
    async fn stop(&self, grace: StopGrace) -> Result<ExitStatus> {
        let (stopped, stopping) = oneshot::channel();
        let running = Arc::clone(&self.running);
        let runtime = Arc::clone(&self.shared.runtime);
        let stop = async move {
            // A caller that went away does not care.
            let _ = stopped.send(end(&running, &*runtime, grace).await);
        };
        self.shared.runtime.spawn("channel.stop", Box::pin(stop));
        stopping.await.map_err(|_| Error::new(ErrorKind::Closed, "the runtime has ended"))
    }
}

impl Drop for ChannelConnection {
    fn drop(&mut self) {
        self.running.dropped.store(true, Ordering::Release);
        self.running.frames.abandon();
        if self.running.ended.get().is_some() {
            return;
        }
        // At once, also when the runtime takes no more tasks.
        self.running.input.close();
        self.running.ask(&self.running.terminate);
        let running = Arc::clone(&self.running);
        let runtime = Arc::clone(&self.shared.runtime);
        let end = async move {
            let waiting = running.ended.wait();
            let patience = StopGrace::default().after_term;
            if runtime.timeout(patience, waiting).await.is_none() {
                running.kill(Running::SIGKILL);
            }
        };
        self.shared.runtime.spawn("channel.drop", Box::pin(end));
    }
}

/// Closes the input, waits, asks, waits, forces.
async fn end(running: &Running, runtime: &dyn Runtime, grace: StopGrace) -> ExitStatus {
    running.input.close();
    if let Some(status) = ends_within(running, runtime, grace.after_eof).await {
        return status;
    }
    if !grace.after_term.is_zero() {
        running.ask(&running.terminate);
        if let Some(status) = ends_within(running, runtime, grace.after_term).await {
            return status;
        }
    }
    running.kill(Running::SIGKILL);
    running.ended.wait().await
}

async fn ends_within(
    running: &Running,
    runtime: &dyn Runtime,
    time: Duration,
) -> Option<ExitStatus> {
    if time.is_zero() {
        return running.ended.get();
    }
    runtime.timeout(time, running.ended.wait()).await
}
