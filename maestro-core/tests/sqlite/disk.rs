//! A full disk: who is told, and who is not hurt.

use std::sync::Arc;

use futures::future::join_all;
use maestro_core::ErrorKind;
use maestro_core::storage::sqlite::Sqlite;

use crate::support::{append, create, feed, file, integrity, key, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_does_not_fit_fails_alone() {
    let directory = tempfile::tempdir().unwrap();
    // 4 MiB: room for many small commits, not for one large one.
    let store = open(Sqlite::at(file(&directory)).max_pages(1024)).await;
    store.commit(create("before", 3)).await.unwrap();
    let calls = (0..40).map(|index| {
        let store = Arc::clone(&store);
        async move {
            let size = if index % 10 == 5 { 8 << 20 } else { 10 };
            (size, store.commit(create(&format!("{index}"), size)).await)
        }
    });
    for (size, result) in join_all(calls).await {
        match result {
            Ok(receipt) => assert_eq!((size, &receipt.versions[..]), (10, &[1][..])),
            Err(error) => {
                assert_eq!(size, 8 << 20, "a neighbour failed: {error}");
                assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{error}");
                assert!(error.is_retryable() && !error.is_unknown_outcome());
                let text = error.to_string();
                assert!(text.contains("maestro.db") && text.contains("full"), "{text}");
            }
        }
    }
    let keys: Vec<_> = (0..40).map(|index| key(&index.to_string())).collect();
    assert_eq!(store.get(&keys).await.unwrap().iter().flatten().count(), 36);
    store.close().await.unwrap();
    assert_eq!(integrity(&file(&directory)), "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_goes_on_when_there_is_room_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory)).max_pages(400)).await;
    let mut acknowledged = 0;
    let error = loop {
        match store.commit(append("s", 100)).await {
            Ok(receipt) => {
                assert_eq!(receipt.first_seqs, [acknowledged * 100 + 1]);
                acknowledged += 1;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{error}");
    // Reading does not need room.
    assert_eq!(feed(&*store, 1000).await.len() as u64, acknowledged * 100);
    store.close().await.unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    let receipt = store.commit(append("s", 100)).await.unwrap();
    assert_eq!(receipt.first_seqs, [acknowledged * 100 + 1]);
}
