//! One commit under construction: what an agent reported, turned into a record and its events.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agent::{AgentEvent, AgentTurnEnd};
use crate::approval::Advice;
use crate::error::{ErrorInfo, Result};
use crate::id::{ApprovalId, TurnId};
use crate::ledger;
use crate::model::{
    Actor, AgentPointer, AgentRateLimited, ApprovalInfo, ApprovalState, ContentBlock, Envelope,
    EventData, EventRefs, LedgerEntry, NewEvent, Origin, Partial, SessionInfo, SessionState,
    TurnEnded, TurnStarted, UsageRecorded, Voiding,
};
use crate::node::{Core, Draft, Fence, Versioned};
use crate::runtime::RuntimeExt as _;
use crate::session::machine::{self, TurnResult};
use crate::session::record;
use crate::session::steer::Steers;
use crate::session::text;

/// A turn that the agent began by itself while a prompt of ours was on its way to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Aside {
    id: TurnId,
    end: Option<AgentTurnEnd>,
}

/// How the process ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Ended {
    pub(super) error: Option<ErrorInfo>,
    pub(super) exit: Option<String>,
}

/// One commit under construction. It is thrown away and made again when somebody was faster.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) core: &'a Core,
    /// The record as it will be.
    pub(super) session: SessionInfo,
    before: SessionInfo,
    pub(super) attempt: Option<u32>,
    pub(super) agent: Actor,
    /// Whether usage goes into this commit; otherwise it is entered already.
    counts_usage: bool,
    /// The approvals that wait, as they are now.
    pub(super) approvals: BTreeMap<ApprovalId, Versioned<ApprovalInfo>>,
    /// What the agent waits for, and its own names of it.
    pub(super) pending: BTreeMap<ApprovalId, String>,
    pub(super) aside: Option<Aside>,
    /// Prompts that were sent into a turn, by the ids that they went out with.
    pub(super) steers: Steers,
    events: Vec<Arc<NewEvent>>,
    /// The frame under way, until its first durable event takes it.
    raw: Option<Envelope>,
    /// Pieces of text, each with the number of durable events before it.
    pub(super) live: Vec<(usize, Partial)>,
    /// Which texts the durable events replace.
    pub(super) voidings: Vec<Voiding>,
    pub(super) asked: Vec<ApprovalInfo>,
    /// Approvals that change, with the versions that they were read at.
    pub(super) changed: Vec<(u64, ApprovalInfo)>,
    /// What is known about the questions that are asked in this commit.
    pub(super) advice: Advice,
    /// Whether the agent is to be told an answer after this commit.
    pub(super) delivers: bool,
    /// Whether the session can be resumed after this commit.
    pub(super) goes_on: bool,
    pub(super) ledger: Vec<LedgerEntry>,
    pub(super) begun: Option<(TurnId, Vec<ContentBlock>)>,
    pub(super) ended: Option<Ended>,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        core: &'a Core,
        session: &SessionInfo,
        attempt: Option<u32>,
        approvals: BTreeMap<ApprovalId, Versioned<ApprovalInfo>>,
        counts_usage: bool,
    ) -> Self {
        let name = |read: &Versioned<ApprovalInfo>| read.value.agent_request_id.clone();
        Self {
            core,
            session: session.clone(),
            before: session.clone(),
            attempt,
            agent: Actor::agent(&session.spec.agent),
            counts_usage,
            pending: approvals.iter().map(|(id, read)| (*id, name(read))).collect(),
            approvals,
            aside: None,
            steers: Steers::new(),
            events: Vec::new(),
            raw: None,
            live: Vec::new(),
            voidings: Vec::new(),
            asked: Vec::new(),
            changed: Vec::new(),
            advice: Advice::default(),
            delivers: false,
            goes_on: true,
            ledger: Vec::new(),
            begun: None,
            ended: None,
        }
    }

    /// Whether there is nothing to commit.
    pub(super) fn is_quiet(&self) -> bool {
        self.events.is_empty() && self.changed.is_empty() && self.session == self.before
    }

    pub(super) fn event_count(&self) -> usize {
        self.events.len()
    }

    /// The commit. The session's record comes first among the puts.
    pub(super) fn draft(&self, fence: &Fence, version: u64, release: bool) -> Result<Draft> {
        let mut draft = self.core.store.draft();
        draft.fence(fence);
        if self.session != self.before {
            draft.update(version, &self.session)?;
        }
        for (version, approval) in &self.changed {
            draft.update(*version, approval)?;
        }
        for approval in &self.asked {
            draft.insert(approval)?;
        }
        if self.counts_usage {
            for entry in &self.ledger {
                draft.insert(entry)?;
            }
        }
        draft.append(record::stream(&self.session), self.events.clone());
        if release {
            draft.release(fence);
        }
        Ok(draft)
    }

    /// Tells an event as of now.
    pub(super) fn tell(&mut self, by: &Actor, data: impl Into<EventData>) -> Result<()> {
        let data = data.into();
        let refs = record::event_refs(&self.session, self.attempt, &data);
        self.tell_of(by, &refs, &data)
    }

    pub(super) fn tell_all(&mut self, by: &Actor, data: Vec<EventData>) -> Result<()> {
        data.into_iter().try_for_each(|data| self.tell(by, data))
    }

    pub(super) fn tell_of(&mut self, by: &Actor, refs: &EventRefs, data: &EventData) -> Result<()> {
        if let Some(voiding) = Voiding::of(data) {
            // What is void in the same commit need not be shown first.
            self.live.retain(|(_, piece)| !voiding.covers(piece));
            self.voidings.push(voiding);
        }
        let raw = self.raw.take();
        self.events.push(Arc::new(NewEvent { raw, ..self.core.event(by, refs, data)? }));
        Ok(())
    }

    /// Takes in what the agent reported in a frame.
    pub(super) fn report(&mut self, events: &[AgentEvent], frame: Option<&Envelope>) -> Result<()> {
        self.raw = frame.cloned();
        for event in events {
            self.event(event)?;
        }
        self.raw = None;
        Ok(())
    }

    fn event(&mut self, event: &AgentEvent) -> Result<()> {
        let now = self.core.now();
        let agent = self.agent.clone();
        match event {
            AgentEvent::Fact(data) => self.fact(data),
            AgentEvent::Pointer { agent_session_id, last_message } => {
                let pointer = AgentPointer {
                    agent_session_id: agent_session_id.clone(),
                    last_message: last_message.clone(),
                    ..AgentPointer::default()
                };
                machine::point(&mut self.session, &pointer);
                Ok(())
            }
            AgentEvent::TurnStarted { origin: Origin::Agent { reason }, .. } => {
                let origin = Origin::Agent { reason: reason.clone() };
                let id = self.core.runtime().id::<TurnId>();
                if self.session.open_turn().is_some() {
                    self.aside = Some(Aside { id, end: None });
                    let refs = self.refs_of(id);
                    let started = TurnStarted { origin, prompt: Vec::new() };
                    return self.tell_of(&agent, &refs, &started.into());
                }
                let told = machine::begin_own(
                    &mut self.session,
                    id,
                    agent.clone(),
                    (origin, Vec::new()),
                    now,
                );
                self.tell_all(&agent, told)
            }
            AgentEvent::TurnStarted { prompt_id: Some(id), .. } if self.steers.contains_key(id) => {
                self.begin_steer(id)
            }
            AgentEvent::TurnStarted { .. } => {
                // Ours, which was opened before it was sent.
                self.aside = None;
                Ok(())
            }
            AgentEvent::PromptFolded { prompt_id } => self.fold(prompt_id),
            AgentEvent::PromptCancelled { prompt_id } => self.drop_steer(prompt_id, "interrupted"),
            AgentEvent::TurnEnded(end) => self.turn_ended(end),
            AgentEvent::Approval(asked) => self.approval(asked),
            AgentEvent::ApprovalWithdrawn { request_id } => {
                let asked = self.pending.iter().find(|(_, name)| *name == request_id);
                let Some(id) = asked.map(|(id, _)| *id) else {
                    return Ok(());
                };
                self.void(id, ApprovalState::Withdrawn, "agent")?;
                self.resume_running()
            }
            AgentEvent::Idle => self.idle(),
            AgentEvent::Ended { error, exit } => {
                self.ended = Some(Ended { error: error.clone(), exit: Some(exit.clone()) });
                Ok(())
            }
        }
    }

    fn fact(&mut self, data: &EventData) -> Result<()> {
        let agent = self.agent.clone();
        if data.is_ephemeral() {
            if let Some(piece) = Partial::of(data) {
                let piece = text::stamped(piece, self.core, &self.session);
                self.live.push((self.events.len(), piece));
            }
            return Ok(());
        }
        if let (EventData::AgentRateLimited(limited), Some(account)) =
            (data, self.session.account_name.clone())
        {
            let limited = AgentRateLimited { account: Some(account), ..limited.clone() };
            return self.tell(&agent, limited);
        }
        if let EventData::SessionUpdated(updated) = data {
            let (model, mode) = (updated.model.clone(), updated.mode.clone());
            self.session.model = model.or(self.session.model.take());
            self.session.mode = mode.or(self.session.mode.take());
        }
        let refs = record::event_refs(&self.session, self.attempt, data);
        self.tell_of(&agent, &refs, data)
    }

    fn turn_ended(&mut self, end: &AgentTurnEnd) -> Result<()> {
        let agent = self.agent.clone();
        if let Some(aside) = self.aside.as_mut().filter(|aside| aside.end.is_none()) {
            aside.end = Some(end.clone());
            let id = aside.id;
            let refs = self.refs_of(id);
            self.session.usage.add(&end.usage);
            self.tell_of(&agent, &refs, &ended_event(end).into())?;
            return self.count(Some(id), end);
        }
        self.aside = None;
        let turn_id = self.session.open_turn().map(|turn| turn.id);
        if turn_id.is_none() {
            self.session.usage.add(&end.usage);
        }
        let told = machine::end_turn(&mut self.session, result_of(end), self.core.now());
        self.tell_all(&agent, told)?;
        self.count(turn_id, end)
    }

    /// Enters what a turn used into the ledger.
    fn count(&mut self, turn_id: Option<TurnId>, end: &AgentTurnEnd) -> Result<()> {
        let entry = ledger::entry(self.core, &self.session, self.attempt, turn_id, end);
        if self.counts_usage {
            let refs = EventRefs { turn_id, ..record::refs(&self.session, self.attempt) };
            let agent = self.agent.clone();
            self.tell_of(&agent, &refs, &UsageRecorded::from(&entry).into())?;
        }
        self.ledger.push(entry);
        Ok(())
    }

    fn idle(&mut self) -> Result<()> {
        // It waits for nothing any more, whatever became of its questions.
        self.void_all(ApprovalState::Withdrawn, "interrupted")?;
        let agent = self.agent.clone();
        if let Some(end) = self.aside.take().and_then(|aside| aside.end) {
            // The agent took our prompt into the turn that it had begun by itself: both are over.
            // What they used is counted with that one.
            let usage = crate::model::Usage::default();
            let result = TurnResult { usage, cost_known: false, ..result_of(&end) };
            let told = machine::end_turn(&mut self.session, result, self.core.now());
            self.tell_all(&agent, told)?;
        }
        if self.session.open_turn().is_some() {
            // Said before our prompt reached it.
            return Ok(());
        }
        let told = machine::set_state(&mut self.session, SessionState::Idle);
        self.tell_all(&agent, told)
    }

    pub(super) fn refs_of(&self, turn_id: TurnId) -> EventRefs {
        EventRefs { turn_id: Some(turn_id), ..record::refs(&self.session, self.attempt) }
    }
}

fn result_of(end: &AgentTurnEnd) -> TurnResult {
    TurnResult {
        stop_reason: end.stop_reason.clone(),
        error: end.error.clone(),
        result: end.result.clone(),
        structured_output: end.structured_output.clone(),
        usage: end.usage,
        cost_known: end.cost_micro_usd.is_some(),
        duration_ms: end.duration_ms,
    }
}

fn ended_event(end: &AgentTurnEnd) -> TurnEnded {
    TurnEnded {
        stop_reason: end.stop_reason.clone(),
        is_error: end.error.is_some(),
        error: end.error.clone(),
        result: end.result.clone(),
        structured_output: end.structured_output.clone(),
        usage: end.usage,
        cost_micro_usd: end.cost_micro_usd,
        duration_ms: end.duration_ms,
    }
}
