//! `attach`: shows a live session, and lets a person answer and ask.

mod diff;
mod input;
mod layout;
mod plain;
mod terminal;
#[cfg(test)]
mod tests;

use std::io::IsTerminal as _;

use maestro_core::model::Remember;
use maestro_core::session::SessionHandle;
use maestro_core::{Error, ErrorKind, Maestro, Result};
use tokio::task::JoinSet;

use crate::args::Attach;
use crate::exit::Exit;
use crate::list;
use input::{Action, Input};
use terminal::{Terminal, Typed};

pub(crate) async fn attach(maestro: &Maestro, command: Attach) -> Result<Exit> {
    let session = find(maestro, &command.session).await?;
    if crate::out::is_live() && std::io::stdin().is_terminal() {
        on_a_terminal(maestro, &session).await?;
    } else {
        plain::print(&session).await?;
    }
    Ok(Exit::Ok)
}

/// A session by its id, or the one of a task by the task's id or the end of it.
async fn find(maestro: &Maestro, reference: &str) -> Result<SessionHandle> {
    if let Ok(id) = reference.parse() {
        match maestro.sessions().get(id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            found => return found,
        }
    }
    let task = list::find(maestro, reference).await?;
    match task.session_id {
        Some(id) => maestro.sessions().get(id).await,
        None => {
            Err(Error::new(ErrorKind::NotFound, "the task has no session yet")
                .with("task_id", task.id))
        }
    }
}

async fn on_a_terminal(maestro: &Maestro, session: &SessionHandle) -> Result<()> {
    let mut live = session.watch_view().await?;
    let mut terminal = Terminal::open()?;
    let mut input = Input::default();
    let mut said = String::new();
    let mut is_over = false;
    let mut acts: JoinSet<Result<()>> = JoinSet::new();
    loop {
        terminal.draw(live.view(), &input, &said)?;
        tokio::select! {
            changed = live.changed(), if !is_over => is_over = changed.transpose()?.is_none(),
            Some(failed) = acts.join_next() => {
                let failed = failed.map_err(|error| {
                    Error::new(ErrorKind::Internal, "an answer was not passed on").caused_by(error)
                })?;
                said = failed.err().map(|error| error.to_string()).unwrap_or_default();
            }
            typed = terminal.typed() => {
                // The next drawing is for its new size.
                let Typed::Key(key) = typed? else { continue };
                let Some(action) = input.key(key, live.view()) else { continue };
                if action == Action::Leave {
                    return Ok(());
                }
                said.clear();
                let (maestro, session) = (maestro.clone(), session.clone());
                // Beside the drawing, since a prompt waits for the session's owner.
                acts.spawn(async move { act(&maestro, &session, action).await });
            }
        }
    }
}

async fn act(maestro: &Maestro, session: &SessionHandle, action: Action) -> Result<()> {
    let approvals = maestro.approvals();
    match action {
        Action::Allow { id, session } => {
            let remember = if session { Remember::Session } else { Remember::Once };
            approvals.allow_with(id, None, remember).await.map(|_| ())
        }
        Action::Deny { id, message } => approvals.deny(id, message).await.map(|_| ()),
        Action::Answer { id, answers } => approvals.answer(id, answers).await.map(|_| ()),
        Action::Prompt(text) => session.prompt(text).await.map(|_| ()),
        Action::Leave => Ok(()),
    }
}
