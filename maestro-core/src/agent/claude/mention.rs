//! Files that a text names by `@`.
//!
//! The CLI reads them into the conversation by itself, in prompts and in what subagents are told, without
//! a call of a tool that anybody could judge.

use serde_json::Value;

/// The places of the `@` in a text that the CLI may take for the name of a file, each with the paths
/// that it may mean.
pub(super) fn mentions(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        let rest = &text[at + 1..];
        let mut paths: Vec<&str> = Vec::new();
        if let Some(quoted) = rest.strip_prefix('"') {
            paths.extend(quoted.split('"').next());
        } else {
            let word = rest.split(char::is_whitespace).next().unwrap_or_default();
            paths.push(word);
            // A range of lines, and what ends a sentence.
            paths.extend(word.split_once('#').map(|(path, _)| path));
            paths.extend(word.split_once(':').map(|(path, _)| path));
            let is_of_a_name =
                |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '~' | '*' | '$');
            paths.push(word.trim_end_matches(|c| !is_of_a_name(c)));
            // Where another writing system or a bracket goes on, the CLI may see an end.
            let end = |c: char| !is_of_a_name(c) && !matches!(c, '.' | '+' | '@' | '\\');
            paths.extend(word.split(end).next());
        }
        let mut distinct: Vec<String> = Vec::new();
        for path in paths {
            if !path.is_empty() && distinct.iter().all(|other| other != path) {
                distinct.push(path.to_owned());
            }
        }
        if !distinct.is_empty() {
            found.push((at, distinct));
        }
    }
    found
}

/// The paths that any text in the input of a call names, where the tool hands texts to an agent. What a
/// tool only writes to a file, runs or shows is no prompt.
pub(super) fn of_call(tool: &str, input: &Value) -> Vec<String> {
    const PLAIN: [&str; 16] = [
        "AskUserQuestion",
        "Bash",
        "Edit",
        "ExitPlanMode",
        "Glob",
        "Grep",
        "LS",
        "Monitor",
        "MultiEdit",
        "NotebookEdit",
        "Read",
        "StructuredOutput",
        "TodoWrite",
        "WebFetch",
        "WebSearch",
        "Write",
    ];
    let mut paths = Vec::new();
    if !PLAIN.contains(&tool) && !tool.starts_with("mcp__") {
        gather(input, &mut paths);
    }
    paths
}

fn gather(value: &Value, paths: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            for path in mentions(text).into_iter().flat_map(|(_, paths)| paths) {
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, paths)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, paths)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(text: &str, path: &str) -> bool {
        mentions(text).iter().any(|(_, paths)| paths.iter().any(|found| found == path))
    }

    #[test]
    fn each_way_to_name_a_file_is_found() {
        for text in [
            "@.env",
            "look at @.env please",
            "(@.env)",
            "see @.env, then",
            "see @.env.",
            "@.env#L1-4",
            "@.env:4",
            "x@.env",
            "a\n@.env\nb",
            "\u{3000}@.env\u{3000}x",
            "@\".env\"",
        ] {
            assert!(named(text, ".env"), "{text:?}: {:?}", mentions(text));
        }
        assert!(named("@\"a file.txt\" x", "a file.txt"));
        assert!(named("@dir/sub/", "dir/sub/"));
        assert!(mentions("an @ alone, and @ twice").is_empty());
    }

    #[test]
    fn only_what_an_agent_is_told_counts() {
        let input = json!({ "prompt": "@.env", "more": [{ "deep": "@b" }] });
        assert_eq!(of_call("Agent", &input), [".env", "b"]);
        assert_eq!(of_call("SendMessage", &input), [".env", "b"]);
        assert_eq!(of_call("Write", &input), [""; 0]);
        assert_eq!(of_call("mcp__mail__send", &input), [""; 0]);
    }
}
