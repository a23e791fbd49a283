//! Layout and keys, without a terminal.

use maestro_core::model::{Event, SessionView};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::input::{Action, Input, Key};
use super::layout::{Page, wrapped};
use super::plain::Printed;
use super::terminal::layout;
use crate::out::Look;

fn apply(view: &mut SessionView, event_type: &str, data: Value) {
    let durable = event_type != "message.delta";
    let mut event = json!({
        "stream": "session/1", "at": "2026-01-01T00:00:00Z", "tenant_id": "default",
        "actor": { "kind": "agent", "id": "claude" }, "schema": 1, "type": event_type,
    });
    event["data"] = data;
    if durable {
        event["seq"] = (view.revision + 1).into();
    }
    let event: Event = serde_json::from_value(event).unwrap();
    view.apply(&event);
}

fn view(told: &[(&str, Value)]) -> SessionView {
    let mut view = SessionView::default();
    for (event_type, data) in told {
        apply(&mut view, event_type, data.clone());
    }
    view
}

fn text(page: &Page) -> Vec<&str> {
    page.rows.iter().map(|row| row.text.as_str()).collect()
}

fn asked(questions: &Value) -> SessionView {
    let data = json!({
        "approval_id": "00000000-0000-7000-8000-000000000001", "title": "Run ls",
        "input": { "command": "ls" }, "questions": questions,
    });
    view(&[("approval.requested", data)])
}

#[test]
fn a_conversation_with_a_subagent_below_its_call() {
    let say = |agent: Option<&str>, text: &str| {
        let blocks = json!([{ "type": "text", "text": text }]);
        (
            "message",
            json!({ "message_id": text, "role": "assistant", "blocks": blocks, "agent_id": agent }),
        )
    };
    let view = view(&[
        ("turn.started", json!({ "prompt": [{ "type": "text", "text": "go" }] })),
        ("thought", json!({ "text": "hm" })),
        ("tool.started", json!({ "tool_call_id": "t", "name": "Task", "title": "Look around" })),
        ("subagent.started", json!({ "agent_id": "a", "tool_call_id": "t", "title": "scout" })),
        say(Some("a"), "found it"),
        say(None, "one\ntwo\u{1b}[2J"),
        (
            "tool.ended",
            json!({
                "tool_call_id": "t", "status": "completed",
                "content": [
                    { "type": "diff", "path": "f", "old": "a\nb", "new": "a\nc" },
                    { "type": "terminal", "output": "1\n2\n3\n4\n5\n6\n7", "exit_code": 2 },
                ],
            }),
        ),
        ("turn.ended", json!({ "stop_reason": "end_turn", "cost_micro_usd": 5 })),
        ("message.delta", json!({ "message_id": "m", "text": "under w" })),
    ]);
    let mut page = Page::new(60);
    page.conversation(&view);
    let expected = [
        "> go",
        "~ hm",
        "* Look around [done]",
        "  f",
        "  - b",
        "  + c",
        "  (1 more lines)",
        "  2",
        "  3",
        "  4",
        "  5",
        "  6",
        "  7",
        "  exit code 2",
        "  @ scout [works]",
        "    found it",
        "one",
        "two\\u{1b}[2J",
        "-- end_turn, $0.000005",
        "under w_",
    ];
    assert_eq!(text(&page), expected);
    assert_eq!(page.rows[1].look, Look::Dim);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let line = "some words, 日本語日本語日本語 and_one_word_that_is_too_long_for_a_line";
    for columns in 4..40 {
        let parts = wrapped(line, columns);
        assert!(
            parts.iter().all(|part| part.width() <= columns.max(2) + 1),
            "{columns}: {parts:?}"
        );
        let all: String = parts.concat();
        assert_eq!(all.replace(' ', ""), line.replace(' ', ""));
    }
}

#[test]
fn keys_answer_what_is_on_the_screen() {
    let tool = asked(&json!([]));
    let id = tool.approvals[0].request.approval_id.unwrap();
    let mut input = Input::default();
    assert_eq!(input.key(Key::Letter('y'), &tool), Some(Action::Allow { id, session: false }));
    assert_eq!(input.key(Key::Letter('a'), &tool), Some(Action::Allow { id, session: true }));
    for key in [Key::Letter('n'), Key::Letter('y'), Key::Letter('x'), Key::Back] {
        assert_eq!(input.key(key, &tool), None);
    }
    assert_eq!(input.line(&tool), "say why: y");
    let message = "y".to_owned();
    assert_eq!(input.key(Key::Enter, &tool), Some(Action::Deny { id, message }));

    // Somebody else was faster: what was begun is not taken for a prompt.
    input.key(Key::Letter('n'), &tool);
    input.key(Key::Letter('b'), &tool);
    let nothing = SessionView::default();
    assert_eq!(input.key(Key::Enter, &nothing), None);
    for letter in "yes".chars() {
        assert_eq!(input.key(Key::Letter(letter), &nothing), None);
    }
    assert_eq!(input.key(Key::Enter, &nothing), Some(Action::Prompt("yes".to_owned())));
    assert_eq!(input.key(Key::Leave, &nothing), Some(Action::Leave));
}

