//! Rules that a remembered answer becomes.

use serde_json::Value;

use super::domain::strict_host;
use super::grammar::{EDITING, NAMING, READING, Rule};
use super::path::{PathPattern, is_below, normalise};
use super::wildcard::Wildcard;
use crate::model::Effect;

/// The path that a call is about, where its tool is about one.
pub fn path_of<'a>(tool: &str, input: &'a Value) -> Option<&'a str> {
    let field = match tool {
        "NotebookEdit" | "NotebookRead" => "notebook_path",
        "Grep" | "Glob" | "LS" => "path",
        _ if EDITING.contains(&tool) || READING.contains(&tool) => "file_path",
        _ => return None,
    };
    match input.get(field).and_then(Value::as_str) {
        Some(path) if !path.is_empty() => Some(path),
        // Without a path these look through the whole directory.
        _ if field == "path" => Some("."),
        _ => None,
    }
}

/// The rules that allow calls like this one: what the agent proposes for just this tool, and else
/// the narrowest that is of use. None when there is no rule that is narrow enough.
pub fn remembered(
    tool: &str,
    input: &Value,
    suggestions: &[Value],
    root: Option<&str>,
) -> Option<Vec<Rule>> {
    let command = input.get("command").and_then(Value::as_str).filter(|_| tool == "Bash");
    let proposed: Vec<Rule> = suggestions
        .iter()
        .filter(|update| update["type"] == "addRules" && update["behavior"] == "allow")
        .filter_map(|update| update["rules"].as_array())
        .flatten()
        .filter(|rule| rule["toolName"] == tool)
        .filter_map(|rule| rule["ruleContent"].as_str())
        .filter(|content| !content.is_empty() && *content != "*")
        .map(|content| match command {
            // Said of this command alone, a star is only a star.
            Some(command) if command == content => exactly(command),
            _ => format!("{tool}({content})"),
        })
        .filter_map(|text| Rule::parse_for(Effect::Allow, &text).ok())
        .collect();
    if !proposed.is_empty() {
        return Some(proposed);
    }
    let narrowest = match tool {
        "Bash" => exactly(command?),
        "WebFetch" => {
            let host = strict_host(input.get("url")?.as_str()?)?;
            format!("WebFetch(domain:{host})")
        }
        _ if EDITING.contains(&tool) || READING.contains(&tool) => {
            let (path, root) = (path_of(tool, input)?, root?);
            let (path, root) = (normalise(path, root), normalise(root, "/"));
            if is_below(&path, &root) {
                format!("{tool}(./**)")
            } else {
                format!("{tool}(/{})", PathPattern::escape(&path))
            }
        }
        _ if NAMING.contains(&tool) => {
            let name = input.get("subagent_type").or_else(|| input.get("skill"))?.as_str()?;
            format!("{tool}({})", Wildcard::escape(name))
        }
        _ => tool.to_owned(),
    };
    Rule::parse_for(Effect::Allow, &narrowest).ok().map(|rule| vec![rule])
}

fn exactly(command: &str) -> String {
    format!("Bash({})", Wildcard::escape(command))
}
