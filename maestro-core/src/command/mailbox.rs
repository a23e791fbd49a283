//! Hands pending commands to the owners on this node.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::id::{CommandId, TenantId};
use crate::model::{CommandInfo, CommandState, Verb};
use crate::node::{Core, Versioned};
use crate::storage::{ListQuery, RecordKind};

/// A command on its way to its owner.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) verb: Verb,
    pub(crate) command_id: CommandId,
    pub(crate) tenant: TenantId,
}

impl Delivery {
    /// Writes down what came of the command.
    pub(crate) async fn reply(self, core: &Core, result: Result<Value>) {
        let (state, value, error) = match result {
            Ok(value) => (CommandState::Done, value, None),
            Err(error) => (CommandState::Failed, Value::Null, Some(error.info())),
        };
        let written = core
            .store
            .change::<CommandInfo, ()>(&self.tenant, self.command_id, |read, draft| {
                if read.value.state != CommandState::Pending {
                    return Ok(None);
                }
                let command = CommandInfo {
                    state,
                    result: value.clone(),
                    error: error.clone(),
                    ..read.value.clone()
                };
                draft.update(read.version, &command)?;
                Ok(Some(()))
            })
            .await;
        if let Err(error) = written {
            tracing::warn!(%error, command = %self.command_id, "a command's result is not written");
        }
    }
}

/// Where the owner of a session or task on this node gets its commands.
#[derive(Debug, Clone)]
pub(crate) struct Inbox {
    sender: async_channel::Sender<Delivery>,
    /// Commands that were handed over and not answered; a second look must not repeat them.
    taken: Arc<std::sync::Mutex<HashSet<CommandId>>>,
}

impl Inbox {
    /// Makes this node known as the owner of a record, until the guard is dropped.
    pub(crate) fn register(
        core: &Arc<Core>,
        tenant: &TenantId,
        kind: &RecordKind,
        id: String,
    ) -> (async_channel::Receiver<Delivery>, Owner) {
        let (sender, receiver) = async_channel::unbounded();
        let inbox = Self { sender, taken: Arc::default() };
        let key = (tenant.clone(), kind.as_str().to_owned(), id);
        core.owners.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), inbox);
        (receiver, Owner { core: Arc::clone(core), key })
    }
}

/// This node owns a record while this lives.
#[derive(Debug)]
pub(crate) struct Owner {
    core: Arc<Core>,
    key: (TenantId, String, String),
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.core.owners.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// Looks for commands to owners on this node, and hands them over.
pub(crate) async fn deliver(core: &Core) -> Result<()> {
    let owners = core.owners.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if owners.is_empty() {
        return Ok(());
    }
    let mut query = ListQuery::new(None, RecordKind::COMMAND);
    query.states = vec![CommandState::Pending.as_str().to_owned()];
    query.limit = ListQuery::MAX_LIMIT;
    for Versioned { value, .. } in core.store.list_all::<CommandInfo>(query).await? {
        let key = (value.tenant_id.clone(), value.target_kind.clone(), value.target_id.clone());
        let Some(inbox) = owners.get(&key) else {
            continue;
        };
        if !inbox.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(value.id) {
            continue;
        }
        let delivery = Delivery { verb: value.verb, command_id: value.id, tenant: value.tenant_id };
        // A closed inbox means that the owner is going; the command waits for the next one.
        let _ = inbox.sender.try_send(delivery);
    }
    Ok(())
}

/// Gives up commands that nobody took up in time.
pub(crate) async fn expire(core: &Core) -> Result<()> {
    let mut query = ListQuery::new(None, RecordKind::COMMAND);
    query.states = vec![CommandState::Pending.as_str().to_owned()];
    query.due_by = Some(core.now());
    query.limit = ListQuery::MAX_LIMIT;
    for read in core.store.list_all::<CommandInfo>(query).await? {
        let command = CommandInfo { state: CommandState::Expired, ..read.value.clone() };
        let mut draft = core.store.draft();
        draft.update(read.version, &command)?;
        match core.store.commit(draft).await {
            // Somebody was faster; it is done or expired.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            result => result.map(|_| ()).map_err(|error: Error| error.during("command.expire"))?,
        }
    }
    Ok(())
}
