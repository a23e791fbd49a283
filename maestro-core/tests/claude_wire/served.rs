//! Host code that the CLI asks: hooks and tool servers. And how an interrupt takes prompts back.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use maestro_core::agent::claude::{ClaudeCode, Hook, HookHandler, HookPoint, HookReply};
use maestro_core::agent::{AgentEvent, AgentPrompt, ToolServer};
use maestro_core::model::ContentBlock;
use maestro_core::runtime::{Runtime as _, RuntimeExt as _};
use maestro_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::memory::Program;
use crate::stage::{open, open_with, reply, say_hello, sent, write};

/// Answers by what it is asked about.
#[derive(Debug)]
struct Strict;

#[async_trait]
impl HookHandler for Strict {
    async fn call(&self, hook: Hook) -> Result<HookReply> {
        let reason = || format!("{} of {:?}", hook.event, hook.tool_call_id);
        match hook.input["tool_input"]["command"].as_str() {
            Some("ls") => Ok(HookReply::Allow { reason: reason() }),
            Some("rm") => Ok(HookReply::Deny { reason: reason() }),
            Some("fail") => Err(Error::new(ErrorKind::Unavailable, "no answer")),
            Some("panic") => panic!("on purpose"),
            Some("hang") => std::future::pending().await,
            _ => Ok(HookReply::Continue),
        }
    }
}

fn hook(id: &str, callback: &str, event: &str, command: &str) -> Value {
    json!({ "type": "control_request", "request_id": id, "request": {
        "subtype": "hook_callback", "callback_id": callback, "tool_use_id": "t-1",
        "input": {
            "hook_event_name": event, "tool_name": "Bash", "tool_input": { "command": command },
        },
    } })
}

#[test]
fn hooks_answer_in_time_or_deny() {
    let point = HookPoint::new("PreToolUse").matcher("Bash").timeout(Duration::from_secs(3));
    let agent = ClaudeCode::at("claude").hook(point, Strict).hook(HookPoint::new("Stop"), Strict);
    let greet = async |program: &Program| {
        let request = sent(program).await;
        let expected = json!({
            "PreToolUse": [{ "matcher": "Bash", "hookCallbackIds": ["0"], "timeout": 86_403 }],
            "Stop": [{ "matcher": null, "hookCallbackIds": ["1"], "timeout": 86_430 }],
        });
        assert_eq!(request["request"]["hooks"], expected);
        write(program, reply(&request, json!({ "commands": [] })));
    };
    let (_, opened) = open_with(&agent, |_| {}, greet);
    let stage = opened.expect("it opens");
    let decided = |word: &str, reason: &str| {
        json!({ "hookSpecificOutput": {
            "hookEventName": "PreToolUse", "permissionDecision": word,
            "permissionDecisionReason": reason,
        } })
    };
    stage.runtime.block_on(async {
        let mut answers = Vec::new();
        for (index, command) in ["ls", "rm", "echo", "fail", "panic", "hang"].iter().enumerate() {
            write(&stage.program, hook(&format!("h-{index}"), "0", "PreToolUse", command));
            answers.push(sent(&stage.program).await["response"]["response"].clone());
        }
        let expected = [
            decided("allow", "PreToolUse of Some(\"t-1\")"),
            decided("deny", "PreToolUse of Some(\"t-1\")"),
            json!({}),
            decided("deny", "the host's hook failed: no answer"),
            decided("deny", "the host's hook failed: it panicked: on purpose"),
            decided("deny", "the host's hook took too long"),
        ];
        assert_eq!(answers, expected);
        assert_eq!(stage.runtime.monotonic().as_secs(), 3);

        // Where nothing can be denied it is an error; so is a hook that is not there.
        write(&stage.program, hook("h-7", "1", "Stop", "fail"));
        assert_eq!(sent(&stage.program).await["response"]["subtype"], "error");
        write(&stage.program, hook("h-8", "9", "PreToolUse", "ls"));
        let answer = sent(&stage.program).await;
        assert_eq!(
            answer["response"]["response"]["hookSpecificOutput"]["permissionDecision"],
            "deny"
        );

        // One that the CLI gives up is stopped, and others go on meanwhile.
        write(&stage.program, hook("h-9", "0", "PreToolUse", "hang"));
        write(&stage.program, hook("h-10", "0", "PreToolUse", "echo"));
        assert_eq!(sent(&stage.program).await["response"]["request_id"], "h-10");
        write(&stage.program, json!({ "type": "control_cancel_request", "request_id": "h-9" }));
        write(&stage.program, hook("h-11", "0", "PreToolUse", "hang"));
        assert_eq!(sent(&stage.program).await["response"]["request_id"], "h-11");
    });
}

