//! The `accounts` group.

use crate::account::resolve;
use crate::error::{ErrorKind, Result};
use crate::model::{AccountInfo, AccountSpec, AccountState, AccountStatus, Extra, PlacePath};
use crate::node::Scope;
use crate::runtime::RuntimeExt as _;
use crate::storage::{ListQuery, RecordKind};

/// The `accounts` group: what agents are billed and rate-limited against, by name.
#[derive(Debug, Clone)]
pub struct Accounts {
    pub(crate) scope: Scope,
}

impl Accounts {
    /// Creates an account, or makes the one of that name what the spec says. Sessions that run keep
    /// what they were started with; the next process gets the new credentials.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field: a value instead of a reference is one.
    pub async fn put(&self, spec: AccountSpec) -> Result<AccountInfo> {
        let put = self.try_put(&spec).await;
        put.map_err(|error| error.during("accounts.put").with("account", &spec.name))
    }

    async fn try_put(&self, spec: &AccountSpec) -> Result<AccountInfo> {
        spec.validate()?;
        let core = &self.scope.core;
        let place = core.parts.transport.place();
        let directory = spec.config_dir.as_ref();
        let mut account = AccountInfo {
            id: core.runtime().id(),
            tenant_id: self.scope.tenant.clone(),
            name: spec.name.clone(),
            agent: spec.agent.clone(),
            credentials: spec.credentials.clone(),
            config_dir: directory.map(|directory| PlacePath::new(place, directory)),
            labels: spec.labels.clone(),
            state: AccountState::Active,
            status: AccountStatus::default(),
            created_at: core.now(),
            extra: Extra::new(),
        };
        let mut draft = core.store.draft();
        draft.insert(&account)?;
        match core.store.commit(draft).await {
            Ok(_) => return Ok(account),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        let known = resolve(&self.scope, &spec.name).await?.value;
        account.id = known.id;
        let changed = core.store.change::<AccountInfo, AccountInfo>(
            &self.scope.tenant,
            known.id,
            |read, draft| {
                let same_login = read.value.credentials == account.credentials
                    && read.value.config_dir == account.config_dir;
                let changed = AccountInfo {
                    created_at: read.value.created_at,
                    // What was seen of another login says nothing about this one.
                    status: if same_login {
                        read.value.status.clone()
                    } else {
                        AccountStatus::default()
                    },
                    extra: read.value.extra.clone(),
                    ..account.clone()
                };
                draft.update(read.version, &changed)?;
                Ok(Some(changed))
            },
        );
        Ok(changed.await?.unwrap_or(account))
    }

    /// An account by its id or name.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, reference: &str) -> Result<AccountInfo> {
        let found = resolve(&self.scope, reference).await;
        found.map(|read| read.value).map_err(|error| error.during("accounts.get"))
    }

    /// The first thousand accounts, oldest first.
    ///
    /// # Errors
    /// As the store gives them.
    pub async fn list(&self) -> Result<Vec<AccountInfo>> {
        let mut query = ListQuery::new(Some(self.scope.tenant.clone()), RecordKind::ACCOUNT);
        query.states = vec![AccountState::Active.as_str().to_owned()];
        query.limit = ListQuery::MAX_LIMIT;
        let found = self.scope.core.store.list::<AccountInfo>(&query).await;
        let found = found.map_err(|error| error.during("accounts.list"))?;
        Ok(found.into_iter().map(|read| read.value).collect())
    }

    /// What was last seen of an account: whether its login was taken, and its rate limits. It is what
    /// sessions came across; nothing is asked for it.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn status(&self, reference: &str) -> Result<AccountStatus> {
        let found = resolve(&self.scope, reference).await;
        found.map(|read| read.value.status).map_err(|error| error.during("accounts.status"))
    }

    /// Removes an account. Processes that run with it go on; no other one starts. Its name is free.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn remove(&self, reference: &str) -> Result<()> {
        let removed = async {
            let id = resolve(&self.scope, reference).await?.value.id;
            let store = &self.scope.core.store;
            let change = store.change::<AccountInfo, ()>(&self.scope.tenant, id, |read, draft| {
                let mut account = read.value.clone();
                account.state = AccountState::Removed;
                account.credentials.clear();
                draft.update(read.version, &account)?;
                Ok(Some(()))
            });
            change.await.map(drop)
        };
        removed.await.map_err(|error| error.during("accounts.remove"))
    }
}
