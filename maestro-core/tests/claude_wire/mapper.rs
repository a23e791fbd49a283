//! What single messages, and turns of them, say.

use maestro_core::agent::AgentEvent;
use maestro_core::agent::claude::Mapper;
use maestro_core::model::{EventData, Timestamp, ToolContent, Usage};
use serde_json::json;

use crate::story::{ends, events, fixture, read, read_values, story};

#[test]
fn a_plain_turn() {
    let reports = read(fixture!("plain"));
    let expected = [
        "turn by Prompt",
        "session.updated",
        "thinks \"Hm.\"",
        "thought \"Hm.\"",
        "m-1 (1, 0, 0) \"Grüße, \" None",
        "m-1 (1, 0, 9) \"world\" None",
        "assistant m-1 says \"Grüße, world\" None",
        "end end_turn: well",
        "Idle",
    ];
    assert_eq!(story(&reports), expected);
    let end = &ends(&reports)[0];
    let mut usage = Usage::default();
    (usage.input_tokens, usage.output_tokens) = (25, 15);
    (usage.cache_read_tokens, usage.cache_write_tokens) = (3, 2);
    (usage.turns, usage.cost_micro_usd) = (1, 400);
    assert_eq!((end.usage, end.counter, end.duration_ms), (usage, 1, Some(57)));
    let last = events(&reports).into_iter().rev().find_map(|event| match event {
        AgentEvent::Pointer { last_message, .. } => last_message,
        _ => None,
    });
    assert_eq!(last.as_deref(), Some("u-2"));
}

#[test]
fn every_message_is_kept_verbatim_but_deltas() {
    for fixture in [fixture!("plain"), fixture!("tools"), fixture!("strange")] {
        let reports = read(fixture);
        for (line, report) in fixture.lines().zip(&reports) {
            if line.contains("\"stream_event\"") {
                assert_eq!(report.raw, None, "{line}");
            } else {
                assert_eq!(report.raw.as_deref(), Some(line));
            }
            let responds = line.contains("\"control_response\"");
            let quiet = line.contains("\"stream_event\"") || responds;
            assert!(quiet || !report.events.is_empty(), "{line}");
        }
    }
}

#[test]
fn a_title_is_what_runs_and_not_what_the_model_calls_it() {
    let long = "x".repeat(300);
    let cases = [
        (
            "Bash",
            json!({ "description": "List files", "command": "rm -rf x\ny" }),
            "Bash: rm -rf x\\ny",
        ),
        ("Monitor", json!({ "description": "Watch", "command": "ls", "a": "b" }), "Monitor: ls"),
        (
            "Agent",
            json!({ "description": "Help", "prompt": "Delete it", "subagent_type": "Plan" }),
            "Agent: Delete it",
        ),
        ("Write", json!({ "content": "c", "file_path": "a\u{202e}b" }), "Write: a\\u{202e}b"),
        (
            "WebFetch",
            json!({ "prompt": "Sum up", "url": "https://a.test" }),
            "WebFetch: https://a.test",
        ),
        ("mcp__a__b", json!({ "description": "Harmless", "sql": "drop" }), "mcp__a__b"),
        (
            "Bash",
            json!({ "command": long }),
            &format!("Bash: {}… (100 more characters)", &long[..200]),
        ),
    ];
    for (name, input, expected) in cases {
        let call = json!({ "type": "assistant", "message": { "id": "m-1", "content": [
            { "type": "tool_use", "id": "t-1", "name": name, "input": input },
        ] } });
        let reports = read_values(&[call]);
        let title = events(&reports).into_iter().find_map(|event| match event {
            AgentEvent::Fact(EventData::ToolStarted(started)) => Some(started.title),
            _ => None,
        });
        assert_eq!(title.as_deref(), Some(expected));
    }
}

