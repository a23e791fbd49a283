//! The part of a commit that is about questions, and about the end of the process that asks them.

use std::time::Duration;

use crate::agent::AgentApproval;
use crate::approval::{self, Advised};
use crate::error::{ErrorInfo, Result};
use crate::id::ApprovalId;
use crate::model::{
    ApprovalInfo, ApprovalRequested, ApprovalState, PromptCancelled, SessionFailed, SessionState,
};
use crate::runtime::RuntimeExt as _;
use crate::session::machine;
use crate::session::work::{Ended, Work};

impl Work<'_> {
    pub(super) fn approval(&mut self, asked: &AgentApproval) -> Result<()> {
        let AgentApproval { request_id, kind, tool, tool_call_id, title, input, .. } = asked;
        let AgentApproval { questions, options, suggestions, blocked_path, agent_id, .. } = asked;
        // Whoever answers the earlier one could otherwise be heard as the answer to this one.
        let earlier = self.pending.iter().find(|(_, name)| *name == request_id).map(|(id, _)| *id);
        if let Some(earlier) = earlier {
            self.void(earlier, ApprovalState::Withdrawn, "agent")?;
        }
        let id = self.advice.next_id().unwrap_or_else(|| self.core.runtime().id());
        let now = self.core.now();
        let timeout = self.session.spec.approval_timeout_ms;
        let tenant = self.session.tenant_id.clone();
        let (title, input) = (title.clone(), input.clone());
        let root = self.session.cwd.path.to_str();
        let asked = ApprovalInfo {
            remembered_rules: approval::rules_kept(
                *kind,
                tool.as_deref(),
                &input,
                suggestions,
                root,
            ),
            project_id: self.session.project_id,
            session_id: Some(self.session.id),
            turn_id: self.session.open_turn().map(|turn| turn.id),
            task_id: self.session.task_id,
            tool: tool.clone(),
            tool_call_id: tool_call_id.clone(),
            agent_request_id: request_id.clone(),
            questions: questions.clone(),
            options: options.clone(),
            suggestions: suggestions.clone(),
            blocked_path: blocked_path.clone(),
            agent_id: agent_id.clone(),
            expires_at: timeout.map(|ms| now + Duration::from_millis(ms)),
            ..ApprovalInfo::pending(id, tenant, *kind, title, input, now)
        };
        self.pending.insert(asked.id, request_id.clone());
        self.ask(asked)
    }

    /// Asks a question, unless something answers it at once.
    fn ask(&mut self, mut asked: ApprovalInfo) -> Result<()> {
        let now = self.core.now();
        let answer = match self.advice.on(&asked, now) {
            Advised::Nothing => None,
            Advised::AskPerson { rule } => {
                asked.rule = Some(rule);
                None
            }
            Advised::Rules { by, decision, rule } => {
                asked.rule = Some(rule);
                Some((by, decision))
            }
            Advised::Granted { by, decision, from, version, spent } => {
                asked.granted_by = Some(from);
                self.changed.push((version, *spent));
                Some((by, decision))
            }
        };
        if answer.is_some() {
            // Nobody is waited for, so there is no time to wait.
            asked.expires_at = None;
        }
        let requested = ApprovalRequested {
            approval_id: Some(asked.id),
            kind: asked.kind,
            tool: asked.tool.clone(),
            tool_call_id: asked.tool_call_id.clone(),
            title: asked.title.clone(),
            input: asked.input.clone(),
            questions: asked.questions.clone(),
            options: asked.options.clone(),
            suggestions: asked.suggestions.clone(),
            remembered_rules: asked.remembered_rules.clone(),
            blocked_path: asked.blocked_path.clone(),
            agent_id: asked.agent_id.clone(),
            assignee: asked.assignee.clone(),
            rule: asked.rule.clone(),
            answered: answer.is_some(),
            expires_at: asked.expires_at,
        };
        let agent = self.agent.clone();
        self.tell(&agent, requested)?;
        let Some((by, decision)) = answer else {
            self.asked.push(asked);
            let told = machine::set_state(&mut self.session, SessionState::RequiresAction);
            return self.tell_all(&agent, told);
        };
        let rule = asked.rule.clone();
        let step = approval::machine::resolve(&asked, &by, &decision, rule.as_deref(), now);
        // The agent is told right after this commit, or is gone and asks again.
        let answered = approval::machine::deliver(&step.approval, now).unwrap_or(step.approval);
        self.asked.push(answered);
        self.tell_all(&by, step.events)
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

    /// Makes an approval void, if nobody has answered it. An answer that is on its way to a process
    /// that is gone becomes a grant.
    pub(super) fn void(
        &mut self,
        id: ApprovalId,
        state: ApprovalState,
        reason: &str,
    ) -> Result<()> {
        self.pending.remove(&id);
        let agent = self.agent.clone();
        if let Some(index) = self.asked.iter().position(|asked| asked.id == id) {
            // Asked and taken back within one commit.
            let step = approval::machine::withdraw(&self.asked[index], state, reason);
            let Some(step) = step else { return Ok(()) };
            self.asked[index] = step.approval;
            return self.tell_all(&agent, step.events);
        }
        let Some(read) = self.approvals.remove(&id) else {
            return Ok(());
        };
        let goes_on = self.goes_on && state == ApprovalState::OwnerLost;
        let (now, lasts) = (self.core.now(), self.core.parts.grants_last);
        let undeliverable = || approval::machine::undeliverable(&read.value, goes_on, now, lasts);
        let step = approval::machine::withdraw(&read.value, state, reason).or_else(undeliverable);
        let Some(step) = step else { return Ok(()) };
        self.changed.push((read.version, step.approval));
        self.tell_all(&agent, step.events)
    }

    /// Notes that the agent is about to be told an answer, unless it was.
    pub(super) fn deliver(&mut self, id: ApprovalId) {
        let Some(read) = self.approvals.get(&id) else {
            return;
        };
        if let Some(approval) = approval::machine::deliver(&read.value, self.core.now()) {
            self.changed.push((read.version, approval));
            self.delivers = true;
        }
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
        self.drop_steers()?;
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
        self.goes_on = false;
        self.void_lost()?;
        self.drop_steers()?;
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
