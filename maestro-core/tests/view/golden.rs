//! What the Claude Code driver reports, as a person sees it.

use maestro_core::agent::AgentEvent;
use maestro_core::agent::claude::Mapper;
use maestro_core::model::{Event, EventData, SessionView};
use serde_json::{Value, json};

use crate::support::{event, is_durable, lines};

macro_rules! fixture {
    ($name:literal) => {
        ($name, include_str!(concat!("../fixtures/claude/", $name, ".jsonl")))
    };
}

pub(crate) const ALL: [(&str, &str); 7] = [
    fixture!("background"),
    fixture!("older"),
    fixture!("plain"),
    fixture!("restarted-message"),
    fixture!("results"),
    fixture!("strange"),
    fixture!("tools"),
];

/// The events that a session would tell of a recording.
pub(crate) fn told(recording: &str) -> Vec<Event> {
    let mut mapper = Mapper::new("/src/shop");
    let mut seq = 0;
    let mut told = Vec::new();
    let mut tell = |event_type: &str, data: Value| {
        let durable = is_durable(event_type);
        seq += u64::from(durable);
        told.push(event(durable.then_some(seq), event_type, data));
    };
    for line in recording.lines() {
        for reported in mapper.frame(line).events {
            match reported {
                AgentEvent::Fact(data) => tell(data.event_type(), data.to_value()),
                AgentEvent::TurnStarted { origin, .. } => {
                    tell(
                        "turn.started",
                        json!({ "origin": origin, "prompt": [{ "type": "text", "text": "go" }] }),
                    );
                }
                AgentEvent::TurnEnded(end) => {
                    let (usage, cost) = (end.usage, end.cost_micro_usd);
                    let used = json!({ "usage": usage, "cost_micro_usd": cost });
                    tell("turn.ended", json!({ "stop_reason": end.stop_reason, "usage": usage }));
                    tell("usage.recorded", used);
                }
                AgentEvent::Idle => tell("session.idle", json!({})),
                _ => {}
            }
        }
    }
    told
}

fn shown(name: &str) -> SessionView {
    let (_, recording) = ALL.iter().find(|(known, _)| *known == name).unwrap();
    crate::support::fold(&told(recording))
}

#[test]
fn a_plain_turn() {
    let view = shown("plain");
    assert_eq!(lines(&view), ["> go", "(Hm.)", "assistant: Grüße, world", "= end_turn"]);
    assert_eq!(view.model.as_deref(), Some("model-a"));
    assert_eq!(view.totals.cost_micro_usd.map(|cost| cost.0), Some(400));
}

#[test]
fn a_text_is_on_the_screen_while_it_is_written() {
    let (_, recording) = ALL[2];
    let mut view = SessionView::default();
    let mut screens = Vec::new();
    for event in told(recording) {
        view.apply(&event);
        let texts = view.partials.iter().map(|at| at.text.as_str()).collect::<Vec<_>>().join("|");
        if screens.last() != Some(&texts) {
            screens.push(texts);
        }
    }
    assert_eq!(screens, ["", "Hm.", "", "Grüße, ", "Grüße, world", ""]);
}

#[test]
fn every_recording_can_be_shown_at_every_moment() {
    for (name, recording) in ALL {
        let events = told(recording);
        let mut view = SessionView::default();
        for event in &events {
            view.apply(event);
            let json = serde_json::to_string(&view).unwrap();
            assert_eq!(serde_json::from_str::<SessionView>(&json).unwrap(), view, "{name}");
        }
        let durable: Vec<Event> = events.iter().filter(|at| at.seq.is_some()).cloned().collect();
        let ended = matches!(events.last().map(|last| &last.data), Some(EventData::SessionIdle(_)));
        if ended {
            assert_eq!(crate::support::fold(&durable), view, "{name}: pieces left a trace");
        }
    }
}
