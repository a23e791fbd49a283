//! Following what happens, which is read from memory where this process made it happen.

use std::sync::Arc;

use maestro_core::model::{EventFilter, EventQuery, Position};
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::storage::{Storage, StorageConfig as _};

use crate::support::{append, event, file, open};

/// Reads all that there is after a position, and moves it; each event by its stream.
async fn read(store: &dyn Storage, after: &mut Position, limit: u32) -> Vec<String> {
    let mut query = EventQuery { filter: EventFilter::default(), after: after.clone(), limit };
    let mut seen = Vec::new();
    loop {
        let page = store.read_events(&query).await.unwrap();
        assert!(page.events.len() <= limit as usize);
        seen.extend(page.events.iter().map(|e| format!("{}#{}", e.stream.name, e.seq)));
        query.after = Position::After(page.next);
        if !page.more {
            *after = query.after;
            return seen;
        }
    }
}

#[tokio::test]
async fn what_two_stores_write_in_turn_comes_once_and_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, other) =
        (open(Sqlite::at(file(&directory))).await, open(Sqlite::at(file(&directory))).await);
    for limit in [1, 2, 3, 100] {
        let mut follower = Position::Now;
        assert_eq!(read(&*ours, &mut follower, limit).await, [""; 0]);
        let (mut late, mut later) = (follower.clone(), follower.clone());
        let mut expected = Vec::new();
        for (round, stores) in
            [[true, true], [false, true], [true, false], [false, false]].iter().enumerate()
        {
            for (place, by_us) in stores.iter().enumerate() {
                let name = format!("{limit}-{round}-{place}");
                let store = if *by_us { &ours } else { &other };
                store.commit(append(&name, 2)).await.unwrap();
                expected.extend((1..=2).map(|seq| format!("task/{name}#{seq}")));
            }
            if round == 1 {
                assert_eq!(read(&*ours, &mut late, limit).await, expected);
            }
            let news = &expected[round * 4..];
            assert_eq!(read(&*ours, &mut follower, limit).await, news, "round {round} by {limit}");
        }
        assert_eq!(read(&*ours, &mut late, limit).await, expected[8..]);
        assert_eq!(read(&*other, &mut later, limit).await, expected);
    }
}

#[tokio::test]
async fn a_follower_is_shown_what_its_filter_shows() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    let filter = EventFilter::of_types(["wanted"]);
    let mut query = EventQuery { filter, after: Position::Now, limit: 2 };
    query.after = Position::After(store.read_events(&query).await.unwrap().next);
    let mut commit = append("a", 0);
    let kinds = ["other", "wanted", "other", "wanted", "other"];
    commit.appends[0].events = kinds.iter().map(|kind| event(kind).into()).collect();
    store.commit(commit).await.unwrap();
    let page = store.read_events(&query).await.unwrap();
    assert_eq!(page.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [2, 4]);
    assert!(!page.more);
    query.after = Position::After(page.next);
    assert!(store.read_events(&query).await.unwrap().events.is_empty());
}

#[test]
fn what_was_just_committed_is_not_read_from_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = ManualRuntime::new(7);
    let shared = Arc::new(runtime.clone());
    runtime.block_on(async move {
        let store = Sqlite::at(file(&directory)).open(shared).await.unwrap();
        let mut follower = Position::Now;
        read(&*store, &mut follower, 10).await;
        store.commit(append("a", 2)).await.unwrap();
        let file = rusqlite::Connection::open(file(&directory)).unwrap();
        assert_eq!(file.execute("DELETE FROM event", []).unwrap(), 2);
        assert_eq!(read(&*store, &mut follower, 10).await, ["task/a#1", "task/a#2"]);
        store.close().await.unwrap();
    });
}

#[tokio::test]
async fn a_commit_that_is_repeated_is_shown_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    let mut follower = Position::Now;
    read(&*store, &mut follower, 10).await;
    let commit = append("a", 1);
    store.commit(commit.clone()).await.unwrap();
    store.commit(commit).await.unwrap();
    store.commit(append("b", 1)).await.unwrap();
    assert_eq!(read(&*store, &mut follower, 10).await, ["task/a#1", "task/b#1"]);
}
