//! Accounts: what agents are billed and rate-limited against.

mod group;
mod record;
mod seen;

pub use group::Accounts;
pub(crate) use seen::{Seen, note};

use std::collections::BTreeMap;

use crate::agent::AgentAccount;
use crate::error::{Error, ErrorKind, Result};
use crate::id::AccountId;
use crate::model::{AccountInfo, AccountState, SessionInfo};
use crate::node::{Core, Scope, Versioned};

/// An account by its id or name.
///
/// # Errors
/// `NotFound`, also for one that was removed.
pub(crate) async fn resolve(scope: &Scope, reference: &str) -> Result<Versioned<AccountInfo>> {
    let store = &scope.core.store;
    let mut found = None;
    if let Ok(id) = reference.parse::<AccountId>() {
        found = store.get::<AccountInfo>(&scope.tenant, id).await?;
    }
    if found.is_none() {
        found = store.by_unique_key::<AccountInfo>(&scope.tenant, reference).await?;
    }
    found.filter(|found| found.value.state == AccountState::Active).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("`account` names none that exists: {reference:?}"))
    })
}

/// The account that a session is to use, checked against its agent.
///
/// # Errors
/// `NotFound`, `InvalidArgument` for an account of another agent, `Unavailable` for one whose
/// directory is at another place.
pub(crate) async fn for_session(scope: &Scope, name: &str, kind: &str) -> Result<AccountInfo> {
    let account = resolve(scope, name).await?.value;
    if !account.agent.is_empty() && account.agent != kind {
        return Err(Error::invalid("account", "is for another kind of agent")
            .with("account", &account.name)
            .with("for", &account.agent)
            .with("agent", kind));
    }
    Ok(account)
}

/// What a session's process is given: references become values here, and nowhere before.
///
/// # Errors
/// Those of the secret store; `NotFound` for an account that was removed; `Unavailable` for one whose
/// directory is at another place.
pub(crate) async fn for_process(
    core: &Core,
    session: &SessionInfo,
) -> Result<Option<AgentAccount>> {
    let Some(id) = session.account_id else {
        return Ok(None);
    };
    let account = core.store.require::<AccountInfo>(&session.tenant_id, id).await?.value;
    // Where its conversation is counts, not where the account would begin another one.
    let config_dir = session.pointer.config_dir.clone();
    credentials(core, &account).await.map(|account| Some(AgentAccount { config_dir, ..account }))
}

/// An account with its secrets.
pub(crate) async fn credentials(core: &Core, account: &AccountInfo) -> Result<AgentAccount> {
    if account.state == AccountState::Removed {
        return Err(Error::new(ErrorKind::NotFound, "the account was removed")
            .with("account", &account.name));
    }
    let here = core.parts.transport.place();
    if let Some(directory) = account.config_dir.as_ref().filter(|path| path.place != here) {
        return Err(Error::new(
            ErrorKind::Unavailable,
            "the account's directory is at another place",
        )
        .with("account", &account.name)
        .with("config_dir", directory));
    }
    let mut credentials = BTreeMap::new();
    for (variable, reference) in &account.credentials {
        let secret = core
            .parts
            .secrets
            .resolve(reference)
            .await
            .map_err(|error| error.with("account", &account.name).with("variable", variable))?;
        if secret.expose().len() < crate::secret::Redactor::MIN_BYTES {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "the secret is too short to be kept out of texts",
            )
            .with("account", &account.name)
            .with("variable", variable)
            .with("min_bytes", crate::secret::Redactor::MIN_BYTES));
        }
        credentials.insert(variable.clone(), secret);
    }
    let config_dir = account.config_dir.as_ref().map(|directory| directory.path.clone());
    Ok(AgentAccount { name: account.name.clone(), credentials, config_dir })
}
