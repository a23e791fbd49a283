//! What the rules say about a call.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Touch;
use super::command::Command;
use super::elsewhere::touches_elsewhere;
use super::files::{
    Text, begins_elsewhere, command_of, is_literal, is_unknown, path_of, pattern_of, places,
    readings, stays_below, texts,
};
use super::fold::fold;
use super::grammar::{EDITING, NAMING, READING, Rule, Tools, Uses};
use super::guard::{is_guarded, may_change};
use super::meter::{MAX_JUDGED_BYTES, MAX_JUDGED_PARTS, Meter};
use super::path::{PathPattern, normalise};
use super::plain::SimpleCommand;
use super::target::{Taken, Target, depends_on_process, in_own_process};
use super::words::{Places, Words, most_parts};
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
    /// Where each of the paths leads that [`paths_named`](super::paths_named) gives.
    pub named: BTreeMap<String, String>,
    /// The call names more than are followed, so what they lead to is not known.
    pub unfollowed: bool,
}

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
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

/// Says what becomes of a call. Denying beats asking, and asking beats allowing. Where a rule that
/// denies cannot be ruled out, people are asked: what runs was not understood, or is too long. A rule
/// that could not be read (none) never allows; one that would have denied or asked makes the call be
/// asked about. Of several rules with the same effect the first one is named.
pub fn judge(rules: &[(Effect, Option<&Rule>)], call: &Call<'_>) -> Verdict {
    weigh(rules, call, &Meter::default())
}

pub(super) fn weigh(rules: &[(Effect, Option<&Rule>)], call: &Call<'_>, meter: &Meter) -> Verdict {
    if rules.is_empty() {
        return Verdict::default();
    }
    let facts = Facts::of(call, meter);
    let touching = |wanted: &[Effect], touch: Touch| {
        rules.iter().position(|(effect, rule)| {
            wanted.contains(effect) && rule.is_some_and(|rule| touches(rule, &facts) >= touch)
        })
    };
    if let Some(rule) = touching(&[Effect::Deny], Touch::Yes) {
        return Verdict::of(Effect::Deny, rule);
    }
    let unread =
        || rules.iter().position(|(effect, rule)| *effect != Effect::Allow && rule.is_none());
    let asks = touching(&[Effect::Ask], Touch::Yes)
        .or_else(|| touching(&[Effect::Ask, Effect::Deny], Touch::Perhaps))
        .or_else(unread);
    if let Some(rule) = asks {
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
    if let Some((index, _)) = allowing().find(|(_, rule)| covers(rule, &facts)) {
        return Verdict::of(Effect::Allow, index);
    }
    match parts_covered(&allowing().collect::<Vec<_>>(), &facts) {
        Some(rules) => Verdict { effect: Some(Effect::Allow), rules },
        None => Verdict::default(),
    }
}

/// What is known of a call, whatever the rules are.
pub(super) struct Facts<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) root: String,
    pub(super) folded_root: String,
    /// The command that it runs, and whether its tool is known to run one.
    pub(super) command: Option<(Command<'a>, bool)>,
    /// How many parts may name a file, at most.
    parts: usize,
    pub(super) meter: &'a Meter,
}

impl<'a> Facts<'a> {
    fn of(call: &'a Call<'a>, meter: &'a Meter) -> Self {
        let command = command_of(call.tool, call.input);
        let parts = match command {
            Some((text, true)) => most_parts(text),
            _ if is_unknown(call.tool) => texts(call.input).iter().map(Text::most_parts).sum(),
            _ => 0,
        };
        let command = command.map(|(text, known)| (Command::read(text, meter), known));
        let root = normalise(call.root.unwrap_or("/"), "/");
        Self { call, folded_root: fold(&root), root, command, parts, meter }
    }

    /// The command of `Bash` itself. Rules about it allow no other tool.
    fn bash(&self) -> Option<&Command<'a>> {
        self.command.as_ref().map(|(command, _)| command).filter(|_| self.call.tool == "Bash")
    }

    /// Where a path leads that the call names besides, and the root of it.
    pub(super) fn leads(&self, path: &str) -> Option<(&str, &str)> {
        let real = self.call.real?;
        real.named.get(path).map(|leads| (leads.as_str(), real.root.as_str()))
    }

    /// Whether the call has more parts than are looked at one by one, or names more paths than were
    /// followed.
    pub(super) fn is_unclear(&self, places: &Places) -> bool {
        self.parts * places.directories.len() > MAX_JUDGED_PARTS
            || self.call.real.is_some_and(|real| real.unfollowed)
    }
}

/// The rules that together cover every part of a command.
fn parts_covered(allowing: &[(usize, &Rule)], facts: &Facts<'_>) -> Option<Vec<usize>> {
    let parts = facts.bash()?.plain.as_ref()?;
    let words: Vec<Words<'_>> = parts.iter().map(SimpleCommand::as_words).collect();
    let directories = Places::of(&facts.root, &words);
    let mut used = Vec::new();
    for part in parts {
        let guarded = may_change(part.as_words(), &directories, facts);
        let (index, _) = allowing.iter().find(|(_, rule)| match &rule.uses {
            Uses::Command(pattern) if guarded => pattern.is(&part.text),
            Uses::Command(pattern) => pattern.covers(&part.text, facts.meter),
            _ => false,
        })?;
        if !used.contains(index) {
            used.push(*index);
        }
    }
    Some(used)
}

