//! What happens, in one line each.

use maestro_core::model::{Event, EventData};

use crate::list::short;

/// One line for people, or none for what only machines want to know.
pub(crate) fn line(event: &Event) -> Option<String> {
    let text = match &event.data {
        EventData::TaskSubmitted(data) => format!("submitted: {}", data.title),
        EventData::TaskStarted(data) => format!("attempt {} started", data.attempt),
        EventData::TaskRetried(data) => format!("attempt {} {}; again", data.attempt, data.reason),
        EventData::TaskProgress(data) => data.message.clone(),
        EventData::TaskInputRequired(data) => format!("needs a person: {}", data.reason),
        EventData::TaskEnded(data) => {
            let summary = data.outcome.as_ref().map(maestro_core::model::Outcome::summary);
            format!("{}: {}", data.state, first_line(&summary.unwrap_or_default()))
        }
        EventData::AttemptLost(data) => {
            format!("attempt {} lost ({})", data.attempt, data.evidence)
        }
        EventData::AttemptRecovered(data) => {
            format!("attempt {}: {} left processes ended", data.attempt, data.processes_ended)
        }
        EventData::WorkspacePrepared(data) => format!("works in {}", data.path),
        EventData::WorkspaceCommitted(data) => {
            format!("committed {} ({} files)", short(&data.commit), data.files.len())
        }
        EventData::WorkspaceMerged(data) => format!("merged into {}", data.into),
        EventData::SessionResumed(data) => {
            let how = if data.fresh { "started anew" } else { "resumed" };
            format!("session {how} ({})", data.evidence)
        }
        EventData::SessionFailed(data) => {
            let why = data.error.as_ref().map(ToString::to_string);
            format!("session failed: {}", why.unwrap_or_default())
        }
        EventData::ToolStarted(data) => format!("{}: {}", data.name, first_line(&data.title)),
        EventData::ApprovalRequested(data) => {
            let id = data.approval_id.map(|id| id.to_string()).unwrap_or_default();
            format!("asks: {} (maestro approve {id})", first_line(&data.title))
        }
        EventData::ApprovalResolved(data) => format!("answered by {}", data.by),
        EventData::Message(data) if data.role == "assistant" => {
            let text = maestro_core::model::ContentBlock::join_text(&data.blocks);
            let line = first_line(&text);
            if line.is_empty() {
                return None;
            }
            format!("says: {line}")
        }
        EventData::AgentRetrying(data) => format!("retries its model, attempt {}", data.attempt),
        EventData::AgentStderr(data) => format!("stderr: {}", first_line(&data.text)),
        EventData::NodeLost(data) => format!("a node is gone ({})", data.evidence),
        _ => return None,
    };
    let about = event.refs.task_id.map_or_else(|| "-".repeat(8), |id| short(&id));
    Some(format!("{about} {text}"))
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut cut: String = line.chars().take(100).collect();
    if cut.len() < text.trim_end().len() {
        cut.push('…');
    }
    cut
}
