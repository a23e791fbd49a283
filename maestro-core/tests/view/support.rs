//! Events without a store.

use maestro_core::model::{Event, ItemBody, SessionView};
use serde_json::{Value, json};

pub(crate) const SESSION: &str = "00000000-0000-7000-8000-000000000001";

/// A number as an id.
pub(crate) fn id(number: u64) -> String {
    format!("00000000-0000-7000-8000-{number:012x}")
}

/// Whether events of this type have a number.
pub(crate) fn is_durable(event_type: &str) -> bool {
    !matches!(event_type, "message.delta" | "thought.delta")
}

/// An event of the session's stream, without a number when `seq` is none.
pub(crate) fn event(seq: Option<u64>, event_type: &str, mut data: Value) -> Event {
    let turn = data.as_object_mut().and_then(|data| data.remove("turn"));
    let mut event = json!({
        "stream": format!("session/{SESSION}"),
        "at": format!("2026-01-01T00:00:{:02}Z", seq.unwrap_or(0) % 60),
        "tenant_id": "default",
        "actor": { "kind": "agent", "id": "claude" },
        "session_id": SESSION,
        "schema": 1,
        "type": event_type,
    });
    if let Some(seq) = seq {
        event["seq"] = seq.into();
    }
    event["data"] = data;
    if let Some(turn) = turn {
        event["turn_id"] = id(turn.as_u64().unwrap()).into();
    }
    serde_json::from_value(event).unwrap()
}

/// Events by type and content, numbered from 1 where they are durable.
pub(crate) fn events(told: &[(&str, Value)]) -> Vec<Event> {
    let mut seq = 0;
    let numbered = told.iter().map(|(event_type, data)| {
        let durable = is_durable(event_type);
        seq += u64::from(durable);
        event(durable.then_some(seq), event_type, data.clone())
    });
    numbered.collect()
}

pub(crate) fn fold(events: &[Event]) -> SessionView {
    let mut view = SessionView::default();
    for event in events {
        view.apply(event);
    }
    view
}

/// A line for each item, as a simple viewer would show it.
pub(crate) fn lines(view: &SessionView) -> Vec<String> {
    let line = |item: &maestro_core::model::ViewItem| {
        let by = item.agent_id.as_ref().map(|id| format!("[{id}] ")).unwrap_or_default();
        let said = match &item.body {
            ItemBody::Prompt(prompt) => {
                format!("> {}", maestro_core::model::ContentBlock::join_text(&prompt.blocks))
            }
            ItemBody::Message(said) => {
                let text = maestro_core::model::ContentBlock::join_text(&said.blocks);
                format!("{}: {text}", said.role)
            }
            ItemBody::Thought(thought) => format!("({})", thought.text),
            ItemBody::Tool(tool) => format!("{} {:?} {:?}", tool.name, tool.title, tool.status),
            ItemBody::TurnEnded(ended) => format!("= {}", ended.stop_reason),
            ItemBody::Notice(notice) => format!("! {}", notice.event.event_type()),
            other => format!("{other:?}"),
        };
        format!("{by}{said}")
    };
    view.items.iter().map(line).collect()
}
