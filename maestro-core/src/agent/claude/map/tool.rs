//! What is known about the CLI's tools, and what their results say.

use std::path::Path;

use serde_json::Value;

use crate::model::{FileChanged, ToolContent};
use crate::text;

/// ACP's kind of a tool.
pub(super) fn kind(name: &str) -> &'static str {
    match name {
        "Read" | "NotebookRead" | "LS" | "ListMcpResourcesTool" | "ReadMcpResourceTool" => "read",
        "Edit" | "MultiEdit" | "Write" | "NotebookEdit" => "edit",
        "Grep" | "Glob" | "ToolSearch" => "search",
        "Bash" | "BashOutput" | "KillShell" | "KillBash" | "Monitor" => "execute",
        "Task" | "Agent" | "TodoWrite" | "TaskCreate" | "TaskUpdate" | "TaskList" | "TaskGet"
        | "EnterPlanMode" | "ExitPlanMode" => "think",
        "WebFetch" | "WebSearch" => "fetch",
        _ => "other",
    }
}

/// Whether the tool changes the file that it names.
pub(super) fn writes(name: &str) -> bool {
    kind(name) == "edit"
}

/// One line for people, who may be asked about it: the tool, and what it would do and to what. Nothing
/// that the model says about it.
pub(super) fn title(name: &str, input: &Value) -> String {
    const LONGEST: usize = 200;

    let telling = text::TELLING.iter().find_map(|key| input.get(key)?.as_str());
    let name = text::cut(name, LONGEST);
    match telling.filter(|text| !text.is_empty()) {
        Some(telling) => format!("{name}: {}", text::cut(telling, LONGEST)),
        None => name,
    }
}

/// The files that a call names.
pub(super) fn locations(input: &Value) -> Vec<String> {
    let keys = ["file_path", "notebook_path", "path"];
    let paths = keys.iter().filter_map(|key| input.get(key)?.as_str());
    paths.map(str::to_owned).collect()
}

/// A path as people name it: relative to the working directory where it lies inside.
pub(super) fn shown(cwd: &Path, path: &str) -> String {
    match Path::new(path).strip_prefix(cwd) {
        Ok(inside) if !inside.as_os_str().is_empty() => inside.display().to_string(),
        _ => path.to_owned(),
    }
}

/// What a tool gave, as content.
pub(super) fn content(content: Value) -> Vec<ToolContent> {
    let block = |block: Value| match block {
        Value::String(text) => ToolContent::Text { text },
        Value::Object(mut map) if map.get("type").is_some_and(|kind| kind == "text") => {
            match map.remove("text") {
                Some(Value::String(text)) => ToolContent::Text { text },
                _ => ToolContent::Other { content: Value::Object(map) },
            }
        }
        mut other => match image(&mut other) {
            Some((media_type, data)) => ToolContent::Image { media_type, data },
            None => ToolContent::Other { content: other },
        },
    };
    match content {
        Value::Null => Vec::new(),
        Value::Array(blocks) => blocks.into_iter().map(block).collect(),
        one => vec![block(one)],
    }
}

/// The media type and the bytes of an image that holds them itself. They move out of the block.
pub(super) fn image(block: &mut Value) -> Option<(String, String)> {
    if block.get("type").is_none_or(|kind| kind != "image") {
        return None;
    }
    // The model's blocks have a source; those of tool servers have their fields at the top.
    let (fields, media_type) = match block.get("source") {
        Some(source) if source.get("type").is_some_and(|kind| kind == "base64") => {
            ("source", "media_type")
        }
        Some(_) => return None,
        None => ("", "mimeType"),
    };
    let holder = if fields.is_empty() { block } else { block.get_mut(fields)? };
    let media_type = holder.get(media_type)?.as_str()?.to_owned();
    match holder.get_mut("data")?.take() {
        Value::String(data) => Some((media_type, data)),
        _ => None,
    }
}

