//! Another process that keeps the file for itself, and for how long we wait.

use std::sync::Arc;
use std::time::Duration;

use maestro_core::storage::StorageConfig as _;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Error, ErrorKind};
use rusqlite::Connection;

use crate::support::{append, feed, file, open, runtime, spawn};

fn assert_busy(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.is_retryable() && !error.is_unknown_outcome());
    let text = format!("{error} {error:?} {:?}", error.info());
    assert!(text.contains("maestro.db"), "{text}");
    assert!(!text.contains("locked"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_wait_for_others_and_reads_do_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    let store = open(Sqlite::at(&path).busy_limit(Duration::from_millis(30))).await;
    let patient = open(Sqlite::at(&path)).await;
    store.commit(append("s", 1)).await.unwrap();

    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_busy(&store.commit(append("s", 1)).await.unwrap_err());
    assert_eq!(feed(&*store, 10).await.len(), 1);
    let waiting = {
        let patient = Arc::clone(&patient);
        spawn(async move { patient.commit(append("s", 1)).await })
    };
    assert_busy(&store.commit(append("s", 1)).await.unwrap_err());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(waiting.await.unwrap().first_seqs, [2]);
    assert_eq!(store.commit(append("s", 1)).await.unwrap().first_seqs, [3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opening_waits_for_others() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    // A new file that somebody else is just about to fill.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let config = Sqlite::at(&path).busy_limit(Duration::from_millis(30));
    assert_busy(&config.open(runtime()).await.unwrap_err());
    let waiting = spawn(open(Sqlite::at(&path)));
    other.execute_batch("ROLLBACK").unwrap();
    let store = waiting.await;
    store.commit(append("s", 1)).await.unwrap();
}
