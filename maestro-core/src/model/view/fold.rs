//! One event after the other.

use super::item::{ItemBody, MessageItem, NoticeItem, PromptItem, ThoughtItem, ViewItem};
use super::partial::{Partial, Voiding};
use super::parts::OpenTurn;
use super::{Partials, SessionView};
use crate::model::{
    Event, EventData, Message, SessionOpened, SessionState, SessionUpdated, Thought, TurnEnded,
    TurnStarted,
};

impl SessionView {
    /// Takes in an event of the session. False when it changed nothing: it was taken in before, or
    /// is a piece of text that is void.
    pub fn apply(&mut self, event: &Event) -> bool {
        if let Some(mut piece) = Partial::of(&event.data) {
            piece.turn_id = event.refs.turn_id;
            piece.at = Some(event.at);
            return self.write(piece);
        }
        if !self.advance(event) {
            return false;
        }
        if let Some(voiding) = Voiding::of(&event.data) {
            self.partials.retain(|partial| !voiding.covers(partial));
            self.settled.note(voiding);
        }
        self.fold(event);
        self.drop_oldest();
        true
    }

    /// Takes in a piece of text.
    fn write(&mut self, piece: Partial) -> bool {
        if self.settled.covers(&piece) {
            return false;
        }
        let mut partials = Partials(std::mem::take(&mut self.partials));
        let before = partials.clone();
        partials.take(piece);
        let changed = partials != before;
        self.partials = partials.0;
        changed
    }

    /// Moves the position. False for an event that was taken in before.
    fn advance(&mut self, event: &Event) -> bool {
        if let Some(seq) = event.seq {
            let last = self.seqs.entry(event.stream.clone()).or_default();
            if seq <= *last {
                return false;
            }
            self.complete &= seq == last.saturating_add(1);
            *last = seq;
        }
        self.revision = self.revision.saturating_add(1);
        if event.cursor.is_some() {
            self.cursor.clone_from(&event.cursor);
        }
        self.last_at = self.last_at.max(Some(event.at));
        let refs = &event.refs;
        self.session_id = self.session_id.or(refs.session_id);
        self.project_id = self.project_id.or(refs.project_id);
        self.task_id = self.task_id.or(refs.task_id);
        true
    }

    fn fold(&mut self, event: &Event) {
        match &event.data {
            EventData::SessionOpened(opened) => self.opened(opened),
            EventData::SessionUpdated(updated) => self.updated(updated),
            EventData::SessionRunning(_) => self.state = SessionState::Running,
            EventData::SessionRequiresAction(_) => self.state = SessionState::RequiresAction,
            EventData::SessionIdle(_) => self.state = SessionState::Idle,
            EventData::SessionClosed(_) => {
                self.state = SessionState::Closed;
                self.process_gone(event.at);
                self.approvals.clear();
                self.queue.clear();
                self.notice(event);
            }
            EventData::SessionFailed(_) | EventData::SessionResumed(_) => {
                self.process_gone(event.at);
                self.notice(event);
            }
            EventData::ContextUpdated(context) => self.context = Some(context.clone()),
            EventData::ContextCompacted(compacted) => {
                if let (Some(context), Some(after)) = (&mut self.context, compacted.after) {
                    context.used = after;
                }
                self.notice(event);
            }
            EventData::TurnStarted(started) => self.turn_started(event, started),
            EventData::TurnEnded(ended) => self.turn_ended(event, ended),
            EventData::Message(message) => self.said(event, message),
            EventData::Thought(thought) => self.thought(event, thought),
            EventData::ToolStarted(started) => self.tool_started(event, started),
            EventData::ToolUpdated(updated) => self.tool_updated(event, updated),
            EventData::ToolEnded(ended) => self.tool_ended(event, ended),
            EventData::FileChanged(changed) => self.file_changed(changed),
            EventData::PromptQueued(queued) => self.prompt_queued(event, queued),
            EventData::PromptCancelled(_) => self.unqueue(event.refs.turn_id),
            EventData::PromptFolded(folded) => {
                self.unqueue(event.refs.turn_id);
                let prompt = PromptItem {
                    blocks: folded.prompt.clone(),
                    by: Some(event.actor.clone()),
                    folded_into: folded.into_turn_id,
                    ..PromptItem::default()
                };
                self.push(event, None, ItemBody::Prompt(prompt));
            }
            EventData::PlanUpdated(updated) => self.plan_updated(updated),
            EventData::SubagentStarted(started) => self.subagent_started(event, started),
            EventData::SubagentProgress(progress) => self.subagent_progress(progress),
            EventData::SubagentEnded(ended) => self.subagent_ended(event, ended),
            EventData::ApprovalRequested(_)
            | EventData::ApprovalResolved(_)
            | EventData::ApprovalWithdrawn(_)
            | EventData::ApprovalExpired(_) => self.approval(event),
            EventData::UsageRecorded(recorded) => self.count(recorded),
            EventData::AgentRetrying(retrying) => {
                self.retrying = Some(retrying.clone());
                self.notice(event);
            }
            EventData::AgentRateLimited(limited) => {
                self.rate_limit = Some(limited.clone());
                self.notice(event);
            }
            EventData::Gap(_) => {
                self.complete = false;
                self.notice(event);
            }
            EventData::AgentWarning(_)
            | EventData::AgentStderr(_)
            | EventData::AgentOutput(_)
            | EventData::LimitReached(_)
            | EventData::SessionForked(_) => self.notice(event),
            // Facts about tasks, projects, workspaces and nodes, raw frames, what is newer than
            // this version: nothing that a conversation shows.
            _ => {}
        }
    }

