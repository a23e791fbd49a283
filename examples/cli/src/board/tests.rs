//! The fold, and its rows on terminals of any size.

use std::time::Duration;

use maestro_core::model::{
    Actor, ApprovalRequested, ApprovalResolved, Message, MessageDelta, TaskEnded, TaskSpec,
    TaskStarted, ThoughtDelta, ToolEnded, ToolStarted, TurnStarted, UsageRecorded,
};
use serde_json::json;

use super::*;

const ID: &str = "01890000-0000-7000-8000-00000000000";

fn id(number: u8) -> TaskId {
    format!("{ID}{number}").parse().unwrap()
}

fn task(number: u8, title: &str, state: TaskState, needs: &[u8]) -> TaskInfo {
    let mut spec = TaskSpec::prompt("x").title(title);
    spec.needs = needs.iter().map(|need| id(*need)).collect();
    serde_json::from_value(json!({
        "id": id(number), "tenant_id": "default", "created_by": Actor::default(),
        "spec": spec, "requires": "", "state": state, "created_at": Timestamp::default(),
    }))
    .unwrap()
}

fn event(number: u8, seconds: u64, data: impl Into<EventData>) -> Event {
    let mut event = Event::new(Timestamp::default() + Duration::from_secs(seconds), data.into());
    event.refs.task_id = Some(id(number));
    event
}

fn of<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn started() -> TaskStarted {
    of(json!({ "attempt": 1 }))
}

fn delta(block: u32, text: &str) -> MessageDelta {
    of(json!({ "message_id": "m", "block": block, "text": text }))
}

fn thought(text: &str) -> ThoughtDelta {
    of(json!({ "message_id": "m", "text": text }))
}

/// The texts of the rows, with runs of spaces as one.
fn texts(board: &Board, columns: usize, rows: usize) -> Vec<String> {
    let now = Timestamp::default() + Duration::from_secs(75);
    board.lines(now, columns, rows).iter().map(|line| plain(&line.text)).collect()
}

fn row(board: &Board) -> String {
    texts(board, 100, 10).remove(0)
}

#[test]
fn a_row_says_what_its_agent_is_at() {
    let mut board = Board::new(&[task(1, "theme", TaskState::Queued, &[])]);
    assert_eq!(row(&board), "· theme waits for: a free place");
    let steps: Vec<(EventData, &str)> = vec![
        (started().into(), "● theme starts 1m05s"),
        (TurnStarted::default().into(), "● theme thinking 1m05s"),
        (thought("So ").into(), "● theme thinking: So 1m05s"),
        (thought("then").into(), "● theme thinking: So then 1m05s"),
        (delta(0, "I read ").into(), "● theme I read 1m05s"),
        (delta(0, "the\nfile\u{1b}[2J.").into(), "● theme I read the file\\u{1b}[2J. 1m05s"),
        (delta(1, "Next").into(), "● theme Next 1m05s"),
        (
            of::<ToolStarted>(
                json!({ "tool_call_id": "a", "name": "Bash", "title": "Bash: cargo test" }),
            )
            .into(),
            "● theme Bash: cargo test 1m05s",
        ),
        (
            of::<ToolStarted>(json!({ "tool_call_id": "b", "name": "Read", "title": "" })).into(),
            "● theme Read 1m05s",
        ),
        (
            of::<ToolEnded>(json!({ "tool_call_id": "b", "status": "completed" })).into(),
            "● theme Bash: cargo test 1m05s",
        ),
        (
            of::<ApprovalRequested>(
                json!({ "approval_id": id(7), "title": "rm -r x", "kind": "tool" }),
            )
            .into(),
            "? theme needs a person: 00000007 rm -r x 1m05s",
        ),
        (
            of::<ApprovalResolved>(json!({ "approval_id": id(7) })).into(),
            "● theme Bash: cargo test 1m05s",
        ),
        (
            of::<ToolEnded>(json!({ "tool_call_id": "a", "status": "failed" })).into(),
            "● theme thinking 1m05s",
        ),
        (
            of::<UsageRecorded>(
                json!({ "usage": { "input_tokens": 4600, "cost_micro_usd": 51_234 } }),
            )
            .into(),
            "● theme thinking 1m05s 4.6k $0.0512",
        ),
        (
            of::<Message>(
                json!({ "role": "assistant", "blocks": [{ "type": "text", "text": "Written." }] }),
            )
            .into(),
            "● theme Written. 1m05s 4.6k $0.0512",
        ),
        (of::<Message>(json!({ "role": "user" })).into(), "● theme Written. 1m05s 4.6k $0.0512"),
    ];
    for (data, expected) in steps {
        let what = format!("{data:?}");
        board.apply(&event(1, 10, data));
        assert_eq!(row(&board), expected, "{what}");
    }
    let ended: TaskEnded = of(json!({
        "state": "succeeded", "outcome": { "outcome": "succeeded", "summary": "Done.\nAll." },
        "usage": { "output_tokens": 1_250_000, "cost_micro_usd": 2_340_000 },
    }));
    board.apply(&event(1, 42, ended));
    assert_eq!(row(&board), "✓ theme Done. … 32s 1.3M $2.34");
    assert!(board.is_at_rest());
    assert_eq!(board.exit(), Exit::Ok);
}

