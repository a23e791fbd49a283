//! Rules that a remembered answer becomes.

use serde_json::Value;

use super::command::{CommandPattern, base_name, runs_others};
use super::domain::strict_host;
use super::files::{command_of, is_literal, path_of};
use super::grammar::{EDITING, NAMING, READING, Rule};
use super::path::{PathPattern, is_below, normalise};
use super::plain::{SimpleCommand, simple_commands};
use super::protected::is_protected;
use super::wildcard::Wildcard;
use crate::model::Effect;

/// The rules that allow calls like this one, which are all that a remembered answer keeps. For a command it is
/// the command word for word, unless the agent proposes the first words of each part of it, two at
/// least; for files the tool inside the workspace, or just the file where it is protected or lies
/// outside; for an address its host. None when there is no rule that is narrow enough.
pub fn remembered(
    tool: &str,
    input: &Value,
    suggestions: &[Value],
    root: Option<&str>,
) -> Option<Vec<Rule>> {
    let narrowest = match tool {
        "Bash" => {
            let command = input.get("command")?.as_str()?;
            if let Some(rules) = proposed(command, suggestions) {
                return Some(rules);
            }
            exactly(command)
        }
        "WebFetch" => {
            let host = strict_host(input.get("url")?.as_str()?)?;
            format!("WebFetch(domain:{host})")
        }
        _ if EDITING.contains(&tool) || READING.contains(&tool) => {
            let (path, root) = (path_of(tool, input).filter(|path| is_literal(path))?, root?);
            let (path, root) = (normalise(path, root), normalise(root, "/"));
            let protected = EDITING.contains(&tool) && is_protected(&path, &root);
            if is_below(&path, &root) && !protected {
                format!("{tool}(./**)")
            } else {
                format!("{tool}(/{})", PathPattern::escape(&path))
            }
        }
        _ if NAMING.contains(&tool) => {
            let name = input.get("subagent_type").or_else(|| input.get("skill"))?.as_str()?;
            format!("{tool}({})", Wildcard::escape(name))
        }
        // The tool alone would be every command.
        _ if command_of(tool, input).is_some() => return None,
        _ => tool.to_owned(),
    };
    Rule::parse_for(Effect::Allow, &narrowest).ok().map(|rule| vec![rule])
}

fn exactly(command: &str) -> String {
    format!("Bash({})", Wildcard::escape(command))
}

/// What the agent proposes for a command, if that is all that it needs and no more.
fn proposed(command: &str, suggestions: &[Value]) -> Option<Vec<Rule>> {
    let parts = simple_commands(command)?;
    let contents = suggestions
        .iter()
        .filter(|update| update["type"] == "addRules" && update["behavior"] == "allow")
        .filter_map(|update| update["rules"].as_array())
        .flatten()
        .filter(|rule| rule["toolName"] == "Bash")
        .filter_map(|rule| rule["ruleContent"].as_str());
    let mut kept: Vec<String> = Vec::new();
    let mut covered = vec![false; parts.len()];
    for content in contents {
        let text = match parts.iter().find(|part| part.text == content) {
            // Said of this command alone, a star is only a star.
            Some(part) => exactly(&part.text),
            None => format!("Bash({content})"),
        };
        let exact = parts.iter().map(|part| exactly(&part.text) == text);
        let begun = parts.iter().map(|part| begins(content, part));
        let mut used = false;
        for (covered, fits) in covered.iter_mut().zip(exact.zip(begun)) {
            let fits = fits.0 || fits.1;
            *covered |= fits;
            used |= fits;
        }
        if used && !kept.contains(&text) {
            kept.push(text);
        }
    }
    let rules = kept.iter().map(|text| Rule::parse_for(Effect::Allow, text).ok());
    let rules: Vec<Rule> = rules.collect::<Option<_>>()?;
    (covered.iter().all(|covered| *covered) && !rules.is_empty()).then_some(rules)
}

/// Whether a proposal is the first words of a command, two at least, of a program that runs no other.
fn begins(content: &str, part: &SimpleCommand) -> bool {
    let prefix = CommandPattern::parse(content).ok().and_then(|pattern| pattern.prefix());
    prefix.is_some_and(|prefix| {
        let words: Vec<&str> = prefix.split(' ').collect();
        let program = base_name(words.first().copied().unwrap_or_default());
        let plain = |word: &&str| !word.is_empty() && !word.starts_with('-');
        words.len() >= 2
            && words.iter().all(plain)
            && !runs_others(program)
            && part.words.len() >= words.len()
            && part.words.iter().zip(&words).all(|(has, wanted)| has == wanted)
    })
}
