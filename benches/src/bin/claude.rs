//! Stands in for Claude Code: answers what an SDK asks at the start, and to the first prompt writes the
//! lines of the file that `BENCH_LINES` names, as fast as the pipe takes them.

use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

const SESSION: &str = "0b7a9d6e-6f0e-4a51-9c35-3f7a2b1c4d5e";
const VERSION: &str = "2.1.331";

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    if std::env::args().any(|arg| arg == "-v" || arg == "--version") {
        return writeln!(out, "{VERSION} (Claude Code)");
    }
    let path = std::env::var_os("BENCH_LINES").unwrap_or_default();
    // Read before it is asked for, so that reading it is not measured.
    let lines = std::fs::read(path)?;
    for line in io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        match asked["type"].as_str() {
            Some("control_request") => {
                let answer = answer(&asked["request"]);
                let response = json!({
                    "subtype": "success", "request_id": asked["request_id"], "response": answer,
                });
                say(&mut out, &json!({ "type": "control_response", "response": response }))?;
            }
            Some("user") => turn(&mut out, &asked, &lines)?,
            _ => {}
        }
    }
    Ok(())
}

fn answer(request: &Value) -> Value {
    match request["subtype"].as_str() {
        Some("initialize") => json!({
            "commands": [], "agents": [], "output_style": "default",
            "available_output_styles": ["default"], "models": [], "account": {},
            "pid": std::process::id(), "claude_code_version": VERSION,
            "capabilities": ["msg_lifecycle_v1"],
        }),
        _ => json!({}),
    }
}

/// One turn, as the CLI tells of it.
fn turn(out: &mut impl Write, prompt: &Value, lines: &[u8]) -> io::Result<()> {
    // Maestro asks for them, other SDKs do not.
    let states = std::env::var_os("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS").is_some();
    let state = |state: &str| {
        json!({
            "type": "system", "subtype": "session_state_changed", "state": state, "uuid": SESSION,
            "session_id": SESSION,
        })
    };
    let cycle = |state: &str| {
        json!({
            "type": "command_lifecycle", "command_uuid": prompt["uuid"], "state": state,
            "uuid": SESSION, "session_id": SESSION,
        })
    };
    if states {
        say(out, &state("running"))?;
        say(out, &cycle("queued"))?;
        say(out, &cycle("started"))?;
    }
    say(
        out,
        &json!({
            "type": "system", "subtype": "init", "cwd": "/src/shop", "session_id": SESSION, "tools": [],
            "mcp_servers": [], "model": "claude-opus-5-5", "permissionMode": "default",
            "slash_commands": [], "apiKeySource": "none", "claude_code_version": VERSION,
            "output_style": "default", "agents": [], "uuid": SESSION,
            "capabilities": ["msg_lifecycle_v1"],
        }),
    )?;
    out.write_all(lines)?;
    say(
        out,
        &json!({
            "type": "result", "subtype": "success", "is_error": false, "duration_ms": 1,
            "duration_api_ms": 1, "num_turns": 1, "result": "done", "stop_reason": "end_turn",
            "session_id": SESSION, "total_cost_usd": 0.5,
            "usage": { "input_tokens": 1, "output_tokens": 1 }, "modelUsage": {},
            "permission_denials": [], "uuid": SESSION, "user_message_uuids": [prompt["uuid"]],
        }),
    )?;
    if states {
        say(out, &cycle("completed"))?;
        say(out, &state("idle"))?;
    }
    Ok(())
}

fn say(out: &mut impl Write, line: &Value) -> io::Result<()> {
    let mut line = serde_json::to_vec(line)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}
