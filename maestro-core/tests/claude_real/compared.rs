//! What our rules allow, beside what the CLI's own rules allow: the same rule, the same lines.

use maestro_core::agent::AgentEvent;
use maestro_core::approval::rules::{Call, Rule, judge};
use maestro_core::model::{Decision, Effect};
use serde_json::{Value, json};

use crate::house::House;
use crate::program::Release;

const RULE: &str = "Bash(echo:*)";
/// How many lines that our rule allows are played.
const LINES: usize = 200;
/// What lines are made of.
const PIECES: [&str; 44] = [
    "echo ",
    "echo ",
    " echo",
    "a",
    "b ",
    " c",
    "-n ",
    " ",
    "  ",
    "\t",
    "\n",
    "\\\n",
    ";",
    "; echo ",
    " && echo ",
    " || echo ",
    " | echo ",
    "'a b'",
    "\"a b\"",
    "'",
    "\"",
    "\\",
    "\\;",
    "\\$",
    "\\\"",
    "$x",
    "$(echo",
    ")",
    "`",
    "#",
    " # ",
    "*",
    "?",
    "~",
    "{a,b}",
    "=",
    "!",
    "[a]",
    ">/dev/null ",
    " 2>&1",
    "&",
    "<",
    "%",
    "\u{e9}",
];

fn is_allowed(command: &str) -> bool {
    let rule = Rule::parse_for(Effect::Allow, RULE).expect("a rule");
    let input = json!({ "command": command });
    let call = Call { tool: "Bash", input: &input, root: None, real: None };
    judge(&[(Effect::Allow, Some(&rule))], &call).effect == Some(Effect::Allow)
}

/// Lines that our rule allows, always the same.
fn lines() -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(10);
    let mut lines = Vec::new();
    while lines.len() < LINES {
        let mut line = "echo ".to_owned();
        for _ in 0..random.usize(1..9) {
            line.push_str(PIECES[random.usize(..PIECES.len())]);
        }
        if is_allowed(&line) && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// A scenario that runs each of them.
pub(crate) fn scenario() -> String {
    let mut text = "name = \"compared\"\nabout = \"Runs many commands.\"\n".to_owned();
    for line in lines() {
        let line = Value::from(line);
        text.push_str(&format!(
            "\n[[steps]]\nblocks = [{{ tool = \"Bash\", input = {{ command = {line} }} }}]\n"
        ));
    }
    text + "\n[[steps]]\nblocks = [{ text = \"Done.\" }]\n"
}

/// What the CLI asks about although it leads to no other program: variables, redirections that open no
/// file of anybody's, and a space behind a backslash.
const ASKED: [&str; 4] = ["$x", ">/dev/null", "2>&1", "\\ "];

#[tokio::test]
async fn what_our_rule_allows_the_cli_would_not_ask_about() {
    let release = Release::NEWEST;
    let Some(house) = House::build(release).await else { return };
    let mut talk = house.open_with(|spec| spec.tools.allow = vec![RULE.to_owned()]).await;
    talk.prompt("scenario: compared").await;
    let (mut asked, mut ran) = (Vec::new(), 0);
    loop {
        let report = talk.next().await;
        let mut idle = false;
        for event in report.events {
            match event {
                AgentEvent::Approval(question) => {
                    asked.push(question.input["command"].clone());
                    talk.answer(&question, Decision::deny("It is compared.")).await;
                }
                AgentEvent::Fact(maestro_core::model::EventData::ToolEnded(_)) => ran += 1,
                AgentEvent::Idle => idle = true,
                _ => {}
            }
        }
        if idle && ran == LINES {
            break;
        }
    }
    eprintln!("{}: {} of {LINES} asked: {asked:#?}", release.version(), asked.len());
    asked.retain(|line| {
        let line = line.as_str().unwrap_or_default();
        !ASKED.iter().any(|known| line.contains(known))
    });
    assert!(asked.is_empty(), "{asked:#?}");
}
