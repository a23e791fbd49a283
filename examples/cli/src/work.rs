//! `cancel`, `diff` and `merge`.

use maestro_core::Result;

use crate::args::{Cancel, Common, Merge, TaskArg};
use crate::exit::Exit;
use crate::{list, node};

pub(crate) async fn cancel(common: &Common, command: Cancel) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let task = list::find(&maestro, &command.task).await?;
    let task = maestro.tasks().cancel(task.id, &command.reason).await?;
    println!("{}", if task.state.is_ended() { "cancelled" } else { "asked to stop" });
    Ok(Exit::Ok)
}

pub(crate) async fn diff(common: &Common, command: TaskArg) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let task = list::find(&maestro, &command.task).await?;
    print!("{}", maestro.tasks().handle(task.id).workspace().diff().await?);
    Ok(Exit::Ok)
}

pub(crate) async fn merge(common: &Common, command: Merge) -> Result<Exit> {
    let maestro = node::observe(common).await?;
    let task = list::find(&maestro, &command.task).await?;
    let commit = maestro.tasks().handle(task.id).workspace().merge(&command.into).await?;
    println!("merged into {} as {commit}", command.into);
    Ok(Exit::Ok)
}
