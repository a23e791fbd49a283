//! `demo`: three agents on a scratch repository, two of them side by side. Kill it, run it again.

mod agent;
mod plan;
mod repository;

use std::path::Path;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::ProjectSpec;
use maestro_core::{Error, ErrorKind, Maestro, MaestroBuilder, Result};
use scripted_model::ScriptedModel;

use crate::args::{Common, Demo, Given};
use crate::exit::Exit;
use crate::{follow, node, out, table};

pub(crate) async fn demo(given: &Given, command: Demo) -> Result<Exit> {
    let common = &given.over(command.dir.join("maestro.db"));
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
    let (builder, _model, about) = with_agent(builder, &command, &dir).await?;
    say(common, format_args!("demo: {about}"))?;
    let repository = repository::ensure(&dir)?;
    let maestro = builder.build().await?;
    let exit = play(&maestro, common, &command, &dir, &repository).await;
    follow::close(&maestro, exit, "run `maestro demo` (or `make demo`) again").await
}

/// What only people want to read; it is no part of a program's input.
fn say(common: &Common, text: impl std::fmt::Display) -> Result<()> {
    if common.json {
        out::note(text);
        return Ok(());
    }
    out::line(text)
}

/// Registers the agent, and says which one it is.
async fn with_agent(
    builder: MaestroBuilder,
    command: &Demo,
    dir: &Path,
) -> Result<(MaestroBuilder, Option<ScriptedModel>, String)> {
    if command.live {
        let about = "the real Claude Code with your own login; this costs money".to_owned();
        return Ok((builder.agent("claude", ClaudeCode::discover()?), None, about));
    }
    let scripted = if command.scripted {
        Err(Error::new(ErrorKind::Unavailable, "as asked for"))
    } else {
        agent::scripted(dir).await
    };
    match scripted {
        Ok(scripted) => {
            let about = format!(
                "the real Claude Code ({}) against a scripted model on {}",
                scripted.program.display(),
                scripted.model.base_url()
            );
            Ok((builder.agent("claude", scripted.claude), Some(scripted.model), about))
        }
        Err(error) if error.kind() == ErrorKind::Unavailable => {
            let about = format!("a scripted agent, not the real one: {}", error.message());
            Ok((builder.agent("claude", agent::stand_in(dir)), None, about))
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
    let after = follow::now(maestro).await?;
    let tasks = plan::submit(maestro, &project, &attempts, command.live).await?;
    let call = node::call(common);
    let exit = follow::to_the_end(maestro, common, &tasks, after, call.clone()).await?;
    if exit == Exit::Interrupted {
        return Ok(exit);
    }
    if exit == Exit::Ok
        && let Some(last) = tasks.last()
    {
        let commit = last.workspace().merge("main").await?;
        say(common, format_args!("merged into main as {commit}"))?;
    }
    table::print(common, &tasks).await?;
    say(common, format_args!("\nrepository  {}", repository.display()))?;
    say(common, format_args!("store       {}", dir.join("maestro.db").display()))?;
    say(common, format_args!("worktrees   {}", dir.join("worktrees").display()))?;
    say(common, format_args!("look at it  {call} ls"))?;
    say(common, format_args!("once more   maestro demo --fresh"))?;
    Ok(exit)
}
