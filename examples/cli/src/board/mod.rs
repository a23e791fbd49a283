//! What a person sees of tasks: a fold of events into rows. It reads no clock and draws nothing.

mod layout;
#[cfg(test)]
mod tests;

use maestro_core::id::{ApprovalId, TaskId};
use maestro_core::model::{
    ContentBlock, Event, EventData, Outcome, TaskInfo, TaskInputRequired, TaskState, Timestamp,
    Usage,
};

pub(crate) use layout::{Line, Look};

use crate::exit::Exit;
use crate::text::{first_line, plain};

/// Some tasks, in the order in which they are shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Board {
    rows: Vec<Row>,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    id: TaskId,
    title: String,
    state: TaskState,
    needs: Vec<TaskId>,
    /// What the agent is at, or why there is nothing to see.
    doing: Doing,
    /// The tool calls under way, by id.
    tools: Vec<(String, String)>,
    /// What it asks, oldest first.
    questions: Vec<(ApprovalId, String)>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    usage: Usage,
}

#[derive(Debug, Clone, PartialEq)]
enum Doing {
    /// Nothing has been heard.
    Nothing,
    /// The agent thinks; what is known of the thought.
    Thinking(Piece),
    /// The agent writes or has written.
    Text(Piece),
    /// Anything else, for people.
    Note(String),
}

/// The text of one block of a message, as far as it has come.
#[derive(Debug, Clone, PartialEq, Default)]
struct Piece {
    block: (String, u32, u32),
    text: String,
}

impl Piece {
    /// More than any terminal has columns.
    const KEPT: usize = 4096;

    fn add(self, block: (&str, u32, u32), text: &str) -> Self {
        let same = (self.block.0.as_str(), self.block.1, self.block.2) == block;
        let mut whole = if same { self.text } else { String::new() };
        whole.push_str(text);
        if whole.len() > 2 * Self::KEPT {
            whole.drain(..whole.floor_char_boundary(whole.len() - Self::KEPT));
        }
        Self { block: (block.0.to_owned(), block.1, block.2), text: whole }
    }

    fn whole(text: &str) -> Self {
        Self::default().add(("", 0, 0), text)
    }
}

impl Board {
    /// The tasks as they are; `apply` takes it from there.
    pub(crate) fn new(tasks: &[TaskInfo]) -> Self {
        Self { rows: tasks.iter().map(Row::new).collect() }
    }

    /// Takes in what happened. Events of other tasks change nothing.
    pub(crate) fn apply(&mut self, event: &Event) {
        let row = self.rows.iter_mut().find(|row| Some(row.id) == event.refs.task_id);
        if let Some(row) = row {
            row.apply(event);
        }
    }

    /// The title of a task.
    pub(crate) fn title(&self, id: TaskId) -> Option<&str> {
        self.rows.iter().find(|row| row.id == id).map(|row| row.title.as_str())
    }

    /// Whether nothing moves any more: every task is over, or cannot go on without a person.
    pub(crate) fn is_at_rest(&self) -> bool {
        let rests = |state: TaskState| state.is_ended() || state == TaskState::InputRequired;
        self.rows.iter().all(|row| rests(row.state))
    }

    /// What the tasks come to.
    pub(crate) fn exit(&self) -> Exit {
        let any = |state| self.rows.iter().any(|row| row.state == state);
        if any(TaskState::Failed) || any(TaskState::Cancelled) {
            Exit::TaskFailed
        } else if any(TaskState::InputRequired) {
            Exit::Conflict
        } else {
            Exit::Ok
        }
    }
}

impl Row {
    fn new(task: &TaskInfo) -> Self {
        let doing = match (&task.outcome, &task.reason) {
            (Some(outcome), _) => Doing::Note(first_line(&outcome.summary())),
            (None, Some(reason)) => Doing::Note(plain(reason)),
            (None, None) => Doing::Nothing,
        };
        Self {
            id: task.id,
            title: plain(&task.title()),
            state: task.state,
            needs: task.spec.needs.clone(),
            doing,
            tools: Vec::new(),
            questions: Vec::new(),
            started_at: task.started_at,
            ended_at: task.ended_at,
            usage: task.usage,
        }
    }

