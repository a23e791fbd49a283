//! Plans, contexts, contents of tools, warnings: what is folded from several messages.

use maestro_core::model::{
    ContextCompacted, EventData, McpServerStatus, PlanEntry, PlanStatus, ToolContent, ToolStatus,
};
use serde_json::{Value, json};

use crate::story::{facts, read_values, story};

fn call(id: &str, name: &str, input: &Value) -> Value {
    json!({ "type": "assistant", "message": { "id": "m-1", "content": [
        { "type": "tool_use", "id": id, "name": name, "input": input },
    ] }, "uuid": "u-1" })
}

fn result(id: &str, content: &Value, structured: &Value) -> Value {
    json!({ "type": "user", "message": { "role": "user", "content": [
        { "type": "tool_result", "tool_use_id": id, "content": content },
    ] }, "tool_use_result": structured })
}

fn plans(values: &[Value]) -> Vec<Vec<PlanEntry>> {
    let plans = facts(&read_values(values)).into_iter().filter_map(|fact| match fact {
        EventData::PlanUpdated(plan) => Some(plan.entries),
        _ => None,
    });
    plans.collect()
}

fn entry(id: Option<&str>, content: &str, status: PlanStatus, active: Option<&str>) -> PlanEntry {
    let told = json!({
        "id": id, "content": content, "status": status, "active": active,
    });
    serde_json::from_value(told).expect("an entry")
}

#[test]
fn a_list_that_is_written_whole() {
    let todos = json!({ "todos": [
        { "content": "Look", "status": "completed", "activeForm": "Looking" },
        { "content": "Leap", "status": "in_progress", "activeForm": "Leaping" },
    ] });
    let seen = plans(&[
        call("t-1", "TodoWrite", &todos),
        result("t-1", &json!("Todos have been modified."), &Value::Null),
        // The same again is no news.
        call("t-2", "TodoWrite", &todos),
        result("t-2", &json!("Todos have been modified."), &Value::Null),
    ]);
    let expected = vec![
        entry(None, "Look", PlanStatus::Completed, Some("Looking")),
        entry(None, "Leap", PlanStatus::InProgress, Some("Leaping")),
    ];
    assert_eq!(seen, [expected]);
}

#[test]
fn a_list_that_is_changed_entry_by_entry() {
    let seen = plans(&[
        call("t-1", "TaskCreate", &json!({ "subject": "Look", "activeForm": "Looking" })),
        result("t-1", &json!("Task #1 created"), &json!({ "task": { "id": "1" } })),
        call("t-2", "TaskCreate", &json!({ "subject": "Leap" })),
        // Without a structured result the number is in the text.
        result("t-2", &json!([{ "type": "text", "text": "Task #2 created" }]), &Value::Null),
        call("t-3", "TaskUpdate", &json!({ "taskId": "1", "status": "in_progress" })),
        result("t-3", &json!("Updated"), &Value::Null),
        call("t-4", "TaskUpdate", &json!({ "taskId": "2", "status": "deleted" })),
        result("t-4", &json!("Updated"), &Value::Null),
        // An entry of an earlier process, and one that was not made.
        call("t-5", "TaskUpdate", &json!({ "taskId": "9", "status": "completed" })),
        result("t-5", &json!("Updated"), &Value::Null),
        call("t-6", "TaskCreate", &json!({ "subject": "Never" })),
        json!({ "type": "user", "message": { "content": [
            { "type": "tool_result", "tool_use_id": "t-6", "content": "no", "is_error": true },
        ] } }),
    ]);
    let looking = |status| entry(Some("1"), "Look", status, Some("Looking"));
    let leap = entry(Some("2"), "Leap", PlanStatus::Pending, None);
    let expected = [
        vec![looking(PlanStatus::Pending)],
        vec![looking(PlanStatus::Pending), leap.clone()],
        vec![looking(PlanStatus::InProgress), leap],
        vec![looking(PlanStatus::InProgress)],
        vec![looking(PlanStatus::InProgress), entry(Some("9"), "#9", PlanStatus::Completed, None)],
    ];
    assert_eq!(seen, expected);
}

