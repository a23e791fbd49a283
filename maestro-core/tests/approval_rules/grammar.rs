//! What is no rule, and where it goes wrong.

use maestro_core::ErrorKind;
use maestro_core::approval::rules::{Call, Rule, judge};
use maestro_core::model::Effect;
use serde_json::json;

/// Texts that are no rules, and the position of what is wrong.
const WRONG: &[(&str, usize)] = &[
    ("", 1),
    ("(ls)", 1),
    ("Bash (ls)", 5),
    (" Bash", 1),
    ("Bash(ls", 8),
    ("Bash(ls) x", 9),
    ("Bash()", 6),
    ("Bash(:*)", 6),
    ("Bash(git:* push)", 9),
    ("Bash(é:* x)", 7),
    ("Ba*sh", 3),
    ("Bash,Read", 5),
    ("mcp__", 6),
    ("mcp__git__push(x)", 16),
    ("WebFetch(a.test)", 10),
    ("WebFetch(domain:)", 17),
    ("WebFetch(domain:a/b)", 18),
    ("WebFetch(domain:a.*)", 19),
    ("WebSearch(x)", 11),
    ("Edit(~/notes)", 6),
    ("Edit(../x)", 6),
    ("Edit(src/../x)", 10),
    ("Edit(src//x)", 10),
    ("Edit(src/a**)", 11),
    ("Edit(src/[ab])", 10),
    ("Edit(!src)", 6),
    ("Edit(src/{a,b})", 10),
];

#[test]
fn a_wrong_rule_is_refused_with_its_position() {
    for (text, position) in WRONG {
        let error = Rule::parse(text).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text:?}");
        let context = |wanted: &str| {
            let found = error.context().find(|(key, _)| *key == wanted);
            found.map(|(_, value)| value.to_owned())
        };
        assert_eq!(context("field").as_deref(), Some("rule"), "{text:?}");
        assert_eq!(context("position"), Some(position.to_string()), "{text:?}: {error}");
    }
}

#[test]
fn a_rule_that_allows_names_its_tool_or_its_server() {
    for text in ["*", "mcp__*", "mcp__*__get", "mcp__g*"] {
        let error = Rule::parse_for(Effect::Allow, text).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
        Rule::parse_for(Effect::Deny, text).expect(text);
        Rule::parse_for(Effect::Ask, text).expect(text);
    }
}

#[test]
fn a_stored_rule_that_cannot_be_read_never_lets_anything_run() {
    let all = Rule::parse("Bash").unwrap();
    let input = json!({ "command": "ls" });
    let call = Call { tool: "Bash", input: &input, root: None, real: None };
    let said = |effect| judge(&[(Effect::Allow, Some(&all)), (effect, None)], &call).effect;
    assert_eq!(said(Effect::Allow), Some(Effect::Allow));
    assert_eq!(said(Effect::Ask), Some(Effect::Ask));
    assert_eq!(said(Effect::Deny), Some(Effect::Ask));
}
