//! The command line. Every value is bound with `=`, so that no value is ever taken for an option.

use serde_json::Value;
use uuid::Uuid;

use crate::agent::OpenContext;
use crate::agent::claude::ClaudeCode;
use crate::transport::ProgramSpec;

/// What to start, and the id that the conversation will have.
pub(super) fn program(
    claude: &ClaudeCode,
    context: &OpenContext,
    new_id: Uuid,
) -> (ProgramSpec, String) {
    let spec = &context.spec;
    let mut args: Vec<String> = [
        "-p",
        "--output-format=stream-json",
        "--input-format=stream-json",
        "--verbose",
        "--include-partial-messages",
        "--permission-prompt-tool=stdio",
    ]
    .map(str::to_owned)
    .to_vec();
    let resumed = context.resume.as_ref().and_then(|pointer| pointer.agent_session_id.clone());
    let id = match resumed {
        Some(id) => {
            args.push(format!("--resume={id}"));
            id
        }
        None => {
            args.push(format!("--session-id={new_id}"));
            new_id.to_string()
        }
    };
    let mut option = |name: &str, value: Option<String>| {
        args.extend(value.map(|value| format!("--{name}={value}")));
    };
    option("model", spec.model.clone());
    option("permission-mode", spec.mode.clone());
    option("append-system-prompt", spec.system_prompt.clone());
    option("max-turns", spec.max_turn_requests.map(|max| max.to_string()));
    option("max-budget-usd", spec.budget_micro_usd.map(usd));
    option("json-schema", (spec.output_schema != Value::Null).then(|| spec.output_schema.to_string()));
    let list = |rules: &[String]| (!rules.is_empty()).then(|| rules.join(","));
    option("allowedTools", list(&spec.tools.allow));
    option("disallowedTools", list(&spec.tools.deny));
    args.extend(spec.extra_args.iter().cloned());

    let program = claude.program.display().to_string();
    let mut start = ProgramSpec::new(program, context.cwd.clone(), context.owner);
    start.args = args;
    start.env = claude.env.clone();
    let own = [
        // The dependable word that a turn and all its follow-ups are over.
        ("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS", "1"),
        // A program that replaces itself while it runs cannot be pinned.
        ("DISABLE_AUTOUPDATER", "1"),
    ];
    start.env.set.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    start.env.set.extend(spec.env.clone());
    start.env.set.extend(context.env.clone());
    (start, id)
}

/// Micro-USD as dollars, exactly.
fn usd(micros: i64) -> String {
    let micros = micros.max(0);
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    #[test]
    fn money_is_written_exactly() {
        assert_eq!(super::usd(1), "0.000001");
        assert_eq!(super::usd(12_345_678), "12.345678");
    }
}
