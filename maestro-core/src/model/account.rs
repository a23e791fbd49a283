//! Accounts: what agents are billed and rate-limited against. Records hold references only.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::id::{AccountId, TenantId};
use crate::model::UnknownValue;
use crate::model::{AgentRateLimited, Extra, PlacePath, SecretRef, Timestamp, check};

/// An account to create, or what it is to become.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AccountSpec {
    /// Its name, unique within the tenant; 1 to 200 bytes.
    pub name: String,
    /// The kind of agent that it is for, for example `claude_code`; any when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// What its agents are given: a variable, and where its value is. They hide it from the tools
    /// that they run wherever they can.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials: BTreeMap<String, SecretRef>,
    /// The agent's configuration directory, at the place of the node, for example with a login that
    /// the agent itself keeps. It holds the transcripts too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_dir: Option<PathBuf>,
    /// Words for people and products to find it by.
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub labels: Extra,
}

impl AccountSpec {
    /// An account by its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Sets the kind of agent that it is for.
    pub fn agent(mut self, kind: impl Into<String>) -> Self {
        self.agent = kind.into();
        self
    }

    /// Adds a variable that agents are given.
    pub fn credential(mut self, variable: impl Into<String>, reference: SecretRef) -> Self {
        self.credentials.insert(variable.into(), reference);
        self
    }

    /// Sets the agent's configuration directory.
    pub fn config_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.config_dir = Some(directory.into());
        self
    }

    /// Checks what can be checked without looking.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field.
    pub fn validate(&self) -> Result<()> {
        if !(1..=200).contains(&self.name.len()) {
            return Err(Error::invalid("name", "must be 1 to 200 bytes long"));
        }
        for (variable, reference) in &self.credentials {
            let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            if variable.is_empty() || !variable.bytes().all(good) {
                return Err(Error::invalid("credentials", "names a variable that is none"));
            }
            if matches!(reference, SecretRef::Value(_)) {
                return Err(Error::invalid(
                    "credentials",
                    "holds a value, which is never written down; give a reference to it",
                )
                .with("variable", variable));
            }
            reference.validate().map_err(|error| error.with("variable", variable))?;
        }
        if let Some(directory) = &self.config_dir {
            if !directory.is_absolute() {
                return Err(Error::invalid("config_dir", "must be absolute"));
            }
            check::path("config_dir", directory)?;
        }
        Ok(())
    }
}

/// Whether an account is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountState {
    /// Sessions can use it.
    #[default]
    Active,
    /// It is history; its name is free.
    Removed,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

impl AccountState {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Removed => "removed",
            Self::Other(name) => name.as_str(),
        }
    }
}

/// Whether an account's login was taken, the last time that it showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LoginState {
    /// It was not used yet.
    #[default]
    Unknown,
    /// The service answered.
    Ok,
    /// The service refused it.
    Refused,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

/// What was last seen of an account.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AccountStatus {
    /// Whether its login was taken.
    pub login: LoginState,
    /// When `login` became what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_at: Option<Timestamp>,
    /// The limits that the service told of, by window, for example `five_hour`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, AccountLimit>,
}

/// A rate limit, as the service last told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountLimit {
    /// `allowed`, `allowed_warning` or `rejected`, in the agent's word.
    pub status: String,
    /// How much is used, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilization: Option<f64>,
    /// When it resets; what was seen before that says nothing after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<Timestamp>,
    /// When it was seen.
    pub seen_at: Timestamp,
}

impl AccountLimit {
    pub(crate) fn seen(limited: &AgentRateLimited, now: Timestamp) -> Self {
        Self {
            status: limited.status.clone(),
            utilization: limited.utilization,
            resets_at: limited.resets_at,
            seen_at: now,
        }
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountInfo {
    /// Its id.
    pub id: AccountId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Its name.
    pub name: String,
    /// The kind of agent that it is for; any when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// Variables, and where their values are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials: BTreeMap<String, SecretRef>,
    /// The agent's configuration directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_dir: Option<PlacePath>,
    /// Words for people and products to find it by.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub labels: Extra,
    /// Whether it is in use.
    #[serde(default)]
    pub state: AccountState,
    /// What was last seen of it.
    #[serde(default)]
    pub status: AccountStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}
