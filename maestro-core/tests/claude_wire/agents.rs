//! Subagents and commands in the background, and prompts that are folded into turns.

use maestro_core::agent::{AgentEvent, AgentPrompt};
use serde_json::{Value, json};

use crate::stage::{open, write};
use crate::story::{events, read_values, story};
use maestro_core::model::ContentBlock;
use maestro_core::runtime::RuntimeExt as _;

fn task(subtype: &str, id: &str, mut fields: Value) -> Value {
    fields["type"] = json!("system");
    fields["subtype"] = json!(subtype);
    fields["task_id"] = json!(id);
    fields
}

fn calls(id: &str, name: &str, input: &Value, parent: Option<&str>, by: Option<&str>) -> Value {
    json!({
        "type": "assistant", "parent_tool_use_id": parent, "agent_id": by,
        "message": { "id": format!("m-{id}"), "content": [
            { "type": "tool_use", "id": id, "name": name, "input": input },
        ] },
    })
}

fn ends(id: &str, structured: &Value) -> Value {
    json!({
        "type": "user", "tool_use_result": structured, "message": { "content": [
            { "type": "tool_result", "tool_use_id": id, "content": "x" },
        ] },
    })
}

fn of_agents(values: &[Value]) -> Vec<String> {
    let told = story(&read_values(values)).into_iter();
    told.filter(|line| line.starts_with("a-") || line.starts_with("b-")).collect()
}

