//! Reading fixtures, and telling what came of them in short.

use maestro_core::agent::claude::Mapper;
use maestro_core::agent::{AgentEvent, AgentReport, AgentTurnEnd};
use maestro_core::model::{ContentBlock, EventData, Origin};
use serde_json::Value;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/claude/", $name, ".jsonl"))
    };
}
pub(crate) use fixture;

pub(crate) fn read(fixture: &str) -> Vec<AgentReport> {
    let mut mapper = Mapper::new("/src/shop");
    fixture.lines().map(|line| mapper.frame(line)).collect()
}

pub(crate) fn events(reports: &[AgentReport]) -> Vec<AgentEvent> {
    reports.iter().flat_map(|report| report.events.clone()).collect()
}

/// A line for each event that says something, without what has its own test.
pub(crate) fn story(reports: &[AgentReport]) -> Vec<String> {
    let told = |event: &AgentEvent| match event {
        AgentEvent::Pointer { .. } | AgentEvent::Fact(EventData::AgentFrame(_)) => None,
        AgentEvent::TurnStarted { origin, .. } => Some(match origin {
            Origin::Agent { reason } => format!("turn by agent: {reason}"),
            other => format!("turn by {other:?}"),
        }),
        AgentEvent::TurnEnded(end) => {
            let kind = end.error.as_ref().map(|error| error.kind.as_str());
            Some(format!("end {}: {}", end.stop_reason, kind.unwrap_or("well")))
        }
        AgentEvent::Approval(asked) => Some(format!("asks {} {:?}", asked.title, asked.agent_id)),
        AgentEvent::Fact(fact) => Some(tell(fact)),
        other => Some(format!("{other:?}")),
    };
    events(reports).iter().filter_map(told).collect()
}

pub(crate) fn tell(fact: &EventData) -> String {
    match fact {
        EventData::MessageDelta(d) => {
            let at = (d.block, d.generation, d.offset);
            format!("{} {at:?} {:?} {:?}", d.message_id, d.text, d.agent_id)
        }
        EventData::ThoughtDelta(d) => format!("thinks {:?}", d.text),
        EventData::Thought(thought) => format!("thought {:?}", thought.text),
        EventData::Message(m) => {
            let text = ContentBlock::join_text(&m.blocks);
            format!("{} {} says {text:?} {:?}", m.role, m.message_id, m.agent_id)
        }
        EventData::ToolStarted(t) => {
            let by = (&t.parent_tool_call_id, &t.agent_id);
            format!("{} {} {:?} {:?} {by:?}", t.tool_call_id, t.kind, t.title, t.locations)
        }
        EventData::ToolEnded(t) => format!("{} {:?}", t.tool_call_id, t.status),
        EventData::FileChanged(f) => {
            format!("{} changed {} {:?} {:?}", f.tool_call_id, f.path, f.added, f.removed)
        }
        EventData::MessageSuperseded(m) => format!("{} void up to {}", m.message_id, m.generation),
        EventData::SubagentStarted(s) => {
            let at = (s.depth, s.background, &s.parent_agent_id);
            format!("{} starts as {} {:?} {at:?}", s.agent_id, s.kind, s.title)
        }
        EventData::SubagentProgress(s) => {
            format!("{} does {:?} {:?} {:?}", s.agent_id, s.message, s.last_tool, s.background)
        }
        EventData::SubagentEnded(s) => {
            let tokens = s.usage.map(|usage| usage.tokens);
            format!("{} {} {:?} {tokens:?}", s.agent_id, s.status, s.summary)
        }
        EventData::ContextUpdated(c) => format!("context {} of {:?}", c.used, c.size),
        EventData::AgentWarning(warning) => format!("warning {}", warning.code),
        other => other.event_type().to_owned(),
    }
}

pub(crate) fn ends(reports: &[AgentReport]) -> Vec<AgentTurnEnd> {
    let ends = events(reports).into_iter().filter_map(|event| match event {
        AgentEvent::TurnEnded(end) => Some(end),
        _ => None,
    });
    ends.collect()
}

/// What a few messages say.
pub(crate) fn read_values(values: &[Value]) -> Vec<AgentReport> {
    let mut mapper = Mapper::new("/src/shop");
    values.iter().map(|value| mapper.frame(&value.to_string())).collect()
}

/// The facts that are not of the types that nearly every message leads to.
pub(crate) fn facts(reports: &[AgentReport]) -> Vec<EventData> {
    let told = events(reports).into_iter().filter_map(|event| match event {
        AgentEvent::Fact(EventData::AgentFrame(_) | EventData::ContextUpdated(_)) => None,
        AgentEvent::Fact(fact) => Some(fact),
        _ => None,
    });
    told.collect()
}
