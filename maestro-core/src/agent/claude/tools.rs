//! What is known about Claude Code's tools.

use serde_json::Value;

use crate::model::{FileChanged, ToolContent, ToolStatus};

/// ACP's kind of a tool.
pub(super) fn kind(name: &str) -> &'static str {
    match name {
        "Read" | "NotebookRead" | "LS" => "read",
        "Write" | "Edit" | "MultiEdit" | "NotebookEdit" => "edit",
        "Bash" | "BashOutput" | "KillShell" => "execute",
        "Grep" | "Glob" | "ToolSearch" => "search",
        "WebFetch" | "WebSearch" => "fetch",
        "Task" | "Agent" | "TodoWrite" | "TaskCreate" | "TaskUpdate" | "ExitPlanMode" => "think",
        _ => "other",
    }
}

/// One line for people: the part of the input that tells calls apart.
pub(super) fn title(name: &str, input: &Value) -> String {
    let telling = ["command", "file_path", "path", "pattern", "url", "query", "description", "plan"];
    let found = telling.iter().find_map(|key| input.get(key).and_then(Value::as_str));
    found.map_or_else(|| name.to_owned(), str::to_owned)
}

/// The files that a call is about.
pub(super) fn locations(input: &Value) -> Vec<String> {
    let keys = ["file_path", "notebook_path", "path"];
    let found = keys.iter().filter_map(|key| input.get(key).and_then(Value::as_str));
    found.map(str::to_owned).collect()
}

/// The content of a tool's result.
pub(super) fn content(result: &Value) -> Vec<ToolContent> {
    match result {
        Value::String(text) => vec![ToolContent::Text { text: text.clone() }],
        Value::Array(blocks) => blocks
            .iter()
            .map(|block| match block.get("text").and_then(Value::as_str) {
                Some(text) => ToolContent::Text { text: text.to_owned() },
                None => ToolContent::Other { content: block.clone() },
            })
            .collect(),
        Value::Null => Vec::new(),
        other => vec![ToolContent::Other { content: other.clone() }],
    }
}

/// How a call ended.
pub(super) fn status(block: &Value, meta: Option<&Value>) -> ToolStatus {
    if block.get("is_error").and_then(Value::as_bool) != Some(true) {
        return ToolStatus::Completed;
    }
    let rejected = meta
        .and_then(|meta| meta.pointer("/permission_decision/decision"))
        .is_some_and(|decision| decision == "reject");
    let text = block.get("content").and_then(Value::as_str).unwrap_or_default();
    if rejected {
        ToolStatus::Denied
    } else if text.contains("interrupted") && text.starts_with('[') {
        ToolStatus::Interrupted
    } else {
        ToolStatus::Failed
    }
}

/// The change of a file that a structured result tells of.
pub(super) fn change(call: &str, result: &Value) -> Option<(FileChanged, ToolContent)> {
    let path = result.get("filePath")?.as_str()?.to_owned();
    let patch = result.get("structuredPatch").and_then(Value::as_array);
    let lines = |sign: char| {
        let hunks = patch.into_iter().flatten();
        let lines = hunks.filter_map(|hunk| hunk.get("lines")?.as_array());
        let count = lines
            .flatten()
            .filter(|line| line.as_str().is_some_and(|line| line.starts_with(sign)))
            .count();
        u32::try_from(count).ok()
    };
    let new = result.get("content").or_else(|| result.get("newString"))?.as_str()?.to_owned();
    let is_new = result.get("type").is_some_and(|kind| kind == "create");
    let added = if is_new { u32::try_from(new.lines().count()).ok() } else { lines('+') };
    let removed = if is_new { Some(0) } else { lines('-') };
    let old = result.get("originalFile").or_else(|| result.get("oldString"));
    let old = old.and_then(Value::as_str).map(str::to_owned);
    let changed = FileChanged { tool_call_id: call.to_owned(), path: path.clone(), added, removed };
    Some((changed, ToolContent::Diff { path, old, new }))
}
