//! The comparer sees what is missing, and what is otherwise.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use parity::case::{self, Case, Trace};
use parity::compare;
use serde_json::{Value, json};

const TASK: &str = "019b76da-a850-7bc4-8350-de55e6c0b0b0";
const SESSION: &str = "019b76da-a850-7bc4-8350-de55e6c0b0b1";

fn cases() -> Vec<Case> {
    let steps = json!([
        { "call": "tasks.submit", "save": { "task": "id" }, "show": ["id"] },
        { "call": "tasks.events", "show": { "task.ended": ["data.outcome", "session_id"], "message": [] } },
        { "call": "tasks.get" },
    ]);
    let expected = json!([
        { "call": "tasks.submit", "result": { "id": "$task" } },
        { "call": "tasks.events", "events": {
            "session/#1": [{ "type": "message" }],
            "task/$task": [{ "type": "task.ended", "data.outcome": "succeeded", "session_id": "#1" }],
        } },
        { "call": "tasks.get", "error": { "kind": "not_found", "field": null, "message": "no task $task" } },
    ]);
    ["one", "two"]
        .map(|name| {
            let case = json!({ "about": name, "steps": steps, "expected": expected });
            let mut case: Case = serde_json::from_value(case).unwrap();
            name.clone_into(&mut case.name);
            case
        })
        .to_vec()
}

/// What a driver writes about a case.
fn lines(case: &str) -> Vec<Value> {
    let ended = json!({
        "type": "task.ended", "stream": format!("task/{TASK}"), "seq": 2, "at": "2026-01-02T03:04:05Z",
        "session_id": SESSION, "data": { "outcome": "succeeded" },
    });
    let piece = json!({ "type": "message", "stream": format!("session/{SESSION}"), "data": {} });
    let mut said = piece.clone();
    said["seq"] = 1.into();
    let error =
        json!({ "kind": "not_found", "message": format!("no task {TASK}"), "retryable": false });
    vec![
        json!({ "case": case, "dir": "/tmp/x" }),
        json!({ "case": case, "step": 0, "result": { "id": TASK } }),
        json!({ "case": case, "step": 1, "events": [ended, piece, said] }),
        json!({ "case": case, "step": 2, "error": error }),
    ]
}

fn whole() -> Vec<Value> {
    [lines("one"), lines("two")].concat()
}

fn read(lines: &[Value]) -> BTreeMap<String, Trace> {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    case::read(&lines.join("\n")).unwrap()
}

/// What differs, as `case/step`.
fn differences(lines: &[Value]) -> Vec<String> {
    let traces = read(lines);
    let found = compare::language(&cases(), "node", &traces);
    found.iter().map(|found| format!("{}/{}", found.case, found.step)).collect()
}

#[test]
fn ids_times_and_the_mix_of_streams_do_not_count() {
    assert_eq!(differences(&whole()), [""; 0]);
    let mut mixed = whole();
    mixed[2]["events"].as_array_mut().unwrap().reverse();
    assert_eq!(differences(&mixed), [""; 0]);
    let text: Vec<Value> = whole()
        .iter()
        .map(|line| {
            let other = line.to_string().replace(TASK, "019b76da-a850-7bc4-8350-000000000000");
            serde_json::from_str(&other).unwrap()
        })
        .collect();
    assert_eq!(differences(&text), [""; 0]);
}

#[test]
fn a_case_that_a_language_drops_is_a_difference() {
    assert_eq!(differences(&lines("one")), ["two/0"]);
    assert_eq!(differences(&[]), ["one/0", "two/0"]);
}

#[test]
fn a_step_that_is_missing_twice_there_or_unknown_is_a_difference() {
    let mut dropped = whole();
    dropped.remove(2);
    assert_eq!(differences(&dropped), ["one/2"]);
    let mut twice = whole();
    twice.push(twice[3].clone());
    assert_eq!(differences(&twice), ["one/3"]);
    let mut more = whole();
    more.push(json!({ "case": "two", "step": 3, "result": null }));
    assert_eq!(differences(&more), ["two/4"]);
    let more = [whole(), lines("three")].concat();
    assert_eq!(differences(&more), ["three/0"]);
}

#[test]
fn another_value_id_order_or_error_is_a_difference() {
    let changed = |at: usize, path: &str, value: Value| {
        let mut lines = whole();
        *lines[at].pointer_mut(path).unwrap() = value;
        differences(&lines)
    };
    assert_eq!(changed(2, "/events/0/data/outcome", "failed".into()), ["one/2"]);
    assert_eq!(changed(2, "/events/0/session_id", TASK.into()), ["one/2"]);
    assert_eq!(changed(2, "/events/2/type", "thought".into()), ["one/2"]);
    assert_eq!(changed(3, "/error/kind", "conflict".into()), ["one/3"]);
    assert_eq!(changed(3, "/error/message", "no task".into()), ["one/3"]);
    let mut lines = whole();
    lines[3] = json!({ "case": "one", "step": 2, "result": null });
    assert_eq!(differences(&lines), ["one/3"]);
}

#[test]
fn what_is_no_trace_is_refused_with_its_line() {
    assert!(case::read("{}").unwrap_err().starts_with("line 1: it has no `case`"));
    let one = json!({ "case": "one", "dir": "" });
    assert!(case::read(&format!("{one}\n{{\"case\":\"one\"}}")).unwrap_err().starts_with("line 2"));
    assert!(case::read(&format!("{one}\nhalf")).unwrap_err().starts_with("line 2"));
}

#[test]
fn the_table_names_who_differs() {
    let traces = read(&lines("one"));
    let found = compare::language(&cases(), "node", &traces);
    let table = compare::report(&cases(), &["rust", "node"], &found);
    assert!(table.contains("one  same  same\n"), "{table}");
    assert!(table.contains("two  same  1"), "{table}");
    assert!(table.contains("two, step 0, node: this language has no trace of it"), "{table}");
}