fn is_about(rule: &Rule, tool: &str, meter: &Meter) -> bool {
    match &rule.tool {
        Tools::Named(name) => name == tool,
        Tools::Editing => EDITING.contains(&tool),
        Tools::Reading => READING.contains(&tool),
        Tools::OfServer(server) => {
            let rest =
                tool.strip_prefix("mcp__").and_then(|rest| rest.strip_prefix(server.as_str()));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("__"))
        }
        Tools::Like(pattern) => pattern.fits(tool, meter),
    }
}

/// Whether one rule alone covers all of the call.
fn covers(rule: &Rule, facts: &Facts<'_>) -> bool {
    let Call { tool, input, root, real } = *facts.call;
    if !is_about(rule, tool, facts.meter) {
        return false;
    }
    match &rule.uses {
        Uses::Every => !is_guarded(facts),
        Uses::Command(pattern) => facts.bash().is_some_and(|command| pattern.is(command.text)),
        Uses::Path(pattern) => match (path_of(tool, input), root, real) {
            (Some(path), Some(_), Some(real))
                if is_literal(path)
                    && stays_below(tool, input)
                    && !depends_on_process(path, &facts.root)
                    && !depends_on_process(&real.path, &real.root) =>
            {
                let written = normalise(path, &facts.root);
                let named =
                    || pattern.is(&written, &facts.root) && pattern.is(&real.path, &real.root);
                pattern.fits(&written, &facts.root, facts.meter)
                    && pattern.fits(&real.path, &real.root, facts.meter)
                    && (!is_guarded(facts) || named())
            }
            _ => false,
        },
        Uses::Domain(domain) => {
            address_of(facts.call).is_some_and(|address| domain.covers(address))
        }
        Uses::Named(pattern) => {
            name_of(facts.call).is_some_and(|name| pattern.fits(name, facts.meter))
        }
    }
}

/// Whether the rule is about any part of the call.
fn touches(rule: &Rule, facts: &Facts<'_>) -> Touch {
    if !is_about(rule, facts.call.tool, facts.meter) {
        return touches_elsewhere(rule, facts);
    }
    match &rule.uses {
        Uses::Every => Touch::Yes,
        Uses::Command(pattern) => {
            let command = facts.command.as_ref();
            command.map_or(Touch::No, |(command, _)| pattern.touches(command, facts.meter))
        }
        Uses::Path(pattern) => {
            let places = places(facts.call.tool, facts.call.input);
            let written =
                places.iter().map(|place| touches_path(pattern, &place.path, place.tree, facts));
            let tree = places.iter().any(|place| place.tree);
            let real = facts.call.real.map(|real| leads(pattern, &real.path, real, tree, facts));
            let named = pattern_of(facts.call.tool, facts.call.input)
                .map(|names| touches_names(pattern, names, facts));
            written.chain(real).chain(named).max().unwrap_or(Touch::No)
        }
        Uses::Domain(domain) => {
            address_of(facts.call).map_or(Touch::No, |address| domain.touches(address, facts.meter))
        }
        Uses::Named(pattern) => match name_of(facts.call) {
            Some(name) if name.len() > MAX_JUDGED_BYTES => Touch::Perhaps,
            Some(name) if pattern.fits(name, facts.meter) => Touch::Yes,
            _ => Touch::No,
        },
    }
}

/// Whether a path may be one that a pattern means, in each way in which a program may take it.
fn touches_path(pattern: &PathPattern, path: &str, tree: bool, facts: &Facts<'_>) -> Touch {
    if path.len() > MAX_JUDGED_BYTES {
        return Touch::Perhaps;
    }
    let own = in_own_process(&fold(path));
    let touches = readings(path)
        .into_iter()
        .chain(own)
        .map(|path| touches_one(pattern, &path, Taken::default(), tree, facts));
    let elsewhere = if begins_elsewhere(path) { Touch::Perhaps } else { Touch::No };
    touches.max().unwrap_or(Touch::No).max(elsewhere)
}

fn touches_one(
    pattern: &PathPattern,
    path: &str,
    taken: Taken,
    tree: bool,
    facts: &Facts<'_>,
) -> Touch {
    let path = fold(path);
    facts.meter.add(path.len());
    Target::read(&facts.folded_root, &path, taken).map_or(Touch::Perhaps, |target| {
        pattern.touches(&target, &facts.folded_root, tree, facts.meter)
    })
}

/// The same for a path that links were followed to.
fn leads(
    pattern: &PathPattern,
    path: &str,
    real: &RealPaths,
    tree: bool,
    facts: &Facts<'_>,
) -> Touch {
    let (path, root) = (fold(path), fold(&real.root));
    facts.meter.add(path.len() + root.len());
    Target::read(&root, &path, Taken::default())
        .map_or(Touch::Perhaps, |target| pattern.touches(&target, &root, tree, facts.meter))
}

/// Whether a pattern of names that a tool looks for may lead out of its directory to such files. What is
/// in its directory is looked at by itself.
fn touches_names(pattern: &PathPattern, names: &str, facts: &Facts<'_>) -> Touch {
    if names.len() > MAX_JUDGED_BYTES {
        return Touch::Perhaps;
    }
    // Braces may hold several paths.
    let braced = names.split_once('{').is_some_and(|(_, rest)| rest.contains('/'));
    let patterned = Taken { patterns: true, ..Taken::default() };
    let found = touches_one(pattern, names, patterned, true, facts);
    let least = if braced { Touch::Perhaps } else { Touch::No };
    found.min(Touch::Perhaps).max(least)
}

pub(super) fn address_of<'a>(call: &Call<'a>) -> Option<&'a str> {
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
