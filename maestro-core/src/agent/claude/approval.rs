//! Questions of Claude Code, and the answers that it understands.

use serde_json::{Value, json};

use crate::agent::AgentEvent;
use crate::agent::claude::tools;
use crate::model::{ApprovalKind, ApprovalOption, Decision, Remember};

/// A question from a `can_use_tool` request.
pub(super) fn question(request_id: &str, request: &Value) -> AgentEvent {
    let text = |key: &str| request.get(key).and_then(Value::as_str).map(str::to_owned);
    let tool = text("tool_name");
    let input = request.get("input").cloned().unwrap_or_default();
    let kind = match tool.as_deref() {
        Some("AskUserQuestion") => ApprovalKind::Question,
        Some("ExitPlanMode") => ApprovalKind::Plan,
        _ => ApprovalKind::Tool,
    };
    let suggestions = request.get("permission_suggestions").and_then(Value::as_array);
    let mut options = vec![
        option("allow", "allow_once", "Allow"),
        option("deny", "reject_once", "Deny"),
    ];
    if suggestions.is_some_and(|suggestions| !suggestions.is_empty()) {
        options.insert(1, option("allow_session", "allow_always", "Allow for this session"));
    }
    AgentEvent::Approval {
        request_id: request_id.to_owned(),
        kind,
        title: tools::title(tool.as_deref().unwrap_or("question"), &input),
        tool_call_id: text("tool_use_id"),
        options,
        suggestions: suggestions.cloned().unwrap_or_default(),
        blocked_path: text("blocked_path"),
        agent_id: text("agent_id"),
        tool,
        input,
    }
}

fn option(id: &str, kind: &str, title: &str) -> ApprovalOption {
    ApprovalOption { id: id.to_owned(), kind: kind.to_owned(), title: title.to_owned() }
}

/// The response to a question. `request` is the `can_use_tool` request that asked it.
pub(super) fn response(request: &Value, decision: &Decision) -> Value {
    let asked = request.get("input").cloned().unwrap_or_default();
    match decision {
        // The older version denies an answer that does not repeat the input.
        Decision::Allow { input, remember } => {
            let mut response = json!({
                "behavior": "allow",
                "updatedInput": input.clone().unwrap_or(asked),
            });
            if *remember == Remember::Session {
                response["updatedPermissions"] = for_session(request);
            }
            response
        }
        Decision::Answer { answers } => {
            let mut input = asked;
            if let Value::Object(input) = &mut input {
                input.insert("answers".to_owned(), answers.clone());
            }
            json!({ "behavior": "allow", "updatedInput": input })
        }
        Decision::Deny { message, interrupt } => {
            let message = if message.is_empty() { "Denied." } else { message };
            json!({ "behavior": "deny", "message": message, "interrupt": interrupt })
        }
    }
}

/// The agent's proposals, kept to the session: echoed as they are, they would be written into the
/// work tree as `.claude/settings.local.json`.
fn for_session(request: &Value) -> Value {
    let mut suggestions = request.get("permission_suggestions").cloned().unwrap_or(json!([]));
    for suggestion in suggestions.as_array_mut().into_iter().flatten() {
        suggestion["destination"] = json!("session");
    }
    suggestions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_repeats_the_input_and_never_writes_into_the_work_tree() {
        let request = json!({
            "input": { "command": "ls" },
            "permission_suggestions": [{ "type": "addRules", "destination": "localSettings" }],
        });
        let once = response(&request, &Decision::allow());
        assert_eq!(once, json!({ "behavior": "allow", "updatedInput": { "command": "ls" } }));
        let always = Decision::Allow { input: None, remember: Remember::Session };
        let always = response(&request, &always);
        assert_eq!(always["updatedPermissions"][0]["destination"], "session");
    }
}
