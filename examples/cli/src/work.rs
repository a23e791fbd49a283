//! `cancel`, `diff` and `merge`.

use maestro_core::{Maestro, Result};
use serde_json::json;

use crate::args::{Cancel, Common, Merge, TaskArg};
use crate::exit::Exit;
use crate::{list, out};

pub(crate) async fn cancel(maestro: &Maestro, common: &Common, command: Cancel) -> Result<Exit> {
    let task = list::find(maestro, &command.task).await?;
    if task.state.is_ended() {
        out::say(common, &task, format_args!("nothing to do: it is {}", task.state))?;
        return Ok(Exit::Ok);
    }
    let task = maestro.tasks().cancel(task.id, &command.reason).await?;
    out::say(common, &task, if task.state.is_ended() { "cancelled" } else { "asked to stop" })?;
    Ok(Exit::Ok)
}

pub(crate) async fn diff(maestro: &Maestro, common: &Common, command: TaskArg) -> Result<Exit> {
    let task = list::find(maestro, &command.task).await?;
    let workspace = maestro.tasks().handle(task.id).workspace();
    if common.json {
        out::json(&json!({ "diff": workspace.diff().await? }))?;
    } else {
        out::bytes(&workspace.patch().await?)?;
    }
    Ok(Exit::Ok)
}

pub(crate) async fn merge(maestro: &Maestro, common: &Common, command: Merge) -> Result<Exit> {
    let task = list::find(maestro, &command.task).await?;
    let commit = maestro.tasks().handle(task.id).workspace().merge(&command.into).await?;
    let merged = json!({ "task_id": task.id, "into": command.into, "commit": commit });
    out::say(common, &merged, format_args!("merged into {} as {commit}", command.into))?;
    Ok(Exit::Ok)
}
