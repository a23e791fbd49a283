//! The fold of tool calls and of the questions about them.

use super::SessionView;
use super::item::{ItemBody, ToolApproval, ToolItem};
use super::parts::{FileView, PendingApproval};
use crate::id::ApprovalId;
use crate::model::{
    ApprovalResolved, ApprovalState, Decision, Event, EventData, FileChanged, Timestamp, ToolEnded,
    ToolStarted, ToolStatus, ToolUpdated,
};

impl SessionView {
    pub(super) fn tool_started(&mut self, event: &Event, started: &ToolStarted) {
        self.retrying = None;
        let id = &started.tool_call_id;
        let asked =
            self.approvals.iter().find(|asked| asked.request.tool_call_id.as_ref() == Some(id));
        let approval = asked.map(|asked| pending(asked.request.approval_id));
        let started = started.clone();
        let fill = |tool: &mut ToolItem| {
            tool.parent_tool_call_id = started.parent_tool_call_id;
            tool.name = started.name;
            tool.kind = started.kind;
            tool.title = started.title;
            tool.locations = started.locations;
            tool.input = started.input;
            tool.background |= started.background;
            tool.approval = tool.approval.take().or(approval);
        };
        if let Some(tool) = self.open_tool(id) {
            fill(tool);
            return;
        }
        let mut tool = ToolItem { tool_call_id: id.clone(), ..ToolItem::default() };
        fill(&mut tool);
        self.push(event, started.agent_id, ItemBody::Tool(Box::new(tool)));
    }

    pub(super) fn tool_updated(&mut self, event: &Event, updated: &ToolUpdated) {
        let Some(tool) = self.tool_or_new(event, &updated.tool_call_id) else { return };
        if let Some(status) = updated.status
            && !tool.is_over()
        {
            tool.status = status;
        }
        if updated.effective_input.is_some() {
            tool.effective_input.clone_from(&updated.effective_input);
        }
        if !updated.content.is_empty() {
            tool.content.clone_from(&updated.content);
        }
        tool.background = updated.background.unwrap_or(tool.background);
    }

    pub(super) fn tool_ended(&mut self, event: &Event, ended: &ToolEnded) {
        self.retrying = None;
        let Some(tool) = self.tool_or_new(event, &ended.tool_call_id) else { return };
        let ended = ended.clone();
        tool.status = ended.status;
        if !ended.content.is_empty() {
            tool.content = ended.content;
        }
        tool.result = ended.result.or(tool.result.take());
        tool.truncated = ended.truncated;
        tool.full = ended.full.or(tool.full.take());
        tool.background |= ended.background;
        tool.ended_at = Some(event.at);
    }

    /// A call by its id, to be changed.
    fn open_tool(&mut self, tool_call_id: &str) -> Option<&mut ToolItem> {
        let revision = self.revision;
        self.items.iter_mut().rev().find_map(|item| match &mut item.body {
            ItemBody::Tool(tool) if tool.tool_call_id == tool_call_id => {
                item.revision = revision;
                Some(&mut **tool)
            }
            _ => None,
        })
    }

    /// A call by its id; one whose beginning is not known gets an item of its own, unless it may be
    /// among the items that are not kept.
    fn tool_or_new(&mut self, event: &Event, tool_call_id: &str) -> Option<&mut ToolItem> {
        if self.tool(tool_call_id).is_none() {
            if self.items_before > 0 {
                return None;
            }
            let tool = ToolItem { tool_call_id: tool_call_id.to_owned(), ..ToolItem::default() };
            self.push(event, None, ItemBody::Tool(Box::new(tool)));
        }
        self.open_tool(tool_call_id)
    }

