//! Git's own lock on the index of a checkout, taken while its files are moved: no git that changes
//! the checkout works meanwhile.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::failure;
use super::lock::Lock;
use super::run::Git;
use super::settle::disk;
use crate::error::Result;
use crate::runtime::RuntimeExt as _;
use crate::workspace::file::{self, Links};

/// What is in the lock. Whoever holds the lock on merges and finds it knows that its owner is dead.
const CONTENT: &[u8] = b"maestro-merge\n";

/// A lock on an index, until it is dropped.
#[derive(Debug)]
pub(super) struct IndexLock {
    path: PathBuf,
    /// Open, so that everybody who looks for its holder finds one.
    _file: File,
    _merges: Lock,
}

impl IndexLock {
    /// Waits for the lock on the index in a worktree's own git directory.
    pub(super) async fn take(git: &Git, own: &Path, merges: &Lock) -> Result<Self> {
        let path = own.join("index.lock");
        let runtime = git.runtime();
        let deadline = runtime.monotonic() + git.patience();
        let mut pause = Duration::from_millis(20);
        loop {
            let (name, merges) = (path.clone(), merges.clone());
            let taken = git.blocking("index", move || create(name, merges)).await?;
            match taken {
                Ok(lock) => return Ok(lock),
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(disk(&error).with("lock", path.display()));
                }
                Err(_) if runtime.monotonic() < deadline => {
                    runtime.sleep(runtime.jitter(pause)).await;
                    pause = (pause * 2).min(Duration::from_millis(400));
                }
                Err(_) if git.remove_abandoned(&path, None).await? => {}
                Err(_) => {
                    let lock = path.display().to_string();
                    return Err(failure::locked("moving the checkout", &lock));
                }
            }
        }
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        // One that stays is known by its content.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes a lock that a killed merge left. Whoever calls it holds the lock on merges.
pub(super) fn remove_dead(path: &Path) -> io::Result<()> {
    match file::read(path, Links::Refused, CONTENT.len() as u64) {
        Ok(content) if content == CONTENT => fs::remove_file(path),
        _ => Ok(()),
    }
}

fn create(path: PathBuf, merges: Lock) -> io::Result<IndexLock> {
    remove_dead(&path)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    let written = file.write_all(CONTENT);
    let lock = IndexLock { path, _file: file, _merges: merges };
    written.map(|()| lock)
}
