//! Permission rules, and the commands and paths that they judge.

use maestro_core::approval::rules::{Call, RealPaths, Rule, judge};
use maestro_core::model::Effect;
use serde_json::{Value, json};

/// The first line is what stands in the rule's brackets, the rest is what it judges.
fn halves(data: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(data).into_owned();
    let (rule, call) = text.split_once('\n').unwrap_or((&text, ""));
    (rule.to_owned(), call.to_owned())
}

/// Says that what a rule allows, the same rule would deny: who denies something denies all that it would allow.
fn compare(tool: &str, pattern: &str, call: &Call<'_>) {
    let text = format!("{tool}({pattern})");
    let Ok(allow) = Rule::parse_for(Effect::Allow, &text) else { return };
    let Ok(deny) = Rule::parse_for(Effect::Deny, &text) else { return };
    let allowed = judge(&[(Effect::Allow, Some(&allow))], call).effect;
    let denied = judge(&[(Effect::Deny, Some(&deny))], call).effect;
    if allowed == Some(Effect::Allow) {
        let stopped = matches!(denied, Some(Effect::Deny | Effect::Ask));
        assert!(stopped, "{text} allows what it would not deny: {:?}", call.input);
    }
    let unread = judge(&[(Effect::Deny, None), (Effect::Allow, Some(&allow))], call).effect;
    assert_ne!(unread, Some(Effect::Allow), "{text}: a rule that cannot be read allows");
}

/// Commands of a shell.
pub fn shell(data: &[u8]) {
    let (pattern, command) = halves(data);
    let input: Value = json!({ "command": command });
    compare(
        "Bash",
        &pattern,
        &Call { tool: "Bash", input: &input, root: Some("/work/shop"), real: None },
    );
}

/// Paths of files.
pub fn path(data: &[u8]) {
    let (pattern, path) = halves(data);
    let input: Value = json!({ "file_path": path });
    let real =
        RealPaths { root: "/work/shop".to_owned(), path: path.clone(), ..RealPaths::default() };
    for (rule, tool) in [("Edit", "Edit"), ("Edit", "Write"), ("Read", "Read")] {
        for real in [None, Some(&real)] {
            compare(rule, &pattern, &Call { tool, input: &input, root: Some("/work/shop"), real });
        }
    }
}