fn to_server(id: &str, message: &Value) -> Value {
    json!({ "type": "control_request", "request_id": id, "request": {
        "subtype": "mcp_message", "server_name": "stock", "message": message,
    } })
}

#[test]
fn a_tool_server_is_reached_before_the_handshake_is_over() {
    let schema = json!({ "type": "object" });
    let server = ToolServer::new("stock")
        .tool("count", "Counts", schema.clone(), |input| async move {
            Ok(json!({ "sku": input["sku"], "count": 3 }))
        })
        .tool("slow", "Never ends", schema.clone(), |_| std::future::pending())
        .tool("bad", "Fails", schema.clone(), |_| async {
            Err(Error::new(ErrorKind::NotFound, "no such shelf"))
        })
        .tool("worse", "Panics", schema, |_| async { panic!("on purpose") });
    let greet = async |program: &Program| {
        let request = sent(program).await;
        assert_eq!(request["request"]["sdkMcpServers"], json!(["stock"]));
        let hello = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": { "protocolVersion": "2025-11-25" },
        });
        write(program, to_server("m-0", &hello));
        let answer = sent(program).await["response"]["response"]["mcp_response"].clone();
        assert_eq!(answer["result"]["serverInfo"]["name"], "stock");
        assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
        write(program, reply(&request, json!({ "commands": [] })));
    };
    let offer =
        |context: &mut maestro_core::agent::OpenContext| context.mcp = vec![Arc::new(server)];
    let (_, opened) = open_with(&ClaudeCode::at("claude"), offer, greet);
    let stage = opened.expect("it opens");
    stage.runtime.block_on(async {
        let call = |name: &str| {
            json!({
                "jsonrpc": "2.0", "id": 5, "method": "tools/call",
                "params": { "name": name, "arguments": { "sku": "x" } },
            })
        };
        // It never ends, and nothing waits for it.
        write(&stage.program, to_server("m-1", &call("slow")));
        let ask = async |message: Value| {
            write(&stage.program, to_server("m-2", &message));
            sent(&stage.program).await["response"]["response"]["mcp_response"].clone()
        };
        let told = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(ask(told).await["result"], json!({}));
        let list = ask(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).await;
        assert_eq!(list["result"]["tools"].as_array().map(Vec::len), Some(4));
        let given = ask(call("count")).await;
        assert_eq!(given["id"], 5);
        assert_eq!(given["result"]["structuredContent"], json!({ "sku": "x", "count": 3 }));
        let failed = ask(call("bad")).await;
        assert_eq!(failed["result"]["isError"], true);
        assert!(failed.to_string().contains("no such shelf"), "{failed}");
        assert_eq!(ask(call("worse")).await["result"]["isError"], true);
        assert_eq!(ask(call("none")).await["error"]["code"], -32602);
        let unknown = json!({ "jsonrpc": "2.0", "id": 1, "method": "prompts/list" });
        assert_eq!(ask(unknown).await["error"]["code"], -32601);
        // Another server, and another kind of request.
        let mut other = to_server("m-3", &call("count"));
        other["request"]["server_name"] = json!("shop");
        write(&stage.program, other);
        assert_eq!(sent(&stage.program).await["response"]["subtype"], "error");
        let strange = json!({ "subtype": "brand_new" });
        write(
            &stage.program,
            json!({ "type": "control_request", "request_id": "m-4", "request": strange }),
        );
        assert_eq!(sent(&stage.program).await["response"]["subtype"], "error");
    });
}

