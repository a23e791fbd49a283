//! Asks the host's rules before each call of a tool: the CLI lets much through by itself, and then asks
//! nobody.

use std::sync::Arc;

use serde_json::{Value, json};

use super::hook::{self, HookReply};
use super::link::Link;
use super::mention;
use crate::agent::{ToolPolicy, ToolVerdict};
use crate::error::Result;
use crate::model::ContentBlock;

/// The name of the hook. Those of users are numbers.
pub(super) const ID: &str = "rules";

const EVENT: &str = "PreToolUse";

/// How long judging may take before the call is denied.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// Adds the hook to those that are registered. It is about every tool, so that it hears of those that
/// later releases have.
pub(super) fn register(hooks: &mut Value) {
    let own = hook::registered(None, ID, TIMEOUT);
    if let Some(list) = hooks.get_mut(EVENT).and_then(Value::as_array_mut) {
        list.insert(0, own);
    } else if hooks.is_object() {
        hooks[EVENT] = json!([own]);
    } else {
        *hooks = json!({ EVENT: [own] });
    }
}

/// What the CLI is told about a call. The CLI itself keeps a denial before everything else, whatever
/// its mode and its own settings allow, and makes a question of what is to be asked.
pub(super) async fn answer(link: &Arc<Link>, policy: &dyn ToolPolicy, input: &Value) -> Value {
    use crate::runtime::{RuntimeExt as _, caught};
    let tool = input.get("tool_name").and_then(Value::as_str).unwrap_or_default();
    let call = &input["tool_input"];
    let judging = caught("it", judge(policy, tool, call));
    let reply = match link.runtime.timeout(TIMEOUT, judging).await {
        Some(Ok(Ok(ToolVerdict::Unruled))) => HookReply::Continue,
        Some(Ok(Ok(ToolVerdict::Ask { reason }))) => return hook::decision(EVENT, "ask", &reason),
        Some(Ok(Ok(ToolVerdict::Deny { reason }))) => {
            link.denied(input);
            HookReply::Deny { reason }
        }
        Some(Ok(Err(error)) | Err(error)) => {
            HookReply::Deny { reason: format!("The rules of the host cannot be read: {error}") }
        }
        None => HookReply::Deny { reason: "The rules of the host take too long.".to_owned() },
    };
    hook::told(EVENT, reply)
}

/// A call, and what the CLI reads because of it.
async fn judge(policy: &dyn ToolPolicy, tool: &str, input: &Value) -> Result<ToolVerdict> {
    let verdict = policy.judge(tool, input).await?;
    if let ToolVerdict::Deny { .. } = verdict {
        return Ok(verdict);
    }
    for path in mention::of_call(tool, input) {
        if let ToolVerdict::Deny { reason } | ToolVerdict::Ask { reason } =
            read(policy, &path).await?
        {
            let reason = format!("What is told to an agent names the file {path} by `@`. {reason}");
            return Ok(ToolVerdict::Deny { reason });
        }
    }
    Ok(verdict)
}

/// What the rules say about reading a file.
pub(super) async fn read(policy: &dyn ToolPolicy, path: &str) -> Result<ToolVerdict> {
    policy.judge("Read", &json!({ "file_path": path })).await
}

/// The same prompt, in which `@` names no file that the rules deny or ask about: the agent has to read it
/// by a call, which is judged. A space after the `@` keeps the CLI from it.
pub(super) async fn prompt(
    policy: &dyn ToolPolicy,
    blocks: &[ContentBlock],
) -> Result<Vec<ContentBlock>> {
    let mut judged = blocks.to_vec();
    for block in &mut judged {
        let ContentBlock::Text { text } = block else { continue };
        let mut kept = Vec::new();
        for (at, paths) in mention::mentions(text) {
            for path in paths {
                if read(policy, &path).await? != ToolVerdict::Unruled {
                    kept.push(at);
                    break;
                }
            }
        }
        for at in kept.into_iter().rev() {
            text.insert(at + 1, ' ');
        }
    }
    Ok(judged)
}
