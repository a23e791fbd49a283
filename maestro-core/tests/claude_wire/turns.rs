//! When turns begin and end, as the session sees it.

use maestro_core::agent::AgentEvent;
use maestro_core::agent::claude::ClaudeCode;
use maestro_core::runtime::Runtime as _;
use serde_json::json;

use crate::stage::{open, write};
use crate::story::{fixture, story};

#[test]
fn an_older_release_is_idle_after_a_silence() {
    let stage = open();
    stage.runtime.block_on(async {
        stage.prompt().await;
        for line in fixture!("older").lines() {
            write(&stage.program, line);
        }
        let silence = stage.runtime.monotonic() + ClaudeCode::DEFAULT_QUIET;
        let seen = stage.until_idle().await;
        let expected = [
            "session.updated",
            "turn by Prompt",
            "session.updated",
            "assistant m-1 says \"Hello.\" None",
            "end end_turn: well",
            "warning capability_missing",
            "Idle",
        ];
        assert_eq!(story(&seen), expected);
        assert_eq!(stage.runtime.monotonic(), silence);
    });
}

#[test]
fn a_word_of_idleness_is_not_believed_while_an_agent_is_in_the_background() {
    let stage = open();
    stage.runtime.block_on(async {
        stage.prompt().await;
        let system = |subtype: &str, key: &str, value: serde_json::Value| {
            write(&stage.program, json!({ "type": "system", "subtype": subtype, key: value }));
        };
        let tasks = |types: &[&str]| {
            let task = |kind: &&str| json!({ "task_id": kind, "task_type": kind });
            let tasks: Vec<_> = types.iter().map(task).collect();
            system("background_tasks_changed", "tasks", tasks.into());
        };
        system("init", "cwd", "/src/shop".into());
        tasks(&["local_agent", "local_bash"]);
        write(&stage.program, json!({ "type": "result", "subtype": "success", "result": "x" }));
        system("session_state_changed", "state", "idle".into());
        // It comes back, and a command goes on without it.
        tasks(&["local_bash"]);
        write(
            &stage.program,
            json!({ "type": "assistant", "message": { "id": "m-1", "content": [
            { "type": "text", "text": "It is back." },
        ] } }),
        );
        write(&stage.program, json!({ "type": "result", "subtype": "success", "result": "y" }));
        system("session_state_changed", "state", "idle".into());
        let seen = story(&stage.until_idle().await);
        let ended = seen.iter().filter(|line| line.starts_with("end ")).count();
        assert_eq!((ended, seen.last().map(String::as_str)), (2, Some("Idle")), "{seen:?}");

        // One that is stopped does not come back, so that a silence decides.
        tasks(&["local_agent"]);
        system("session_state_changed", "state", "idle".into());
        tasks(&[]);
        let silence = stage.runtime.monotonic() + ClaudeCode::DEFAULT_QUIET;
        stage.until_idle().await;
        assert_eq!(stage.runtime.monotonic(), silence);
    });
}

#[test]
fn a_word_of_idleness_from_before_the_prompt_is_not_believed() {
    let stage = open();
    stage.runtime.block_on(async {
        let id = stage.prompt().await;
        let state = |state: &str| {
            json!({ "type": "system", "subtype": "session_state_changed", "state": state })
        };
        let lifecycle = |state: &str| {
            json!({ "type": "command_lifecycle", "command_uuid": id, "state": state })
        };
        write(&stage.program, state("idle"));
        write(&stage.program, lifecycle("queued"));
        // The agent goes on by itself before it takes up the prompt.
        write(&stage.program, json!({ "type": "result", "subtype": "success", "result": "x" }));
        write(&stage.program, lifecycle("started"));
        write(&stage.program, json!({ "type": "result", "subtype": "success", "result": "y" }));
        write(&stage.program, state("idle"));
        let seen = stage.until_idle().await;
        let expected = [
            "session.updated",
            "turn by agent: unprompted",
            "end end_turn: well",
            "turn by Prompt",
            "end end_turn: well",
            "Idle",
        ];
        assert_eq!(story(&seen), expected);
    });
}

#[test]
fn a_turn_without_a_result_ends_all_the_same() {
    let stage = open();
    stage.runtime.block_on(async {
        let id = stage.prompt().await;
        write(
            &stage.program,
            json!({
                "type": "command_lifecycle", "command_uuid": id, "state": "started",
            }),
        );
        write(
            &stage.program,
            json!({
                "type": "system", "subtype": "session_state_changed", "state": "idle",
            }),
        );
        let seen = stage.until_idle().await;
        assert_eq!(story(&seen)[1..], ["turn by Prompt", "end no_result: protocol", "Idle"]);

        // A prompt that is taken back before it begins is a turn that was cancelled.
        let id = stage.prompt().await;
        for state in ["queued", "cancelled"] {
            write(
                &stage.program,
                json!({
                    "type": "command_lifecycle", "command_uuid": id, "state": state,
                }),
            );
        }
        let ended = |event: &AgentEvent| matches!(event, AgentEvent::TurnEnded(_));
        let seen = stage.until(ended).await;
        assert_eq!(story(&seen), ["turn by Prompt", "end cancelled: well"]);
    });
}
