//! Typed identifiers. Those that Maestro makes are UUID version 7, so they sort by time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident = $field:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that was made elsewhere.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The plain UUID.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Uuid::parse_str(text).map(Self).map_err(|error| {
                    Error::invalid($field, format!("is not an id: {text:?}")).caused_by(error)
                })
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }
    )*};
}

uuid_ids! {
    /// A project.
    ProjectId = "project_id";
    /// An account.
    AccountId = "account_id";
    /// A session.
    SessionId = "session_id";
    /// A turn of a session.
    TurnId = "turn_id";
    /// A task.
    TaskId = "task_id";
    /// An approval.
    ApprovalId = "approval_id";
    /// A permission rule.
    RuleId = "rule_id";
    /// A workspace.
    WorkspaceId = "workspace_id";
    /// One incarnation of a node: a `Maestro` object in a process. Never reused.
    NodeId = "node_id";
    /// A durable command.
    CommandId = "command_id";
    /// A commit; retrying the same id gives the first result.
    CommitId = "commit_id";
}

/// Whose data this is. The default tenant is `default`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(String);

impl TenantId {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// A tenant's name: 1 to 64 of `a-z A-Z 0-9 _ - .`.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        let fits = (1..=Self::MAX_BYTES).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if fits {
            Ok(Self(name))
        } else {
            Err(Error::invalid(
                "tenant_id",
                format!("must be 1 to 64 of a-z A-Z 0-9 _ - . and is {name:?}"),
            ))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantId {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The fence of a lease. It grows with every claim of the same record and is never reused for it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct LeaseToken(pub u64);

impl fmt::Display for LeaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
