//! Stores and commits for the tests.

use std::path::Path;
use std::sync::Arc;

use maestro_core::id::{CommitId, TenantId};
use maestro_core::model::{
    Actor, Envelope, EventFilter, EventQuery, EventRefs, NewEvent, Position, StoredEvent,
    StreamKey, Timestamp,
};
use maestro_core::runtime::tokio::TokioRuntime;
use maestro_core::runtime::{Runtime, Spawned};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::storage::{
    Append, Columns, Commit, Expect, Guard, Put, RecordKey, RecordKind, Storage, StorageConfig,
};
use uuid::Uuid;

pub(crate) const KIND: RecordKind = RecordKind::TASK;

pub(crate) fn runtime() -> Arc<dyn Runtime> {
    Arc::new(TokioRuntime::current().expect("tests run on tokio"))
}

/// Runs a future beside the test.
pub(crate) fn spawn<F>(future: F) -> Spawned<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    maestro_core::runtime::spawn(&*runtime(), "caller", future)
}

pub(crate) async fn open(config: Sqlite) -> Arc<dyn Storage> {
    config.open(runtime()).await.expect("the store opens")
}

pub(crate) fn file(directory: &tempfile::TempDir) -> std::path::PathBuf {
    directory.path().join("maestro.db")
}

pub(crate) fn key(id: &str) -> RecordKey {
    RecordKey::new(TenantId::default(), KIND, id)
}

pub(crate) fn stream(id: &str) -> StreamKey {
    StreamKey::of(TenantId::default(), "task", id)
}

pub(crate) fn envelope(bytes: usize) -> Envelope {
    Envelope::json(&"x".repeat(bytes)).expect("text is JSON")
}

pub(crate) fn commit() -> Commit {
    Commit::new(CommitId::from_uuid(Uuid::from_u128(fastrand::u128(..))))
}

/// A commit that makes a record.
pub(crate) fn create(id: &str, bytes: usize) -> Commit {
    let mut commit = commit();
    commit.guards.push(Guard { key: key(id), expect: Expect::Absent });
    commit.puts.push(Put {
        key: key(id),
        schema: 1,
        columns: Columns { state: "queued".into(), ..Columns::default() },
        body: envelope(bytes),
    });
    commit
}

pub(crate) fn event(event_type: &str) -> NewEvent {
    NewEvent {
        at: Timestamp::from_micros(1),
        event_type: event_type.into(),
        actor: Actor::default(),
        refs: EventRefs::default(),
        schema: 1,
        data: envelope(3),
        raw: None,
    }
}

/// A commit that appends to a stream.
pub(crate) fn append(id: &str, events: usize) -> Commit {
    let mut commit = commit();
    commit
        .appends
        .push(Append { stream: stream(id), events: vec![event("task.progress").into(); events] });
    commit
}

/// The whole feed, page by page.
pub(crate) async fn feed(store: &dyn Storage, limit: u32) -> Vec<StoredEvent> {
    let mut query =
        EventQuery { filter: EventFilter::default(), after: Position::Beginning, limit };
    let mut events = Vec::new();
    loop {
        let page = store.read_events(&query).await.expect("the feed is read");
        events.extend(page.events);
        if !page.more {
            return events;
        }
        query.after = Position::After(page.next);
    }
}

/// Asks the file itself whether it is whole.
pub(crate) fn integrity(path: &Path) -> String {
    rusqlite::Connection::open(path)
        .and_then(|file| file.query_row("PRAGMA integrity_check", [], |row| row.get(0)))
        .expect("the file is checked")
}
