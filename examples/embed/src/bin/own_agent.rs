//! An agent of one's own: a closure that answers each prompt.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use maestro_core::agent::agent_fn;
use maestro_core::model::{ProjectSpec, TaskSpec, WorkspaceKind};
use maestro_core::{Maestro, Result, Running};

#[tokio::main]
async fn main() -> Result<()> {
    let echo = agent_fn(|turn| async move { Ok(format!("You said: {}", turn.prompt)) });
    let maestro = Maestro::builder().agent("echo", echo).build().await?;
    let here = maestro.projects().ensure(ProjectSpec::new("here", ".")).await?;
    let task = TaskSpec::prompt("hello").project(&here).workspace(WorkspaceKind::Directory);
    let outcome = maestro.tasks().submit(task).await?.wait().await?;
    println!("{}", outcome.summary());
    maestro.close(Running::Wait).await
}
