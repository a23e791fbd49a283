//! Opening: checks, migration, and starting the threads.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use futures::channel::oneshot;

use super::fault::describe;
use super::identity::{self, Identity};
use super::path_lock::PathLock;
use super::queue::Queue;
use super::read::{Reader, Readers};
use super::store::SqliteStorage;
use super::tail::Tail;
use super::writer::Writer;
use super::{Sqlite, connection, doorbell, private, schema};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Timestamp;
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::storage::{Hints, Storage};

/// Older ones can corrupt the file when several connections write and checkpoint.
const LEAST_SQLITE: i32 = 3_051_003;

/// The threads of a store.
#[derive(Debug, Default)]
pub(super) struct Threads {
    handles: Vec<JoinHandle<()>>,
}

impl Threads {
    fn spawn(
        &mut self,
        name: &str,
        done: async_channel::Sender<()>,
        body: impl FnOnce() + Send + 'static,
    ) -> Result<()> {
        let handle = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                // Dropped when the thread ends, in whatever way.
                let _done = done;
                body();
            })
            .map_err(|error| {
                Error::new(ErrorKind::ResourceExhausted, "a thread cannot be started")
                    .with("thread", name)
                    .caused_by(error)
            })?;
        self.handles.push(handle);
        Ok(())
    }

    /// Waits for threads that are known to have ended.
    pub(super) fn join(self) {
        for handle in self.handles {
            if handle.join().is_err() {
                tracing::error!("a thread of the store had panicked");
            }
        }
    }
}

/// The writer's connection and what it found out.
struct Opened {
    connection: rusqlite::Connection,
    epoch: String,
    path: PathBuf,
    identity: Identity,
    lock: PathLock,
}

pub(super) async fn open(config: Sqlite, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
    if rusqlite::version_number() < LEAST_SQLITE {
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            "the SQLite library is too old: 3.51.3 is needed",
        )
        .with("version", rusqlite::version()));
    }
    let (now, epoch) = (runtime.now(), runtime.uuid().simple().to_string());
    let (answer, opened) = oneshot::channel();
    let external = runtime.external();
    let on_thread = config.clone();
    // Opening may wait for other processes, so it has a thread of its own.
    runtime.spawn_blocking(
        "sqlite open",
        Box::new(move || {
            let opened = prepare(&on_thread, now, &epoch);
            // Nobody waits any more: the connection is closed again.
            drop(answer.send((opened, external)));
        }),
    );
    let (opened, _external) = opened.await.map_err(|oneshot::Canceled| {
        Error::new(ErrorKind::Internal, "opening the database was given up")
            .with("path", config.path.display())
    })?;
    start(&config, opened?, runtime)
}

fn prepare(config: &Sqlite, now: Timestamp, fresh_epoch: &str) -> Result<Opened> {
    let path = &config.path;
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        let why = "`path` holds a NUL character; correct the path";
        return Err(Error::new(ErrorKind::InvalidConfig, why).with("path", path.display()));
    }
    if path.is_dir() {
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            "`path` is a directory; name a file in it, for example `maestro.db`",
        )
        .with("path", path.display()));
    }
    refuse_network(path)?;
    private::make(path)?;
    let connection = connection::writer(path).map_err(|error| describe(path, error))?;
    let named = identity::named(path);
    connection::Patience::retry_fault(config.busy_limit, || schema::recognise(&connection))
        .map_err(&named)?;
    connection::prepare_writer(&connection, config).map_err(|error| describe(path, error))?;
    let epoch =
        schema::migrate(&connection, config.busy_limit, now, fresh_epoch).map_err(&named)?;
    // The log lies next to the real file.
    let path = std::fs::canonicalize(path).map_err(|error| {
        Error::new(ErrorKind::Unavailable, "the database file has gone")
            .with("path", path.display())
            .caused_by(error)
    })?;
    let identity = Identity::of(&path, &epoch);
    // Whatever was put into its place since it was opened says something else.
    identity.look_inside()?;
    let lock = PathLock::take(&path, &identity)?;
    identity.look()?;
    Ok(Opened { connection, epoch, path, identity, lock })
}

fn start(config: &Sqlite, opened: Opened, runtime: Arc<dyn Runtime>) -> Result<Arc<dyn Storage>> {
    let path = opened.path;
    let (queue, hints) = (Arc::new(Queue::new()), Arc::new(Hints::default()));
    let tail = Arc::new(Tail::new(Arc::clone(&runtime)));
    let (readers, jobs) = Readers::new();
    connection::watch_log(&opened.connection);
    let (done, ended) = async_channel::bounded(1);
    let (reading, readers_ended) = async_channel::bounded::<()>(1);
    let (bell, stop) = doorbell::new(path.clone(), Arc::clone(&queue)).map_err(|error| {
        Error::new(ErrorKind::ResourceExhausted, "the database cannot be watched")
            .with("path", path.display())
            .caused_by(error)
    })?;
    let identity = Arc::new(opened.identity);
    let writer = Writer {
        connection: opened.connection,
        identity: Arc::clone(&identity),
        _lock: opened.lock,
        path: path.clone(),
        runtime: Arc::clone(&runtime),
        queue: Arc::clone(&queue),
        hints: Arc::clone(&hints),
        tail: Arc::clone(&tail),
        readers: readers.clone(),
        readers_ended,
        group_count: config.group_count,
        group_time: config.group_time,
        busy_limit: config.busy_limit,
    };
    // Dropping the storage stops the threads that were started before one that cannot be.
    let mut threads = Threads::default();
    let mut storage = SqliteStorage::new(
        Arc::clone(&identity),
        path.clone(),
        opened.epoch,
        runtime,
        queue,
        readers,
        hints,
        tail,
    );
    storage.stop_with(stop, ended);
    threads.spawn("maestro-sqlite-write", done.clone(), move || writer.run())?;
    for _ in 0..config.readers {
        let reader = Reader::new(
            path.clone(),
            Arc::clone(&identity),
            config.busy_limit,
            config.page_cache / 8,
        );
        let (jobs, reading) = (jobs.clone(), reading.clone());
        threads.spawn("maestro-sqlite-read", done.clone(), move || {
            reader.run(&jobs);
            drop(reading);
        })?;
    }
    drop(reading);
    threads.spawn("maestro-sqlite-bell", done, move || bell.run())?;
    storage.own(threads);
    Ok(Arc::new(storage))
}

/// Network file systems do not keep the locks that several processes need.
#[cfg(target_os = "linux")]
fn refuse_network(path: &Path) -> Result<()> {
    const NETWORK: [(u64, &str); 5] = [
        (0x6969, "NFS"),
        (0x517B, "SMB"),
        (0xFE53_4D42, "SMB2"),
        (0xFF53_4D42, "CIFS"),
        (0x5346_414F, "AFS"),
    ];
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // A directory that is missing is reported by the opening itself.
    let Ok(found) = rustix::fs::statfs(directory) else {
        return Ok(());
    };
    let magic = u64::try_from(found.f_type).unwrap_or_default() & 0xFFFF_FFFF;
    match NETWORK.iter().find(|(known, _)| *known == magic) {
        Some((_, name)) => Err(Error::new(
            ErrorKind::InvalidConfig,
            "the database is on a network file system, which does not keep its locks; \
             use a local disk",
        )
        .with("path", path.display())
        .with("file_system", name)),
        None => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn refuse_network(_path: &Path) -> Result<()> {
    Ok(())
}
