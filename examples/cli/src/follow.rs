//! Follows tasks to their end, and leaves cleanly on Ctrl-C.

use std::collections::BTreeSet;

use maestro_core::model::{EventData, EventFilter, Position, TaskState};
use maestro_core::task::TaskHandle;
use maestro_core::{Maestro, Result, Running};

use crate::args::Common;
use crate::exit::Exit;
use crate::{list, progress};

/// Prints what happens until every task is over, or one cannot go on without a person.
pub(crate) async fn to_the_end(
    maestro: &Maestro,
    common: &Common,
    tasks: &[TaskHandle],
) -> Result<Exit> {
    let filter = EventFilter {
        task_ids: tasks.iter().map(TaskHandle::id).collect(),
        ..EventFilter::default()
    };
    let mut events = maestro.events().subscribe(filter, Position::Now).await?;
    let mut open = BTreeSet::new();
    let mut exit = Exit::Ok;
    for task in tasks {
        let info = task.info().await?;
        exit = worse(exit, info.state);
        if !info.state.is_ended() && info.state != TaskState::InputRequired {
            open.insert(info.id);
        }
    }
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    while !open.is_empty() {
        let event = tokio::select! {
            event = events.next() => event,
            _ = &mut interrupted => return Ok(Exit::Interrupted),
        };
        let Some(event) = event.transpose()? else {
            break;
        };
        if common.json {
            println!("{}", list::json(&event)?);
        } else if let Some(line) = progress::line(&event) {
            println!("{line}");
        }
        let Some(task_id) = event.refs.task_id else {
            continue;
        };
        match &event.data {
            EventData::TaskEnded(data) => {
                exit = worse(exit, data.state);
                open.remove(&task_id);
            }
            EventData::TaskInputRequired(_) => {
                exit = worse(exit, TaskState::InputRequired);
                open.remove(&task_id);
            }
            _ => {}
        }
    }
    Ok(exit)
}

/// Closes the node; after Ctrl-C it says how to go on.
pub(crate) async fn close(maestro: &Maestro, exit: Result<Exit>, again: &str) -> Result<Exit> {
    let interrupted = matches!(exit, Ok(Exit::Interrupted));
    if interrupted {
        eprintln!("stopping the agents; nothing is lost");
    }
    let closed = maestro.close(Running::Park).await;
    if interrupted {
        eprintln!("to go on: {again}");
    }
    let exit = exit?;
    closed.map(|()| exit)
}

fn worse(exit: Exit, state: TaskState) -> Exit {
    match state {
        TaskState::Failed | TaskState::Cancelled => Exit::TaskFailed,
        TaskState::InputRequired if exit == Exit::Ok => Exit::Conflict,
        _ => exit,
    }
}