/// What a command wrote, and how it ended. The output moves out of the structured result, so that it
/// is held once; a result that says nothing of a command is left alone.
pub(super) fn terminal(is_error: bool, told: &Value, result: &mut Value) -> Option<ToolContent> {
    if is_error {
        // Of a command that failed there is no structured result.
        let text = told.as_str()?;
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let code = first.strip_prefix("Exit code ")?.parse().ok()?;
        return Some(ToolContent::Terminal { output: rest.to_owned(), exit_code: Some(code) });
    }
    let map = result.as_object_mut()?;
    let is = |key: &str| map.get(key).is_some_and(|value| *value == true);
    let goes_on = map.contains_key("backgroundTaskId");
    if is("isImage") || !map.get("stdout").is_some_and(Value::is_string) {
        return None;
    }
    // A code that is no error and not 0 comes with its meaning instead.
    let meant = map.get("returnCodeInterpretation").is_some_and(Value::is_string);
    let exit_code = (!goes_on && !meant && !is("interrupted")).then_some(0);
    let mut text = |key: &str| match map.remove(key) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (mut output, errors) = (text("stdout"), text("stderr"));
    if !errors.is_empty() {
        if !output.is_empty() && !output.ends_with('\n') {
            output.push('\n');
        }
        output.push_str(&errors);
    }
    Some(ToolContent::Terminal { output, exit_code })
}

/// Whether a result says that the tool goes on and is not waited for.
pub(super) fn goes_on(result: &Value) -> bool {
    let is = |key: &str| result.get(key).is_some_and(|value| *value == true);
    is("isAsync") || result.get("backgroundTaskId").is_some_and(Value::is_string)
}

/// Whether the agent itself was shown only a part of what the tool gave.
pub(super) fn is_cut(result: &Value) -> bool {
    result.get("persistedOutputPath").is_some_and(Value::is_string)
}

/// The change of a file that a structured result tells of. The contents move out of the result
/// into the difference, so that a large file is held once.
pub(super) fn change(
    call: &str,
    cwd: &Path,
    result: &mut Value,
) -> Option<(ToolContent, FileChanged)> {
    let map = result.as_object_mut()?;
    let path = shown(cwd, map.get("filePath")?.as_str()?);
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let edit = map.contains_key("oldString") && map.contains_key("newString");
    if !edit && !map.contains_key("content") {
        return None;
    }
    let original = text(map.remove("originalFile"));
    let (old, new) = if edit {
        let old = map.get("oldString")?.as_str()?;
        let new = map.get("newString")?.as_str()?;
        match original {
            // The whole file, where the edit can be repeated on what the CLI says it was.
            Some(whole) if !old.is_empty() && whole.contains(old) => {
                let all = map.get("replaceAll").is_some_and(|all| all == true);
                let changed =
                    if all { whole.replace(old, new) } else { whole.replacen(old, new, 1) };
                (Some(whole), changed)
            }
            _ => (Some(old.to_owned()), new.to_owned()),
        }
    } else {
        (original, text(map.remove("content"))?)
    };

    let (added, removed) = match &old {
        None => (Some(count(new.lines())), Some(0)),
        Some(_) => patched(map.get("structuredPatch")),
    };
    let changed = FileChanged { tool_call_id: call.to_owned(), path: path.clone(), added, removed };
    Some((ToolContent::Diff { path, old, new }, changed))
}

/// The lines added and removed by a structured patch.
fn patched(patch: Option<&Value>) -> (Option<u32>, Option<u32>) {
    let Some(hunks) = patch.and_then(Value::as_array) else {
        return (None, None);
    };
    let starting = |sign: char| {
        let lines = hunks.iter().filter_map(|hunk| hunk.get("lines")?.as_array());
        let texts = lines.flatten().filter_map(Value::as_str);
        count(texts.filter(|line| line.starts_with(sign)))
    };
    (Some(starting('+')), Some(starting('-')))
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
