//! Policies: rules that answer tool calls before a person is asked.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{ApprovalId, ProjectId, RuleId, SessionId, TenantId};
use crate::model::{Actor, Extra, Timestamp};
use crate::model::{UnknownValue, UnknownVariant};
use crate::unknown::open_union;

/// What a rule does with the calls that it fits. A rule that denies beats one that asks, and that
/// one beats a rule that allows, whatever their levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Effect {
    /// The call may not run.
    Deny,
    /// A person is asked, whatever allows it.
    Ask,
    /// The call may run.
    Allow,
    /// One that this version does not know, kept as it is.
    #[serde(untagged)]
    Other(UnknownValue),
}

impl Effect {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Ask => "ask",
            Self::Allow => "allow",
            Self::Other(name) => name.as_str(),
        }
    }
}

/// For whose calls a rule holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RuleLevel {
    /// Those of one session.
    Session {
        /// The session.
        session_id: SessionId,
    },
    /// Those of one project.
    Project {
        /// The project.
        project_id: ProjectId,
    },
    /// All of the tenant's.
    Tenant,
    /// One that this version does not know, kept as it is.
    #[serde(skip)]
    Unknown(UnknownVariant),
}

open_union!(RuleLevel, "kind");

/// A rule to put. Without a session or project it holds for the whole tenant.
///
/// # Examples
/// ```
/// use maestro_core::model::RuleSpec;
///
/// let rule = RuleSpec::allow("Bash(git status:*)").project("shop");
/// assert_eq!(rule.project.as_deref(), Some("shop"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RuleSpec {
    /// Which calls, for example `Bash(git status:*)`.
    pub rule: String,
    /// What becomes of them.
    pub effect: Effect,
    /// Only those of this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Only those of this project, by id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Why, for people; a denied agent is told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl RuleSpec {
    fn new(effect: Effect, rule: impl Into<String>) -> Self {
        Self { rule: rule.into(), effect, session_id: None, project: None, reason: String::new() }
    }

    /// Lets the calls run.
    pub fn allow(rule: impl Into<String>) -> Self {
        Self::new(Effect::Allow, rule)
    }

    /// Lets the calls not run.
    pub fn deny(rule: impl Into<String>) -> Self {
        Self::new(Effect::Deny, rule)
    }

    /// Lets a person be asked, whatever allows the calls.
    pub fn ask(rule: impl Into<String>) -> Self {
        Self::new(Effect::Ask, rule)
    }

    /// Makes it hold for one session only.
    pub fn session(mut self, id: SessionId) -> Self {
        self.session_id = Some(id);
        self
    }

    /// Makes it hold for one project only.
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// Says why.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RuleInfo {
    /// Its id.
    pub id: RuleId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// For whose calls it holds.
    pub level: RuleLevel,
    /// Which calls.
    pub rule: String,
    /// What becomes of them.
    pub effect: Effect,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The approval whose answer was remembered as this rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_id: Option<ApprovalId>,
    /// Who put it.
    pub created_by: Actor,
    /// When it was first put.
    pub created_at: Timestamp,
    /// Fields that a newer version wrote.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A call to try the rules on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolUse {
    /// The tool.
    pub tool: String,
    /// Its input.
    pub input: Value,
    /// In this session: its rules and those of its project and tenant, in its directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// In this project, by id or name, where no session is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
}

impl ToolUse {
    /// A call of a tool.
    pub fn new(tool: impl Into<String>, input: Value) -> Self {
        Self { tool: tool.into(), input, ..Self::default() }
    }

    /// In a session.
    pub fn session(mut self, id: SessionId) -> Self {
        self.session_id = Some(id);
        self
    }

    /// In a project.
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }
}

/// What the rules say about a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ruling {
    /// What becomes of the call; none when no rule fits, so that a person is asked.
    pub effect: Option<Effect>,
    /// The rules that decided: one, or for a command of several parts all that were needed.
    pub rules: Vec<RuleInfo>,
    /// Whether symbolic links were followed. Where they could not be, no rule about paths allows.
    pub followed_links: bool,
}

impl Ruling {
    /// The rules that decided as one text, for events and people.
    pub fn text(&self) -> Option<String> {
        let texts: Vec<&str> = self.rules.iter().map(|rule| rule.rule.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }
}
