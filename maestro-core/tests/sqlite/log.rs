//! How long the write-ahead log gets.

use std::fs;

use maestro_core::storage::StorageConfig as _;
use maestro_core::storage::sqlite::Sqlite;

use crate::support::{create, file, runtime};

/// What a commit moves into the file itself, with the largest commit of the test on top.
const LONGEST: u64 = 34 * 1024 * 1024;

#[tokio::test]
async fn the_log_stays_short_while_there_is_always_more_to_write() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    let store = Sqlite::at(&path).open(runtime()).await.unwrap();
    let log = path.with_extension("db-wal");
    for n in 0..200 {
        store.commit(create(&format!("t{n}"), 512 * 1024)).await.unwrap();
        let long = fs::metadata(&log).unwrap().len();
        assert!(long <= LONGEST, "after {n} commits the log has {long} bytes");
    }
    store.close().await.unwrap();
    assert!(fs::metadata(&path).unwrap().len() > 100 * 1024 * 1024);
}
