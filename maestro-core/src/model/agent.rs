//! What is known of an agent that is registered with a node.

use serde::{Deserialize, Serialize};

use crate::error::ErrorInfo;

/// An agent that is registered with a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentInfo {
    /// The name that it is registered under.
    pub name: String,
    /// What kind of agent it is, for example `claude_code`.
    pub kind: String,
}

/// What a look at an agent found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentStatus {
    /// Whether it is there.
    pub installed: bool,
    /// Its program, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Its version, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether this version of Maestro was tested with it; none when its version is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested: Option<bool>,
    /// How it logs in: `api_key`, `auth_token`, `oauth_token`, `provider`, `stored`, `none`. Never a
    /// secret, and no proof that the login is taken.
    pub login: String,
    /// Where it keeps settings, login and transcripts, as far as is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_dir: Option<String>,
    /// The models that it offers.
    pub models: Vec<AgentModel>,
    /// Its permission modes.
    pub modes: Vec<String>,
    /// Its commands, as in `/name`.
    pub commands: Vec<AgentCommand>,
    /// Why no more is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ErrorInfo>,
}

/// A model that an agent offers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentModel {
    /// What a session names to get it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is good for, in the agent's words.
    pub about: String,
}

impl AgentModel {
    /// A model without a description, which is also what people call it.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        Self { name: id.clone(), id, about: String::new() }
    }
}

/// A command of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentCommand {
    /// Its name, without the slash.
    pub name: String,
    /// What it does, in the agent's words.
    pub about: String,
}

impl AgentCommand {
    /// A command without a description.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), about: String::new() }
    }
}
