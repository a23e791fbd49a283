//! News of another process.

use std::sync::Arc;

use maestro_core::model::Position;
use maestro_core::storage::Hint;
use uuid::Uuid;

use crate::child::{Writer, commit, open, read};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_of_another_process_is_hinted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("maestro.db");
    let store = open(&path).await;
    let mut after = Position::Beginning;
    for round in 1..=5 {
        let watch = store.watch();
        let mut writer = Writer::start(&path, "other", 1, 1);
        while watch.next().await.expect("the store is open") != Arc::new(Hint::Anything) {}
        // The opening of the other process is news too; its commit is at the latest.
        let mut seen = read(&*store, &mut after).await;
        while seen.len() < 2 {
            watch.next().await.expect("the store is open");
            seen.extend(read(&*store, &mut after).await);
        }
        assert!(seen.iter().all(|event| event.seq == round), "{seen:?}");
        assert!(writer.next().is_some());
        assert!(writer.succeeded());
    }
}

/// A process says exactly what it did itself; only others make it say "anything".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_commits_are_not_news_of_others() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory.path().join("maestro.db")).await;
    let watch = store.watch();
    for _ in 0..50 {
        let id = Uuid::from_u128(fastrand::u128(..));
        store.commit(commit(id, "own")).await.unwrap();
        match &*watch.next().await.expect("the store is open") {
            Hint::Touched { records, streams } => {
                assert_eq!(records, &[]);
                assert_eq!(streams.len(), 2);
            }
            Hint::Anything => panic!("nobody else has written"),
        }
    }
}