    pub(super) fn file_changed(&mut self, changed: &FileChanged) {
        let index = self.files.iter().position(|file| file.path == changed.path);
        let index = index.unwrap_or_else(|| {
            self.files.push(FileView { path: changed.path.clone(), ..FileView::default() });
            self.files.len() - 1
        });
        let file = &mut self.files[index];
        file.changes = file.changes.saturating_add(1);
        if changed.added.is_none() || changed.removed.is_none() {
            file.uncounted = file.uncounted.saturating_add(1);
        }
        let add = |sum: &mut Option<u64>, lines: Option<u32>| {
            if let Some(lines) = lines {
                *sum = Some(sum.unwrap_or_default().saturating_add(u64::from(lines)));
            }
        };
        add(&mut file.added, changed.added);
        add(&mut file.removed, changed.removed);
    }

    /// Nothing more comes of what the last process had begun.
    pub(super) fn process_gone(&mut self, at: Timestamp) {
        self.retrying = None;
        let revision = self.revision;
        for item in &mut self.items {
            if let ItemBody::Tool(tool) = &mut item.body
                && !tool.is_over()
            {
                tool.status = ToolStatus::Interrupted;
                tool.ended_at = Some(at);
                item.revision = revision;
            }
        }
        for agent in self.subagents.iter_mut().filter(|agent| agent.ended.is_none()) {
            agent.ended = Some("interrupted".to_owned());
            agent.ended_at = Some(at);
        }
    }

    pub(super) fn approval(&mut self, event: &Event) {
        match &event.data {
            EventData::ApprovalRequested(request) => {
                if let Some(id) = request.approval_id {
                    self.approvals.retain(|asked| asked.request.approval_id != Some(id));
                }
                let request = request.clone();
                if let Some(call) = request.tool_call_id.as_deref()
                    && let Some(tool) = self.open_tool(call)
                {
                    tool.approval = Some(pending(request.approval_id));
                }
                let (requested_at, turn_id) = (event.at, event.refs.turn_id);
                self.approvals.push(PendingApproval { request, requested_at, turn_id });
            }
            EventData::ApprovalResolved(resolved) => {
                let state = match resolved.decision {
                    Decision::Allow { .. } | Decision::Answer { .. } => ApprovalState::Allowed,
                    Decision::Deny { .. } | Decision::Unknown(_) => ApprovalState::Denied,
                };
                self.answered(resolved.approval_id, state, Some(resolved));
            }
            EventData::ApprovalWithdrawn(withdrawn) => {
                let state = match withdrawn.reason.as_str() {
                    "owner_lost" => ApprovalState::OwnerLost,
                    _ => ApprovalState::Withdrawn,
                };
                self.answered(withdrawn.approval_id, state, None);
            }
            EventData::ApprovalExpired(expired) => {
                self.answered(expired.approval_id, ApprovalState::Expired, None);
            }
            _ => {}
        }
    }

    /// A question does not wait any more.
    fn answered(
        &mut self,
        id: Option<ApprovalId>,
        state: ApprovalState,
        resolved: Option<&ApprovalResolved>,
    ) {
        let Some(id) = id else { return };
        self.approvals.retain(|asked| asked.request.approval_id != Some(id));
        let revision = self.revision;
        let asked = self.items.iter_mut().rev().find_map(|item| match &mut item.body {
            ItemBody::Tool(tool) => {
                let asks = |asked: &ToolApproval| asked.approval_id == Some(id);
                tool.approval.as_ref().is_some_and(asks).then_some((&mut item.revision, tool))
            }
            _ => None,
        });
        let Some((item_revision, tool)) = asked else { return };
        *item_revision = revision;
        let mut approval = ToolApproval { state, ..pending(Some(id)) };
        if let Some(resolved) = resolved {
            approval.by = Some(resolved.by.clone());
            approval.rule.clone_from(&resolved.rule);
            approval.reason.clone_from(&resolved.reason);
            if let Some(input) = resolved.input.as_ref().filter(|input| **input != tool.input) {
                tool.effective_input = Some(input.clone());
            }
        }
        tool.approval = Some(approval);
    }
}

fn pending(approval_id: Option<ApprovalId>) -> ToolApproval {
    ToolApproval { approval_id, ..ToolApproval::default() }
}