#[test]
fn a_row_that_waits_says_for_what() {
    let mut board = Board::new(&[
        task(1, "theme", TaskState::Running, &[]),
        task(2, "guide", TaskState::Queued, &[]),
        task(3, "release", TaskState::Pending, &[1, 2]),
    ]);
    assert_eq!(texts(&board, 100, 10)[2], "· release waits for: theme, guide");
    board.apply(&event(1, 5, of::<TaskEnded>(json!({ "state": "succeeded" }))));
    assert_eq!(texts(&board, 100, 10)[2], "· release waits for: guide");
    let conflict: TaskInputRequired =
        of(json!({ "reason": "workspace_conflict", "detail": { "files": ["a.txt", "b.txt"] } }));
    board.apply(&event(2, 6, conflict));
    assert_eq!(
        texts(&board, 100, 10)[1],
        "? guide needs a person: workspace_conflict in a.txt, b.txt"
    );
    assert!(!board.is_at_rest());
    board.apply(&event(
        3,
        7,
        of::<TaskEnded>(json!({ "state": "cancelled", "reason": "need_failed" })),
    ));
    assert_eq!(texts(&board, 100, 10)[2], "✗ release need_failed");
    assert!(board.is_at_rest());
    assert_eq!(board.exit(), Exit::TaskFailed);
}

#[test]
fn events_of_other_tasks_change_nothing() {
    let mut board = Board::new(&[task(1, "theme", TaskState::Queued, &[])]);
    let before = board.clone();
    board.apply(&event(2, 5, started()));
    assert_eq!(board, before);
}

#[test]
fn no_line_is_ever_wider_than_the_terminal() {
    let mut board = Board::new(&[
        task(1, "日本語のとても長いタイトルです、本当に", TaskState::Queued, &[]),
        task(2, "b", TaskState::Pending, &[1]),
    ]);
    board.apply(&event(1, 0, started()));
    board.apply(&event(1, 1, delta(0, &"words in 日本 that go on; ".repeat(2000))));
    board.apply(&event(1, 1, of::<UsageRecorded>(json!({ "usage": { "input_tokens": 123_456 } }))));
    for columns in 0..130 {
        for line in board.lines(Timestamp::default(), columns, 5) {
            assert!(crate::text::width(&line.text) <= columns, "{columns}: {line:?}");
        }
    }
    let wide = &texts(&board, 100, 5)[0];
    assert!(wide.ends_with("that go on; 1m15s 123.5k"), "{wide}");
    // What happens stays when there is no room for numbers.
    let narrow = &texts(&board, 40, 5)[0];
    assert!(narrow.ends_with("go on;"), "{narrow}");
}

#[test]
fn a_low_terminal_shows_what_matters_and_counts_the_rest() {
    let states = [
        TaskState::Succeeded,
        TaskState::Succeeded,
        TaskState::Running,
        TaskState::Queued,
        TaskState::Failed,
    ];
    let tasks: Vec<TaskInfo> =
        (1..).zip(states).map(|(n, state)| task(n, &format!("t{n}"), state, &[])).collect();
    let board = Board::new(&tasks);
    assert_eq!(texts(&board, 60, 5).len(), 5);
    let low = texts(&board, 60, 3);
    assert_eq!(low, ["● t3 starts", "✗ t5 failed", "… and 1 queued, 2 succeeded"]);
    for rows in 0..8 {
        assert!(texts(&board, 60, rows).len() <= rows);
    }
}