#[test]
fn a_subagent_comes_back() {
    let reports = read(fixture!("background"));
    let a = "Some(\"a-1\")";
    let expected = [
        "turn by Prompt".to_owned(),
        "t-1 think \"Agent: Look.\" [] (None, None)".to_owned(),
        "a-1 starts as general-purpose \"Look around\" (1, false, None)".to_owned(),
        "t-1 Completed".to_owned(),
        "a-1 does \"Look around\" None Some(true)".to_owned(),
        "end end_turn: well".to_owned(),
        format!("m-2 (0, 0, 0) \"Lo\" {a}"),
        "m-2 void up to 0".to_owned(),
        format!("t-2 execute \"Bash: ls\" [] (Some(\"t-1\"), {a})"),
        format!("asks Bash: ls {a}"),
        "t-2 Completed".to_owned(),
        "a-1 completed None None".to_owned(),
        "turn by agent: task-notification".to_owned(),
        "assistant m-4 says \"It came back.\" None".to_owned(),
        "end end_turn: well".to_owned(),
        "Idle".to_owned(),
    ];
    assert_eq!(story(&reports), expected);
    let spent: Vec<_> = ends(&reports)
        .iter()
        .map(|end| (end.usage.input_tokens, end.usage.cost_micro_usd, end.counter))
        .collect();
    assert_eq!(spent, [(50, 1000, 1), (25, 200, 2)]);
}

#[test]
fn a_message_that_starts_again_has_a_higher_generation() {
    let expected = [
        "turn by Prompt",
        "m-1 (0, 0, 0) \"Half of\" None",
        "agent.retrying",
        "m-1 void up to 0",
        "m-2 (0, 1, 0) \"The whole\" None",
        "assistant m-2 says \"The whole\" None",
        "m-3 (0, 0, 0) \"Next\" None",
    ];
    let reports = read(fixture!("restarted-message"));
    assert_eq!(story(&reports), expected);
    let retrying = events(&reports).into_iter().find_map(|event| match event {
        AgentEvent::Fact(EventData::AgentRetrying(retrying)) => Some(retrying),
        _ => None,
    });
    let retrying = retrying.expect("it retries");
    assert_eq!((retrying.attempt, retrying.max_attempts), (1, Some(10)));
    assert_eq!((retrying.delay_ms, retrying.status), (Some(619), None));
}

#[test]
fn tools_and_what_they_change() {
    let reports = read(fixture!("tools"));
    let expected = [
        "turn by Prompt",
        "t-1 edit \"Edit: /src/shop/lib/a.rs\" [\"lib/a.rs\"] (None, None)",
        "t-1 Completed",
        "t-1 changed lib/a.rs Some(1) Some(1)",
        "t-2 edit \"Write: /elsewhere/b.txt\" [\"/elsewhere/b.txt\"] (None, None)",
        "t-2 Completed",
        "t-2 changed /elsewhere/b.txt Some(2) Some(0)",
        "t-3 execute \"Bash: false\" [] (None, None)",
        "t-3 Failed",
        "t-4 execute \"Bash: sleep 99\" [] (None, None)",
        "t-4 Interrupted",
        "t-5 execute \"Bash: rm x\" [] (None, None)",
        "tool.updated",
        "t-5 Denied",
        "t-6 execute \"Bash: echo\" [] (None, None)",
        "t-6 Interrupted",
        "end budget_exhausted: resource_exhausted",
    ];
    assert_eq!(story(&reports), expected);
    let diffs: Vec<ToolContent> = events(&reports)
        .into_iter()
        .filter_map(|event| match event {
            AgentEvent::Fact(EventData::ToolEnded(ended)) => Some(ended.content),
            _ => None,
        })
        .flatten()
        .filter(|content| matches!(content, ToolContent::Diff { .. }))
        .collect();
    let edited = ToolContent::Diff {
        path: "lib/a.rs".to_owned(),
        old: Some("a b b".to_owned()),
        new: "a c b".to_owned(),
    };
    let created = ToolContent::Diff {
        path: "/elsewhere/b.txt".to_owned(),
        old: None,
        new: "1\n2\n".to_owned(),
    };
    assert_eq!(diffs, [edited, created]);
}

