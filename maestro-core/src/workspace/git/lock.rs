//! Locks between nodes for what git itself does not do one at a time: changing the list of
//! worktrees, and moving the user's checkout.
//!
//! They are locks of the operating system on empty files in the shared git directory. The git
//! process that works under one inherits it as its input, so that a lock lasts as long as that
//! process, also when its node is killed, and never longer.

use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::time::Duration;

use super::repo::Repo;
use super::settle::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::workspace::file;

/// What is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// The list of worktrees, to read it.
    WorktreesToRead,
    /// The list of worktrees, to change it.
    Worktrees,
    /// The checkouts that merges move on.
    Merges,
}

/// A lock, until it is dropped and the processes that inherited it have ended.
#[derive(Debug, Clone)]
pub(super) struct Lock(pub(super) Arc<File>);

impl Repo {
    /// Waits for a lock, as long as one git command may take.
    pub(super) async fn lock(&self, of: Of) -> Result<Lock> {
        let path = self.common.join(match of {
            Of::WorktreesToRead | Of::Worktrees => "maestro-worktrees.lock",
            Of::Merges => "maestro-merges.lock",
        });
        let open = path.clone();
        let opened = self.git.blocking("lock", move || file::open_lock(&open)).await?;
        let opened = opened.map_err(|error| disk(&error).with("path", path.display()));
        let file = Arc::new(opened?);
        let runtime = self.git.runtime();
        let deadline = runtime.monotonic() + self.git.time_limit();
        let mut pause = Duration::from_millis(1);
        loop {
            let tried = match of {
                Of::WorktreesToRead => file.try_lock_shared(),
                Of::Worktrees | Of::Merges => file.try_lock(),
            };
            match tried {
                Ok(()) => return Ok(Lock(file)),
                Err(TryLockError::Error(error)) => {
                    return Err(disk(&error).with("lock", path.display()));
                }
                Err(TryLockError::WouldBlock) if runtime.monotonic() < deadline => {
                    runtime.sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_millis(50));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        ErrorKind::Unavailable,
                        "another node works in the repository all the time; try again later",
                    )
                    .with("lock", path.display()));
                }
            }
        }
    }
}
