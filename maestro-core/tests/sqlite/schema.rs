//! Opening: files that are ours, new, newer, damaged, or somebody else's.

use std::path::Path;

use futures::future::join_all;
use maestro_core::storage::StorageConfig as _;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Error, ErrorKind};
use rusqlite::Connection;

use crate::support::{create, feed, file, key, open, runtime, spawn};

async fn refused(path: &Path) -> Error {
    let error = Sqlite::at(path).open(runtime()).await.expect_err("the file is refused");
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    assert!(error.to_string().contains(&name), "{error}");
    error
}

/// A file that was opened once, changed by `sql` since.
async fn changed(directory: &tempfile::TempDir, sql: &str) -> std::path::PathBuf {
    let path = file(directory);
    open(Sqlite::at(&path)).await.close().await.unwrap();
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_openers_migrate_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    let openers = (0..24).map(|_| spawn(open(Sqlite::at(&path).readers(1))));
    let mut stores = Vec::new();
    for store in join_all(openers).await {
        stores.push(store);
    }
    stores[0].commit(create("one", 3)).await.unwrap();
    for store in &stores {
        assert!(store.get(&[key("one")]).await.unwrap()[0].is_some());
    }
    for store in stores {
        store.close().await.unwrap();
    }
    let file = Connection::open(&path).unwrap();
    let number = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("SELECT count(*) FROM migration"), 2);
    assert_eq!(number("PRAGMA user_version"), 2);
    assert_eq!(number("PRAGMA application_id"), 0x4D41_4553);
}

#[tokio::test]
async fn a_newer_schema_is_refused_unless_it_allows_us() {
    let directory = tempfile::tempdir().unwrap();
    let newer = "INSERT INTO migration VALUES (3, '0003_more', 'ff', 0);
                 ALTER TABLE record ADD COLUMN more TEXT;";
    let path = changed(&directory, newer).await;
    let store = open(Sqlite::at(&path)).await;
    store.commit(create("still works", 3)).await.unwrap();
    store.close().await.unwrap();
    for level in ["min_writer", "min_reader"] {
        let file = Connection::open(&path).unwrap();
        let set = "UPDATE meta SET value = ?2 WHERE name = ?1";
        file.execute(set, [level, "2"]).unwrap();
        let error = refused(&path).await;
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains(level), "{error}");
        file.execute(set, [level, "1"]).unwrap();
    }
    open(Sqlite::at(&path)).await;
}

#[tokio::test]
async fn a_changed_or_missing_migration_is_refused() {
    for sql in [
        "UPDATE migration SET checksum = 'ff'",
        "UPDATE migration SET number = 3 WHERE number = 2",
        "INSERT INTO migration VALUES (4, '0003_late', 'ff', 0)",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let error = refused(&changed(&directory, sql).await).await;
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
        assert!(error.to_string().contains("migration"), "{error}");
    }
}

#[tokio::test]
async fn files_of_others_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    for (name, sql) in [
        ("tables.db", "CREATE TABLE theirs (a)"),
        ("marked.db", "PRAGMA application_id = 7; PRAGMA user_version = 1"),
    ] {
        let path = directory.path().join(name);
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let before = std::fs::read(&path).unwrap();
        let error = refused(&path).await;
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
    let path = directory.path().join("garbage.db");
    std::fs::write(&path, "this is no database, whatever its name says ".repeat(200)).unwrap();
    let error = refused(&path).await;
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
}

#[tokio::test]
async fn places_that_cannot_hold_a_file_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing").join("maestro.db");
    let mut places = vec![missing, directory.path().to_owned()];
    // Nobody may make files there, root included.
    #[cfg(target_os = "linux")]
    places.push("/proc/maestro.db".into());
    for path in places {
        let error = refused(&path).await;
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
        assert!(error.to_string().contains("directory"), "{error}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_file_is_refused() {
    use maestro_core::model::{EventQuery, Position};
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (open(Sqlite::at(file(&one))).await, open(Sqlite::at(file(&two))).await);
    assert_eq!(feed(&*one, 1).await, []);
    let mut query = EventQuery {
        filter: maestro_core::model::EventFilter::default(),
        after: Position::Now,
        limit: 1,
    };
    query.after = Position::After(one.read_events(&query).await.unwrap().next);
    one.read_events(&query).await.unwrap();
    let error = two.read_events(&query).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
}
