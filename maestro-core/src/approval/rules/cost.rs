//! What judging costs, counted in steps: twice as long a call costs twice as much, whatever its shape.

use serde_json::{Value, json};

use super::grammar::Rule;
use super::judge::{Call, weigh};
use super::meter::Meter;
use crate::model::Effect;

const RULES: &[(Effect, &str)] = &[
    (Effect::Deny, "Bash(rm:*)"),
    (Effect::Deny, "Bash(git * push *x*y)"),
    (Effect::Ask, "Bash(* a* b* c* d)"),
    (Effect::Deny, "Read(./secret/**/a*b*c/*.key)"),
    (Effect::Deny, "Read(*.pem)"),
    (Effect::Deny, "WebFetch(domain:evil.test)"),
    (Effect::Deny, "Agent(*x*y*z)"),
    (Effect::Allow, "Bash(echo:*)"),
    (Effect::Allow, "Edit(./**)"),
    (Effect::Allow, "Bash(cp:*)"),
    (Effect::Allow, "mcp__other"),
];

fn steps(tool: &str, input: &Value) -> u64 {
    let rules: Vec<(Effect, Rule)> =
        RULES.iter().map(|(effect, text)| (*effect, Rule::parse(text).expect("a rule"))).collect();
    let rules: Vec<_> = rules.iter().map(|(effect, rule)| (*effect, Some(rule))).collect();
    let meter = Meter::default();
    let call = Call { tool, input, root: Some("/work/shop"), real: None };
    let verdict = weigh(&rules, &call, &meter);
    assert_ne!(verdict.effect, Some(Effect::Allow));
    meter.steps()
}

/// The largest factor by which four times the length may cost more: four, and what does not grow.
const MOST: f64 = 4.6;
/// The most steps for one byte, with the rules above.
const STEPS_PER_BYTE: f64 = 400.0;

fn check(tool: &str, shape: &str, input: impl Fn(&str) -> Value) {
    check_from(2_000, tool, shape, input);
}

fn check_from(bytes: usize, tool: &str, shape: &str, input: impl Fn(&str) -> Value) {
    let at = |bytes: usize| {
        let text = shape.repeat(bytes / shape.len());
        steps(tool, &input(&text))
    };
    let most = bytes * 4;
    let (small, large) = (at(bytes) + 1, at(most) + 1);
    #[expect(clippy::cast_precision_loss, reason = "these are small")]
    let (factor, slope) = (large as f64 / small as f64, large as f64 / most as f64);
    println!("{tool} {shape:?}: {small} and {large} steps, {slope:.1} for a byte");
    assert!(factor < MOST, "{tool} {shape:?}: {small} and {large} steps");
    assert!(slope < STEPS_PER_BYTE, "{tool} {shape:?}: {slope} steps for a byte");
    // Beyond what is judged there is nothing to pay for but what is skipped.
    assert!(at(1_000_000) < large.max(1_000), "{tool} {shape:?} of a million bytes");
}

#[test]
fn commands_cost_what_their_length_says() {
    let shapes = [
        "! ",
        "((((",
        "(",
        "\"$(",
        "$(",
        "`",
        "a=b ",
        "sudo ",
        "env -i ",
        "bash -c ",
        "bash -c 'x",
        "eval ",
        "'",
        "\"",
        "\\",
        "{ ",
        "{",
        "}",
        "x",
        "x ",
        "x;",
        "x\n",
        "x|",
        "x&&",
        "> ",
        "2>&1 ",
        "<<x ",
        "#",
        "a/",
        "/",
        "-exec ",
        "git a push ",
        " a b c d",
        "a b c ",
        "é ",
        "\u{300}",
        "\\\n",
        "$",
        "$x ",
        "if ",
        "x() ",
        "sudo bash -c ",
        "secret/",
        "cd a;",
        "-C a ",
        "-f.env ",
        "a=b,c:d@e ",
        "**/",
        "*a/",
        "../",
        "%2e",
        "proc/self/cwd/",
        "sed s/a/b/w ",
        "grep -r x;",
    ];
    for shape in shapes {
        check("Bash", shape, |text| json!({ "command": text }));
        check("Monitor", shape, |text| json!({ "command": format!("bash -c \"{text}\"") }));
    }
}

#[test]
fn paths_names_and_addresses_cost_what_their_length_says() {
    for shape in
        ["a/", "/", "../", "secret/", "ab", "abc/", "a.pem/", ".", "*", "é", "~/", "\\", " "]
    {
        check("Read", shape, |text| json!({ "file_path": text }));
        check("Grep", shape, |text| json!({ "pattern": "x", "path": text, "glob": text }));
        check("Edit", shape, |text| json!({ "file_path": text }));
        check("mcp__fs__read", shape, |text| json!({ "path": text }));
        // Longer than what is taken for a list of paths.
        check_from(8_000, "mcp__fs__read", shape, |text| json!({ text: { text: "x" } }));
    }
    for shape in ["a.", ".", "@", "a@", "/", "\\", "%65", ":", "a", "é"] {
        check("WebFetch", shape, |text| json!({ "url": format!("https://{text}") }));
    }
    for shape in ["x", "xy", "z"] {
        check("Agent", shape, |text| json!({ "subagent_type": text }));
    }
}
