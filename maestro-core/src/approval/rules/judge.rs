//! What the rules say about a call.

use serde_json::Value;

use super::command::transparent_parts;
use super::grammar::{EDITING, NAMING, READING, Rule, Tools, Uses};
use super::path::normalise;
use super::suggest::path_of;
use crate::model::Effect;

/// A tool call, with what has to be known of the place where it would run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Call<'a> {
    /// The tool.
    pub tool: &'a str,
    /// Its input.
    pub input: &'a Value,
    /// The absolute path of the directory that it would run in.
    pub root: Option<&'a str>,
    /// Where its path leads when symbolic links are followed. Without it no rule about paths allows.
    pub real: Option<&'a RealPaths>,
}

/// Paths after every symbolic link was followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RealPaths {
    /// The directory that the call would run in.
    pub root: String,
    /// The file or directory that the call is about.
    pub path: String,
}

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// The effect; none when no rule fits.
    pub effect: Option<Effect>,
    /// The places of the rules that decided in the list that was given.
    pub rules: Vec<usize>,
}

impl Verdict {
    fn of(effect: Effect, rule: usize) -> Self {
        Self { effect: Some(effect), rules: vec![rule] }
    }
}

/// Says what becomes of a call. A rule that could not be read (none) never allows; one that would
/// have denied or asked makes the call be asked about. Of several rules with the same effect the
/// first one is named.
pub fn judge(rules: &[(Effect, Option<&Rule>)], call: &Call<'_>) -> Verdict {
    let touching = |wanted: Effect| {
        rules.iter().position(|(effect, rule)| {
            *effect == wanted && rule.is_some_and(|rule| touches(rule, call))
        })
    };
    if let Some(rule) = touching(Effect::Deny) {
        return Verdict::of(Effect::Deny, rule);
    }
    let unread = rules.iter().position(|(effect, rule)| *effect != Effect::Allow && rule.is_none());
    if let Some(rule) = touching(Effect::Ask).or(unread) {
        return Verdict::of(Effect::Ask, rule);
    }
    // Whoever leaves the sandbox asks for more than the rule says.
    if call.input.get("dangerouslyDisableSandbox").is_some_and(|value| *value != Value::Bool(false))
    {
        return Verdict::default();
    }
    let allowing = || {
        rules.iter().enumerate().filter_map(|(index, (effect, rule))| {
            rule.filter(|_| *effect == Effect::Allow).map(|rule| (index, rule))
        })
    };
    if let Some((index, _)) = allowing().find(|(_, rule)| covers(rule, call)) {
        return Verdict::of(Effect::Allow, index);
    }
    match parts_covered(&allowing().collect::<Vec<_>>(), call) {
        Some(rules) => Verdict { effect: Some(Effect::Allow), rules },
        None => Verdict::default(),
    }
}

/// The rules that together cover every part of a command.
fn parts_covered(allowing: &[(usize, &Rule)], call: &Call<'_>) -> Option<Vec<usize>> {
    let parts = transparent_parts(command_of(call)?)?;
    let mut used = Vec::new();
    for part in parts {
        let (index, _) = allowing.iter().find(|(_, rule)| match &rule.uses {
            Uses::Command(pattern) => pattern.covers(&part),
            _ => false,
        })?;
        if !used.contains(index) {
            used.push(*index);
        }
    }
    Some(used)
}

fn command_of<'a>(call: &Call<'a>) -> Option<&'a str> {
    call.input.get("command").and_then(Value::as_str).filter(|_| call.tool == "Bash")
}

fn is_about(rule: &Rule, tool: &str) -> bool {
    match &rule.tool {
        Tools::Named(name) => name == tool,
        Tools::Editing => EDITING.contains(&tool),
        Tools::Reading => READING.contains(&tool),
        Tools::OfServer(server) => {
            let rest =
                tool.strip_prefix("mcp__").and_then(|rest| rest.strip_prefix(server.as_str()));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("__"))
        }
        Tools::Like(pattern) => pattern.fits(tool),
    }
}

/// Whether one rule alone covers all of the call.
fn covers(rule: &Rule, call: &Call<'_>) -> bool {
    if !is_about(rule, call.tool) {
        return false;
    }
    match &rule.uses {
        Uses::Every => true,
        Uses::Command(pattern) => command_of(call).is_some_and(|command| pattern.is(command)),
        Uses::Path(pattern) => match (path_of(call.tool, call.input), call.root, call.real) {
            (Some(path), Some(root), Some(real)) => {
                pattern.fits(&normalise(path, root), &normalise(root, "/"))
                    && pattern.fits(&real.path, &real.root)
            }
            _ => false,
        },
        Uses::Domain(domain) => address_of(call).is_some_and(|address| domain.covers(address)),
        Uses::Named(pattern) => name_of(call).is_some_and(|name| pattern.fits(name)),
    }
}

/// Whether the rule is about any part of the call.
fn touches(rule: &Rule, call: &Call<'_>) -> bool {
    if !is_about(rule, call.tool) {
        return false;
    }
    match &rule.uses {
        Uses::Every => true,
        Uses::Command(pattern) => command_of(call).is_some_and(|command| pattern.touches(command)),
        Uses::Path(pattern) => {
            let Some(path) = path_of(call.tool, call.input) else {
                return false;
            };
            let root = call.root.unwrap_or("/");
            pattern.fits(&normalise(path, root), &normalise(root, "/"))
                || call.real.is_some_and(|real| pattern.fits(&real.path, &real.root))
        }
        Uses::Domain(domain) => address_of(call).is_some_and(|address| domain.touches(address)),
        Uses::Named(pattern) => name_of(call).is_some_and(|name| pattern.fits(name)),
    }
}

fn address_of<'a>(call: &Call<'a>) -> Option<&'a str> {
    call.input.get("url").and_then(Value::as_str)
}

/// The name of the subagent or skill.
fn name_of<'a>(call: &Call<'a>) -> Option<&'a str> {
    let fields: &[&str] = match call.tool {
        "Skill" => &["skill", "command"],
        tool if NAMING.contains(&tool) => &["subagent_type"],
        _ => &[],
    };
    fields.iter().find_map(|field| call.input.get(field)?.as_str())
}
