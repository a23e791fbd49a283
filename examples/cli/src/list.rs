//! `ls` and `show`.

use maestro_core::model::{TaskInfo, TaskState};
use maestro_core::task::TaskFilter;
use maestro_core::{Error, Maestro, Result};

use crate::args::{Common, Ls, TaskArg};
use crate::exit::Exit;
use crate::node;

pub(crate) async fn ls(common: &Common, command: Ls) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let mut filter = TaskFilter::default();
    for state in &command.state {
        let parsed = serde_json::from_value::<TaskState>(state.as_str().into());
        filter.states.push(
            parsed.map_err(|_| {
                Error::invalid("state", format!("is not a state of tasks: {state:?}"))
            })?,
        );
    }
    loop {
        let page = maestro.tasks().list(filter.clone()).await?;
        for task in &page.tasks {
            if common.json {
                println!("{}", json(task)?);
            } else {
                println!("{}", line(task));
            }
        }
        match page.next {
            Some(next) => filter.page_token = Some(next),
            None => return Ok(Exit::Ok),
        }
    }
}

pub(crate) async fn show(common: &Common, command: TaskArg) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let task = find(&maestro, &command.task).await?;
    if common.json {
        println!("{}", json(&task)?);
        return Ok(Exit::Ok);
    }
    println!("{}", line(&task));
    for attempt in &task.attempts {
        let state = serde_json::to_value(attempt.state).unwrap_or_default();
        let state = state.as_str().unwrap_or_default();
        println!("  attempt {}: {state}, token {}", attempt.number, attempt.token);
    }
    if let Some(session) = task.session_id {
        println!("  session {session}");
    }
    if let Ok(workspace) = maestro.tasks().handle(task.id).workspace().info().await {
        println!("  workspace {}", workspace.workspace.root);
    }
    if let Some(outcome) = &task.outcome {
        println!("  {}", outcome.summary());
    }
    for reason in maestro.tasks().explain(task.id).await? {
        println!(
            "  waits: {} {} ({})",
            reason.code,
            reason.reference.unwrap_or_default(),
            reason.fix
        );
    }
    Ok(Exit::Ok)
}

/// A task by its id or the end of it.
pub(crate) async fn find(maestro: &Maestro, reference: &str) -> Result<TaskInfo> {
    if let Ok(id) = reference.parse() {
        return maestro.tasks().get(id).await;
    }
    let mut found = Vec::new();
    let mut filter = TaskFilter::default();
    loop {
        let page = maestro.tasks().list(filter.clone()).await?;
        let matching = page.tasks.into_iter();
        found.extend(matching.filter(|task| task.id.to_string().ends_with(reference)));
        match page.next {
            Some(next) => filter.page_token = Some(next),
            None => break,
        }
    }
    match (found.pop(), found.len()) {
        (Some(task), 0) => Ok(task),
        (Some(_), _) => Err(Error::invalid("task", format!("{reference:?} fits several"))),
        (None, _) => Err(Error::new(
            maestro_core::ErrorKind::NotFound,
            format!("`task` names none that exists: {reference:?}; `maestro ls` lists them"),
        )),
    }
}

pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| {
        Error::new(maestro_core::ErrorKind::Internal, "cannot be written as JSON").caused_by(error)
    })
}

/// The end of an id, which is what tells ids of the same moment apart.
pub(crate) fn short(id: &impl ToString) -> String {
    let id = id.to_string();
    id[id.len().saturating_sub(8)..].to_owned()
}

fn line(task: &TaskInfo) -> String {
    let tries = task.attempts.len();
    format!(
        "{}  {:<14} {:>2} attempts  {}",
        short(&task.id),
        task.state.as_str(),
        tries,
        task.title()
    )
}
