//! One case per part of a view.

use maestro_core::model::{
    ApprovalState, ItemBody, MicroUsd, SessionState, SessionView, ToolContent, ToolStatus,
};
use serde_json::{Value, json};

use crate::support::{event, events, fold, id, lines};

fn text(text: &str) -> Value {
    json!([{ "type": "text", "text": text }])
}

fn told(told: &[(&str, Value)]) -> SessionView {
    fold(&events(told))
}

#[test]
fn the_head_of_a_session() {
    let view = told(&[
        ("session.opened", json!({ "agent": "claude", "cwd": "here:/src", "model": "small" })),
        ("session.updated", json!({ "title": "Shop", "commands": [{ "name": "compact" }] })),
        ("session.updated", json!({ "mode": "plan", "mcp_servers": [{ "name": "git" }] })),
        ("session.running", json!({})),
        ("context.updated", json!({ "used": 900, "size": 1000 })),
        ("context.compacted", json!({ "trigger": "auto", "before": 900, "after": 100 })),
        ("session.requires_action", json!({})),
    ]);
    assert_eq!(view.state, SessionState::RequiresAction);
    assert_eq!((view.agent.as_str(), view.cwd.as_str()), ("claude", "here:/src"));
    assert_eq!((view.title.as_deref(), view.model.as_deref()), (Some("Shop"), Some("small")));
    assert_eq!((view.mode.as_deref(), view.commands.len()), (Some("plan"), 1));
    assert_eq!(view.mcp_servers[0].name, "git");
    assert_eq!(view.context.as_ref().map(|context| context.used), Some(100));
    assert_eq!(lines(&view), ["! context.compacted"]);
    assert!(view.complete);
}

