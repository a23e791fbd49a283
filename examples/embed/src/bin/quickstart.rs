//! One task of Claude Code in a worktree of its own, and its work merged:
//!
//! `quickstart PROJECT PROMPT`, where PROJECT is a git repository.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use std::error::Error;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::{ContentBlock, EventData, ProjectSpec, TaskSpec};
use maestro_core::storage::sqlite::Sqlite;
use maestro_core::{Maestro, Running};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [path, prompt] = embed::arguments(["PROJECT", "PROMPT"]);
    // snippet: quickstart
    let maestro = Maestro::builder()
        .storage(Sqlite::at(format!("{path}.db")))
        .agent("claude", ClaudeCode::discover()?)
        .worktrees(format!("{path}.worktrees"))
        .build()
        .await?;
    let shop = maestro.projects().ensure(ProjectSpec::new("shop", &path)).await?;
    let task = maestro.tasks().submit(TaskSpec::prompt(prompt).project(&shop)).await?;
    let mut events = task.events();
    while let Some(event) = events.next().await {
        match event?.data {
            EventData::ApprovalRequested(asked) if asked.tool.as_deref() == Some("Write") => {
                maestro.approvals().allow(&asked).await?;
            }
            EventData::ApprovalRequested(asked) => {
                maestro.approvals().deny(&asked, "Only files are written here.").await?;
            }
            EventData::Message(said) if said.role == "assistant" => {
                println!("{}", ContentBlock::join_text(&said.blocks));
            }
            _ => {}
        }
    }
    let outcome = task.wait().await?; // data, also when the agent failed
    if outcome.is_success() {
        task.workspace().merge("main").await?;
        println!("merged into main");
    } else {
        println!("{}", outcome.summary());
    }
    maestro.close(Running::Park).await?;
    // end
    Ok(())
}