#[test]
fn agents_below_agents_and_a_command() {
    let usage = json!({ "total_tokens": 40, "tool_uses": 1, "duration_ms": 90 });
    let run = json!({ "command": "sleep 9" });
    let seen = of_agents(&[
        calls("t-1", "Agent", &json!({ "description": "Look", "prompt": "Look." }), None, None),
        task(
            "task_started",
            "a-1",
            json!({
                "tool_use_id": "t-1", "subagent_type": "Explore", "is_backgrounded": true,
                "spawn_depth": 1, "task_type": "local_agent", "description": "Look",
            }),
        ),
        ends("t-1", &json!({ "isAsync": true, "agentId": "a-1" })),
        calls("t-2", "Agent", &json!({ "description": "Deeper" }), Some("t-1"), Some("a-1")),
        // The CLI does not say how deep, nor whose it is.
        task("task_started", "a-2", json!({ "tool_use_id": "t-2", "is_backgrounded": false })),
        task(
            "task_progress",
            "a-2",
            json!({
                "description": "Running ls", "last_tool_name": "Bash", "usage": usage,
            }),
        ),
        task("task_updated", "a-2", json!({ "patch": { "is_backgrounded": true } })),
        task("task_updated", "a-2", json!({ "patch": { "status": "completed" } })),
        task(
            "task_notification",
            "a-2",
            json!({
                "status": "completed", "summary": "Found.", "usage": usage,
            }),
        ),
        // Killed, with no word of its end.
        task("task_updated", "a-1", json!({ "patch": { "status": "killed" } })),
        json!({ "type": "system", "subtype": "background_tasks_changed", "tasks": [] }),
        // A command that is waited for is its tool call alone.
        calls("t-3", "Bash", &run, None, None),
        task(
            "task_started",
            "b-1",
            json!({
                "tool_use_id": "t-3", "task_type": "local_bash", "is_backgrounded": false,
            }),
        ),
        task("task_notification", "b-1", json!({ "status": "completed" })),
        calls("t-4", "Bash", &run, None, None),
        task(
            "task_started",
            "b-2",
            json!({
                "tool_use_id": "t-4", "task_type": "local_bash", "is_backgrounded": false,
                "description": "Sleep",
            }),
        ),
        task("task_updated", "b-2", json!({ "patch": { "is_backgrounded": true } })),
        task("task_notification", "b-2", json!({ "status": "failed" })),
        // An older CLI says only with the result that a command goes on.
        calls("t-5", "Bash", &run, None, None),
        task(
            "task_started",
            "b-3",
            json!({ "tool_use_id": "t-5", "task_type": "local_bash", "description": "Wait" }),
        ),
        ends("t-5", &json!({ "stdout": "", "backgroundTaskId": "b-3" })),
        task("task_updated", "b-3", json!({ "patch": { "status": "completed" } })),
        task("task_notification", "b-3", json!({ "status": "completed" })),
    ]);
    let expected = [
        "a-1 starts as Explore \"Look\" (1, true, None)",
        "a-2 starts as general-purpose \"Deeper\" (2, false, Some(\"a-1\"))",
        "a-2 does \"Running ls\" Some(\"Bash\") None",
        "a-2 does \"Deeper\" None Some(true)",
        "a-2 completed Some(\"Found.\") Some(40)",
        "a-1 stopped None None",
        "b-2 starts as local_bash \"Sleep\" (1, true, None)",
        "b-2 failed None None",
        "b-3 starts as local_bash \"Wait\" (1, true, None)",
        "b-3 completed None None",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn an_agent_that_was_not_announced_lasts_as_long_as_its_call() {
    let input = json!({ "description": "Look", "prompt": "Look.", "subagent_type": "Explore" });
    let totals = json!({
        "status": "completed", "totalTokens": 7, "totalToolUseCount": 1, "totalDurationMs": 5,
    });
    let reports = read_values(&[
        calls("a-1", "Task", &input, None, None),
        calls("t-2", "Bash", &json!({}), Some("a-1"), None),
        calls("t-3", "Bash", &json!({}), Some("a-1"), None),
        ends("a-1", &totals),
    ]);
    let told = story(&reports);
    let of_agent: Vec<_> = told.iter().filter(|line| line.starts_with("a-1 ")).collect();
    let expected = [
        "a-1 think \"Task: Look.\" [] (None, None)",
        "a-1 starts as Explore \"Look\" (1, false, None)",
        "a-1 Completed",
        "a-1 completed None Some(7)",
    ];
    assert_eq!(of_agent, expected);
}

fn folds(reports: &[maestro_core::agent::AgentReport]) -> Vec<String> {
    let told = events(reports).into_iter().filter_map(|event| match event {
        AgentEvent::TurnStarted { prompt_id, .. } => {
            Some(format!("start {}", prompt_id.unwrap_or_default()))
        }
        AgentEvent::PromptFolded { prompt_id } => Some(format!("fold {prompt_id}")),
        AgentEvent::PromptCancelled { prompt_id } => Some(format!("cancel {prompt_id}")),
        AgentEvent::TurnEnded(_) => Some("end".to_owned()),
        AgentEvent::Idle => Some("idle".to_owned()),
        _ => None,
    });
    told.collect()
}

#[test]
fn prompts_that_become_part_of_a_turn() {
    let lifecycle = |id: &str, state: &str| json!({ "type": "command_lifecycle", "command_uuid": id, "state": state });
    let result =
        |ids: &[&str]| json!({ "type": "result", "subtype": "success", "user_message_uuids": ids });
    let reports = read_values(&[
        lifecycle("p-1", "queued"),
        lifecycle("p-1", "started"),
        lifecycle("p-2", "queued"),
        lifecycle("p-2", "started"),
        lifecycle("p-2", "completed"),
        // One that no other word was said of.
        result(&["p-1", "p-2", "p-3"]),
        // The turn of a prompt without an id of ours.
        json!({ "type": "system", "subtype": "init" }),
        result(&[]),
    ]);
    let expected = ["start p-1", "fold p-2", "fold p-3", "end", "start ", "end"];
    assert_eq!(folds(&reports), expected);
}

#[test]
fn a_steer_is_folded_begins_a_turn_or_is_taken_back() {
    let stage = open();
    stage.runtime.block_on(async {
        let steer = async || {
            let id = stage.runtime.uuid();
            let prompt = AgentPrompt::new(id, vec![ContentBlock::text("And this.")]);
            stage.session.steer(&prompt).await.expect("it is sent");
            let _ = crate::stage::sent(&stage.program).await;
            id.to_string()
        };
        let lifecycle = |id: &str, state: &str| {
            let line = json!({ "type": "command_lifecycle", "command_uuid": id, "state": state });
            write(&stage.program, line);
        };
        let idle = || {
            let state = json!({
                "type": "system", "subtype": "session_state_changed", "state": "idle",
            });
            write(&stage.program, state);
        };
        let result = || {
            write(&stage.program, json!({ "type": "result", "subtype": "success", "result": "x" }));
        };
        let first = stage.prompt().await;
        lifecycle(&first, "started");
        let folded = steer().await;
        lifecycle(&folded, "started");
        let dropped = steer().await;
        lifecycle(&dropped, "cancelled");
        let late = steer().await;
        result();
        // Said before the last one was read: it is not believed.
        idle();
        lifecycle(&late, "started");
        result();
        idle();
        let seen = stage.until_idle().await;
        let expected = [
            format!("start {first}"),
            format!("fold {folded}"),
            format!("cancel {dropped}"),
            "end".to_owned(),
            format!("start {late}"),
            "end".to_owned(),
            "idle".to_owned(),
        ];
        assert_eq!(folds(&seen), expected);
    });
}

#[test]
fn an_older_release_leaves_open_what_became_of_a_steer() {
    let stage = open();
    stage.runtime.block_on(async {
        let init = || write(&stage.program, json!({ "type": "system", "subtype": "init" }));
        let result = || {
            write(&stage.program, json!({ "type": "result", "subtype": "success", "result": "x" }));
        };
        let first = stage.prompt().await;
        init();
        let steer = stage.runtime.uuid();
        let prompt = AgentPrompt::new(steer, vec![ContentBlock::text("And this.")]);
        stage.session.steer(&prompt).await.expect("it is sent");
        result();
        // It was not part of the turn: it begins one.
        init();
        result();
        let second = stage.runtime.uuid();
        let seen = stage.until(|event| matches!(event, AgentEvent::Idle)).await;
        let expected = [
            format!("start {first}"),
            "end".to_owned(),
            format!("start {steer}"),
            "end".to_owned(),
            "idle".to_owned(),
        ];
        assert_eq!(folds(&seen), expected);

        let _ = crate::stage::sent(&stage.program).await;
        let third = stage.prompt().await;
        init();
        let prompt = AgentPrompt::new(second, vec![ContentBlock::text("And this.")]);
        stage.session.steer(&prompt).await.expect("it is sent");
        result();
        // Nothing follows, so it was part of the turn.
        let seen = stage.until(|event| matches!(event, AgentEvent::Idle)).await;
        let expected = [
            format!("start {third}"),
            "end".to_owned(),
            format!("fold {second}"),
            "idle".to_owned(),
        ];
        assert_eq!(folds(&seen), expected);
    });
}
