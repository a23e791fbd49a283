//! Projects: where agents work.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::id::{ProjectId, TenantId};
use crate::model::UnknownValue;
use crate::model::{Extra, PlacePath, Timestamp, check};

/// A project to create or update. Fields that are not given stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProjectSpec {
    /// Its name, unique within the tenant; 1 to 200 bytes.
    pub name: String,
    /// Its directory at the place of the node. It must be there, and is kept under its real name:
    /// absolute, with no link and no `..` in it.
    pub path: PathBuf,
    /// The agent for tasks that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The account for sessions that name none, by id or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The branch or commit that workspaces start from; none means what is checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// How many tasks of the project may run at once, over all nodes; none means no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_running: Option<u32>,
}

impl ProjectSpec {
    /// A project by its name and directory.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { name: name.into(), path: path.into(), ..Self::default() }
    }

    /// Sets the agent for tasks that name none.
    pub fn agent(mut self, agent: impl Into<String>) -> Self {
        self.agent = Some(agent.into());
        self
    }

    /// Sets the account for sessions that name none.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Sets what workspaces start from.
    pub fn base(mut self, base: impl Into<String>) -> Self {
        self.base = Some(base.into());
        self
    }

    /// Limits how many tasks of the project run at once, over all nodes.
    pub fn max_running(mut self, max: u32) -> Self {
        self.max_running = Some(max);
        self
    }

    /// Checks what can be checked without a store.
    ///
    /// # Errors
    /// `InvalidArgument` naming the field.
    pub fn validate(&self) -> Result<()> {
        check::length("name", &self.name, 1..=200)?;
        check::line("name", &self.name)?;
        check::path("path", &self.path)?;
        check::given("agent", self.agent.as_deref())?;
        check::given("base", self.base.as_deref())?;
        check::positive("max_running", self.max_running.map(i64::from))
    }
}

/// Whether a project takes work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProjectState {
    /// Its tasks run.
    #[default]
    Active,
    /// Its tasks wait.
    Paused,
    /// It is history.
    Archived,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

impl ProjectState {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Archived => "archived",
            Self::Other(name) => name.as_str(),
        }
    }
}

/// A project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProjectInfo {
    /// Its id.
    pub id: ProjectId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Its name.
    pub name: String,
    /// Its directory.
    pub path: PlacePath,
    /// Whether it takes work.
    pub state: ProjectState,
    /// The agent for tasks that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The account for sessions that name none, by id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What workspaces start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// How many of its tasks may run at once, over all nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_running: Option<u32>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}
