//! A live session in a terminal.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and reads what a real process writes"
)]
#![expect(dead_code, reason = "the terminal has more than this test needs")]

mod terminal;

use maestro_core::agent::scripted::{Script, ScriptedAgent, ToolStep};
use maestro_core::model::{ProjectSpec, SessionSpec};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Maestro, Running};
use terminal::Terminal;

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_in_place_and_leaving_leaves_the_session() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("maestro.db");
    let script = Script::new()
        .say("I look first.")
        .tool(ToolStep::new("Bash").ask().result("a file"))
        .say("Done looking.");
    let agent = ScriptedAgent::new().default_script(script);
    let builder = Maestro::builder().storage(Sqlite::at(&store)).agent("claude", agent);
    let maestro = builder.build().await.unwrap();
    let shop = maestro.projects().ensure(ProjectSpec::new("shop", directory.path())).await.unwrap();
    let spec = SessionSpec::in_project(shop.id().to_string()).agent("claude");
    let session = maestro.sessions().open(spec).await.unwrap();
    let turn = session.prompt("Look around").await.unwrap();

    let path = directory.path().to_owned();
    let id = session.id().to_string();
    let screen = tokio::task::spawn_blocking(move || {
        let arguments = ["--store=maestro.db", "attach", &id];
        let mut terminal = Terminal::start(&path, (24, 80), &arguments, &[]);
        terminal.until("the question", |terminal| terminal.shows("y allow once"));
        assert!(terminal.shows("> Look around") && terminal.shows("I look first."));
        terminal.press(b"y");
        terminal.until("the end", |terminal| terminal.shows("Done looking."));
        terminal.until("the end of the turn", |terminal| terminal.shows("-- end_turn"));
        terminal.press(b"Again");
        terminal.until("the line", |terminal| terminal.shows("> Again_"));
        terminal.press(b"\r");
        terminal.until("another question", |terminal| terminal.shows("y allow once"));
        let screen = terminal.text();
        terminal.press(b"\x03");
        assert_eq!(terminal.end(), 0, "{}", terminal.text());
        assert!(terminal.has_cursor());
        screen
    });
    let screen = screen.await.unwrap();
    assert!(screen.contains("> Again"), "{screen}");
    let first = turn.wait().await.unwrap();
    assert_eq!(first.result.as_deref(), Some("Done looking."));
    let info = session.info().await.unwrap();
    assert_eq!(info.turns, 2, "the session goes on without its viewer");
    maestro.close(Running::Park).await.unwrap();
}