    fn opened(&mut self, opened: &SessionOpened) {
        self.agent.clone_from(&opened.agent);
        self.cwd.clone_from(&opened.cwd);
        let SessionOpened { agent_session_id, agent_version, model, mode, .. } = opened.clone();
        self.updated(&SessionUpdated {
            mode,
            model,
            agent_session_id,
            agent_version,
            ..SessionUpdated::default()
        });
    }

    fn updated(&mut self, updated: &SessionUpdated) {
        let SessionUpdated {
            title,
            mode,
            model,
            agent_session_id,
            agent_version,
            commands,
            mcp_servers,
        } = updated.clone();
        self.title = title.or(self.title.take());
        self.mode = mode.or(self.mode.take());
        self.model = model.or(self.model.take());
        self.agent_session_id = agent_session_id.or(self.agent_session_id.take());
        self.agent_version = agent_version.or(self.agent_version.take());
        if !commands.is_empty() {
            self.commands = commands;
        }
        if !mcp_servers.is_empty() {
            self.mcp_servers = mcp_servers;
        }
    }

    fn turn_started(&mut self, event: &Event, started: &TurnStarted) {
        let id = event.refs.turn_id;
        self.unqueue(id);
        self.turns = self.turns.saturating_add(1);
        let origin = started.origin.clone();
        self.turn = Some(OpenTurn { id, origin: origin.clone(), started_at: event.at });
        let (blocks, by) = (started.prompt.clone(), Some(event.actor.clone()));
        let prompt = PromptItem { origin, blocks, by, folded_into: None };
        self.push(event, None, ItemBody::Prompt(prompt));
    }

    fn turn_ended(&mut self, event: &Event, ended: &TurnEnded) {
        let id = event.refs.turn_id;
        // A turn that the agent began by itself may end beside the one under way.
        if self.turn.as_ref().is_some_and(|turn| id.is_none() || turn.id == id) {
            self.turn = None;
        }
        self.retrying = None;
        self.push(event, None, ItemBody::TurnEnded(Box::new(ended.clone())));
    }

    fn said(&mut self, event: &Event, message: &Message) {
        self.retrying = None;
        let revision = self.revision;
        let last = self.items.iter_mut().rev().find(|item| item.agent_id == message.agent_id);
        if let Some(item) = last
            && let ItemBody::Message(said) = &mut item.body
            && said.message_id == message.message_id
            && said.role == message.role
        {
            said.blocks.extend_from_slice(&message.blocks);
            item.revision = revision;
            return;
        }
        let Message { message_id, role, blocks, agent_id, .. } = message.clone();
        let said = MessageItem { message_id, role, blocks };
        self.push(event, agent_id, ItemBody::Message(said));
    }

    fn thought(&mut self, event: &Event, thought: &Thought) {
        self.retrying = None;
        let Thought { message_id, text, redacted, agent_id, .. } = thought.clone();
        let thought = ThoughtItem { message_id, text, redacted };
        self.push(event, agent_id, ItemBody::Thought(thought));
    }

    fn notice(&mut self, event: &Event) {
        let is_retry = |data: &EventData| matches!(data, EventData::AgentRetrying(_));
        if is_retry(&event.data)
            && let Some(ViewItem { body: ItemBody::Notice(last), revision, .. }) =
                self.items.last_mut()
            && is_retry(&last.event)
        {
            last.event.clone_from(&event.data);
            *revision = self.revision;
            return;
        }
        let notice = NoticeItem { event: event.data.clone() };
        self.push(event, None, ItemBody::Notice(Box::new(notice)));
    }

    pub(super) fn push(&mut self, event: &Event, agent_id: Option<String>, body: ItemBody) {
        let number = self.items_before.saturating_add(self.items.len() as u64);
        self.items.push(ViewItem {
            id: number.saturating_add(1),
            revision: self.revision,
            at: event.at,
            turn_id: event.refs.turn_id,
            agent_id,
            body,
        });
    }

    pub(super) fn drop_oldest(&mut self) {
        let Some(keep) = self.keep else { return };
        let cut = self.items.len().saturating_sub(keep);
        self.items.drain(..cut);
        self.items_before = self.items_before.saturating_add(cut as u64);
    }
}
