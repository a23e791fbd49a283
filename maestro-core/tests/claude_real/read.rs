//! Reading what was seen.

use maestro_core::agent::{AgentEvent, AgentTurnEnd};
use maestro_core::model::{ContentBlock, EventData, Origin, ToolContent, ToolStatus};

pub(crate) fn facts(events: &[AgentEvent]) -> impl Iterator<Item = &EventData> {
    events.iter().filter_map(|event| match event {
        AgentEvent::Fact(fact) => Some(fact),
        _ => None,
    })
}

pub(crate) fn ends(events: &[AgentEvent]) -> Vec<&AgentTurnEnd> {
    let ends = events.iter().filter_map(|event| match event {
        AgentEvent::TurnEnded(end) => Some(end),
        _ => None,
    });
    ends.collect()
}

pub(crate) fn origins(events: &[AgentEvent]) -> Vec<&Origin> {
    let origins = events.iter().filter_map(|event| match event {
        AgentEvent::TurnStarted { origin, .. } => Some(origin),
        _ => None,
    });
    origins.collect()
}

pub(crate) fn texts(events: &[AgentEvent]) -> Vec<String> {
    let texts = facts(events).filter_map(|fact| match fact {
        EventData::Message(message) if message.role == "assistant" => {
            Some(ContentBlock::join_text(&message.blocks))
        }
        _ => None,
    });
    texts.collect()
}

pub(crate) fn tool_ends(events: &[AgentEvent]) -> Vec<(ToolStatus, Vec<ToolContent>)> {
    let ends = facts(events).filter_map(|fact| match fact {
        EventData::ToolEnded(end) => Some((end.status, end.content.clone())),
        _ => None,
    });
    ends.collect()
}

/// How many facts are of a type.
pub(crate) fn count(events: &[AgentEvent], event_type: &str) -> usize {
    facts(events).filter(|fact| fact.event_type() == event_type).count()
}

pub(crate) fn asks(events: &[AgentEvent]) -> bool {
    events.iter().any(|event| matches!(event, AgentEvent::Approval(_)))
}
