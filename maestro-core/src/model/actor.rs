//! Who did it.

use std::fmt;

use crate::model::UnknownValue;
use serde::{Deserialize, Serialize};

/// What kind of actor did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActorKind {
    /// A person, as the embedding product names them.
    #[default]
    Person,
    /// What answers without a person: a rule by its id, `permission_handler`, or `timeout`.
    Policy,
    /// A coding agent.
    Agent,
    /// A Maestro node: sweeps, recovery, scheduling.
    Node,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

/// Who did something. It stands on every record and event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Actor {
    /// The kind of actor.
    pub kind: ActorKind,
    /// The actor's name within its kind.
    pub id: String,
}

impl Actor {
    /// A person.
    pub fn person(id: impl Into<String>) -> Self {
        Self { kind: ActorKind::Person, id: id.into() }
    }

    /// A rule that answers without a person.
    pub fn policy(id: impl Into<String>) -> Self {
        Self { kind: ActorKind::Policy, id: id.into() }
    }

    /// The permission handler that the embedding product registered.
    pub fn permission_handler() -> Self {
        Self::policy("permission_handler")
    }

    /// The time that an approval had, which denied it when it was over.
    pub fn timeout() -> Self {
        Self::policy("timeout")
    }

    /// A coding agent, by its registered name.
    pub fn agent(id: impl Into<String>) -> Self {
        Self { kind: ActorKind::Agent, id: id.into() }
    }

    /// A node.
    pub fn node(id: impl fmt::Display) -> Self {
        Self { kind: ActorKind::Node, id: id.to_string() }
    }
}

impl ActorKind {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Policy => "policy",
            Self::Agent => "agent",
            Self::Node => "node",
            Self::Other(name) => name.as_str(),
        }
    }
}

impl Default for Actor {
    /// The embedding product itself, when it names nobody.
    fn default() -> Self {
        Self::person("local")
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_str();
        write!(f, "{kind}:{}", self.id)
    }
}
