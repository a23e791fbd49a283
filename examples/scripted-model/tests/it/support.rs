//! A client for the endpoint, and conversations to send to it.

use std::collections::BTreeMap;

use scripted_model::{ModelConfig, Scenario, ScriptedModel, Step};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What came back over one connection.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    /// The body ended as its framing says; false when the connection was cut.
    pub(crate) whole: bool,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The server-sent events; each event's name is its `type`.
    pub(crate) fn events(&self) -> Vec<Value> {
        let events = self.body.split("\n\n").filter(|event| !event.is_empty());
        events
            .map(|event| {
                let (name, data) = event.split_once('\n').unwrap();
                let data: Value =
                    serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
                assert_eq!(name.strip_prefix("event: ").unwrap(), data["type"]);
                data
            })
            .collect()
    }

    pub(crate) fn event_types(&self) -> Vec<String> {
        self.events().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    /// The text of an answer that is not streamed.
    pub(crate) fn text(&self) -> String {
        let body = self.json();
        let blocks = body["content"].as_array().unwrap_or_else(|| panic!("no content: {body}"));
        blocks.iter().filter_map(|block| block["text"].as_str()).collect()
    }
}

/// Sends a request and reads to the end of the connection; `None` when it ended without an answer.
pub(crate) async fn send(base_url: &str, head: &str, body: &str) -> Option<Reply> {
    let mut stream = TcpStream::connect(base_url.strip_prefix("http://").unwrap()).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head}host: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // A cut connection may end with a reset; what came before counts.
    let _end = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let (body, whole) = if headers.contains_key("transfer-encoding") {
        unchunk(body)
    } else {
        (body.to_owned(), true)
    };
    Some(Reply { status, headers, body, whole })
}

fn unchunk(mut body: &str) -> (String, bool) {
    let mut out = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return (out, true);
        }
        out.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    (out, false)
}

pub(crate) async fn post(
    model: &ScriptedModel,
    path: &str,
    session: &str,
    body: &Value,
) -> Option<Reply> {
    let head = format!("POST {path} HTTP/1.1\r\nx-claude-code-session-id: {session}\r\n");
    send(model.base_url(), &head, &body.to_string()).await
}

/// Asks for a whole answer in session `s`.
pub(crate) async fn ask(model: &ScriptedModel, messages: &[Value]) -> Reply {
    post(model, "/v1/messages", "s", &body(messages, false)).await.unwrap()
}

/// Asks for a stream in session `s`.
pub(crate) async fn stream(model: &ScriptedModel, messages: &[Value]) -> Reply {
    post(model, "/v1/messages?beta=true", "s", &body(messages, true)).await.unwrap()
}

pub(crate) fn body(messages: &[Value], stream: bool) -> Value {
    json!({"model": "claude-test", "max_tokens": 100, "stream": stream, "messages": messages})
}

pub(crate) fn user(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

pub(crate) fn said(text: &str) -> Value {
    json!({"role": "assistant", "content": [{"type": "text", "text": text}]})
}

pub(crate) fn called(ids: &[&str]) -> Value {
    let calls =
        ids.iter().map(|id| json!({"type": "tool_use", "id": id, "name": "Bash", "input": {}}));
    json!({"role": "assistant", "content": calls.collect::<Vec<_>>()})
}

pub(crate) fn results(results: &[(&str, bool, &str)]) -> Value {
    let blocks = results.iter().map(|(id, is_error, text)| {
        json!({"type": "tool_result", "tool_use_id": id, "is_error": is_error, "content": text})
    });
    json!({"role": "user", "content": blocks.collect::<Vec<_>>()})
}

/// A scenario `four` with a tool call as its first step and a text with its number as each other.
pub(crate) fn four() -> Scenario {
    let tool = || Step::new().text("step 0").tool("Bash", json!({"command": "true"}));
    (1..4).fold(Scenario::new("four").step(tool()), |scenario, n| {
        scenario.step(Step::new().text(format!("step {n}")))
    })
}

pub(crate) async fn start(scenario: Scenario) -> ScriptedModel {
    ScriptedModel::start(ModelConfig::new().scenario(scenario)).await.unwrap()
}
