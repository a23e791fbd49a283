//! How long receipts are kept.

use std::sync::Arc;
use std::time::Duration;

use maestro_core::runtime::Runtime;
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::storage::StorageConfig as _;
use maestro_core::storage::sqlite::Sqlite;
use rusqlite::Connection;

use crate::support::{append, feed, file};

#[test]
fn receipts_are_kept_for_a_day_and_then_trimmed() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    let runtime = ManualRuntime::new(3);
    let shared = Arc::new(runtime.clone());
    runtime.block_on(async move {
        let hours = |hours| shared.sleep(Duration::from_hours(hours));
        let clock = Arc::clone(&shared) as Arc<dyn Runtime>;
        let store = Sqlite::at(&path).open(clock).await.unwrap();
        let first = append("s", 1);
        let receipt = store.commit(first.clone()).await.unwrap();
        // More than are trimmed at once.
        for _ in 0..700 {
            store.commit(append("s", 1)).await.unwrap();
        }
        hours(24).await;
        store.commit(append("s", 1)).await.unwrap();
        assert_eq!(store.commit(first).await.unwrap(), receipt);
        hours(2).await;
        for _ in 0..3 {
            store.commit(append("s", 1)).await.unwrap();
        }
        assert_eq!(feed(&*store, 1000).await.len(), 705);
        store.close().await.unwrap();
        let kept: i64 = Connection::open(&path)
            .unwrap()
            .query_row("SELECT count(*) FROM commit_log", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, 4);
    });
}
