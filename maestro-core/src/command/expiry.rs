//! The end of commands that nobody carries out.

use crate::error::{Error, ErrorKind, Result};
use crate::id::SessionId;
use crate::model::{CommandInfo, CommandState, SessionInfo, SessionState, Verb};
use crate::node::{Core, Stored as _, Versioned};
use crate::storage::{ListQuery, RecordKey, RecordKind};

/// Gives up commands that nobody took up in time or whose owner is gone, and forgets old ones.
pub(crate) async fn expire(core: &Core) -> Result<()> {
    let states = [CommandState::Pending, CommandState::Taken];
    for read in due(core, &states).await? {
        let command = match read.value.state {
            CommandState::Pending => {
                CommandInfo { state: CommandState::Expired, ..read.value.clone() }
            }
            _ if is_carried_out(core, &read.value).await? => continue,
            // The owner was lost, or is slow, between the end of the session and its answer.
            _ if has_closed(core, &read.value).await? => {
                CommandInfo { state: CommandState::Done, ..read.value.clone() }
            }
            _ => CommandInfo {
                state: CommandState::Failed,
                error: Some(owner_lost().info()),
                ..read.value.clone()
            },
        };
        let mut draft = core.store.draft();
        draft.update(read.version, &command)?;
        unless_changed(core.store.commit(draft).await.map(|_| ()))?;
    }
    let states = [CommandState::Done, CommandState::Failed, CommandState::Expired];
    for read in due(core, &states).await? {
        let mut draft = core.store.draft();
        draft.delete(read.version, read.value.key());
        unless_changed(core.store.commit(draft).await.map(|_| ()))?;
    }
    Ok(())
}

async fn due(core: &Core, states: &[CommandState]) -> Result<Vec<Versioned<CommandInfo>>> {
    let mut query = ListQuery::new(None, RecordKind::COMMAND);
    query.states = states.iter().map(|state| state.as_str().to_owned()).collect();
    query.due_by = Some(core.now());
    query.limit = ListQuery::MAX_LIMIT;
    core.store.list_all::<CommandInfo>(query).await
}

/// Whether the owner that took a command up still has its authority.
async fn is_carried_out(core: &Core, command: &CommandInfo) -> Result<bool> {
    let kind = RecordKind::from_name(command.target_kind.clone());
    let key = RecordKey::new(command.tenant_id.clone(), kind, &command.target_id);
    let target = core.store.storage.get(&[key]).await?.into_iter().next().flatten();
    Ok(target.is_some_and(|record| {
        record.lease.node_id.is_some() && Some(record.lease.token) == command.token
    }))
}

/// Whether the command was to close a session that is closed.
async fn has_closed(core: &Core, command: &CommandInfo) -> Result<bool> {
    if command.verb != Verb::SessionClose {
        return Ok(false);
    }
    let Ok(id) = command.target_id.parse::<SessionId>() else { return Ok(false) };
    let session = core.store.get::<SessionInfo>(&command.tenant_id, id).await?;
    Ok(session.is_some_and(|session| session.value.state == SessionState::Closed))
}

fn owner_lost() -> Error {
    Error::new(
        ErrorKind::LeaseLost,
        "the owner was lost while it carried the command out; look whether it took effect",
    )
}

/// Somebody who was faster has settled it.
fn unless_changed(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
        result => result.map_err(|error| error.during("command.expire")),
    }
}
