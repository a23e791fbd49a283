//! What the CLI asks of the host's own code: hooks and tool servers.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::hook::{self, Hooked};
use super::link::Link;
use super::map::Asks;
use super::{outgoing, ruled};
use crate::agent::{McpServer, ToolPolicy};
use crate::runtime;

/// The host's code that serves a session.
#[derive(Debug, Default)]
pub(super) struct Served {
    pub(super) hooks: Vec<Hooked>,
    pub(super) servers: Vec<Arc<dyn McpServer>>,
    /// What is asked before each call of a tool.
    pub(super) policy: Option<Arc<dyn ToolPolicy>>,
    /// What the first request says beside them.
    pub(super) hello: Map<String, Value>,
}

impl Served {
    /// The first request, which names what is served.
    pub(super) fn hello(&self) -> Value {
        let mut hooks = hook::registration(&self.hooks);
        if self.policy.is_some() {
            ruled::register(&mut hooks);
        }
        let mut hello = json!({ "subtype": "initialize", "hooks": hooks });
        if !self.servers.is_empty() {
            let names: Vec<&str> = self.servers.iter().map(|server| server.name()).collect();
            hello["sdkMcpServers"] = json!(names);
        }
        for (field, value) in &self.hello {
            hello[field] = value.clone();
        }
        hello
    }
}

impl Link {
    /// Answers a request beside the task that reads, which goes on meanwhile: the CLI asks its tool
    /// servers before it answers our own first request, and a hook may take its time.
    pub(super) fn serve(self: &Arc<Self>, request_id: String, asks: Asks) {
        let link = Arc::clone(self);
        let id = request_id.clone();
        let serving = async move {
            let line = match link.answer(asks).await {
                Ok(answer) => outgoing::response(&id, &answer.into()),
                Err(why) => outgoing::refusal(&id, &why),
            };
            // When it cannot be sent, the process has ended.
            let _ = link.connection.send(line).await;
            link.state().serving.remove(&id);
        };
        // Locked meanwhile, so that its end finds it there.
        let mut state = self.state();
        let serving = runtime::spawn(&*self.runtime, "claude.serve", serving);
        state.serving.insert(request_id, serving);
    }

    async fn answer(self: &Arc<Self>, asks: Asks) -> Result<Value, String> {
        match asks {
            Asks::Hook { callback_id, input, .. } if callback_id == ruled::ID => {
                match &self.served.policy {
                    Some(policy) => Ok(ruled::answer(self, &**policy, &input).await),
                    None => Err("the host has no rules".to_owned()),
                }
            }
            Asks::Hook { callback_id, input, tool_call_id } => {
                let Served { hooks, .. } = &self.served;
                hook::answer(&*self.runtime, hooks, &callback_id, input, tool_call_id).await
            }
            Asks::Mcp { server, message } => {
                let found = self.served.servers.iter().find(|served| served.name() == server);
                let Some(server) = found else {
                    return Err(format!("the host has no tool server {server:?}"));
                };
                // A notification is answered too, since the CLI waits for it.
                let nothing = || json!({ "jsonrpc": "2.0", "result": {}, "id": 0 });
                let answer = server.call(message).await.unwrap_or_else(nothing);
                Ok(json!({ "mcp_response": answer }))
            }
            Asks::Unreadable => {
                Err("the host cannot read this request: it is no JSON, or is too long".to_owned())
            }
            Asks::Other { subtype } => {
                Err(format!("the host does not serve requests of the kind {subtype:?}"))
            }
        }
    }
}
