//! Text under way: it is shown and not kept, so it needs no commit.

use crate::agent::{AgentEvent, AgentReport};
use crate::model::{Actor, Event, EventData, EventRefs, MessageDelta, Partial, SessionInfo};
use crate::node::Core;
use crate::session::actor::SessionActor;
use crate::session::record;

/// A piece with its turn and its time.
pub(super) fn stamped(piece: Partial, core: &Core, session: &SessionInfo) -> Partial {
    let turn_id = session.open_turn().map(|turn| turn.id);
    Partial { turn_id, at: Some(core.now()), ..piece }
}

/// The pieces of text in some reports, if they hold nothing else.
fn pieces(reports: &[AgentReport]) -> Option<Vec<Partial>> {
    let events = reports.iter().flat_map(|report| &report.events);
    events
        .map(|event| match event {
            AgentEvent::Fact(fact) => Partial::of(fact),
            _ => None,
        })
        .collect()
}

impl SessionActor {
    /// Shows what the agent is writing. False, and nothing is done, when there is more in the reports
    /// than that: it goes through a commit, which keeps the order.
    pub(super) fn show(&mut self, reports: &[AgentReport]) -> bool {
        let Some(pieces) = pieces(reports) else { return false };
        if pieces.is_empty() {
            // Nothing was said, so it is no sign of life either.
            return true;
        }
        let (core, session) = (&self.core, &self.session.value);
        if let Some(task_id) = session.task_id {
            core.activity.note(task_id);
        }
        let pieces = pieces.into_iter().map(|piece| stamped(piece, core, session)).collect();
        self.publish(pieces, self.last_seq);
        true
    }

    /// Puts pieces on the session's board, after one of its durable events.
    pub(super) fn publish(&mut self, pieces: Vec<Partial>, after: u64) {
        let session = &self.session.value;
        let common = Event {
            cursor: None,
            stream: record::stream(session).name,
            seq: None,
            at: self.core.now(),
            tenant_id: session.tenant_id.clone(),
            actor: Actor::agent(&session.spec.agent),
            refs: EventRefs {
                node_id: Some(self.core.node_id),
                ..record::refs(session, self.attempt)
            },
            schema: Event::SCHEMA,
            data: EventData::MessageDelta(MessageDelta::default()),
            raw: None,
        };
        self.mirror.grew(self.core.runtime().monotonic());
        self.core.live.publish(&common, pieces, (record::stream(session), after));
    }
}
