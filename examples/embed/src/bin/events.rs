//! What is there, and then what happens, with nothing missed between; and a conversation:
//!
//! `events PROJECT PROMPT`, where PROJECT is a git repository.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use std::error::Error;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::{ContentBlock, EventFilter, ItemBody, Position, ProjectSpec, TaskSpec};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::task::TaskFilter;
use maestro_core::{Maestro, Running};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [path, prompt] = embed::arguments(["PROJECT", "PROMPT"]);
    let maestro = Maestro::builder()
        .storage(Sqlite::at(format!("{path}.db")))
        .agent("claude", ClaudeCode::discover()?)
        .worktrees(format!("{path}.worktrees"))
        .build()
        .await?;
    let shop = maestro.projects().ensure(ProjectSpec::new("shop", &path)).await?;
    let ask = |title| TaskSpec::prompt(&prompt).project(&shop).title(title);
    let plan = maestro.tasks().submit(ask("Plan")).await?;

    // snippet: list_then_watch
    let page = maestro.tasks().list(TaskFilter::default()).await?;
    for task in &page.tasks {
        println!("{} {}", task.state, task.spec.title);
    }
    let build = maestro.tasks().submit(ask("Build").needs([&plan])).await?;
    let filter = EventFilter::of_types(["task.*"]);
    let mut events = maestro.events().subscribe(filter, Position::After(page.as_of)).await?;
    while let Some(event) = events.next().await {
        let Some(id) = event?.refs.task_id else { continue };
        let task = maestro.tasks().get(id).await?;
        println!("{} {}", task.state, task.spec.title);
        if id == build.id() && task.state.is_ended() {
            break;
        }
    }
    // end

    let session_id = build.info().await?.session_id.ok_or("it had no session")?;
    // snippet: conversation
    let session = maestro.sessions().get(session_id).await?;
    for item in session.view().await?.items {
        if let ItemBody::Message(message) = item.body {
            println!("{}: {}", message.role, ContentBlock::join_text(&message.blocks));
        }
    }
    // end
    maestro.close(Running::Park).await?;
    Ok(())
}
