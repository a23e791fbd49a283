//! Connections: opening them, and waiting for other processes.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use rusqlite::{Connection, OpenFlags};

use super::fault::{Fault, is_busy};
use super::read::Readers;
use super::{Durability, Sqlite};

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 128;

/// Waits for a lock that another process holds: short, growing, jittered pauses up to a limit.
///
/// SQLite's own busy handler is off. It sleeps in fixed steps, so that many waiters meet again and
/// again, and it is skipped where SQLite fears a deadlock, for example while the journal mode
/// changes or a log is recovered.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Duration,
    waited: Duration,
    pause: Duration,
}

impl Patience {
    const FIRST: Duration = Duration::from_micros(200);
    const LONGEST: Duration = Duration::from_millis(20);

    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, waited: Duration::ZERO, pause: Self::FIRST }
    }

    /// Waits once more; false when the limit is used up.
    pub(super) fn wait(&mut self) -> bool {
        if self.waited >= self.limit {
            return false;
        }
        let pause = self.pause.mul_f64(0.5 + fastrand::f64());
        std::thread::park_timeout(pause);
        self.waited += pause;
        self.pause = (self.pause * 2).min(Self::LONGEST);
        true
    }

    /// Repeats a call for as long as others are in the way.
    pub(super) fn retry<T>(
        limit: Duration,
        mut call: impl FnMut() -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let mut patience = Self::new(limit);
        loop {
            match call() {
                Err(error) if is_busy(&error) && patience.wait() => {}
                result => return result,
            }
        }
    }

    /// The same for a call that may also refuse.
    pub(super) fn retry_fault<T>(
        limit: Duration,
        mut call: impl FnMut() -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut patience = Self::new(limit);
        loop {
            match call() {
                Err(Fault::Sql(error)) if is_busy(&error) && patience.wait() => {}
                result => return result,
            }
        }
    }
}

fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    // A URI of a user is not accepted: it could switch locking off. One thread uses each connection.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Opens the file for the writer, without touching it yet.
pub(super) fn writer(path: &Path) -> rusqlite::Result<Connection> {
    open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
}

/// Sets the writer's connection up. It may have to wait for others that do the same.
pub(super) fn prepare_writer(connection: &Connection, config: &Sqlite) -> rusqlite::Result<()> {
    Patience::retry(config.busy_limit, || connection.pragma_update(None, "journal_mode", "wal"))?;
    // FULL waits for the disk at each commit. On macOS only F_FULLFSYNC does; elsewhere the
    // pragma changes nothing.
    let (synchronous, fullfsync) = match config.durability {
        Durability::Full => ("full", true),
        Durability::Relaxed => ("normal", false),
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "fullfsync", fullfsync)?;
    connection.pragma_update(None, "checkpoint_fullfsync", fullfsync)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Truncates a log that grew while a reader kept it from being reset.
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    cache(connection, config.page_cache)?;
    if let Some(pages) = config.max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    common(connection)
}

thread_local! {
    /// How many pages the log had after the last commit of this thread. A hook can carry nothing with it, and
    /// SQLite calls it on the thread that commits.
    static LOG_PAGES: Cell<i32> = const { Cell::new(0) };
}

/// Has this thread know how long the log is after each of its commits.
pub(super) fn watch_log(connection: &Connection) {
    connection.wal_hook(Some(|_: &Wal, pages| {
        LOG_PAGES.set(pages);
        Ok(())
    }));
}

/// Keeps the log short: a reader moves it into the file when the last commit of this thread made it 8 MiB
/// long. While there is always more, that does not keep up, so at 32 MiB the writer waits for that reader
/// and does it itself.
pub(super) fn move_log(connection: &Connection, readers: &Readers) {
    const LONG: i32 = 2000;
    const TOO_LONG: i32 = 8000;
    let pages = LOG_PAGES.take();
    if pages >= TOO_LONG {
        let _turn = readers.turn();
        // Other processes may be in the way; the next commit tries again.
        if let Err(error) = checkpoint(connection) {
            tracing::debug!(%error, "the log is moved into the file later");
        }
    } else if pages >= LONG {
        readers.move_log();
    }
}

/// Moves what nobody else is in the way of from the log into the file.
pub(super) fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], |_| Ok(()))
}

/// Opens a connection that cannot write.
pub(super) fn reader(
    path: &Path,
    busy_limit: Duration,
    page_cache: usize,
) -> rusqlite::Result<Connection> {
    Patience::retry(busy_limit, || {
        let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        cache(&connection, page_cache)?;
        connection.pragma_update(None, "query_only", true)?;
        // It may move the log into the file.
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        common(&connection)?;
        Ok(connection)
    })
}

/// Opens a connection for a look at what is in the file now. It leaves the log alone.
pub(super) fn passing(path: &Path) -> rusqlite::Result<Connection> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    common(&connection)?;
    Ok(connection)
}

/// Opens a connection that reads the file alone, without the log beside it and without locks. What it finds
/// may be half of what is being moved from the log into the file.
#[cfg(unix)]
pub(super) fn file_alone(path: &Path) -> rusqlite::Result<Connection> {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            let _ = write!(uri, "%{byte:02x}");
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let connection = open(Path::new(&uri), flags)?;
    common(&connection)?;
    Ok(connection)
}

fn cache(connection: &Connection, bytes: usize) -> rusqlite::Result<()> {
    // Below 0 it is KiB, else pages.
    let kib = i64::try_from(bytes / 1024).unwrap_or(i64::MAX).max(64);
    connection.pragma_update(None, "cache_size", -kib)
}

fn common(connection: &Connection) -> rusqlite::Result<()> {
    // Mapped pages turn a write error of another process into a crash of this one.
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // Statements are planned once: the planner may not look at the values that are bound, or each
    // address that is read would be a reason to plan anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A tampered schema must not run functions with side effects.
    connection.pragma_update(None, "trusted_schema", false)
}
