//! The part of a commit that is about questions, and about the end of the process that asks them.

use std::time::Duration;

use crate::agent::AgentEvent;
use crate::error::{ErrorInfo, Result};
use crate::id::ApprovalId;
use crate::model::{
    ApprovalInfo, ApprovalRequested, ApprovalState, ApprovalWithdrawn, Extra, PromptCancelled,
    SessionFailed, SessionState,
};
use crate::runtime::RuntimeExt as _;
use crate::session::machine;
use crate::session::work::{Ended, Work};

impl Work<'_> {
    pub(super) fn approval(&mut self, event: &AgentEvent) -> Result<()> {
        let AgentEvent::Approval {
            request_id,
            kind,
            tool,
            tool_call_id,
            title,
            input,
            options,
            suggestions,
            blocked_path,
            agent_id,
        } = event
        else {
            return Ok(());
        };
        let now = self.core.now();
        let timeout = self.session.spec.approval_timeout_ms;
        let asked = ApprovalInfo {
            id: self.core.runtime().id(),
            tenant_id: self.session.tenant_id.clone(),
            project_id: self.session.project_id,
            session_id: self.session.id,
            turn_id: self.session.open_turn().map(|turn| turn.id),
            task_id: self.session.task_id,
            state: ApprovalState::Pending,
            kind: *kind,
            tool: tool.clone(),
            tool_call_id: tool_call_id.clone(),
            title: title.clone(),
            input: input.clone(),
            agent_request_id: request_id.clone(),
            suggestions: suggestions.clone(),
            decision: None,
            decided_by: None,
            created_at: now,
            expires_at: timeout.map(|ms| now + Duration::from_millis(ms)),
            extra: Extra::new(),
        };
        let requested = ApprovalRequested {
            approval_id: Some(asked.id),
            kind: *kind,
            tool: tool.clone(),
            tool_call_id: tool_call_id.clone(),
            title: title.clone(),
            input: input.clone(),
            options: options.clone(),
            suggestions: suggestions.clone(),
            blocked_path: blocked_path.clone(),
            agent_id: agent_id.clone(),
            expires_at: asked.expires_at,
            ..ApprovalRequested::default()
        };
        let agent = self.agent.clone();
        self.pending.insert(asked.id, request_id.clone());
        self.asked.push(asked);
        self.tell(&agent, requested)?;
        let told = machine::set_state(&mut self.session, SessionState::RequiresAction);
        self.tell_all(&agent, told)
    }

    /// The agent works again when it waits for no answer any more.
    pub(super) fn resume_running(&mut self) -> Result<()> {
        if !self.pending.is_empty() || self.session.state != SessionState::RequiresAction {
            return Ok(());
        }
        let agent = self.agent.clone();
        let told = machine::set_state(&mut self.session, SessionState::Running);
        self.tell_all(&agent, told)
    }

    /// Makes an approval void, if nobody has answered it.
    pub(super) fn void(
        &mut self,
        id: ApprovalId,
        state: ApprovalState,
        reason: &str,
    ) -> Result<()> {
        self.pending.remove(&id);
        if let Some(index) = self.asked.iter().position(|asked| asked.id == id) {
            // Asked and taken back within one commit.
            self.asked[index].state = state;
        } else {
            let Some(read) = self.approvals.remove(&id) else {
                return Ok(());
            };
            if read.value.state != ApprovalState::Pending {
                return Ok(());
            }
            self.voided.push((read.version, ApprovalInfo { state, ..read.value }));
        }
        let agent = self.agent.clone();
        self.tell(&agent, ApprovalWithdrawn { approval_id: Some(id), reason: reason.to_owned() })
    }

    pub(super) fn void_all(&mut self, state: ApprovalState, reason: &str) -> Result<()> {
        let ids: Vec<ApprovalId> = self.pending.keys().copied().collect();
        ids.into_iter().try_for_each(|id| self.void(id, state, reason))
    }

    /// The process that asked is gone: nobody waits for the answers.
    pub(super) fn void_lost(&mut self) -> Result<()> {
        self.void_all(ApprovalState::OwnerLost, "owner_lost")
    }

    /// The process is gone. A turn that is kept stays open, since the next process takes it up.
    pub(super) fn depart(
        &mut self,
        why: &ErrorInfo,
        failed: Option<&Ended>,
        keep_turn: bool,
    ) -> Result<()> {
        let by = self.core.actor();
        self.void_lost()?;
        if let Some(ended) = failed {
            let error = Some(ended.error.clone().unwrap_or_else(|| why.clone()));
            self.tell(&by, SessionFailed { error, exit: ended.exit.clone() })?;
        }
        let told = machine::detach(&mut self.session, keep_turn, why, self.core.now());
        self.tell_all(&by, told)
    }

    /// The session is over for good.
    pub(super) fn close(&mut self, why: &ErrorInfo) -> Result<()> {
        let by = self.core.actor();
        self.void_lost()?;
        let now = self.core.now();
        let told = machine::detach(&mut self.session, false, why, now);
        self.tell_all(&by, told)?;
        for queued in std::mem::take(&mut self.session.queue) {
            let cancelled = PromptCancelled { reason: "session_closed".to_owned() };
            let refs = self.refs_of(queued.turn_id);
            self.tell_of(&by, &refs, &cancelled.into())?;
        }
        let told = machine::close(&mut self.session, "requested", now);
        self.tell_all(&by, told)
    }
}
