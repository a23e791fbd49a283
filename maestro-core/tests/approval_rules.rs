//! What permission rules mean: a table, properties, and a real shell as the judge.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "approval_rules/deny.rs"]
mod deny;
#[path = "approval_rules/fuzz.rs"]
mod fuzz;
#[path = "approval_rules/grammar.rs"]
mod grammar;
#[path = "approval_rules/links.rs"]
mod links;
#[path = "approval_rules/properties.rs"]
mod properties;
#[path = "approval_rules/protected.rs"]
mod protected;
#[path = "approval_rules/reach.rs"]
mod reach;
#[path = "approval_rules/remembered.rs"]
mod remembered;
#[path = "approval_rules/shell.rs"]
mod shell;
#[path = "approval_rules/table.rs"]
mod table;

use maestro_core::approval::rules::{Call, RealPaths, Rule, judge};
use maestro_core::model::Effect;
use serde_json::Value;

/// Where the calls of these tests run.
const ROOT: &str = "/work/shop";

/// Reads `allow Bash(ls)` and its like.
fn read(rules: &[&str]) -> Vec<(Effect, Rule)> {
    let one = |text: &&str| {
        let (effect, rule) = text.split_once(' ').unwrap();
        let effect = match effect {
            "allow" => Effect::Allow,
            "ask" => Effect::Ask,
            "deny" => Effect::Deny,
            other => panic!("{other} is no effect"),
        };
        (effect, Rule::parse_for(effect, rule).unwrap())
    };
    rules.iter().map(one).collect()
}

/// What the rules say about a call, whose path leads to `real` when links are followed.
fn verdict(rules: &[&str], tool: &str, input: &Value, real: Option<&str>) -> Option<Effect> {
    let rules = read(rules);
    let rules: Vec<_> = rules.iter().map(|(effect, rule)| (*effect, Some(rule))).collect();
    let real = real.map(|path| RealPaths {
        root: ROOT.to_owned(),
        path: path.to_owned(),
        ..RealPaths::default()
    });
    judge(&rules, &Call { tool, input, root: Some(ROOT), real: real.as_ref() }).effect
}
