//! Host code that the agent reaches: tools and hooks.

use std::sync::Arc;

use async_trait::async_trait;
use maestro_core::Result;
use maestro_core::agent::ToolServer;
use maestro_core::agent::claude::{Hook, HookHandler, HookPoint, HookReply};
use maestro_core::model::{Decision, EventData, ToolContent, ToolStatus};
use serde_json::json;

use crate::for_each_release;
use crate::house::{House, Opening};
use crate::program::Release;
use crate::read::{asks, facts, tool_ends};

for_each_release! { a_tool_of_the_host, a_hook_denies, a_hook_that_is_late_denies }

pub(crate) fn stock() -> ToolServer {
    let schema = json!({ "type": "object", "properties": { "sku": { "type": "string" } } });
    ToolServer::new("stock").tool("count", "How many there are", schema, |input| async move {
        Ok(json!(format!("3 of {}", input["sku"].as_str().unwrap_or_default())))
    })
}

async fn a_tool_of_the_host(release: Release) {
    let Some(house) = House::build(release).await else { return };
    let opening = Opening { mcp: vec![Arc::new(stock())], ..Opening::default() };
    let mut talk = house.try_open(opening).await.expect("it opens");
    talk.prompt("scenario: use").await;
    let asked = talk.question().await;
    assert_eq!(asked.tool.as_deref(), Some("mcp__stock__count"));
    talk.answer(&asked, Decision::allow()).await;
    let seen = talk.until_idle().await;
    let (status, content) = &tool_ends(&seen)[0];
    assert_eq!(*status, ToolStatus::Completed);
    assert_eq!(content, &[ToolContent::Text { text: "3 of x".to_owned() }]);
}

/// Denies `rm`, never answers about `mv`, and counts.
#[derive(Debug)]
pub(crate) struct Strict;

#[async_trait]
impl HookHandler for Strict {
    async fn call(&self, hook: Hook) -> Result<HookReply> {
        let command = hook.input["tool_input"]["command"].as_str().unwrap_or_default();
        if command.starts_with("mv") {
            std::future::pending::<()>().await;
        }
        Ok(if command.starts_with("rm") {
            HookReply::Deny { reason: "Nothing is removed here.".to_owned() }
        } else {
            HookReply::Allow { reason: "It is harmless.".to_owned() }
        })
    }
}

async fn a_hook_denies(release: Release) {
    let Some(mut house) = House::build(release).await else { return };
    let point = HookPoint::new("PreToolUse").matcher("Bash");
    house.agent = house.agent.clone().hook(point, Strict);
    let mut talk = house.open().await;
    let seen = talk.ask("scenario: bash command=\"rm x.txt\"").await;
    let (status, content) = &tool_ends(&seen)[0];
    assert_ne!(*status, ToolStatus::Completed);
    let told = format!("{content:?}");
    assert!(told.contains("Nothing is removed here."), "{told}");
    // What it allows nobody is asked about.
    let seen = talk.ask("scenario: bash command=\"touch y.txt\"").await;
    assert!(!asks(&seen));
    assert!(house.file("y.txt").exists());
    let frames = facts(&seen).filter(|fact| match fact {
        EventData::AgentFrame(frame) => frame.frame_type == "control_request/hook_callback",
        _ => false,
    });
    assert_eq!(frames.count(), 1);
}

async fn a_hook_that_is_late_denies(release: Release) {
    let Some(mut house) = House::build(release).await else { return };
    let point = HookPoint::new("PreToolUse").timeout(std::time::Duration::from_millis(100));
    house.agent = house.agent.clone().hook(point, Strict);
    let mut talk = house.open().await;
    let seen = talk.ask("scenario: bash command=\"mv a b\"").await;
    let (status, content) = &tool_ends(&seen)[0];
    assert_ne!(*status, ToolStatus::Completed);
    assert!(format!("{content:?}").contains("took too long"), "{content:?}");
}