#[test]
fn an_interrupt_takes_back_what_was_sent_into_the_turn() {
    let stage = open();
    stage.runtime.block_on(async {
        let first = stage.prompt().await;
        let started =
            json!({ "type": "command_lifecycle", "command_uuid": first, "state": "started" });
        write(&stage.program, started);
        stage.until(|event| matches!(event, AgentEvent::TurnStarted { .. })).await;
        let id = stage.runtime.uuid();
        let steer = AgentPrompt::new(id, vec![ContentBlock::text("And this.")]);
        stage.session.steer(&steer).await.expect("it is sent");
        sent(&stage.program).await;
        // An older release says what it keeps, and is told to forget what is ours.
        let play = async {
            let request = sent(&stage.program).await;
            assert_eq!(request["request"], json!({ "subtype": "interrupt" }));
            write(&stage.program, reply(&request, json!({ "still_queued": ["other", id] })));
            let request = sent(&stage.program).await;
            let taken = json!({ "subtype": "cancel_async_message", "message_uuid": id });
            assert_eq!(request["request"], taken);
            write(&stage.program, reply(&request, json!({ "cancelled": true })));
        };
        let ((), interrupted) = futures::join!(play, stage.session.interrupt());
        interrupted.expect("it is told");
    });
    let greet = async |program: &Program| {
        let request = sent(program).await;
        let capabilities = ["interrupt_cancel_queued_v1"];
        write(program, reply(&request, json!({ "commands": [], "capabilities": capabilities })));
    };
    let (_, opened) = open_with(&ClaudeCode::at("claude"), |_| {}, greet);
    let stage = opened.expect("it opens");
    stage.runtime.block_on(async {
        let play = async {
            let request = sent(&stage.program).await;
            let all = json!({ "subtype": "interrupt", "cancel_queued": true });
            assert_eq!(request["request"], all);
            write(&stage.program, reply(&request, json!({ "still_queued": [] })));
        };
        let ((), interrupted) = futures::join!(play, stage.session.interrupt());
        interrupted.expect("it is told");
    });
}

#[test]
fn files_are_sent_as_documents() {
    let stage = open();
    stage.runtime.block_on(async {
        let file = |media_type: &str, data: &str| ContentBlock::File {
            name: Some("a.txt".to_owned()),
            media_type: media_type.to_owned(),
            data: data.to_owned(),
        };
        let prompt = |block| AgentPrompt::new(stage.runtime.uuid(), vec![block]);
        let cases = [
            (
                file("text/plain; charset=utf-8", "aGk="),
                json!({ "type": "text", "media_type": "text/plain", "data": "hi" }),
            ),
            (
                file("application/pdf", "aGk="),
                json!({ "type": "base64", "media_type": "application/pdf", "data": "aGk=" }),
            ),
        ];
        for (block, source) in cases {
            stage.session.prompt(&prompt(block)).await.expect("it is sent");
            let content = sent(&stage.program).await["message"]["content"][0].clone();
            let expected = json!({ "type": "document", "source": source, "title": "a.txt" });
            assert_eq!(content, expected);
        }
        for block in [file("video/mp4", "aGk="), file("text/plain", "%")] {
            let refused = stage.session.prompt(&prompt(block)).await.expect_err("no such file");
            assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
        }
    });
}

#[test]
fn thinking_is_limited_at_the_start() {
    let greet = async |program: &Program| {
        say_hello(program).await;
        let request = sent(program).await;
        let most = json!({ "subtype": "set_max_thinking_tokens", "max_thinking_tokens": 1024 });
        assert_eq!(request["request"], most);
        write(program, reply(&request, json!({})));
    };
    let limit = |context: &mut maestro_core::agent::OpenContext| {
        context.spec.max_thinking_tokens = Some(1024);
    };
    let (_, opened) = open_with(&ClaudeCode::at("claude"), limit, greet);
    opened.expect("it opens");
}