    fn apply(&mut self, event: &Event) {
        match &event.data {
            EventData::TaskQueued(_) => self.rest(TaskState::Queued, Doing::Nothing),
            EventData::TaskWaiting(data) => {
                let why = data.reasons.first().map(|reason| match reason.fix.as_str() {
                    "" => reason.code.clone(),
                    fix => format!("{}: {fix}", reason.code),
                });
                self.doing = why.map_or(Doing::Nothing, |why| Doing::Note(plain(&why)));
            }
            EventData::TaskStarted(_) => {
                self.rest(TaskState::Running, Doing::Nothing);
                self.ended_at = None;
                self.started_at.get_or_insert(event.at);
            }
            EventData::TaskProgress(data) => self.note(plain(&data.message)),
            EventData::TaskInputRequired(data) => {
                self.rest(TaskState::InputRequired, Doing::Note(what_is_needed(data)));
            }
            EventData::TaskUpdated(data) if data.cancel_requested => {
                self.note("is asked to stop".to_owned());
            }
            EventData::TaskRetried(data) => {
                let why = format!("tries again: {}", plain(&data.reason));
                self.rest(TaskState::Pending, Doing::Note(why));
            }
            EventData::TaskEnded(data) => {
                let summary = data.outcome.as_ref().map(Outcome::summary).or(data.reason.clone());
                self.rest(data.state, Doing::Note(first_line(&summary.unwrap_or_default())));
                self.ended_at = Some(event.at);
                self.usage = data.usage;
            }
            EventData::AttemptLost(_) => {
                self.rest(TaskState::Queued, Doing::Note("its node is gone".to_owned()));
            }
            EventData::WorkspacePrepared(_) => self.note("starts its agent".to_owned()),
            EventData::WorkspaceCommitted(data) => {
                self.note(format!("committed {}", crate::text::counted(data.files.len(), "file")));
            }
            EventData::WorkspaceElsewhere(data) => {
                self.note(crate::progress::elsewhere(&data.work))
            }
            EventData::SessionFailed(_) => {
                self.rest(self.state, Doing::Note("its agent is gone".to_owned()));
            }
            EventData::TurnStarted(_) => self.doing = Doing::Thinking(Piece::default()),
            EventData::TurnEnded(_) => self.tools.clear(),
            EventData::ThoughtDelta(data) => {
                let before = match std::mem::replace(&mut self.doing, Doing::Nothing) {
                    Doing::Thinking(piece) => piece,
                    _ => Piece::default(),
                };
                let block = (data.message_id.as_str(), data.block, data.generation);
                self.doing = Doing::Thinking(before.add(block, &data.text));
            }
            EventData::MessageDelta(data) => {
                let before = match std::mem::replace(&mut self.doing, Doing::Nothing) {
                    Doing::Text(piece) => piece,
                    _ => Piece::default(),
                };
                let block = (data.message_id.as_str(), data.block, data.generation);
                self.doing = Doing::Text(before.add(block, &data.text));
            }
            EventData::Message(data) if data.role == "assistant" => {
                let text = ContentBlock::join_text(&data.blocks);
                if !plain(&text).is_empty() {
                    self.doing = Doing::Text(Piece::whole(&text));
                }
            }
            EventData::ToolStarted(data) => {
                let title = if data.title.is_empty() { &data.name } else { &data.title };
                self.tools.push((data.tool_call_id.clone(), plain(title)));
            }
            EventData::ToolEnded(data) => {
                self.tools.retain(|(id, _)| *id != data.tool_call_id);
                self.doing = Doing::Thinking(Piece::default());
            }
            EventData::ApprovalRequested(data) => {
                if let Some(id) = data.approval_id {
                    self.questions.push((id, plain(&data.title)));
                }
            }
            EventData::ApprovalResolved(data) => self.answered(data.approval_id),
            EventData::ApprovalWithdrawn(data) => self.answered(data.approval_id),
            EventData::ApprovalExpired(data) => self.answered(data.approval_id),
            EventData::UsageRecorded(data) => self.usage.add(&data.usage),
            EventData::AgentRetrying(data) => {
                self.note(format!("its model does not answer, repetition {}", data.attempt));
            }
            EventData::AgentRateLimited(data) if data.status == "rejected" => {
                self.note("is over its rate limit".to_owned());
            }
            _ => {}
        }
    }

    fn note(&mut self, text: String) {
        self.doing = Doing::Note(text);
    }

    /// Nothing of what went on before goes on.
    fn rest(&mut self, state: TaskState, doing: Doing) {
        self.state = state;
        self.doing = doing;
        self.tools.clear();
        self.questions.clear();
    }

    fn answered(&mut self, id: Option<ApprovalId>) {
        self.questions.retain(|(asked, _)| Some(*asked) != id);
    }
}

/// Why a task cannot go on, with the files of a conflict.
pub(crate) fn what_is_needed(data: &TaskInputRequired) -> String {
    let files = data.detail.as_ref();
    let files = files.and_then(|detail| detail.get("files").or_else(|| detail.get("directories")));
    let files: Vec<&str> = files
        .and_then(|files| files.as_array())
        .into_iter()
        .flatten()
        .filter_map(|f| f.as_str())
        .collect();
    let reason = plain(&data.reason);
    if files.is_empty() { reason } else { format!("{reason} in {}", plain(&files.join(", "))) }
}
