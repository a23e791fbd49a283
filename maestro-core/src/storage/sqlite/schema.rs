//! The schema: which migrations there are, and bringing a file up to date.

use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::connection::{self, Patience};
use super::fault::Fault;
use crate::error::{Error, ErrorKind};
use crate::model::Timestamp;

/// `MAES`: says to other programs whose file this is.
const APPLICATION_ID: i32 = 0x4D41_4553;

/// What this version understands. A migration that older versions must not read or write next to
/// raises `min_reader` or `min_writer` in `meta` to the level of the version that it came with;
/// additive ones leave them alone, so that the release before keeps working.
const LEVEL: u32 = 1;

struct Migration {
    name: &'static str,
    sql: &'static str,
}

/// In order; the number of a migration is its place, from 1. Those that were released never change.
const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_start", sql: include_str!("migrations/0001_start.sql") },
    Migration { name: "0002_account", sql: include_str!("migrations/0002_account.sql") },
];

impl Migration {
    fn checksum(&self) -> String {
        use std::fmt::Write as _;
        Sha256::digest(self.sql).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a string takes any text");
            hex
        })
    }
}

const BOOKKEEPING: &str = "
CREATE TABLE IF NOT EXISTS meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS migration (
    number     INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    checksum   TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;
";

/// Refuses a file of another program, before anything in it is changed.
pub(super) fn recognise(connection: &Connection) -> Result<(), Fault> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match pragma("application_id")? {
        APPLICATION_ID => Ok(()),
        0 if tables == 0 => Ok(()),
        _ => Err(refuse("`path` is the database of another program; give another path").into()),
    }
}

/// Applies what is missing, once, whatever the number of processes that start at the same time.
/// Gives the feed's epoch.
pub(super) fn migrate(
    connection: &Connection,
    patience: std::time::Duration,
    now: Timestamp,
    fresh_epoch: &str,
) -> Result<String, Fault> {
    // Most openings find nothing to do, and do not queue for the write lock.
    let found = Patience::retry_fault(patience, || {
        let complete = exists(connection, "migration")? && check(connection)? >= MIGRATIONS.len();
        complete.then(|| epoch(connection)).transpose()
    })?;
    if let Some(epoch) = found {
        return Ok(epoch);
    }
    Patience::retry(patience, || connection.execute_batch("BEGIN IMMEDIATE"))?;
    let applied = apply(connection, now, fresh_epoch);
    if applied.is_ok() {
        connection.execute_batch("COMMIT")?;
        // The file itself says from now on which database it is. Others who open it may be in the way.
        let _ = connection::checkpoint(connection);
    } else if !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    applied
}

fn apply(connection: &Connection, now: Timestamp, fresh_epoch: &str) -> Result<String, Fault> {
    recognise(connection)?;
    connection.execute_batch(BOOKKEEPING)?;
    connection.execute(
        "INSERT OR IGNORE INTO meta (name, value)
         VALUES ('feed_epoch', ?1), ('min_reader', '1'), ('min_writer', '1')",
        [fresh_epoch],
    )?;
    let applied = check(connection)?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(applied) {
        connection.execute_batch(migration.sql)?;
        connection.execute(
            "INSERT INTO migration (number, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![
                i64::try_from(index + 1).unwrap_or(i64::MAX),
                migration.name,
                migration.checksum(),
                now.as_micros()
            ],
        )?;
    }
    if applied < MIGRATIONS.len() {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(
            None,
            "user_version",
            i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX),
        )?;
    }
    epoch(connection)
}

/// Compares the migrations of the file with ours. Gives how many were applied.
fn check(connection: &Connection) -> Result<usize, Fault> {
    let mut statement =
        connection.prepare("SELECT number, name, checksum FROM migration ORDER BY number")?;
    let rows: Vec<(i64, String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (index, (number, name, checksum)) in rows.iter().enumerate() {
        if usize::try_from(*number).ok() != Some(index + 1) {
            return Err(refuse("a migration of the database is missing; restore it from a backup")
                .with("migration", index + 1)
                .into());
        }
        if MIGRATIONS.get(index).is_some_and(|known| known.checksum() != *checksum) {
            return Err(refuse(
                "a migration of the database is not the one that this version knows",
            )
            .with("migration", name)
            .into());
        }
    }
    for least in ["min_reader", "min_writer"] {
        let wanted: Option<String> = connection
            .query_row("SELECT value FROM meta WHERE name = ?1", [least], |row| row.get(0))
            .optional()?;
        let wanted = wanted.and_then(|text| text.parse::<u32>().ok());
        if wanted.is_none_or(|level| level > LEVEL) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "a newer version of Maestro has changed the database; update this program",
            )
            .with(least, wanted.map_or("unreadable".to_owned(), |level| level.to_string()))
            .with("level", LEVEL)
            .into());
        }
    }
    Ok(rows.len())
}

/// Which database it is.
pub(super) fn epoch(connection: &Connection) -> Result<String, Fault> {
    Ok(connection
        .query_row("SELECT value FROM meta WHERE name = 'feed_epoch'", [], |row| row.get(0))?)
}

/// The same for a file that may hold anything.
#[cfg(unix)]
pub(super) fn epoch_if_any(connection: &Connection) -> Result<Option<String>, Fault> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id == APPLICATION_ID { epoch(connection).map(Some) } else { Ok(None) }
}

fn exists(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
        [table],
        |row| row.get(0),
    )
}

fn refuse(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}
