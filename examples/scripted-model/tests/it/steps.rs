//! Which step is played: a function of the conversation alone.

use crate::support::{ask, called, four, results, said, start, user};
use scripted_model::{Scenario, ScriptedModel, Step};
use serde_json::{Value, json};

const MARKER: &str = "scenario: four";
const LOST: &str = "[Tool call interrupted: the session ended before this call's result was recorded, so its outcome is unknown.]";
const UNANSWERED: &str = "Tool permission request failed: AbortError: Tool permission stream closed before response received";

async fn played(model: &ScriptedModel, messages: &[Value]) -> String {
    ask(model, messages).await.text()
}

/// A conversation in which the tool of step 0 has run.
fn ran() -> Vec<Value> {
    vec![user(MARKER), called(&["a"]), results(&[("a", false, "ok")])]
}

#[tokio::test]
async fn steps_follow_one_another_and_done_comes_last() {
    let model = start(four()).await;
    let mut messages = vec![user(MARKER)];
    assert_eq!(played(&model, &messages).await, "step 0");
    messages = ran();
    for expected in ["step 1", "step 2", "step 3", "Done.", "Done."] {
        assert_eq!(played(&model, &messages).await, expected);
        messages.extend([said(expected), user("Continue")]);
    }
}

#[tokio::test]
async fn the_last_marker_wins_and_starts_afresh() {
    let model = start(four()).await;
    let mut messages = ran();
    messages.extend([said("step 1"), user("scenario: hello text=hi")]);
    assert_eq!(played(&model, &messages).await, "hi");
    messages.extend([said("hi"), user(MARKER)]);
    assert_eq!(played(&model, &messages).await, "step 0");
    let folded = [
        user("scenario: hello"),
        called(&["a"]),
        json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "a", "content": "ok"},
            {"type": "text", "text": "scenario: four"},
        ]}),
    ];
    assert_eq!(played(&model, &folded).await, "step 0");
}

#[tokio::test]
async fn what_the_cli_adds_changes_nothing() {
    let model = start(four()).await;
    let messages = [
        json!({"role": "user", "content": [
            {"type": "text", "text": "<system-reminder>\nscenario: hello\n</system-reminder>"},
            {"type": "text", "text": "Please do this.\nscenario: four\nThanks."},
            {"type": "text", "text": "<system-reminder>\nnothing\n</system-reminder>"},
        ]}),
        json!({"role": "system", "content": "# Environment\nscenario: hello"}),
        called(&["a"]),
        json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "scenario: hello"}]},
            {"type": "text", "text": "<system-reminder>\nscenario: hello\n</system-reminder>"},
        ]}),
        json!({"role": "system", "content": "more"}),
    ];
    assert_eq!(played(&model, &messages).await, "step 1");
}

#[tokio::test]
async fn an_interrupted_tool_is_called_again() {
    let model = start(four()).await;
    let begun = || vec![user(MARKER), called(&["a"])];
    let cases = [
        (
            "its host died while it waited for a permission",
            vec![
                results(&[("a", true, UNANSWERED)]),
                said("No response requested."),
                user("Continue"),
            ],
        ),
        (
            "killed, resumed",
            vec![results(&[("a", true, LOST)]), said("No response requested."), user("Continue")],
        ),
        ("no result", vec![user("Continue")]),
        ("nothing after it", vec![]),
        (
            "stopped by the person",
            vec![
                json!({"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "a", "is_error": true, "content": "The user doesn't want to proceed"},
                    {"type": "text", "text": "[Request interrupted by user for tool use]"},
                ]}),
                user("Continue"),
            ],
        ),
    ];
    for (name, rest) in cases {
        let mut messages = begun();
        messages.extend(rest);
        assert_eq!(played(&model, &messages).await, "step 0", "{name}");
        messages.extend([called(&["b"]), results(&[("b", false, "ok")])]);
        assert_eq!(played(&model, &messages).await, "step 1", "{name}, run again");
    }
}

#[tokio::test]
async fn an_answer_without_all_its_tool_calls_is_not_done() {
    let model = start(four()).await;
    let cut = [user(MARKER), said("step 0"), user("Continue")];
    assert_eq!(played(&model, &cut).await, "step 0");
    let mut stopped = ran();
    stopped.extend([said("ste"), user("[Request interrupted by user]"), user("Continue")]);
    assert_eq!(played(&model, &stopped).await, "step 1");
}

#[tokio::test]
async fn what_the_cli_says_in_the_models_name_is_no_answer() {
    let model = start(four()).await;
    let killed = [ran(), vec![said("No response requested."), user("Continue")]].concat();
    assert_eq!(played(&model, &killed).await, "step 1");
}

#[tokio::test]
async fn kills_have_no_limit() {
    let model = start(four()).await;
    let mut messages = vec![user(MARKER)];
    for n in 0..10 {
        let id = format!("t{n}");
        messages.extend([
            called(&[&id]),
            results(&[(&id, true, LOST)]),
            said("No response requested."),
            user("Continue"),
        ]);
    }
    assert_eq!(played(&model, &messages).await, "step 0");
}

#[tokio::test]
async fn a_fork_goes_on_from_where_it_left() {
    let model = start(four()).await;
    let common = ran();
    let fork = |text: &str| [common.clone(), vec![said("step 1"), user(text)]].concat();
    assert_eq!(played(&model, &fork("left")).await, "step 2");
    assert_eq!(played(&model, &fork("scenario: hello text=right")).await, "right");
    assert_eq!(played(&model, &common).await, "step 1");
}

#[tokio::test]
async fn a_failed_tool_is_called_again_only_if_the_step_says_so() {
    let step = || Step::new().tool("Bash", json!({"command": "false"}));
    let once = Scenario::new("once").step(step()).step(Step::new().text("after"));
    let twice =
        Scenario::new("again").step(step().retry_on_error(2)).step(Step::new().text("after"));
    let config = scripted_model::ModelConfig::new().scenario(once).scenario(twice);
    let model = ScriptedModel::start(config).await.unwrap();
    let failures = |marker: &str, count: usize| {
        let mut messages = vec![user(marker)];
        for n in 0..count {
            let id = format!("t{n}");
            messages.extend([called(&[&id]), results(&[(&id, true, "exit 1")])]);
        }
        messages
    };
    let reason =
        async |messages: &[Value]| ask(&model, messages).await.json()["stop_reason"].clone();
    assert_eq!(reason(&failures("scenario: once", 1)).await, "end_turn");
    for count in 0..=2 {
        assert_eq!(reason(&failures("scenario: again", count)).await, "tool_use", "{count}");
    }
    assert_eq!(reason(&failures("scenario: again", 3)).await, "end_turn");
}
