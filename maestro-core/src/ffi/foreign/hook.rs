//! Hooks that the host language answers.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use crate::agent::claude::{Hook, HookHandler, HookReply};
use crate::error::Result;

/// A handler of hooks in the host language.
#[derive(Debug)]
pub(in crate::ffi) struct ForeignHook {
    handler: String,
    desk: Arc<Desk>,
}

#[derive(Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case", deny_unknown_fields)]
enum Reply {
    Continue,
    Allow {
        #[serde(default)]
        reason: String,
    },
    Deny {
        #[serde(default)]
        reason: String,
    },
    Raw {
        value: Value,
    },
}

impl ForeignHook {
    pub(in crate::ffi) fn new(handler: String, desk: Arc<Desk>) -> Self {
        Self { handler, desk }
    }
}

#[async_trait]
impl HookHandler for ForeignHook {
    async fn call(&self, hook: Hook) -> Result<HookReply> {
        let request = json!({
            "handler": self.handler, "event": hook.event, "tool": hook.tool,
            "tool_call_id": hook.tool_call_id, "input": hook.input,
        });
        let reply = self.desk.call(self.desk.id(), "hook.call", &request).await?;
        Ok(match reply {
            Reply::Continue => HookReply::Continue,
            Reply::Allow { reason } => HookReply::Allow { reason },
            Reply::Deny { reason } => HookReply::Deny { reason },
            Reply::Raw { value } => HookReply::Raw(value),
        })
    }
}
