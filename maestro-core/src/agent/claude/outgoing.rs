//! What is sent to the CLI.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::agent::AgentPrompt;
use crate::error::{Error, Result};
use crate::model::{ContentBlock, check};

/// A prompt. Its id comes back with everything that the CLI says about it.
///
/// # Errors
/// `InvalidArgument` for a file that the CLI takes no such kind of.
pub(super) fn prompt(prompt: &AgentPrompt) -> Result<String> {
    let content = prompt.blocks.iter().map(block).collect::<Result<Vec<Value>>>()?;
    let message = json!({
        "type": "user",
        "message": { "role": "user", "content": content },
        "parent_tool_use_id": null,
        "uuid": prompt.id,
    });
    Ok(message.to_string())
}

fn block(block: &ContentBlock) -> Result<Value> {
    Ok(match block {
        ContentBlock::Text { text } => json!({ "type": "text", "text": text }),
        ContentBlock::Image { media_type, data } => json!({
            "type": "image",
            "source": { "type": "base64", "media_type": media_type, "data": data },
        }),
        ContentBlock::File { name, media_type, data } => {
            let mut document = json!({ "type": "document", "source": source(media_type, data)? });
            if let Some(name) = name {
                document["title"] = json!(name);
            }
            document
        }
        ContentBlock::Other { block } => block.clone(),
        ContentBlock::Unknown(kept) => return Err(check::unknown_variant("prompt", kept)),
    })
}

/// A document's content: PDF as it is, text as text.
fn source(media_type: &str, data: &str) -> Result<Value> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if essence == "application/pdf" {
        return Ok(json!({ "type": "base64", "media_type": essence, "data": data }));
    }
    let textual = essence.starts_with("text/")
        || matches!(essence, "application/json" | "application/xml" | "application/toml");
    if !textual {
        return Err(Error::invalid("prompt", "Claude Code takes files of PDF and text only")
            .with("media_type", media_type));
    }
    let bytes = BASE64.decode(data).ok();
    let text = bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Error::invalid("prompt", "has a text file that is no UTF-8 in base64"))?;
    Ok(json!({ "type": "text", "media_type": "text/plain", "data": text }))
}

/// A request of ours.
pub(super) fn request(id: &str, request: &Value) -> String {
    json!({ "type": "control_request", "request_id": id, "request": request }).to_string()
}

/// Our answer to a request of the CLI.
pub(super) fn response(request_id: &str, response: &Reply) -> String {
    let id = Value::from(request_id);
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":{id},"response":{response}}}}}"#
    )
}

/// What is answered: a value, in which the tool's input may be what the CLI wrote, to the letter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub(super) value: Value,
    /// What stands for `updatedInput`, as JSON that no strict reader need take.
    pub(super) input: Option<Box<str>>,
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        Self { value, input: None }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.to_string();
        match (&self.input, value.strip_suffix('}')) {
            (Some(input), Some(open)) => write!(f, r#"{open},"updatedInput":{input}}}"#),
            _ => f.write_str(&value),
        }
    }
}

/// Our refusal of a request of the CLI.
pub(super) fn refusal(request_id: &str, why: &str) -> String {
    json!({
        "type": "control_response",
        "response": { "subtype": "error", "request_id": request_id, "error": why },
    })
    .to_string()
}
