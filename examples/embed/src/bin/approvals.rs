//! Who may do what: rules first, then a person, who is asked here in the terminal:
//!
//! `approvals PROJECT PROMPT`, where PROJECT is a git repository.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use std::error::Error;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::{EventData, ProjectSpec, Remember, RuleSpec, TaskSpec};
use maestro_core::storage::sqlite::Sqlite;
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

    // snippet: rules
    let policies = maestro.approvals().policies();
    policies.put(RuleSpec::allow("Read").project("shop")).await?;
    let people = "People push.";
    policies.put(RuleSpec::deny("Bash(git push:*)").project("shop").reason(people)).await?;
    // end

    let task = maestro.tasks().submit(TaskSpec::prompt(prompt).project(&shop)).await?;
    // snippet: answer
    let mut events = task.events();
    while let Some(event) = events.next().await {
        let EventData::ApprovalRequested(asked) = event?.data else { continue };
        let tool = asked.tool.as_deref().unwrap_or_default();
        if asked.answered {
            println!("a rule answered {tool}");
        } else if embed::yes(&format!("May {tool} run with {}?", asked.input))? {
            maestro.approvals().allow_with(&asked, None, Remember::Session).await?;
        } else {
            maestro.approvals().deny(&asked, "A person said no.").await?;
        }
    }
    // end
    println!("{}", task.wait().await?.summary());
    maestro.close(Running::Park).await?;
    Ok(())
}