#[test]
fn what_tools_give() {
    let png = json!([{ "type": "image", "source": {
        "type": "base64", "media_type": "image/png", "data": "aGk=",
    } }]);
    let of_server = json!([{ "type": "image", "mimeType": "image/gif", "data": "R0k=" }]);
    let bash = |stdout: &str, stderr: &str| json!({ "stdout": stdout, "stderr": stderr, "interrupted": false, "isImage": false });
    let mut meant = bash("", "");
    meant["returnCodeInterpretation"] = json!("No matches found");
    let mut away = bash("", "");
    away["backgroundTaskId"] = json!("b-1");
    let failed = json!({ "type": "user", "message": { "content": [{
        "type": "tool_result", "tool_use_id": "t-5", "is_error": true,
        "content": "Exit code 3\nno such file",
    }] }, "tool_use_result": "Error: Exit code 3" });
    let run = json!({ "command": "x" });
    let reports = read_values(&[
        call("t-1", "Bash", &run),
        result("t-1", &json!("out\nerr"), &bash("out", "err")),
        call("t-2", "Bash", &run),
        result("t-2", &json!(""), &meant),
        call("t-3", "Bash", &json!({ "command": "x", "run_in_background": true })),
        result("t-3", &json!("Command running in background"), &away),
        call("t-4", "Read", &json!({ "file_path": "/src/shop/a.png" })),
        result("t-4", &png, &json!({ "type": "image", "file": { "base64": "aGk=" } })),
        call("t-5", "Bash", &run),
        failed,
        call("t-6", "mcp__x__draw", &json!({})),
        result("t-6", &of_server, &Value::Null),
    ]);
    let ended = facts(&reports).into_iter().filter_map(|fact| match fact {
        EventData::ToolEnded(ended) => Some(ended),
        _ => None,
    });
    let ended: Vec<_> = ended.collect();
    let terminal = |output: &str, exit_code: Option<i32>| {
        vec![ToolContent::Terminal { output: output.to_owned(), exit_code }]
    };
    let image = |media_type: &str, data: &str| {
        let (media_type, data) = (media_type.to_owned(), data.to_owned());
        vec![ToolContent::Image { media_type, data }]
    };
    let contents: Vec<_> = ended.iter().map(|ended| ended.content.clone()).collect();
    let expected = [
        terminal("out\nerr", Some(0)),
        terminal("", None),
        terminal("", None),
        image("image/png", "aGk="),
        terminal("no such file", Some(3)),
        image("image/gif", "R0k="),
    ];
    assert_eq!(contents, expected);
    assert_eq!(ended[4].status, ToolStatus::Failed);
    let background: Vec<_> = ended.iter().map(|ended| ended.background).collect();
    assert_eq!(background, [false, false, true, false, false, false]);
    let kept = ended[3].result.as_ref().map(ToString::to_string);
    assert!(kept.is_some_and(|kept| !kept.contains("aGk=")), "the image is held once");
}

#[test]
fn how_full_the_context_is() {
    let says = |id: &str, read: u64| {
        json!({ "type": "assistant", "message": {
            "id": id, "model": "model-a", "content": [{ "type": "text", "text": "x" }],
            "usage": { "input_tokens": read, "cache_read_input_tokens": 5, "output_tokens": 1 },
        } })
    };
    let result = json!({
        "type": "result", "subtype": "success",
        "modelUsage": { "model-a[1k]": { "contextWindow": 1000 } },
    });
    let reports = read_values(&[
        says("m-1", 20),
        // Another block of the same message.
        says("m-1", 20),
        json!({ "type": "stream_event", "event": {
            "type": "message_delta", "usage": { "output_tokens": 15 },
        } }),
        result.clone(),
        json!({ "type": "system", "subtype": "compact_boundary", "compact_metadata": {
            "trigger": "auto", "pre_tokens": 40, "post_tokens": 7,
        } }),
        result,
    ]);
    let told = story(&reports);
    let contexts: Vec<_> = told.iter().filter(|line| line.starts_with("context")).collect();
    let expected = [
        "context 26 of None",
        "context 40 of Some(1000)",
        "context.compacted",
        "context 7 of Some(1000)",
    ];
    assert_eq!(contexts, expected);
    let compacted = facts(&reports).into_iter().find_map(|fact| match fact {
        EventData::ContextCompacted(compacted) => Some(compacted),
        _ => None,
    });
    let Some(ContextCompacted { trigger, before, after, .. }) = compacted else {
        panic!("not compacted");
    };
    assert_eq!((trigger.as_str(), before, after), ("auto", Some(40), Some(7)));
}

#[test]
fn warnings_and_what_the_session_is_like() {
    let reports = read_values(&[
        json!({
            "type": "system", "subtype": "init", "session_id": "s-1", "claude_code_version": "2.2.0",
            "mcp_servers": [{ "name": "db", "status": "connected" }],
        }),
        // Once is enough.
        json!({ "type": "system", "subtype": "init", "claude_code_version": "2.2.0" }),
        json!({
            "type": "system", "subtype": "hook_response", "hook_name": "lint", "outcome": "error",
            "output": "boom",
        }),
        json!({ "type": "system", "subtype": "hook_response", "outcome": "success" }),
        json!({ "type": "system", "subtype": "session_writes_lost", "error_code": "ENOSPC" }),
        json!({
            "type": "system", "subtype": "permission_denied", "tool_use_id": "t-1",
            "message": "Not allowed.",
        }),
    ]);
    let told = facts(&reports);
    let EventData::SessionUpdated(updated) = &told[0] else {
        panic!("no news: {told:?}");
    };
    let server =
        updated.mcp_servers.first().map(|s: &McpServerStatus| (s.name.as_str(), s.status.as_str()));
    assert_eq!(server, Some(("db", "connected")));
    let warnings: Vec<_> = told
        .iter()
        .filter_map(|fact| match fact {
            EventData::AgentWarning(warning) => Some(warning.code.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(warnings, ["version_untested", "hook_failed", "transcript_lost"]);
    let EventData::ToolUpdated(denied) = &told[4] else {
        panic!("not denied: {told:?}");
    };
    assert_eq!(denied.status, Some(ToolStatus::Denied));
    assert_eq!(denied.content, [ToolContent::Text { text: "Not allowed.".to_owned() }]);
}
