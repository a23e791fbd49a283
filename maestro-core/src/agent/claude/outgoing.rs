//! What is sent to the CLI.

use serde_json::{Value, json};

use crate::agent::AgentPrompt;
use crate::model::ContentBlock;

/// A prompt. Its id comes back with everything that the CLI says about it.
pub(super) fn prompt(prompt: &AgentPrompt) -> String {
    let content: Vec<Value> = prompt.blocks.iter().map(block).collect();
    json!({
        "type": "user",
        "message": { "role": "user", "content": content },
        "parent_tool_use_id": null,
        "uuid": prompt.id,
    })
    .to_string()
}

fn block(block: &ContentBlock) -> Value {
    match block {
        ContentBlock::Text { text } => json!({ "type": "text", "text": text }),
        ContentBlock::Image { media_type, data } => json!({
            "type": "image",
            "source": { "type": "base64", "media_type": media_type, "data": data },
        }),
        ContentBlock::Other { block } => block.clone(),
    }
}

/// A request of ours.
pub(super) fn request(id: &str, request: &Value) -> String {
    json!({ "type": "control_request", "request_id": id, "request": request }).to_string()
}

/// Our answer to a request of the CLI.
pub(super) fn response(request_id: &str, response: &Value) -> String {
    json!({
        "type": "control_response",
        "response": { "subtype": "success", "request_id": request_id, "response": response },
    })
    .to_string()
}

/// Our refusal of a request of the CLI.
pub(super) fn refusal(request_id: &str, why: &str) -> String {
    json!({
        "type": "control_response",
        "response": { "subtype": "error", "request_id": request_id, "error": why },
    })
    .to_string()
}