#[test]
fn ends_of_turns() {
    let ends = ends(&read(fixture!("results")));
    let told: Vec<_> = ends
        .iter()
        .map(|end| {
            let error = end.error.as_ref();
            let error = error.map(|error| (error.kind.as_str(), error.retryable));
            (end.stop_reason.as_str(), error)
        })
        .collect();
    let expected = [
        ("max_turn_requests", None),
        ("api_error", Some(("unavailable", true))),
        ("api_error", Some(("permission_denied", false))),
        ("api_error", Some(("resource_exhausted", true))),
        ("cancelled", None),
        ("crashed", Some(("unavailable", false))),
        ("max_tokens", Some(("resource_exhausted", false))),
        ("refusal", None),
        ("end_turn", None),
    ];
    assert_eq!(told, expected);
    let resets_at = ends[3].error.as_ref().and_then(|error| error.limit.as_ref()?.resets_at);
    assert_eq!(resets_at.map(Timestamp::as_millis), Some(1_795_410_000_000));
    assert_eq!(ends[8].structured_output, Some(json!({ "answer": 42 })));
    let costs: Vec<_> = ends.iter().map(|end| end.cost_micro_usd.map(|cost| cost.0)).collect();
    assert_eq!(costs[..3], [Some(1200), Some(0), None], "none is not zero");
}

#[test]
fn totals_that_begin_anew_are_counted_from_there() {
    let result = |input: u64, cost: f64, own: Option<u64>| {
        let usage = |input: u64| json!({ "m": { "inputTokens": input, "costUSD": cost } });
        let mut result = json!({
            "type": "result", "subtype": "success", "is_error": false,
            "total_cost_usd": cost, "modelUsage": usage(input),
        });
        if let Some(own) = own {
            let cost = 0.0002;
            result["model_usage_since_last_result"] =
                json!({ "m": { "inputTokens": own, "costUSD": cost } });
        }
        result.to_string()
    };
    let spent = |results: &[String]| {
        let mut mapper = Mapper::new("/src/shop");
        let reports: Vec<_> = results.iter().map(|line| mapper.frame(line)).collect();
        let ends = ends(&reports).into_iter();
        ends.map(|end| (end.usage.input_tokens, end.usage.cost_micro_usd)).collect::<Vec<_>>()
    };
    // Rounding the totals, not the differences: a third of a micro-dollar each.
    let thirds = [1, 2, 3].map(|n| result(n, f64::from(u32::try_from(n).unwrap()) / 3e6, None));
    assert_eq!(spent(&thirds), [(1, 0), (1, 1), (1, 0)]);
    let again = [result(50, 0.0006, None), result(20, 0.0002, None), result(30, 0.0003, None)];
    assert_eq!(spent(&again), [(50, 600), (20, 200), (10, 100)]);
    // A resumed process goes on with the totals of the one before.
    let resumed = [result(80, 0.0010, Some(20)), result(100, 0.0012, Some(20))];
    assert_eq!(spent(&resumed), [(20, 200), (20, 200)]);
}

/// Releases between those that begin at 0 and those that name what is a result's own.
#[test]
fn totals_that_are_carried_on_are_not_counted_again() {
    let spent = |version: Option<&str>, resumed: bool| {
        let mut mapper = Mapper::new("/src/shop").resumed(resumed);
        if let Some(version) = version {
            let init = json!({
                "type": "system", "subtype": "init", "claude_code_version": version,
            });
            mapper.frame(&init.to_string());
        }
        let result = json!({
            "type": "result", "subtype": "success", "total_cost_usd": 0.0010,
            "modelUsage": { "m": { "inputTokens": 80, "outputTokens": 20, "costUSD": 0.0010 } },
            "usage": { "input_tokens": 20, "output_tokens": 5 },
        });
        let reports = [mapper.frame(&result.to_string())];
        let usage = ends(&reports)[0].usage;
        (usage.input_tokens, usage.output_tokens, usage.cost_micro_usd)
    };
    let (whole, own) = ((80, 20, 1000), (20, 5, 250));
    assert_eq!(spent(Some("2.1.280"), true), own);
    assert_eq!(spent(None, true), own, "better too little once than all of it again");
    assert_eq!(spent(Some("2.1.280"), false), whole, "subagents are counted too");
    assert_eq!(spent(Some("2.1.197"), true), whole);
}

#[test]
fn strange_messages_are_facts() {
    let reports = read(fixture!("strange"));
    let types: Vec<String> = events(&reports)
        .iter()
        .filter_map(|event| match event {
            AgentEvent::Fact(EventData::AgentFrame(frame)) => Some(frame.frame_type.clone()),
            AgentEvent::Fact(EventData::AgentOutput(output)) => Some(output.reason.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(types[..4], ["not_json", "not_json", "brand_new", "system/brand_new"]);
}
