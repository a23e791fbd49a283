//! Tool servers that a host offers to agents out of its own process.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::error::Result;
use crate::runtime::caught;

/// A server of the Model Context Protocol in the host's own process.
///
/// # Contract
/// - Calls may come from several tasks at once, and in any order; the first is `initialize`.
/// - A call takes as long as it likes: nothing else waits for it. It may be dropped halfway, when the
///   agent is gone.
#[async_trait]
pub trait McpServer: fmt::Debug + Send + Sync + 'static {
    /// Its name. Agents call its tools `mcp__NAME__TOOL` or the like.
    fn name(&self) -> &str;

    /// Takes a JSON-RPC message and gives the answer; none for a notification.
    async fn call(&self, message: Value) -> Option<Value>;
}

type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, Result<Value>> + Send + Sync>;

/// An [`McpServer`] made of tools.
///
/// # Examples
/// ```
/// use maestro_core::agent::{McpServer, ToolServer};
/// use serde_json::json;
///
/// let schema = json!({ "type": "object", "properties": { "sku": { "type": "string" } } });
/// let server = ToolServer::new("stock").tool("count", "How many there are", schema, |input| async move {
///     Ok(json!(format!("3 of {}", input["sku"])))
/// });
/// assert_eq!(server.name(), "stock");
/// ```
#[derive(Clone)]
pub struct ToolServer {
    name: String,
    tools: Vec<Tool>,
}

#[derive(Clone)]
struct Tool {
    name: String,
    description: String,
    schema: Value,
    handler: Handler,
}

/// The revision of the protocol that is offered to a client which names none.
const PROTOCOL: &str = "2025-06-18";

impl ToolServer {
    /// A server without tools.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), tools: Vec::new() }
    }

    /// Adds a tool. `schema` is the JSON schema of its input, which the agent keeps to as far as its
    /// model does: the input is not checked here.
    ///
    /// What the tool gives is shown to the agent: a text as it is, anything else as JSON, and an
    /// object also as the structured result. An error is told to the agent, which goes on.
    pub fn tool<F, R>(
        mut self,
        name: impl Into<String>,
        description: impl Into<String>,
        schema: Value,
        handler: F,
    ) -> Self
    where
        F: Fn(Value) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value>> + Send + 'static,
    {
        self.tools.push(Tool {
            name: name.into(),
            description: description.into(),
            schema,
            handler: Arc::new(move |input| Box::pin(handler(input))),
        });
        self
    }

    fn list(&self) -> Value {
        let tools = self.tools.iter().map(|tool| {
            json!({
                "name": tool.name, "description": tool.description, "inputSchema": tool.schema,
            })
        });
        json!({ "tools": tools.collect::<Vec<_>>() })
    }

    async fn use_tool(&self, params: &Value) -> Option<Value> {
        let name = params.get("name").and_then(Value::as_str)?;
        let tool = self.tools.iter().find(|tool| tool.name == name)?;
        let input = params.get("arguments").cloned().unwrap_or_else(|| json!({}));
        let result =
            caught("the tool", async { (tool.handler)(input).await }).await.and_then(|ran| ran);
        Some(match result {
            Ok(Value::String(text)) => json!({ "content": [{ "type": "text", "text": text }] }),
            Ok(value) => {
                let text = value.to_string();
                let mut given = json!({ "content": [{ "type": "text", "text": text }] });
                if value.is_object() {
                    given["structuredContent"] = value;
                }
                given
            }
            Err(error) => {
                tracing::warn!(%error, tool = name, "a tool failed");
                let text = error.to_string();
                json!({ "content": [{ "type": "text", "text": text }], "isError": true })
            }
        })
    }
}

#[async_trait]
impl McpServer for ToolServer {
    fn name(&self) -> &str {
        &self.name
    }

    async fn call(&self, message: Value) -> Option<Value> {
        let id = message.get("id").filter(|id| !id.is_null())?.clone();
        let params = message.get("params").unwrap_or(&Value::Null);
        let method = message.get("method").and_then(Value::as_str).unwrap_or_default();
        let result = match method {
            "initialize" => {
                let version = params.get("protocolVersion").and_then(Value::as_str);
                Ok(json!({
                    "protocolVersion": version.unwrap_or(PROTOCOL),
                    "capabilities": { "tools": {} },
                    "serverInfo": { "name": self.name, "version": env!("CARGO_PKG_VERSION") },
                }))
            }
            "ping" => Ok(json!({})),
            "tools/list" => Ok(self.list()),
            "tools/call" => match self.use_tool(params).await {
                Some(given) => Ok(given),
                None => Err((-32602, "there is no such tool".to_owned())),
            },
            other => Err((-32601, format!("there is no method {other:?}"))),
        };
        Some(match result {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err((code, message)) => {
                let error = json!({ "code": code, "message": message });
                json!({ "jsonrpc": "2.0", "id": id, "error": error })
            }
        })
    }
}

impl fmt::Debug for ToolServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tools: Vec<&str> = self.tools.iter().map(|tool| tool.name.as_str()).collect();
        f.debug_struct("ToolServer").field("name", &self.name).field("tools", &tools).finish()
    }
}
