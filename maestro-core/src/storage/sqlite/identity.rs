//! Which files the connections of a store have open, and whether its path still leads to them.
//!
//! Who deletes or replaces a file under its path leaves those who have it open in a file that nobody
//! else sees: what they commit is lost with their process, and whoever opens the path next works beside
//! them. SQLite itself does not look.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::access;
use super::connection;
use super::fault::{Fault, describe};
use super::schema;
use crate::error::{Error, ErrorKind, Result};

/// Why a store is lost whose file holds something else.
const OTHER: &str = "the database file was written over";

/// Device and number of a file.
type FileId = (u64, u64);

/// The files of a store as they were when it was opened.
#[derive(Debug)]
pub(super) struct Identity {
    path: PathBuf,
    /// The database, its log and the index of the log.
    files: [(PathBuf, Option<FileId>); 3],
    /// What the database says that it is.
    epoch: String,
    /// Whether the file itself has said so, without its log.
    in_file: AtomicBool,
    /// Why the store is lost, once it is.
    lost: OnceLock<&'static str>,
}

impl Identity {
    /// The files behind a path, which a connection that is in use has open.
    pub(super) fn of(path: &Path, epoch: &str) -> Self {
        let files = [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")];
        Self {
            path: path.to_owned(),
            files: files.map(|file| {
                let id = id_of(&file);
                (file, id)
            }),
            epoch: epoch.to_owned(),
            in_file: AtomicBool::new(false),
            lost: OnceLock::new(),
        }
    }

    /// # Errors
    /// `InvalidConfig` once the store is lost.
    pub(super) fn check(&self) -> Result<()> {
        self.lost.get().map_or(Ok(()), |why| Err(self.error(why)))
    }

    /// Looks whether the path still leads to the files: three calls of `stat`, a microsecond each.
    ///
    /// # Errors
    /// `InvalidConfig` when it does not, and from then on.
    pub(super) fn look(&self) -> Result<()> {
        self.check()?;
        for (index, (file, id)) in self.files.iter().enumerate() {
            if id_of(file) != *id {
                return Err(self.lose(if index == 0 {
                    "the database file was deleted or replaced"
                } else {
                    "the `-wal` or `-shm` file of the database was deleted or replaced"
                }));
            }
        }
        Ok(())
    }

    /// The same, and reads which database it is: with a connection that remembers nothing, and in the file
    /// alone, since a log that is left beside another file hides what is in that. What is in the way for a
    /// moment is no reason.
    ///
    /// # Errors
    /// As [`look`](Self::look), and what is wrong with a file that is damaged.
    pub(super) fn look_inside(&self) -> Result<()> {
        self.look()?;
        let read = connection::passing(&self.path).map_err(Fault::from);
        match read.and_then(|connection| schema::epoch(&connection)) {
            Ok(epoch) if epoch == self.epoch => {}
            Ok(_) => return Err(self.lose(OTHER)),
            Err(fault) => match fault.into_error(&self.path) {
                error if error.kind() == ErrorKind::InvalidConfig => return Err(error),
                // It does not even have the table that says it.
                error if error.kind() == ErrorKind::Internal => return Err(self.lose(OTHER)),
                _ => return Ok(()),
            },
        }
        self.look_into_file()
    }

    #[cfg(unix)]
    fn look_into_file(&self) -> Result<()> {
        let read = connection::file_alone(&self.path).map_err(Fault::from);
        match read.and_then(|connection| schema::epoch_if_any(&connection)) {
            Ok(Some(epoch)) if epoch == self.epoch => self.in_file.store(true, Ordering::Relaxed),
            // A new database may still be in its log.
            Ok(None) if !self.in_file.load(Ordering::Relaxed) => {}
            Ok(_) => return Err(self.lose(OTHER)),
            // Whoever moves the log leaves the file in pieces for a moment.
            Err(_) => {}
        }
        Ok(())
    }

    /// On other systems a file that is in use is not written over.
    #[cfg(not(unix))]
    fn look_into_file(&self) -> Result<()> {
        let _ = (&self.in_file, Ordering::Relaxed);
        Ok(())
    }

    /// An error of the database in words, which are those of a lost store where that is what it comes from.
    pub(super) fn explain(&self, fault: Fault) -> Error {
        let is_sql = matches!(fault, Fault::Sql(_));
        let error = fault.into_error(&self.path);
        if is_sql && error.kind() == ErrorKind::Internal {
            return self.look_inside().err().unwrap_or(error);
        }
        error
    }

    /// Lets a connection go. What its log holds is moved into the database by the last one, unless
    /// others have a log there by now, which SQLite would delete, or another database is in the file,
    /// which it would spoil.
    pub(super) fn let_go(&self, connection: &Connection) {
        let replaced = |(file, id): &(PathBuf, Option<FileId>)| {
            let now = id_of(file);
            now.is_some() && now != *id
        };
        let moved = id_of(&self.path) != self.files[0].1;
        let other = self.lost.get() == Some(&OTHER);
        if moved || other || self.files[1..].iter().any(replaced) {
            let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
    }

    fn lose(&self, why: &'static str) -> Error {
        if self.lost.set(why).is_ok() {
            tracing::error!(path = %self.path.display(), why, "the store is lost");
        }
        self.error(why)
    }

    fn error(&self, why: &'static str) -> Error {
        let message = format!(
            "{why} while this node used it; nothing is written any more: stop every node of this \
             store, put the file back or remove its remains, and start again"
        );
        Error::new(ErrorKind::InvalidConfig, message).with("path", self.path.display())
    }

    /// What tells this database from others in its place: what it says that it is, and its files. As long
    /// as anybody has it open, none of them is made anew.
    pub(super) fn name(&self) -> String {
        let numbers = self.files.iter().map(|(_, id)| id.map_or(0, |(_, number)| number));
        numbers.fold(self.epoch.clone(), |name, number| format!("{name} {number}"))
    }
}

/// The name of a file that lies beside the database.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(unix)]
fn id_of(file: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    let found = std::fs::metadata(file).ok()?;
    Some((found.dev(), found.ino()))
}

/// Systems whose files cannot be replaced while they are open.
#[cfg(not(unix))]
fn id_of(_file: &Path) -> Option<FileId> {
    None
}

/// Names a file that cannot be prepared.
pub(super) fn unusable(path: &Path, error: std::io::Error) -> Error {
    use std::io::ErrorKind as Io;
    let kind = match error.kind() {
        Io::PermissionDenied | Io::ReadOnlyFilesystem => {
            return access::denied(path, access::READ_ONLY);
        }
        Io::StorageFull | Io::QuotaExceeded => ErrorKind::ResourceExhausted,
        _ => ErrorKind::InvalidConfig,
    };
    Error::new(kind, "a file of the database cannot be made; its directory must be writable")
        .with("path", path.display())
        .caused_by(error)
}

/// A fault of the database, named.
pub(super) fn named(path: &Path) -> impl Fn(Fault) -> Error {
    move |fault| match fault {
        Fault::Refused(error) => error.with("path", path.display()),
        Fault::Sql(error) => describe(path, error),
    }
}