#[test]
fn a_conversation_from_top_to_bottom() {
    let view = told(&[
        ("prompt.queued", json!({ "turn": 1, "prompt": text("go"), "position": 1 })),
        ("prompt.queued", json!({ "turn": 2, "prompt": text("later"), "position": 2 })),
        ("prompt.queued", json!({ "turn": 3, "prompt": text("first"), "position": 1 })),
        ("prompt.cancelled", json!({ "turn": 3 })),
        ("turn.started", json!({ "turn": 1, "prompt": text("go") })),
        ("thought", json!({ "message_id": "m", "text": "hm", "block": 0 })),
        (
            "message",
            json!({ "message_id": "m", "role": "assistant", "blocks": text("one"), "block": 1 }),
        ),
        (
            "message",
            json!({ "message_id": "m", "role": "assistant", "blocks": text("two"), "block": 2 }),
        ),
        ("prompt.folded", json!({ "turn": 2, "prompt": text("later"), "into_turn_id": id(1) })),
        ("turn.ended", json!({ "turn": 1, "stop_reason": "end_turn", "cost_micro_usd": 5 })),
        ("turn.started", json!({ "turn": 4, "origin": { "kind": "agent", "reason": "woken" } })),
    ]);
    let expected =
        ["> go", "(hm)", "assistant: one\ntwo", "> later", "= end_turn", "> "].map(str::to_owned);
    assert_eq!(lines(&view), expected);
    assert!(view.queue.is_empty());
    assert_eq!((view.turns, view.turn.map(|turn| turn.id.unwrap().to_string())), (2, Some(id(4))));
    assert_eq!(view.items.iter().map(|item| item.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_tool_call_with_its_question() {
    let asked = [
        (
            "tool.started",
            json!({ "tool_call_id": "t", "name": "Bash", "kind": "execute", "input": { "command": "rm" } }),
        ),
        (
            "approval.requested",
            json!({
                "approval_id": id(7), "kind": "tool", "tool": "Bash", "tool_call_id": "t",
                "title": "Run rm", "input": { "command": "rm" }, "expires_at": "2026-01-02T00:00:00Z",
                "suggestions": [{ "rule": "Bash" }],
            }),
        ),
    ];
    let waiting = told(&asked);
    assert_eq!(waiting.approvals.len(), 1);
    assert!(waiting.approvals[0].request.expires_at.is_some());
    assert_eq!(waiting.approvals[0].request.suggestions.len(), 1);
    let tool = waiting.tool("t").unwrap();
    assert_eq!(tool.approval.as_ref().map(|asked| asked.state), Some(ApprovalState::Pending));

    let mut allowed = asked.to_vec();
    allowed.extend([
        (
            "approval.resolved",
            json!({
                "approval_id": id(7), "decision": { "decision": "allow" },
                "by": { "kind": "person", "id": "ada" }, "input": { "command": "rm -i" },
            }),
        ),
        ("tool.updated", json!({ "tool_call_id": "t", "status": "in_progress" })),
        (
            "tool.ended",
            json!({
                "tool_call_id": "t", "status": "completed",
                "content": [{ "type": "terminal", "output": "gone", "exit_code": 0 }],
            }),
        ),
        ("tool.updated", json!({ "tool_call_id": "t", "status": "in_progress" })),
    ]);
    let view = told(&allowed);
    let tool = view.tool("t").unwrap();
    assert!(view.approvals.is_empty());
    assert_eq!((tool.status, view.items.len()), (ToolStatus::Completed, 1));
    assert_eq!(tool.effective_input, Some(json!({ "command": "rm -i" })));
    assert!(matches!(tool.content[0], ToolContent::Terminal { exit_code: Some(0), .. }));
    let approval = tool.approval.as_ref().unwrap();
    assert_eq!(approval.state, ApprovalState::Allowed);
    assert_eq!(approval.by.as_ref().map(ToString::to_string).as_deref(), Some("person:ada"));

    for (how, state) in [
        (("approval.withdrawn", json!({ "reason": "owner_lost" })), ApprovalState::OwnerLost),
        (("approval.withdrawn", json!({ "reason": "agent" })), ApprovalState::Withdrawn),
        (("approval.expired", json!({})), ApprovalState::Expired),
        (
            ("approval.resolved", json!({ "decision": { "decision": "deny", "message": "no" } })),
            ApprovalState::Denied,
        ),
    ] {
        let (event_type, mut data) = how;
        data["approval_id"] = id(7).into();
        let mut ended = asked.to_vec();
        ended.push((event_type, data));
        let view = told(&ended);
        assert!(view.approvals.is_empty());
        assert_eq!(view.tool("t").unwrap().approval.as_ref().unwrap().state, state);
    }
}

#[test]
fn subagents_with_their_own_items_and_plans() {
    let view = told(&[
        ("tool.started", json!({ "tool_call_id": "t", "name": "Task" })),
        (
            "subagent.started",
            json!({ "agent_id": "a", "tool_call_id": "t", "title": "Look", "depth": 1 }),
        ),
        ("subagent.started", json!({ "agent_id": "b", "parent_agent_id": "a", "depth": 2 })),
        (
            "message",
            json!({ "message_id": "m", "role": "assistant", "blocks": text("found"), "agent_id": "b" }),
        ),
        ("plan.updated", json!({ "entries": [{ "content": "mine" }] })),
        ("plan.updated", json!({ "agent_id": "a", "entries": [{ "content": "its own" }] })),
        (
            "subagent.progress",
            json!({ "agent_id": "a", "message": "reads", "last_tool": "Read", "usage": { "tokens": 5 } }),
        ),
        ("subagent.ended", json!({ "agent_id": "b", "status": "completed", "summary": "done" })),
        ("session.failed", json!({})),
    ]);
    let of =
        |parent| view.subagents_of(parent).map(|agent| agent.agent_id.as_str()).collect::<Vec<_>>();
    assert_eq!((of(None), of(Some("a"))), (vec!["a"], vec!["b"]));
    assert_eq!(view.items_of(Some("b")).count(), 1);
    assert_eq!(
        (view.plan[0].content.as_str(), view.subagents[0].plan[0].content.as_str()),
        ("mine", "its own")
    );
    assert_eq!(view.subagents[0].usage.map(|usage| usage.tokens), Some(5));
    assert_eq!(view.subagents[0].ended.as_deref(), Some("interrupted"), "its process is gone");
    assert_eq!(view.subagents[1].ended.as_deref(), Some("completed"));
    assert_eq!(view.tool("t").unwrap().status, ToolStatus::Interrupted);
}

#[test]
fn what_is_not_priced_or_counted_is_not_zero() {
    let used = json!({ "usage": { "output_tokens": 3 } });
    let view = told(&[("usage.recorded", used.clone())]);
    assert_eq!((view.totals.cost_micro_usd, view.totals.unpriced), (None, 1));
    let mut priced = used;
    priced["cost_micro_usd"] = 7.into();
    let view = told(&[
        ("usage.recorded", priced.clone()),
        ("usage.recorded", json!({})),
        ("usage.recorded", priced),
        ("file.changed", json!({ "path": "a", "added": 3, "removed": 1 })),
        ("file.changed", json!({ "path": "b" })),
        ("file.changed", json!({ "path": "a", "added": 2, "removed": 0 })),
    ]);
    assert_eq!((view.totals.cost_micro_usd, view.totals.unpriced), (Some(MicroUsd(14)), 1));
    assert_eq!(view.totals.usage.output_tokens, 6);
    let files = view
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.changes, file.added, file.removed, file.uncounted));
    let expected = [("a", 2, Some(5), Some(1), 0), ("b", 1, None, None, 1)];
    assert_eq!(files.collect::<Vec<_>>(), expected);
}

#[test]
fn notices_and_retries() {
    let view = told(&[
        ("agent.retrying", json!({ "attempt": 1 })),
        ("agent.retrying", json!({ "attempt": 2 })),
        ("agent.rate_limited", json!({ "status": "allowed_warning", "utilization": 0.9 })),
        ("agent.stderr", json!({ "text": "oops" })),
        ("agent.warning", json!({ "code": "version_untested" })),
        ("agent.frame", json!({ "frame_type": "system/status" })),
        ("session.resumed", json!({ "evidence": "transcript_holds" })),
        ("gap", json!({ "reason": "trimmed" })),
        ("x.mine", json!({ "any": "thing" })),
        ("newer.than.this", json!({})),
        ("session.closed", json!({})),
    ]);
    let expected = [
        "agent.retrying",
        "agent.rate_limited",
        "agent.stderr",
        "agent.warning",
        "session.resumed",
        "gap",
        "session.closed",
    ];
    assert_eq!(lines(&view), expected.map(|name| format!("! {name}")));
    assert_eq!((view.state, view.complete, view.revision), (SessionState::Closed, false, 11));
    assert!(view.rate_limit.is_some() && view.retrying.is_none());
}

#[test]
fn texts_under_way() {
    let delta = |block: u32, generation: u32, offset: u64, text: &str| {
        let data = json!({ "message_id": "m", "block": block, "generation": generation, "offset": offset, "text": text });
        ("message.delta", data)
    };
    let shown = |view: &SessionView| {
        let shown = view.partials.iter().map(|at| (at.block, at.offset, at.text.clone()));
        shown.collect::<Vec<_>>()
    };
    let one = |offset, text: &str| vec![(0, offset, text.to_owned())];
    for (pieces, expected) in [
        (vec![delta(0, 0, 0, "Grü"), delta(0, 0, 4, "ße")], one(0, "Grüße")),
        // Again, and overlapping.
        (vec![delta(0, 0, 0, "abc"), delta(0, 0, 0, "abc"), delta(0, 0, 2, "cd")], one(0, "abcd")),
        // A hole, and an offset within a letter.
        (vec![delta(0, 0, 0, "a"), delta(0, 0, 5, "f"), delta(0, 0, 6, "g")], one(5, "fg")),
        (vec![delta(0, 0, 7, "late")], one(7, "late")),
        (vec![delta(0, 0, 0, "ü"), delta(0, 0, 1, "ö!")], one(1, "ö!")),
        // Begun again; the old one is void, also when it still talks.
        (vec![delta(0, 0, 0, "old"), delta(0, 1, 0, "new"), delta(0, 0, 3, "er")], one(0, "new")),
    ] {
        assert_eq!(shown(&told(&pieces)), expected);
    }
    let whole = ("message", json!({ "message_id": "m", "block": 0, "blocks": text("abc") }));
    let view =
        told(&[delta(0, 0, 0, "ab"), whole.clone(), delta(0, 0, 2, "c"), delta(1, 0, 0, "next")]);
    assert_eq!(shown(&view), [(1, 0, "next".to_owned())], "a late piece of what is whole is void");
    let view = told(&[
        delta(0, 0, 0, "ab"),
        ("message.superseded", json!({ "message_id": "m", "generation": 0 })),
    ]);
    assert!(view.partials.is_empty());
    let view = told(&[
        delta(0, 0, 0, "ab"),
        delta(1, 0, 0, "cd"),
        ("message", json!({ "message_id": "m" })),
    ]);
    assert!(view.partials.is_empty(), "without a number it is the whole message");
    for end in ["turn.ended", "session.failed", "session.idle", "session.closed"] {
        assert!(told(&[delta(0, 0, 0, "ab"), (end, json!({}))]).partials.is_empty(), "{end}");
    }
}

#[test]
fn a_view_that_starts_in_the_middle() {
    let ended = json!({ "tool_call_id": "t", "status": "failed" });
    let view = fold(&[
        event(Some(40), "tool.ended", ended),
        event(Some(41), "subagent.ended", json!({ "agent_id": "a", "status": "completed" })),
        event(Some(42), "approval.resolved", json!({ "approval_id": id(9) })),
        event(Some(43), "turn.ended", json!({ "stop_reason": "cancelled" })),
        event(Some(41), "message", json!({ "message_id": "late" })),
    ]);
    assert!(!view.complete);
    assert_eq!(lines(&view), [" \"\" Failed", "= cancelled"]);
    assert_eq!(view.subagents.len(), 1);
    assert_eq!(view.seq_of(&format!("session/{}", crate::support::SESSION)), Some(43));
    assert!(matches!(view.items[0].body, ItemBody::Tool(_)));
}
