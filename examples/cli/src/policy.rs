//! `policy`: rules that answer without a person.

use maestro_core::approval::RuleFilter;
use maestro_core::model::{RuleInfo, RuleLevel, RuleSpec, ToolUse};
use maestro_core::{Maestro, Result};
use serde_json::{Value, json};

use crate::args::{Common, Effect, Level, Policy};
use crate::exit::Exit;
use crate::out;
use crate::text::plain;

pub(crate) async fn policy(maestro: &Maestro, common: &Common, command: Policy) -> Result<Exit> {
    match command {
        Policy::Put { effect, rule, level, reason } => {
            let spec = match effect {
                Effect::Allow => RuleSpec::allow(rule),
                Effect::Deny => RuleSpec::deny(rule),
                Effect::Ask => RuleSpec::ask(rule),
            };
            let mut spec = spec.reason(reason);
            spec.project = level.project;
            spec.session_id = level.session.map(|id| id.parse()).transpose()?;
            show(common, &maestro.approvals().policies().put(spec).await?)?;
        }
        Policy::Ls => return list(common, maestro).await,
        Policy::Rm { rule } => {
            maestro.approvals().policies().remove(rule.parse()?).await?;
            out::line("removed")?;
        }
        Policy::Test { tool, input, level } => {
            return test(common, maestro, tool, &input, level).await;
        }
    }
    Ok(Exit::Ok)
}

async fn list(common: &Common, maestro: &Maestro) -> Result<Exit> {
    let mut filter = RuleFilter::default();
    loop {
        let page = maestro.approvals().policies().list(filter.clone()).await?;
        page.rules.iter().try_for_each(|rule| show(common, rule))?;
        match page.next {
            Some(next) => filter.page_token = Some(next),
            None => return Ok(Exit::Ok),
        }
    }
}

async fn test(
    common: &Common,
    maestro: &Maestro,
    tool: String,
    input: &str,
    level: Level,
) -> Result<Exit> {
    let input = input_of(&tool, input);
    let mut call = ToolUse::new(tool, input);
    call.project = level.project;
    call.session_id = level.session.map(|id| id.parse()).transpose()?;
    let ruling = maestro.approvals().policies().test(call).await?;
    let text = match (ruling.effect, ruling.text()) {
        (Some(effect), Some(rules)) => format!("{}: {rules}", effect.as_str()),
        _ => "ask: no rule fits".to_owned(),
    };
    out::say(common, &ruling, plain(&text))?;
    Ok(Exit::Ok)
}

/// The input of a call: JSON as it is, or what the tool is mostly about.
fn input_of(tool: &str, input: &str) -> Value {
    if let Ok(input @ Value::Object(_)) = serde_json::from_str(input) {
        return input;
    }
    match tool {
        "Bash" => json!({ "command": input }),
        "WebFetch" => json!({ "url": input }),
        "Grep" | "Glob" | "LS" => json!({ "path": input }),
        "NotebookEdit" => json!({ "notebook_path": input }),
        _ => json!({ "file_path": input }),
    }
}

fn show(common: &Common, rule: &RuleInfo) -> Result<()> {
    let level = match &rule.level {
        RuleLevel::Session { session_id } => format!("session {session_id}"),
        RuleLevel::Project { project_id } => format!("project {project_id}"),
        RuleLevel::Tenant => "everywhere".to_owned(),
        _ => "for what only a newer version knows".to_owned(),
    };
    let (effect, text) = (rule.effect.as_str(), plain(&rule.rule));
    out::say(common, rule, format_args!("{}  {effect:<5} {text}  ({level})", rule.id))
}
