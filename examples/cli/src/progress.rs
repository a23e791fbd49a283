//! What happens, in one line each.

use maestro_core::model::{ContentBlock, Decision, Event, EventData, Outcome, WorkElsewhere};

use crate::board::what_is_needed;
use crate::list::short;
use crate::text::{counted, first_line, plain};

/// One line for people, or none for what only machines want to know.
pub(crate) fn text(event: &Event) -> Option<String> {
    let text = match &event.data {
        EventData::TaskSubmitted(data) => format!("submitted: {}", data.title),
        EventData::TaskStarted(data) => format!("attempt {} started", data.attempt),
        EventData::TaskRetried(data) => format!("attempt {} {}; again", data.attempt, data.reason),
        EventData::TaskProgress(data) => data.message.clone(),
        EventData::TaskInputRequired(data) => format!("needs a person: {}", what_is_needed(data)),
        EventData::TaskUpdated(data) if data.cancel_requested => {
            format!("is asked to stop: {}", data.reason.as_deref().unwrap_or_default())
        }
        EventData::TaskEnded(data) => {
            let summary = data.outcome.as_ref().map(Outcome::summary).or(data.reason.clone());
            format!("{}: {}", data.state, first_line(&summary.unwrap_or_default()))
        }
        EventData::AttemptLost(data) => {
            format!("attempt {} lost ({})", data.attempt, data.evidence)
        }
        EventData::AttemptRecovered(data) => {
            format!("attempt {}: {} left processes ended", data.attempt, data.processes_ended)
        }
        EventData::WorkspacePrepared(data) => {
            let below = data.subdirectory.as_deref().map(|below| format!("/{below}"));
            let path = near(&data.path) + below.as_deref().unwrap_or_default();
            match &data.not_isolated {
                Some(why) => format!("works in {path} itself, beside others: {why}"),
                None => format!("works in {path}"),
            }
        }
        EventData::WorkspaceElsewhere(data) => elsewhere(&data.work),
        EventData::WorkspaceCommitted(data) => {
            let files = counted(data.files.len(), "file");
            format!("committed {} ({files})", &data.commit[..data.commit.len().min(8)])
        }
        EventData::WorkspaceMerged(data) => format!("merged into {}", data.into),
        EventData::SessionResumed(data) => {
            let how = if data.fresh { "started anew" } else { "resumed" };
            format!("session {how} ({})", data.evidence)
        }
        EventData::SessionFailed(data) => {
            let why = data.error.as_ref().map(ToString::to_string);
            format!("session failed: {}", first_line(&why.unwrap_or_default()))
        }
        EventData::ToolStarted(data) => {
            first_line(if data.title.is_empty() { &data.name } else { &data.title })
        }
        EventData::ApprovalRequested(data) => {
            let id = data.approval_id.map(|id| short(&id)).unwrap_or_default();
            format!("needs a person: {id} {}", first_line(&data.title))
        }
        EventData::ApprovalResolved(data) => {
            let answer = match data.decision {
                Decision::Allow { .. } => "allowed",
                Decision::Deny { .. } => "denied",
                _ => "answered",
            };
            format!("{answer} by {}", data.by)
        }
        EventData::ApprovalExpired(_) => "denied, since nobody answered in time".to_owned(),
        EventData::Message(data) if data.role == "assistant" => {
            let line = first_line(&ContentBlock::join_text(&data.blocks));
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
    Some(plain(&text))
}

/// Where work may stand that nobody merges.
pub(crate) fn elsewhere(work: &[WorkElsewhere]) -> String {
    let work: Vec<String> = work.iter().map(ToString::to_string).collect();
    format!("work that may be its stands elsewhere: {}", work.join(", "))
}

/// A path as a person types it here.
fn near(path: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let inside = std::path::Path::new(path).strip_prefix(here);
    inside.map_or_else(|_| path.to_owned(), |inside| inside.display().to_string())
}
