//! Two nodes on one SQLite file: what one writes, the other sees while it is written.
#![cfg(all(feature = "sqlite", feature = "tokio", feature = "process"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "engine/quill.rs"]
mod quill;

use maestro_core::model::{EventData, ProjectSpec, SessionSpec, SessionView};
use maestro_core::session::LiveView;
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Maestro, Running};
use quill::Quill;

/// What is on the screen of the text under way.
fn text(view: &SessionView) -> &str {
    view.partials.first().map_or("", |partial| &partial.text)
}

async fn until(live: &mut LiveView, what: &str) {
    while text(live.view()) != what {
        live.changed().await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_text_is_seen_through_the_store_while_it_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("maestro.db");
    let quill = Quill::default();
    let owner = Maestro::builder().storage(Sqlite::at(&file)).agent("quill", quill.clone()).build();
    let owner = owner.await.unwrap();
    let observer = Maestro::builder().storage(Sqlite::at(&file)).concurrency(0).build();
    let observer = observer.await.unwrap();
    let shop = owner.projects().ensure(ProjectSpec::new("shop", directory.path())).await.unwrap();
    let spec = SessionSpec::in_project(shop.id().to_string()).agent("quill");
    let session = owner.sessions().open(spec).await.unwrap();
    session.prompt("write").await.unwrap();

    let watched = observer.sessions().get(session.id()).await.unwrap();
    let mut live = watched.watch_view().await.unwrap();
    quill.delta("m", 0, "A text ");
    until(&mut live, "A text ").await;
    let mut late = watched.watch_view().await.unwrap();
    until(&mut late, "A text ").await;
    assert_eq!(text(&watched.view().await.unwrap()), "A text ");
    quill.delta("m", 7, "that grows");
    until(&mut live, "A text that grows").await;
    until(&mut late, "A text that grows").await;

    quill.message("m", "A text that grows.");
    quill.end_turn();
    session.close().await.unwrap();
    let mut pieces = String::from("A text that grows");
    while let Some(event) = live.next().await {
        if let EventData::MessageDelta(delta) = event.unwrap().data {
            pieces += &delta.text;
        }
    }
    assert_eq!(pieces, "A text that grows.", "the pieces come to the end of the text");
    while late.changed().await.is_some() {}
    for view in [live.into_view(), late.into_view(), watched.view().await.unwrap()] {
        assert!(view.partials.is_empty());
        assert_eq!(view.revision, watched.view().await.unwrap().revision);
    }
    observer.close(Running::Park).await.unwrap();
    owner.close(Running::Park).await.unwrap();
}

/// The text under way is nowhere any more, so the agent must not go on with it.
#[tokio::test]
async fn a_node_whose_store_is_deleted_ends_its_agents_and_says_so() {
    for suffix in ["", "-wal"] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("maestro.db");
        let quill = Quill::default();
        let node = Maestro::builder().storage(Sqlite::at(&file)).agent("quill", quill.clone());
        let node = node.build().await.unwrap();
        let project = ProjectSpec::new("shop", directory.path());
        let shop = node.projects().ensure(project).await.unwrap();
        let spec = SessionSpec::in_project(shop.id().to_string()).agent("quill");
        let session = node.sessions().open(spec).await.unwrap();
        session.prompt("write").await.unwrap();

        let mut name = file.clone().into_os_string();
        name.push(suffix);
        std::fs::remove_file(name).unwrap();
        quill.gone().await;
        let error = session.info().await.unwrap_err();
        assert_eq!(error.kind(), maestro_core::ErrorKind::InvalidConfig, "{error}");
        let error = session.prompt("more").await.unwrap_err();
        assert_eq!(error.kind(), maestro_core::ErrorKind::InvalidConfig, "{error}");

        let beside = Maestro::builder().storage(Sqlite::at(&file)).concurrency(0).build().await;
        let error = beside.unwrap_err();
        assert_eq!(error.kind(), maestro_core::ErrorKind::Unavailable, "{error}");
        node.close(Running::Park).await.unwrap_err();
        let next = Maestro::builder().storage(Sqlite::at(&file)).build().await.unwrap();
        next.close(Running::Park).await.unwrap();
    }
}
