//! `cancel`, `diff` and `merge`.

use maestro_core::Result;
use serde_json::json;

use crate::args::{Cancel, Common, Merge, TaskArg};
use crate::exit::Exit;
use crate::{list, node, out};

pub(crate) async fn cancel(common: &Common, command: Cancel) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let task = list::find(&maestro, &command.task).await?;
    if task.state.is_ended() {
        out::say(common, &task, format_args!("nothing to do: it has {}", task.state))?;
        return Ok(Exit::Ok);
    }
    let task = maestro.tasks().cancel(task.id, &command.reason).await?;
    out::say(common, &task, if task.state.is_ended() { "cancelled" } else { "asked to stop" })?;
    Ok(Exit::Ok)
}

pub(crate) async fn diff(common: &Common, command: TaskArg) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let task = list::find(&maestro, &command.task).await?;
    let diff = maestro.tasks().handle(task.id).workspace().diff().await?;
    if common.json {
        out::json(&json!({ "diff": diff }))?;
    } else {
        out::print(diff)?;
    }
    Ok(Exit::Ok)
}

pub(crate) async fn merge(common: &Common, command: Merge) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let task = list::find(&maestro, &command.task).await?;
    let commit = maestro.tasks().handle(task.id).workspace().merge(&command.into).await?;
    let merged = json!({ "task_id": task.id, "into": command.into, "commit": commit });
    out::say(common, &merged, format_args!("merged into {} as {commit}", command.into))?;
    Ok(Exit::Ok)
}
