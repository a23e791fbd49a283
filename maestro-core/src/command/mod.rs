//! Durable commands: how one node asks what only the owner of a session or task can do.

mod expiry;
mod mailbox;
mod record;

use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::id::{CommandId, TenantId};
use crate::model::{Actor, CommandInfo, CommandState, Verb};
use crate::node::{Core, Draft, Scope, Stored as _, until_touched};
use crate::runtime::RuntimeExt as _;
use crate::storage::{RecordKind, Watch};

pub(crate) use expiry::expire;
pub(crate) use mailbox::{Delivery, Inbox, Owner, deliver_for_ever};

/// How long a command waits for its owner. Default 30 s; after it the caller gets `Unavailable`.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an answer waits. The agent waits for it for as long as its process lives, and nobody
/// gives it again.
const ANSWER_PATIENCE: Duration = Duration::from_hours(24);

/// Adds a command to a commit.
pub(crate) fn draft(
    core: &Core,
    draft: &mut Draft,
    tenant: &TenantId,
    by: &Actor,
    target: (&RecordKind, String),
    verb: Verb,
) -> Result<CommandId> {
    let id = core.runtime().id::<CommandId>();
    let now = core.now();
    let patience = match verb {
        Verb::ApprovalDeliver { .. } => ANSWER_PATIENCE,
        _ => PATIENCE,
    };
    draft.insert(&CommandInfo {
        id,
        tenant_id: tenant.clone(),
        by: by.clone(),
        target_kind: target.0.as_str().to_owned(),
        target_id: target.1,
        verb,
        state: CommandState::Pending,
        result: Value::Null,
        error: None,
        created_at: now,
        token: None,
        expires_at: now + patience,
        extra: crate::model::Extra::new(),
    })?;
    Ok(id)
}

/// Gives a command and waits for what comes of it.
///
/// # Cancel safety
/// Once it is given, dropping the future does not take it back.
pub(crate) async fn call(
    scope: &Scope,
    target: (&RecordKind, String),
    verb: Verb,
) -> Result<Value> {
    let core = &scope.core;
    let mut commit = core.store.draft();
    let id = draft(core, &mut commit, &scope.tenant, &scope.actor, target, verb)?;
    let watch = core.store.storage.watch();
    core.store.commit(commit).await?;
    wait(scope, id, &watch).await
}

/// Waits for what comes of a command. The watch is older than the command.
///
/// # Cancel safety
/// Dropping the future does not take the command back.
pub(crate) async fn wait(scope: &Scope, id: CommandId, watch: &Watch) -> Result<Value> {
    let core = &scope.core;
    loop {
        let command = core.store.require::<CommandInfo>(&scope.tenant, id).await?.value;
        match command.state {
            // A newer version may know of more states on the way; the end of the wait is the caller's.
            CommandState::Pending | CommandState::Taken | CommandState::Other(_) => {}
            CommandState::Done => return Ok(command.result),
            CommandState::Failed => {
                return Err(command.error.map_or_else(
                    || Error::new(ErrorKind::Internal, "the command failed"),
                    Error::from,
                ));
            }
            CommandState::Expired => {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "no node that owns it took the command up in time",
                )
                .with("target", format!("{}/{}", command.target_kind, command.target_id)));
            }
        }
        until_touched(core, watch, &command.key()).await?;
    }
}
