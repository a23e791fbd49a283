//! Reading rules.

use std::fmt;

use super::command::CommandPattern;
use super::domain::Domain;
use super::path::PathPattern;
use super::wildcard::Wildcard;
use crate::error::{Error, Result};
use crate::model::Effect;

/// A rule that was read: which tool calls it means.
///
/// # Examples
/// ```
/// use maestro_core::approval::rules::Rule;
///
/// let rule = Rule::parse("Bash(git status:*)")?;
/// assert_eq!(rule.to_string(), "Bash(git status:*)");
/// let error = Rule::parse("Bash(git:* push)").unwrap_err();
/// assert!(error.message().contains("at position 9"), "{error}");
/// # Ok::<(), maestro_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    text: String,
    pub(super) tool: Tools,
    pub(super) uses: Uses,
}

/// Which tools a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tools {
    /// This one.
    Named(String),
    /// `Edit`: every tool that changes files.
    Editing,
    /// `Read`: every tool that reads files.
    Reading,
    /// `mcp__server`: every tool of a server.
    OfServer(String),
    /// `mcp__server__get_*`, and for denying `mcp__*` and `*`.
    Like(Wildcard),
}

/// Which uses of the tools a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Uses {
    Every,
    Command(CommandPattern),
    Path(PathPattern),
    Domain(Domain),
    /// A subagent or skill by its name.
    Named(Wildcard),
}

pub(super) const EDITING: &[&str] = &["Edit", "MultiEdit", "Write", "NotebookEdit"];
pub(super) const READING: &[&str] = &["Read", "Grep", "Glob", "LS", "NotebookRead"];
pub(super) const NAMING: &[&str] = &["Agent", "Task", "Skill"];

impl Rule {
    /// The longest rule, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// Reads a rule.
    ///
    /// # Errors
    /// `InvalidArgument` naming the `rule`, with the `position` of what is wrong, counted in
    /// characters from 1.
    pub fn parse(text: &str) -> Result<Self> {
        parse(text).map_err(|(at, why)| {
            let position = at + 1;
            Error::invalid("rule", format!("is wrong at position {position}: {why}"))
                .with("position", position)
                .with("rule", text)
        })
    }

    /// Reads a rule that is to have an effect. Allowing needs a tool or a server by its name.
    ///
    /// # Errors
    /// As [`Rule::parse`].
    pub fn parse_for(effect: Effect, text: &str) -> Result<Self> {
        let rule = Self::parse(text)?;
        let named = match &rule.tool {
            Tools::Like(_) => names_server(&rule.text),
            _ => true,
        };
        if effect == Effect::Allow && !named {
            let position = text.chars().position(|c| c == '*').unwrap_or(0) + 1;
            let why = "a rule that allows names its tool or its server";
            return Err(Error::invalid("rule", format!("is wrong at position {position}: {why}"))
                .with("position", position)
                .with("rule", text));
        }
        Ok(rule)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a pattern over tools is confined to one server.
fn names_server(name: &str) -> bool {
    let rest = name.strip_prefix("mcp__").and_then(|rest| rest.split_once("__"));
    rest.is_some_and(|(server, _)| !server.is_empty() && !server.contains('*'))
}

type Wrong = (usize, &'static str);

fn parse(text: &str) -> std::result::Result<Rule, Wrong> {
    if text.len() > Rule::MAX_BYTES {
        return Err((Rule::MAX_BYTES, "a rule has at most 4096 bytes"));
    }
    let (name, uses) = match text.split_once('(') {
        None => (text, None),
        Some((name, rest)) => {
            let Some(uses) = rest.strip_suffix(')') else {
                let at = rest.rfind(')').map(|at| name.len() + 1 + at + 1);
                return Err(match at {
                    Some(at) => (text[..at].chars().count(), "nothing may follow the last `)`"),
                    None => (text.chars().count(), "a `)` is missing"),
                });
            };
            (name, Some(uses))
        }
    };
    check_name(name)?;
    let inside = name.chars().count() + 1;
    let tool = tools(name);
    let uses = match uses {
        None | Some("*") => Uses::Every,
        Some("") => return Err((inside, "nothing stands between `(` and `)`")),
        Some(uses) => read_uses(name, uses).map_err(|(at, why)| (inside + at, why))?,
    };
    Ok(Rule { text: text.to_owned(), tool, uses })
}

fn check_name(name: &str) -> std::result::Result<(), Wrong> {
    if name.is_empty() {
        return Err((0, "the name of a tool is missing"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '*');
    if let Some(at) = name.chars().position(|c| !plain(c)) {
        return Err((at, "the name of a tool is letters, digits, `_`, `-` and `.`"));
    }
    if name == "mcp__" {
        return Err((name.len(), "the name of a server is missing"));
    }
    let patterned = name == "*" || name.starts_with("mcp__");
    if let Some(at) = name.find('*').filter(|_| !patterned) {
        return Err((at, "`*` stands in the names of tools of a server only"));
    }
    Ok(())
}

fn tools(name: &str) -> Tools {
    match name {
        "Edit" => Tools::Editing,
        "Read" => Tools::Reading,
        _ if name.contains('*') => Tools::Like(Wildcard::parse(name)),
        _ => match name.strip_prefix("mcp__") {
            Some(server) if !server.contains("__") => Tools::OfServer(server.to_owned()),
            _ => Tools::Named(name.to_owned()),
        },
    }
}

fn read_uses(tool: &str, uses: &str) -> std::result::Result<Uses, Wrong> {
    match tool {
        "Bash" => CommandPattern::parse(uses).map(Uses::Command),
        "WebFetch" => match uses.strip_prefix("domain:") {
            Some(domain) => Domain::parse(domain)
                .map(Uses::Domain)
                .map_err(|(at, why)| ("domain:".len() + at, why)),
            None => Err((0, "`domain:` is missing")),
        },
        _ if EDITING.contains(&tool) || READING.contains(&tool) => {
            PathPattern::parse(uses).map(Uses::Path)
        }
        _ if NAMING.contains(&tool) => Ok(Uses::Named(Wildcard::parse(uses))),
        _ => Err((0, "this tool is named without `(…)`")),
    }
}
