//! `demo`: three agents on a scratch repository, two of them side by side. Kill it, run it again.

mod agent;
mod plan;
mod repository;
mod table;

use std::path::Path;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::ProjectSpec;
use maestro_core::{Error, ErrorKind, Maestro, MaestroBuilder, Result};

use crate::args::{Common, Demo};
use crate::exit::Exit;
use crate::{follow, node};

pub(crate) async fn demo(common: &Common, command: Demo) -> Result<Exit> {
    let dir = std::path::absolute(&command.dir)
        .map_err(|error| Error::invalid("dir", "is no directory").caused_by(error))?;
    if command.fresh && dir.exists() {
        std::fs::remove_dir_all(&dir)
            .map_err(|error| Error::invalid("dir", "cannot be removed").caused_by(error))?;
    }
    let builder = node::builder(&dir.join("maestro.db"))?
        .concurrency(2)
        .permission_handler(plan::OnlyTheCheck);
    // The model lives as long as the demo.
    let (builder, _model) = with_agent(builder, &command, &dir).await?;
    let repository = repository::ensure(&dir)?;
    let maestro = builder.build().await?;
    let exit = play(&maestro, common, &command, &dir, &repository).await;
    follow::close(&maestro, exit, "run `maestro demo` (or `make demo`) again").await
}

/// Registers the agent, and says in the first line which one it is.
async fn with_agent(
    builder: MaestroBuilder,
    command: &Demo,
    dir: &Path,
) -> Result<(MaestroBuilder, Option<scripted_model::ScriptedModel>)> {
    if command.live {
        println!("demo: the real Claude Code with your own login; this costs money");
        return Ok((builder.agent("claude", ClaudeCode::discover()?), None));
    }
    let scripted = if command.scripted {
        Err(Error::new(ErrorKind::Unavailable, "as asked for"))
    } else {
        agent::scripted(dir).await
    };
    match scripted {
        Ok(scripted) => {
            println!(
                "demo: the real Claude Code ({}) against a scripted model on {}",
                scripted.program.display(),
                scripted.model.base_url()
            );
            Ok((builder.agent("claude", scripted.claude), Some(scripted.model)))
        }
        Err(error) if error.kind() == ErrorKind::Unavailable => {
            println!("demo: a scripted agent, not the real one: {}", error.message());
            Ok((builder.agent("claude", agent::stand_in(dir)), None))
        }
        Err(error) => Err(error),
    }
}

async fn play(
    maestro: &Maestro,
    common: &Common,
    command: &Demo,
    dir: &Path,
    repository: &Path,
) -> Result<Exit> {
    let project = maestro.projects().ensure(ProjectSpec::new("shop", repository)).await?;
    let attempts = dir.join("attempts.log").display().to_string();
    let tasks = plan::submit(maestro, &project, &attempts, command.live).await?;
    let exit = follow::to_the_end(maestro, common, &tasks).await?;
    if exit == Exit::Interrupted {
        return Ok(exit);
    }
    if exit == Exit::Ok
        && let Some(last) = tasks.last()
    {
        let commit = last.workspace().merge("main").await?;
        println!("merged into main as {commit}");
    }
    table::print(&tasks).await?;
    println!();
    println!("repository  {}", repository.display());
    println!("store       {}", dir.join("maestro.db").display());
    println!("worktrees   {}", dir.join("worktrees").display());
    println!("once more   maestro demo --fresh");
    Ok(exit)
}
