//! The rules that answers become.

use maestro_core::approval::rules::remembered;
use serde_json::{Value, json};

use crate::{ROOT, verdict};

fn texts(tool: &str, input: &Value, suggestions: &[Value]) -> Option<Vec<String>> {
    let rules = remembered(tool, input, suggestions, Some(ROOT))?;
    Some(rules.iter().map(ToString::to_string).collect())
}

fn suggest(tool: &str, content: &str) -> Value {
    json!({
        "type": "addRules",
        "rules": [{ "toolName": tool, "ruleContent": content }],
        "behavior": "allow",
        "destination": "localSettings",
    })
}

#[test]
fn a_proposal_for_just_this_tool_is_taken_and_no_other() {
    let input = json!({ "command": "npm run build" });
    let mode = json!({ "type": "setMode", "mode": "acceptEdits", "destination": "session" });
    let proposals = [mode, suggest("Read", "//etc/**"), suggest("Bash", "npm run build:*")];
    assert_eq!(texts("Bash", &input, &proposals).unwrap(), ["Bash(npm run build:*)"]);
}

#[test]
fn without_a_proposal_the_rule_is_the_narrowest_that_is_of_use() {
    let cases = [
        ("Bash", json!({ "command": "make" }), "Bash(make)"),
        ("Write", json!({ "file_path": "/work/shop/a/b" }), "Write(./**)"),
        ("Write", json!({ "file_path": "/etc/a[1].conf" }), "Write(//etc/a\\[1\\].conf)"),
        ("WebFetch", json!({ "url": "https://a.test/x" }), "WebFetch(domain:a.test)"),
        ("Agent", json!({ "subagent_type": "Explore" }), "Agent(Explore)"),
        ("mcp__git__push", json!({}), "mcp__git__push"),
    ];
    for (tool, input, expected) in cases {
        assert_eq!(texts(tool, &input, &[]).unwrap(), [expected], "{tool} {input}");
    }
    // A proposal to allow every command is not narrow.
    let input = json!({ "command": "make" });
    assert_eq!(texts("Bash", &input, &[suggest("Bash", "")]).unwrap(), ["Bash(make)"]);
    assert_eq!(texts("WebFetch", &json!({ "url": "https://a@b" }), &[]), None);
    assert_eq!(texts("Bash", &json!({}), &[]), None);
}

#[test]
fn what_was_remembered_covers_the_call_and_a_star_stays_a_star() {
    let commands =
        ["rm *.o", "a && b > c", "echo 'x:*'", "echo x:*", "ls *", "printf '\\*' \\\\", "a\nb"];
    for command in commands {
        let input = json!({ "command": command });
        for proposals in [vec![], vec![suggest("Bash", command)]] {
            let rules = texts("Bash", &input, &proposals).unwrap();
            let allow = format!("allow {}", rules[0]);
            let said = |command: &str| {
                verdict(&[&allow], "Bash", &json!({ "command": command }), None).is_some()
            };
            assert!(said(command), "{allow} on {command:?}");
            assert!(!said(&command.replace('*', "/")) || !command.contains('*'), "{allow}");
            assert!(!said(&format!("{command} more")), "{allow}");
        }
    }
}