/// What stands on a terminal of this size, line by line.
fn screen(view: &SessionView, columns: usize, lines: usize) -> Vec<String> {
    let (rows, top) = layout(view, &Input::default(), "", columns, lines);
    assert!(top + rows.len() <= lines, "{rows:?}");
    rows.into_iter().map(|row| row.text).collect()
}

#[test]
fn what_is_asked_stands_before_anything_else_and_its_cut_is_seen() {
    let command: Vec<String> = (0..60).map(|n| format!("line-{n};")).collect();
    let data = json!({
        "approval_id": "00000000-0000-7000-8000-000000000001", "title": "Bash: line-0;",
        "input": { "description": "Harmless", "command": command.join(" ") },
        "remembered_rules": ["Bash(line-0:*)"],
    });
    let entries: Vec<Value> = (0..9).map(|n| json!({ "content": format!("plan {n}") })).collect();
    let view = view(&[
        ("plan.updated", json!({ "entries": entries })),
        ("turn.started", json!({ "prompt": [{ "type": "text", "text": "go" }] })),
        ("approval.requested", data),
    ]);
    let all = screen(&view, 80, 40);
    let at = |all: &[String], what: &str| {
        all.iter().position(|row| row.contains(what)).unwrap_or_else(|| panic!("{what}: {all:#?}"))
    };
    let asked = at(&all, "? Bash: line-0;");
    assert_eq!(at(&all, "command: line-0; line-1;"), asked + 1);
    assert!(at(&all, "line-59;") < at(&all, "description: Harmless"));
    assert!(at(&all, "description: Harmless") < at(&all, "a keeps: Bash(line-0:*)"));
    assert!(at(&all, "a keeps:") < at(&all, "y allow once"));
    assert!(at(&all, "plan 0") < asked);
    for lines in 6..14 {
        let low = screen(&view, 80, lines);
        assert_eq!(at(&low, "command: line-0;"), at(&low, "? Bash: line-0;") + 1);
        let cut = at(&low, " more lines; `maestro approve` shows them");
        assert_eq!(at(&low, "y allow once"), cut + 1);
    }
}

#[test]
fn questions_are_answered_by_number_or_in_words() {
    let choices = json!([{ "label": "red" }, { "label": "blue" }]);
    let view = asked(&json!([
        { "question": "Which?", "choices": choices },
        { "question": "More?", "choices": choices, "multiple": true },
        { "question": "Why?" },
    ]));
    let id = view.approvals[0].request.approval_id.unwrap();
    let mut input = Input::default();
    assert_eq!(input.line(&view), "answer 1 of 3: ");
    let mut done = None;
    for line in ["2", "1,2", "it is nice"] {
        for letter in line.chars() {
            assert_eq!(input.key(Key::Letter(letter), &view), None);
        }
        done = input.key(Key::Enter, &view);
    }
    let answers = json!({ "Which?": "blue", "More?": "red, blue", "Why?": "it is nice" });
    assert_eq!(done, Some(Action::Answer { id, answers }));
}

#[test]
fn plain_lines_come_once() {
    let mut printed = Printed::default();
    let mut view = view(&[("tool.started", json!({ "tool_call_id": "t", "title": "ls" }))]);
    assert_eq!(printed.news(&view), ["* ls [waits]"]);
    let block = |text: &str| json!({ "message_id": "m", "role": "assistant", "blocks": [{ "type": "text", "text": text }] });
    apply(&mut view, "message", block("one"));
    assert_eq!(printed.news(&view), ["one"]);
    apply(&mut view, "message", block("two"));
    assert_eq!(printed.news(&view), ["two"]);
    apply(&mut view, "tool.ended", json!({ "tool_call_id": "t", "status": "failed" }));
    assert_eq!(printed.news(&view), ["* ls [failed]"]);
    assert!(printed.news(&view).is_empty());
}
