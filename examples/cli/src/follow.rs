//! Follows tasks to their end, and leaves cleanly when it is told to stop.

use std::time::Duration;

use maestro_core::model::{Event, EventFilter, Position};
use maestro_core::task::{TaskFilter, TaskHandle};
use maestro_core::{Error, ErrorKind, Maestro, Result, Running};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::MissedTickBehavior;

use crate::args::Common;
use crate::board::Board;
use crate::exit::Exit;
use crate::out;
use crate::view::View;

/// How often is looked whether the live block has changed.
const FRAME: Duration = Duration::from_millis(80);

/// Where the feed of events is now. Asked before tasks are submitted, it lets nothing of them be
/// missed.
pub(crate) async fn now(maestro: &Maestro) -> Result<Position> {
    let mut one = TaskFilter::default();
    one.limit = Some(1);
    Ok(Position::After(maestro.tasks().list(one).await?.as_of))
}

/// Shows what happens from a position on, until every task is over, or cannot go on without a person.
pub(crate) async fn to_the_end(
    maestro: &Maestro,
    common: &Common,
    tasks: &[TaskHandle],
    after: Position,
    call: String,
) -> Result<Exit> {
    if tasks.is_empty() {
        return Ok(Exit::Ok);
    }
    let filter = EventFilter::of_tasks(tasks.iter().map(TaskHandle::id));
    let mut events = maestro.events().subscribe(filter, after).await?;
    let mut infos = Vec::new();
    for task in tasks {
        infos.push(task.info().await?);
    }
    let mut board = Board::new(&infos);
    let mut view = View::open(common, call);
    let mut frames = tokio::time::interval(FRAME);
    frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopped = std::pin::pin!(stopped());
    while !board.is_at_rest() {
        tokio::select! {
            event = events.next() => {
                let Some(event): Option<Event> = event.transpose()? else { break };
                board.apply(&event);
                view.tell(&board, &event)?;
            }
            _ = frames.tick() => view.look(&board)?,
            stopped = &mut stopped => {
                stopped?;
                view.draw(&board)?;
                return Ok(Exit::Interrupted);
            }
        }
    }
    view.draw(&board)?;
    Ok(board.exit())
}

/// Closes the node. When it was told to stop, it says how to go on; told again, it leaves at once.
pub(crate) async fn close(maestro: &Maestro, exit: Result<Exit>, again: &str) -> Result<Exit> {
    let interrupted = matches!(exit, Ok(Exit::Interrupted));
    if interrupted {
        out::note("stopping the agents; nothing is lost (once more: stop at once)");
    }
    let closed = tokio::select! {
        closed = maestro.close(Running::Park) => closed,
        _ = stopped() => Ok(()),
    };
    if interrupted {
        out::note(format_args!("to go on: {again}"));
    }
    let exit = exit?;
    closed.map(|()| exit)
}

/// Waits until somebody asks this process to stop: by Ctrl-C, as a service manager does, or by
/// closing the terminal.
pub(crate) async fn stopped() -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Internal, "signals cannot be handled").caused_by(error)
    };
    let mut interrupted = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
    let mut hung_up = signal(SignalKind::hangup()).map_err(failed)?;
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
        _ = hung_up.recv() => {}
    }
    Ok(())
}
