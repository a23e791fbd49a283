//! Two tasks, one after the other, and their events.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use maestro_core::agent::agent_fn;
use maestro_core::model::{ProjectSpec, TaskSpec, WorkspaceKind};
use maestro_core::{Maestro, Result, Running};

#[tokio::main]
async fn main() -> Result<()> {
    let agent = agent_fn(|turn| async move { Ok(format!("done: {}", turn.prompt)) });
    let maestro = Maestro::builder().agent("scripted", agent).concurrency(4).build().await?;
    let shop = maestro.projects().ensure(ProjectSpec::new("shop", ".")).await?;
    let ask = |prompt| TaskSpec::prompt(prompt).project(&shop).workspace(WorkspaceKind::Directory);
    let plan = maestro.tasks().submit(ask("Write PLAN.md for dark mode")).await?;
    let build = maestro.tasks().submit(ask("Implement PLAN.md").needs([&plan])).await?;

    let mut events = build.events(); // from its submission; ends when the task ends
    while let Some(event) = events.next().await {
        let event = event?;
        println!("{:>2} {}", event.seq.unwrap_or(0), event.event_type());
    }
    println!("{}", build.wait().await?.summary());
    maestro.close(Running::Wait).await
}
