//! Commands to a session that has given its process up, or lost it, before they reached it.

use std::sync::Arc;

use serde_json::Value;

use crate::command::Delivery;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{CommandInfo, SessionInfo, SessionState, Verb};
use crate::node::{Core, Scope};
use crate::session::handle::SessionHandle;
use crate::session::wake::take_up_one;

/// Does what can be done without an owner, and gives the session a process where the command needs
/// one. A command to a session that somebody owns is left alone.
pub(crate) async fn take_over(core: &Arc<Core>, command: &CommandInfo) -> Result<()> {
    let tenant = &command.tenant_id;
    let Ok(id) = command.target_id.parse() else { return Ok(()) };
    if matches!(
        command.verb,
        Verb::SessionControl { .. } | Verb::SessionSetMode { .. } | Verb::SessionSetModel { .. }
    ) {
        return take_up_one(core, tenant, id).await;
    }
    let Some(read) = core.store.get::<SessionInfo>(tenant, id).await? else {
        return Ok(());
    };
    if read.lease.node_id.is_some() || core.sessions.is_live(id) {
        return Ok(());
    }
    let scope = Scope { core: Arc::clone(core), tenant: tenant.clone(), actor: command.by.clone() };
    let session = SessionHandle { scope, id };
    let turn = read.value.open_turn().map(|turn| turn.id);
    let done = match &command.verb {
        Verb::SessionClose => {
            read.value.state == SessionState::Closed || session.close_unowned(&read).await?
        }
        Verb::SessionInterrupt => session.interrupt_unowned().await?,
        Verb::TurnCancel { turn_id } => {
            turn != Some(*turn_id) || session.interrupt_unowned().await?
        }
        Verb::SessionSteer { .. } => turn.is_none(),
        _ => false,
    };
    if !done {
        return Ok(());
    }
    let result = match &command.verb {
        Verb::SessionSteer { .. } => Err(Error::new(ErrorKind::Conflict, "no turn is under way")),
        _ => Ok(Value::Null),
    };
    let delivery = Delivery {
        verb: command.verb.clone(),
        command_id: command.id,
        tenant: command.tenant_id.clone(),
    };
    delivery.reply(core, result).await;
    Ok(())
}
