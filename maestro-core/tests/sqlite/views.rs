//! The views for people.

use std::sync::Arc;

use maestro_core::model::{Envelope, NewEvent};
use maestro_core::storage::sqlite::Sqlite;
use rusqlite::Connection;
use serde_json::json;

use crate::support::{append, create, event, file, open};

#[tokio::test]
async fn content_is_shown_unless_it_is_encrypted() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(Sqlite::at(file(&directory))).await;
    let mut clear = create("clear", 0);
    clear.puts[0].body = Envelope::json(&json!({
        "spec": {"title": "Dark mode", "kind": "agent"},
        "attempts": [{}, {}],
        "created_at": "2026-01-02T03:04:05.000000Z",
    }))
    .unwrap();
    store.commit(clear).await.unwrap();
    let mut secret = create("secret", 0);
    secret.puts[0].body.key_id = "k1".into();
    store.commit(secret).await.unwrap();
    let mut told = append("clear", 0);
    told.appends[0].events = vec![Arc::new(NewEvent {
        raw: Some(Envelope::json(&json!({"a": 1})).unwrap()),
        ..event("task.started")
    })];
    store.commit(told).await.unwrap();
    store.close().await.unwrap();

    let file = Connection::open(file(&directory)).unwrap();
    let text = |sql: &str| file.query_row(sql, [], |row| row.get::<_, Option<String>>(0)).unwrap();
    let title = |id| text(&format!("SELECT title FROM tasks WHERE id = '{id}'"));
    assert_eq!(title("clear").as_deref(), Some("Dark mode"));
    assert_eq!(title("secret"), None);
    let attempts = text("SELECT CAST(attempts AS TEXT) FROM tasks WHERE id = 'clear'");
    assert_eq!(attempts.as_deref(), Some("2"));
    let event = text("SELECT type || ' ' || actor || ' ' || at || ' ' || raw FROM events");
    assert_eq!(
        event.as_deref(),
        Some("task.started person:local 1970-01-01T00:00:00.000Z {\"a\":1}")
    );
    for view in ["records", "projects", "sessions", "approvals", "workspaces", "nodes"] {
        file.prepare(&format!("SELECT * FROM {view}"))
            .and_then(|mut statement| statement.query([]).map(drop))
            .unwrap();
    }
}
