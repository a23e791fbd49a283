//! Tools of the host language.

use std::sync::Arc;

use serde_json::json;

use super::Desk;
use crate::agent::ToolServer;
use crate::ffi::config::ToolConfig;

/// A tool server of the host language.
pub(in crate::ffi) fn tools(name: &str, tools: Vec<ToolConfig>, desk: &Arc<Desk>) -> ToolServer {
    let server = ToolServer::new(name);
    tools.into_iter().fold(server, |server, ToolConfig { name: tool, description, schema }| {
        let (desk, of_server, of_tool) = (Arc::clone(desk), name.to_owned(), tool.clone());
        server.tool(tool, description, schema, move |input| {
            let request = json!({ "server": of_server, "tool": of_tool, "input": input });
            let desk = Arc::clone(&desk);
            async move { desk.call(desk.id(), "tool.call", &request).await }
        })
    })
}
