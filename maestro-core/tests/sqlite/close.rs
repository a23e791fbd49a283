//! Closing: what is under way is finished, what comes later is told, no thread stays.

use std::sync::Arc;

use futures::future::join_all;
use maestro_core::ErrorKind;
use maestro_core::model::{EventFilter, EventQuery, Position};
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::storage::{ListQuery, Renew, StorageConfig as _};
use uuid::Uuid;

use crate::support::{KIND, append, commit, create, feed, file, key, open, spawn};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_under_way_are_finished_or_told() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let store = Arc::clone(&store);
            spawn(async move { store.commit(append("s", 1)).await })
        })
        .collect();
    store.commit(append("s", 1)).await.unwrap();
    store.close().await.unwrap();
    let mut done = 1;
    for caller in join_all(callers).await {
        match caller {
            Ok(_) => done += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Closed, "{error}"),
        }
    }
    let again = open(Sqlite::at(file(&directory))).await;
    assert_eq!(feed(&*again, 1000).await.len(), done);
}

#[tokio::test]
async fn later_calls_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    let (before, node_id) = (store.watch(), Uuid::from_u128(fastrand::u128(..)).into());
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert_eq!(before.next().await, None);
    assert_eq!(store.watch().next().await, None);
    let renew = Renew { node_id, ttl_ms: 1, leases: Vec::new() };
    let query = EventQuery { filter: EventFilter::default(), after: Position::Now, limit: 1 };
    let errors = [
        store.commit(commit()).await.unwrap_err(),
        store.get(&[]).await.unwrap_err(),
        store.list(&ListQuery::new(None, KIND)).await.unwrap_err(),
        store.renew(&renew).await.unwrap_err(),
        store.read_events(&query).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    }
}

#[tokio::test]
async fn dropping_is_as_good_as_closing_later() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    let watch = store.watch();
    store.commit(append("s", 1)).await.unwrap();
    drop(store);
    while watch.next().await.is_some() {}
    let again = open(Sqlite::at(file(&directory))).await;
    assert_eq!(feed(&*again, 10).await.len(), 1);
}

/// A virtual clock stands still while the store works, so nothing runs into a timeout.
#[test]
fn a_virtual_clock_waits_for_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = ManualRuntime::new(7);
    let shared = Arc::new(runtime.clone());
    runtime.block_on(async move {
        use maestro_core::runtime::{Runtime, RuntimeExt};
        let start = shared.monotonic();
        let store = Sqlite::at(file(&directory))
            .open(Arc::clone(&shared) as Arc<dyn Runtime>)
            .await
            .unwrap();
        for seq in 1..=20 {
            let patience = std::time::Duration::from_millis(1);
            let receipt = shared
                .timeout(patience, store.commit(append("s", 1)))
                .await
                .expect("the clock stands still")
                .unwrap();
            assert_eq!(receipt.first_seqs, [seq]);
        }
        assert_eq!(feed(&*store, 7).await.len(), 20);
        store.close().await.unwrap();
        assert_eq!(shared.monotonic(), start);
    });
}

/// Of connections that end at the same time none would move the log into the file and remove it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_store_is_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory);
    for round in 0..30 {
        let store = open(Sqlite::at(&path).readers(8)).await;
        store.commit(create(&format!("t{round}"), 3)).await.unwrap();
        let keys = [key("t0")];
        futures::future::join_all((0..32).map(|_| store.get(&keys))).await;
        store.close().await.unwrap();
        for suffix in ["-wal", "-shm"] {
            let beside = path.with_extension(format!("db{suffix}"));
            assert!(!beside.exists(), "{} is left in round {round}", beside.display());
        }
    }
}
