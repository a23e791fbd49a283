//! How a session is kept.

use crate::error::Result;
use crate::id::TenantId;
use crate::model::{Actor, Capabilities, EventData, EventRefs, NewEvent, SessionInfo, StreamKey};
use crate::node::{Core, Stored};
use crate::storage::{Columns, RecordKind};

impl Stored for SessionInfo {
    const KIND: RecordKind = RecordKind::SESSION;
    const NAME: &'static str = "session";

    fn tenant(&self) -> &TenantId {
        &self.tenant_id
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn columns(&self) -> Columns {
        Columns {
            state: self.state.as_str().to_owned(),
            group: self.project_id.map(|id| id.to_string()),
            parent: self.task_id.map(|id| id.to_string()),
            requires: Some(Capabilities::agent(&self.spec.agent, self.cwd.place.as_str())),
            due_at: self.waits_for_process().then(|| self.wake_at.unwrap_or(self.created_at)),
            ..Columns::default()
        }
    }
}

/// The home stream of a session's events.
pub(crate) fn stream(session: &SessionInfo) -> StreamKey {
    StreamKey::of(session.tenant_id.clone(), "session", session.id)
}

/// What a session's events are about.
pub(crate) fn refs(session: &SessionInfo, attempt: Option<u32>) -> EventRefs {
    EventRefs {
        project_id: session.project_id,
        session_id: Some(session.id),
        account_id: session.account_id,
        turn_id: session.open_turn().map(|turn| turn.id),
        task_id: session.task_id,
        attempt,
        ..EventRefs::default()
    }
}

/// What one event of a session is about, told after the machine has made its step.
pub(crate) fn event_refs(
    session: &SessionInfo,
    attempt: Option<u32>,
    data: &EventData,
) -> EventRefs {
    let refs = refs(session, attempt);
    let turn_id = match data {
        // They speak of the turn that is over by now.
        EventData::TurnEnded(_) | EventData::UsageRecorded(_) => {
            session.turn.as_ref().map(|turn| turn.id)
        }
        // It speaks of a turn that has not begun.
        EventData::PromptQueued(queued) => {
            let index = usize::try_from(queued.position).unwrap_or(0).saturating_sub(1);
            session.queue.get(index).map(|prompt| prompt.turn_id)
        }
        _ => refs.turn_id,
    };
    EventRefs { turn_id, ..refs }
}

/// The events of one step of the machine.
pub(crate) fn events(
    core: &Core,
    actor: &Actor,
    session: &SessionInfo,
    attempt: Option<u32>,
    data: Vec<EventData>,
) -> Result<Vec<NewEvent>> {
    let event = |data| core.event(actor, &event_refs(session, attempt, &data), &data);
    data.into_iter().map(event).collect()
}
