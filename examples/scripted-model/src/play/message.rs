use serde_json::Value;

/// One entry of a request's `messages`, with what the choice of a step needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// From the person, or the results of tools.
    User { texts: Vec<String>, results: Vec<ToolResult> },
    /// From the model.
    Assistant { text: String, calls: Vec<String> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolResult {
    pub(crate) call: String,
    pub(crate) is_error: bool,
    pub(crate) text: String,
}

/// Reads a request's `messages`. Entries of other roles (the CLI sends `system` ones) say nothing here.
///
/// # Errors
/// A sentence that names the field.
pub(crate) fn read_messages(body: &Value) -> Result<Vec<Message>, String> {
    let list =
        body.get("messages").and_then(Value::as_array).ok_or("messages: a list is required")?;
    let mut messages = Vec::with_capacity(list.len());
    for (index, entry) in list.iter().enumerate() {
        let role = entry.get("role").and_then(Value::as_str);
        let role = role.ok_or_else(|| format!("messages.{index}.role: a string is required"))?;
        let content = entry.get("content").unwrap_or(&Value::Null);
        match role {
            "user" => messages.push(user(content)),
            "assistant" => messages.push(assistant(content)),
            _ => {}
        }
    }
    Ok(messages)
}

fn user(content: &Value) -> Message {
    let (mut texts, mut results) = (Vec::new(), Vec::new());
    if let Value::String(text) = content {
        texts.push(text.clone());
    }
    for block in content.as_array().into_iter().flatten() {
        match kind(block) {
            "text" => texts.push(field(block, "text")),
            "tool_result" => results.push(ToolResult {
                call: field(block, "tool_use_id"),
                is_error: block.get("is_error").and_then(Value::as_bool).unwrap_or(false),
                text: text_of(block.get("content").unwrap_or(&Value::Null)),
            }),
            _ => {}
        }
    }
    Message::User { texts, results }
}

fn assistant(content: &Value) -> Message {
    let calls = content.as_array().into_iter().flatten();
    let calls = calls.filter(|block| kind(block) == "tool_use").map(|block| field(block, "id"));
    Message::Assistant { text: text_of(content), calls: calls.collect() }
}

/// The text of a content value, which is a string or a list of blocks.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks
            .iter()
            .filter(|block| kind(block) == "text")
            .map(|block| field(block, "text"))
            .collect(),
        _ => String::new(),
    }
}

fn kind(block: &Value) -> &str {
    block.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn field(block: &Value, name: &str) -> String {
    block.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
