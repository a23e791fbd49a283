//! One program that runs, as its connection and the I/O thread share it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_channel::Sender;
use futures::channel::oneshot;

use super::io_thread::{blocking, sleep, within};
use super::tree::Tree;
use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;
use crate::runtime::{Bell, Latch};
use crate::transport::frames::Frames;
use crate::transport::proc_table::Signal;
use crate::transport::{ExitStatus, StopGrace};

/// How long a guardian may take to end its tree at once: it gives up by itself after 10 s.
const GUARDIAN: Duration = Duration::from_secs(12);
/// How long a tree may take after that, when it is killed from here.
const FROM_HERE: Duration = Duration::from_secs(3);
/// How often a tree that has to end is told so. Signals of one kind do not queue, so two at once
/// would be one.
const TOLD_EVERY: Duration = Duration::from_millis(20);

/// A line for the program, and whom to tell when it was written. Dropping that says that it was not.
pub(super) type Line = (Vec<u8>, oneshot::Sender<()>);

/// One program that runs. Its futures belong on the I/O thread.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) owner: NodeId,
    pub(super) tree: Tree,
    /// How long the tree may take to end without being told how long.
    pub(super) grace: Duration,
    pub(super) frames: Frames,
    pub(super) input: Sender<Line>,
    /// Rung when a line was written to it.
    pub(super) told: Bell,
    /// Set when the root was reaped and nothing of the tree is left.
    pub(super) ended: Latch<ExitStatus>,
    /// Set when the last frame is there to be read.
    pub(super) finished: Latch<()>,
    /// Its connection was dropped.
    pub(super) dropped: AtomicBool,
}

impl Program {
    /// Whether it runs, and its connection is still there.
    pub(super) fn is_in_use(&self) -> bool {
        self.ended.get().is_none() && !self.dropped.load(Ordering::Acquire)
    }

    /// Lets the program read what was sent so far, and then the end of its input.
    pub(super) fn close_input(&self) {
        self.input.close();
    }

    /// On the I/O thread, which also reaps: the root is not another process yet.
    pub(super) fn interrupt(&self) -> Result<()> {
        if self.ended.get().is_none() && self.tree.signal_root(Signal::Interrupt)? {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Closed, "the program has ended"))
    }

    /// Closes the input, waits, asks, waits, forces.
    pub(super) async fn stop(&self, grace: StopGrace) -> Result<ExitStatus> {
        self.close_input();
        if let Some(status) = self.ends_within(grace.after_eof).await {
            return Ok(status);
        }
        if !grace.after_term.is_zero() {
            self.ask_to_end(grace.after_term).await?;
            if let Some(status) = self.ends_within(grace.after_term).await {
                return Ok(status);
            }
        }
        self.kill().await
    }

    async fn ask_to_end(&self, patience: Duration) -> Result<()> {
        if self.tree.guarded && patience <= self.grace {
            self.tree.signal_root(Signal::Terminate)?;
            return Ok(());
        }
        // A guardian that is told to end its tree waits no longer than it was told at its start.
        let tree = self.tree.clone();
        blocking(move || tree.signal_members(Signal::Terminate)).await?;
        Ok(())
    }

    /// Ends everything at once.
    ///
    /// # Errors
    /// `Timeout` when something cannot be killed.
    pub(super) async fn kill(&self) -> Result<ExitStatus> {
        if self.tree.guarded {
            let through_guardian = async {
                loop {
                    self.tree.signal_root(Signal::Terminate)?;
                    if let Some(status) = self.ends_within(TOLD_EVERY).await {
                        return Ok(status);
                    }
                }
            };
            if let Some(ended) = within(GUARDIAN, through_guardian).await {
                return ended;
            }
        }
        let from_here = async {
            loop {
                let tree = self.tree.clone();
                blocking(move || {
                    tree.signal_members(Signal::Kill)?;
                    tree.signal_root(Signal::Kill)
                })
                .await?;
                if let Some(status) = self.ends_within(TOLD_EVERY).await {
                    return Ok(status);
                }
            }
        };
        within(FROM_HERE, from_here).await.unwrap_or_else(|| {
            Err(Error::new(ErrorKind::Timeout, "the program cannot be ended")
                .with("pid", self.tree.root.pid))
        })
    }

    async fn ends_within(&self, time: Duration) -> Option<ExitStatus> {
        if time.is_zero() {
            return self.ended.get();
        }
        within(time, self.ended.wait()).await
    }

    /// Ends what an unguarded program left behind, or the tree of a guardian that was killed.
    pub(super) async fn sweep(&self) -> Result<()> {
        let mut waited = Duration::ZERO;
        let mut clean = 0;
        // A process that is being forked can be missing in one scan, not in two.
        while clean < 2 {
            let signal = if waited < self.grace { Signal::Terminate } else { Signal::Kill };
            let tree = self.tree.clone();
            if blocking(move || tree.signal_members(signal)).await? {
                clean = 0;
            } else {
                clean += 1;
            }
            if waited > self.grace + FROM_HERE {
                return Err(Error::new(
                    ErrorKind::Timeout,
                    "what a program left behind cannot be ended",
                )
                .with("pid", self.tree.root.pid));
            }
            sleep(TOLD_EVERY).await;
            waited += TOLD_EVERY;
        }
        let tree = self.tree.clone();
        blocking(move || {
            tree.forget();
            Ok(())
        })
        .await
    }
}
