//! SQLite: the store of an embedded Maestro, one file, any number of processes on one machine.
//!
//! One thread of each process writes. It puts what many callers want into one transaction and
//! answers when it is on disk, so that a hundred callers cost hardly more than one. A few threads
//! read. Processes take turns by SQLite's own locks and notice each other's writes.
//!
//! Two things to know:
//! - **One SQLite library per process.** A second copy that opens the same file in the same
//!   process, for example through another language's driver, breaks the locks of both, since POSIX
//!   drops a process's locks with any descriptor that it closes. Look at the file from another
//!   process (`sqlite3 file`; the views `tasks`, `sessions`, `approvals`, `events` … are for
//!   people), and copy it with `VACUUM INTO` or `.backup`, never with `cp`.
//! - **A local disk.** Network file systems do not keep the locks that this needs and are refused
//!   where they can be recognised.

mod access;
mod append;
mod apply;
mod connection;
mod convert;
mod doorbell;
mod fault;
mod feed;
mod identity;
mod lease;
mod list;
mod open;
mod part;
mod path_lock;
#[cfg(test)]
mod plans;
mod private;
mod queue;
mod read;
mod record;
mod schema;
mod store;
mod tail;
mod touched;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::Result;
use crate::runtime::Runtime;
use crate::storage::{Storage, StorageConfig};

/// What an answered commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// A crash of the process, the system or the power supply (`synchronous=FULL`).
    #[default]
    Full,
    /// A crash of the process. After a crash of the system the latest commits may be missing, but
    /// what is there is whole (`synchronous=NORMAL`).
    Relaxed,
}

/// A SQLite file as the store.
///
/// # Examples
/// ```
/// use maestro_core::storage::sqlite::{Durability, Sqlite};
///
/// let tests = Sqlite::at("maestro.db").profile(Durability::Relaxed).readers(1);
/// # drop(tests);
/// ```
#[derive(Debug, Clone)]
pub struct Sqlite {
    path: PathBuf,
    durability: Durability,
    readers: usize,
    group_count: usize,
    group_time: Duration,
    busy_limit: Duration,
    page_cache: usize,
    max_pages: Option<u32>,
}

impl Sqlite {
    /// The file at `path`. It is made if it is missing; its directory must exist.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            durability: Durability::Full,
            readers: 4,
            group_count: 512,
            group_time: Duration::from_millis(2),
            busy_limit: Duration::from_secs(30),
            page_cache: 16 * 1024 * 1024,
            max_pages: None,
        }
    }

    /// What an answered commit survives. Default: [`Durability::Full`].
    pub fn profile(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How many threads read, each with its own connection; at least 1. Default: 4.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// How many calls one transaction takes along; at least 1. Default: 512.
    pub fn group_count(mut self, count: usize) -> Self {
        self.group_count = count.max(1);
        self
    }

    /// After how long a transaction takes no more calls along, and how long it waits at most for
    /// callers that came along last time. A lone caller never waits. Default: 2 ms.
    pub fn group_time(mut self, time: Duration) -> Self {
        self.group_time = time;
        self
    }

    /// How long a call waits for other processes before it fails as `Unavailable`. Default: 30 s.
    pub fn busy_limit(mut self, limit: Duration) -> Self {
        self.busy_limit = limit;
        self
    }

    /// How many bytes of the file the writer keeps in memory at most, and each reader an eighth of
    /// that; at least 64 KiB each. Default: 16 MiB, so that the upper pages of a dozen indexes stay.
    /// What is not kept costs a read from the system's cache.
    pub fn page_cache(mut self, bytes: usize) -> Self {
        self.page_cache = bytes;
        self
    }

    /// Lets the file grow to so many pages of 4 KiB only, as if the disk were full then. For
    /// tests. Default: no limit.
    #[doc(hidden)]
    pub fn max_pages(mut self, pages: u32) -> Self {
        self.max_pages = Some(pages);
        self
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[async_trait]
impl StorageConfig for Sqlite {
    /// Opens the file, creating or migrating it if need be. Several processes may do so at once.
    ///
    /// # Errors
    /// `InvalidConfig` for a path that cannot be opened or written, a file that is not ours, a
    /// changed migration or a network file system; `Unsupported` for a file that a newer version
    /// keeps for itself; `Unavailable` when other processes keep it busy. All name the path.
    async fn open(&self, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
        open::open(self.clone(), runtime).await
    }

    /// Beside the file, with `-state` after its name.
    fn state_directory(&self) -> Option<PathBuf> {
        let mut name = self.path.file_name()?.to_owned();
        name.push("-state");
        std::path::absolute(self.path.with_file_name(name)).ok()
    }
}
