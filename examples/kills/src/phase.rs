//! Where in its life the demo was when it was killed.

use maestro_core::model::{Event, EventData};

/// Every phase, in the order in which a demo goes through them.
pub(crate) const ALL: [&str; 11] = [
    "before the store",
    "before any task",
    "tasks submitted",
    "attempt started",
    "workspace prepared",
    "session opened",
    "model speaks",
    "tool runs",
    "turn ended",
    "all tasks ended",
    "merged",
];

/// The phase that the events of a store show: how far the task that moved last had come.
pub(crate) fn of(events: &[Event]) -> &'static str {
    let ended = events.iter().filter(|event| matches!(event.data, EventData::TaskEnded(_))).count();
    if events.iter().any(|event| matches!(event.data, EventData::WorkspaceMerged(_))) {
        return "merged";
    }
    if ended == 3 {
        return "all tasks ended";
    }
    let last = events.iter().rev().find_map(|event| match event.data {
        EventData::TaskSubmitted(_) | EventData::TaskQueued(_) => Some("tasks submitted"),
        EventData::TaskStarted(_) => Some("attempt started"),
        EventData::WorkspacePrepared(_) => Some("workspace prepared"),
        EventData::SessionOpened(_) | EventData::SessionResumed(_) => Some("session opened"),
        EventData::TurnStarted(_) | EventData::Message(_) | EventData::ToolEnded(_) => {
            Some("model speaks")
        }
        EventData::ToolStarted(_)
        | EventData::ApprovalRequested(_)
        | EventData::ApprovalResolved(_) => Some("tool runs"),
        EventData::TurnEnded(_) | EventData::WorkspaceCommitted(_) | EventData::TaskEnded(_) => {
            Some("turn ended")
        }
        _ => None,
    });
    last.unwrap_or("before any task")
}
