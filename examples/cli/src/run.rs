//! `run`: one prompt, or a file of tasks.

use std::collections::BTreeMap;
use std::path::Path;

use maestro_core::agent::claude::ClaudeCode;
use maestro_core::model::{ProjectSpec, TaskSpec};
use maestro_core::task::TaskHandle;
use maestro_core::{Error, Maestro, Result};
use serde::Deserialize;

use crate::args::{Common, Run};
use crate::exit::Exit;
use crate::{follow, node};

/// A file of tasks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The tasks; each may need those before it.
    task: Vec<Task>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Task {
    /// Its name in this file.
    name: String,
    prompt: String,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    priority: i32,
    /// Tools that run without asking.
    #[serde(default)]
    allow: Vec<String>,
}

pub(crate) async fn run(common: &Common, command: Run) -> Result<Exit> {
    let claude = match &command.claude {
        Some(program) => ClaudeCode::at(program),
        None => ClaudeCode::discover()?,
    };
    let builder = node::builder(&common.store)?.agent("claude", claude);
    let maestro = builder.concurrency(command.concurrency).build().await?;
    let result = submit(&maestro, &command).await;
    let exit = match result {
        Ok(tasks) => follow::to_the_end(&maestro, common, &tasks).await,
        Err(error) => Err(error),
    };
    let again = "run the same command with --file again, or `maestro ls`";
    follow::close(&maestro, exit, again).await
}

async fn submit(maestro: &Maestro, command: &Run) -> Result<Vec<TaskHandle>> {
    let path = std::path::absolute(&command.project)
        .map_err(|error| Error::invalid("project", "is no directory").caused_by(error))?;
    let name = path.to_string_lossy().into_owned();
    let project = maestro.projects().ensure(ProjectSpec::new(name, &path)).await?;
    let Some(file) = &command.file else {
        let prompt = command.prompt.clone().unwrap_or_default();
        let mut spec = TaskSpec::prompt(prompt).project(&project).allow_tools(&command.allow);
        spec.session.model.clone_from(&command.model);
        return Ok(vec![maestro.tasks().submit(spec).await?]);
    };
    let mut submitted: BTreeMap<String, TaskHandle> = BTreeMap::new();
    let mut order = Vec::new();
    for task in read(file)?.task {
        let mut needs = Vec::new();
        for need in &task.needs {
            let need = submitted.get(need).ok_or_else(|| {
                Error::invalid("needs", format!("names no task before it: {need:?}"))
                    .with("task", &task.name)
            })?;
            needs.push(need.clone());
        }
        let key = format!("{}#{}", file.display(), task.name);
        let mut spec = TaskSpec::prompt(task.prompt)
            .title(&task.name)
            .project(&project)
            .needs(needs)
            .priority(task.priority)
            .idempotency_key(key)
            .allow_tools(command.allow.iter().chain(&task.allow));
        spec.session.model.clone_from(&command.model);
        let handle = maestro.tasks().submit(spec).await?;
        submitted.insert(task.name, handle.clone());
        order.push(handle);
    }
    Ok(order)
}

fn read(path: &Path) -> Result<File> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::invalid("file", "cannot be read").with("path", path.display()).caused_by(error)
    })?;
    toml::from_str(&text).map_err(|error| {
        Error::invalid("file", "is not a file of tasks")
            .with("path", path.display())
            .caused_by(error)
    })
}
