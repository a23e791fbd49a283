//! Hands pending commands to the owners on this node.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::error::Result;
use crate::id::{CommandId, TenantId};
use crate::model::{CommandInfo, CommandState, Verb};
use crate::node::{Core, Fence, Versioned, until_news};
use crate::runtime::RuntimeExt as _;
use crate::session;
use crate::storage::{ListQuery, RecordKind};

/// A command on its way to its owner.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) verb: Verb,
    pub(crate) command_id: CommandId,
    pub(crate) tenant: TenantId,
}

impl Delivery {
    /// Notes that the owner carries the command out from here on. False when it is void by now, or
    /// was carried out before: an id is carried out once.
    ///
    /// # Errors
    /// `LeaseLost` when the owner has lost its authority.
    pub(crate) async fn begin(&self, core: &Core, fence: &Fence) -> Result<bool> {
        let begun = core
            .store
            .change::<CommandInfo, ()>(&self.tenant, self.command_id, |read, draft| {
                if read.value.state != CommandState::Pending {
                    return Ok(None);
                }
                draft.fence(fence);
                let taken = CommandInfo {
                    state: CommandState::Taken,
                    token: Some(fence.token),
                    ..read.value.clone()
                };
                draft.update(read.version, &taken)?;
                Ok(Some(()))
            })
            .await?;
        Ok(begun.is_some())
    }

    /// Writes down what came of the command.
    pub(crate) async fn reply(self, core: &Core, result: Result<Value>) {
        let (state, value, error) = match result {
            Ok(value) => (CommandState::Done, value, None),
            Err(error) => (CommandState::Failed, Value::Null, Some(error.info())),
        };
        let written = core
            .store
            .change::<CommandInfo, ()>(&self.tenant, self.command_id, |read, draft| {
                if !matches!(read.value.state, CommandState::Pending | CommandState::Taken) {
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
    /// Boxed, since a channel holds room for 31 from the first one on.
    sender: async_channel::Sender<Box<Delivery>>,
    /// Commands that were handed over and not answered; a second look must not repeat them.
    taken: Arc<Mutex<HashSet<CommandId>>>,
}

impl Inbox {
    /// Makes this node known as the owner of a record, until the guard is dropped.
    pub(crate) fn register(
        core: &Arc<Core>,
        tenant: &TenantId,
        kind: &RecordKind,
        id: String,
    ) -> (async_channel::Receiver<Box<Delivery>>, Owner) {
        let (sender, receiver) = async_channel::unbounded();
        let inbox = Self { sender, taken: Arc::default() };
        let key = (tenant.clone(), kind.as_str().to_owned(), id);
        let taken = Arc::clone(&inbox.taken);
        core.owners.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), inbox);
        // Commands may wait for it already.
        core.ask_for_mail();
        (receiver, Owner { core: Arc::clone(core), key, taken })
    }
}

/// This node owns a record while this lives.
#[derive(Debug)]
pub(crate) struct Owner {
    core: Arc<Core>,
    key: (TenantId, String, String),
    taken: Arc<Mutex<HashSet<CommandId>>>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        let mut owners = self.core.owners.lock().unwrap_or_else(PoisonError::into_inner);
        // The next attempt may have registered before this one is dropped.
        if owners.get(&self.key).is_some_and(|inbox| Arc::ptr_eq(&inbox.taken, &self.taken)) {
            owners.remove(&self.key);
        }
    }
}

/// Hands commands over, and gives a process to sessions that wait for one, until the node stops.
pub(crate) async fn deliver_for_ever(core: Arc<Core>) {
    let watch = core.store.storage.watch();
    while !core.stopping.is_closed() {
        core.note_progress();
        if let Err(error) = deliver(&core).await {
            tracing::warn!(%error, "commands could not be looked for");
        }
        if let Err(error) = session::take_up(&core).await {
            tracing::warn!(%error, "sessions that wait could not be looked for");
        }
        // Hints may be lost, so it also looks by itself.
        let pause = core.runtime().jitter(core.parts.sweep_every);
        until_news(&core, &watch, &[RecordKind::COMMAND], core.mail_wanted(), pause).await;
    }
}

/// Looks for commands to owners on this node, and hands them over.
async fn deliver(core: &Arc<Core>) -> Result<()> {
    let owners = core.owners.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if owners.is_empty() && core.parts.concurrency == 0 {
        return Ok(());
    }
    let mut query = ListQuery::new(None, RecordKind::COMMAND);
    query.states = vec![CommandState::Pending.as_str().to_owned()];
    query.limit = ListQuery::MAX_LIMIT;
    for Versioned { value, .. } in core.store.list_all::<CommandInfo>(query).await? {
        let key = (value.tenant_id.clone(), value.target_kind.clone(), value.target_id.clone());
        let Some(inbox) = owners.get(&key) else {
            if value.target_kind == RecordKind::SESSION.as_str()
                && let Err(error) = session::take_over(core, &value).await
            {
                tracing::warn!(%error, command = %value.id, "a command without an owner has to wait");
            }
            continue;
        };
        if !inbox.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(value.id) {
            continue;
        }
        let delivery = Delivery { verb: value.verb, command_id: value.id, tenant: value.tenant_id };
        // A closed inbox means that the owner is going; the command waits for the next one.
        let _ = inbox.sender.try_send(Box::new(delivery));
    }
    Ok(())
}
