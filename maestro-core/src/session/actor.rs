//! The actor of a session: one loop that joins the agent, commands and the store.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _, select_biased};

use crate::account;
use crate::agent::{AgentEvent, AgentPrompt, AgentReport, AgentSession};
use crate::approval::{self, Inquiry};
use crate::command::{Delivery, Owner};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ApprovalId, TurnId};
use crate::model::{ApprovalInfo, Envelope, SessionInfo, SessionState, StopReason};
use crate::node::{Core, HeldLease, Versioned};
use crate::runtime::RuntimeExt as _;
use crate::session::deliver::Called;
use crate::session::live::{Registration, Signal};
use crate::session::machine::{self, TurnResult};
use crate::session::mirror::Mirror;
use crate::session::steer::Steers;
use crate::session::warm::Rest;
use crate::session::work::{Aside, Ended};
use crate::session::writer::Then;

/// One session that this node owns, as long as its process lives.
#[derive(Debug)]
pub(super) struct SessionActor {
    pub(super) core: Arc<Core>,
    pub(super) agent: Arc<dyn AgentSession>,
    pub(super) lease: HeldLease,
    /// The record as this node last read or wrote it.
    pub(super) session: Versioned<SessionInfo>,
    pub(super) attempt: Option<u32>,
    /// What the agent waits for, and its own names of it.
    pub(super) pending: BTreeMap<ApprovalId, String>,
    /// What the agent asks in the commit under way.
    pub(super) inquiries: Vec<Inquiry>,
    pub(super) aside: Option<Aside>,
    pub(super) steers: Steers,
    /// The last event of the session that this actor knows of; deltas come after it.
    pub(super) last_seq: u64,
    /// What other nodes see of the text under way.
    pub(super) mirror: Mirror,
    /// Whether the process is needed.
    pub(super) rest: Rest,
    pub(super) inbox: async_channel::Receiver<Box<Delivery>>,
    pub(super) registration: Registration,
    /// Keeps commands coming.
    pub(super) _owner: Owner,
    /// Calls to the agent under way. They run beside the loop, since an answer may only come after
    /// other reports were read.
    pub(super) calls: FuturesUnordered<BoxFuture<'static, Called>>,
}

/// Why an actor ends.
#[derive(Debug)]
pub(super) enum End {
    /// The process ended.
    Ended(Ended),
    /// This node wants to be rid of it; the session stays resumable.
    Park,
    /// The same at once.
    Kill,
    /// Somebody closes the session for good.
    Close(Delivery),
    /// Another node may own the session by now.
    LeaseLost,
    /// What happens cannot be recorded any more.
    Broken(Error),
}

/// What the loop wakes up for.
enum News {
    LeaseLost,
    /// The node wants to be rid of what runs.
    Parked,
    Signal(Signal),
    Called(Called),
    Delivery(Delivery),
    Report(Option<AgentReport>),
    /// What other nodes see of the text under way is old.
    Mirror,
    /// A process that was kept a moment longer may not be needed any more.
    Rested,
}

impl SessionActor {
    /// How many reports that are ready go into one commit.
    const BATCH: usize = 512;
    /// No more go into it when they hold so many bytes.
    const BATCH_BYTES: usize = 1024 * 1024;

    /// Runs until the session has no process any more.
    pub(super) async fn run(mut self: Box<Self>) {
        let end = match self.drive().await {
            Ok(end) => end,
            Err(error) if error.kind() == ErrorKind::LeaseLost => End::LeaseLost,
            Err(error) => End::Broken(error),
        };
        let core = Arc::clone(&self.core);
        // Boxed, as every commit is: what an actor holds while it waits is small.
        Box::pin(self.leave(end)).await;
        // What was asked of it meanwhile is for the next one.
        core.ask_for_mail();
    }

    async fn drive(&mut self) -> Result<End> {
        loop {
            self.advance().await?;
            self.rest();
            match self.news().await {
                News::LeaseLost => return Ok(End::LeaseLost),
                News::Parked | News::Signal(Signal::Park) => return Ok(End::Park),
                News::Signal(Signal::Kill) => return Ok(End::Kill),
                News::Signal(Signal::Look) => {
                    self.rest.used();
                    self.refresh().await?;
                }
                News::Signal(Signal::GiveUp) => {
                    if let Some(end) = self.give_up().await? {
                        return Ok(end);
                    }
                }
                News::Rested => self.rest.look_again(),
                News::Signal(Signal::Attempt(attempt)) => self.attempt = Some(attempt),
                News::Signal(Signal::Interrupt) if !self.is_busy() => {}
                News::Signal(Signal::Interrupt) => {
                    let agent = Arc::clone(&self.agent);
                    self.calls.push(
                        async move {
                            if let Err(error) = agent.interrupt().await {
                                tracing::warn!(%error, "the agent was not interrupted");
                            }
                            Called::Nothing
                        }
                        .boxed(),
                    );
                }
                News::Called(called) => self.settle(called).await?,
                News::Delivery(delivery) => {
                    if let Some(end) = Box::pin(self.take(delivery)).await? {
                        return Ok(end);
                    }
                }
                News::Report(Some(report)) => {
                    if let Some(ended) = self.absorb(report).await? {
                        return Ok(End::Ended(ended));
                    }
                }
                News::Mirror => Box::pin(self.mirror()).await?,
                News::Report(None) => {
                    let error = Error::new(ErrorKind::Protocol, "the agent ended without a word");
                    return Ok(End::Ended(Ended { error: Some(error.info()), exit: None }));
                }
            }
        }
    }

    /// Whether the agent has anything to do, as far as we know.
    pub(super) fn is_busy(&self) -> bool {
        let session = &self.session.value;
        session.state != SessionState::Idle || session.open_turn().is_some()
    }

    async fn news(&mut self) -> News {
        let mut lost = pin!(self.lease.lost().fuse());
        let mut parked = pin!(self.core.parked().fuse());
        let mut signal = pin!(self.registration.signals.recv().fuse());
        let mut delivery = pin!(self.inbox.recv().fuse());
        let mut due = pin!(Mirror::is_due(self.mirror.due(), self.core.runtime()).fuse());
        let mut rested = pin!(Mirror::is_due(self.rest.due(), self.core.runtime()).fuse());
        let mut report = pin!(self.agent.next().fuse());
        select_biased! {
            () = lost => News::LeaseLost,
            () = parked => News::Parked,
            signal = signal => signal.map_or(News::Parked, News::Signal),
            called = self.calls.select_next_some() => News::Called(called),
            delivery = delivery => delivery.map_or(News::Parked, |delivery| News::Delivery(*delivery)),
            () = due => News::Mirror,
            () = rested => News::Rested,
            report = report => News::Report(report),
        }
    }

    /// Commits a report together with those that are ready behind it. Gives the end, if it is one.
    pub(super) async fn absorb(&mut self, report: AgentReport) -> Result<Option<Ended>> {
        let size = |report: &AgentReport| report.raw.as_ref().map_or(0, String::len);
        let mut bytes = size(&report);
        let mut reports = vec![report];
        while reports.len() < Self::BATCH && bytes < Self::BATCH_BYTES {
            match self.agent.next().now_or_never() {
                Some(Some(report)) => {
                    bytes += size(&report);
                    reports.push(report);
                }
                // The end is seen again at the next look.
                Some(None) | None => break,
            }
        }
        if self.show(&reports) {
            return Ok(None);
        }
        self.rest.note(&reports);
        self.inquiries = self.inquiries_of(&reports);
        let frames: Vec<_> =
            reports.iter_mut().map(|report| report.raw.take().map(Envelope::text)).collect();
        let written = self
            .write(Then::Stay, |work| {
                let mut framed = reports.iter().zip(&frames);
                framed.try_for_each(|(report, frame)| work.report(&report.events, frame.as_ref()))
            })
            .await;
        self.inquiries.clear();
        let written = written?;
        account::note(&self.core, &self.session.value, account::Seen::of(&reports));
        for approval in written.asked {
            self.follow_up(approval)?;
        }
        Ok(written.ended)
    }

    /// Does what is to be done about a question that is durable now: tells the agent what rules or a
    /// grant have answered, or asks the permission handler.
    fn follow_up(&mut self, approval: ApprovalInfo) -> Result<()> {
        let Some(request_id) = self.pending.get(&approval.id).cloned() else {
            return Ok(());
        };
        let Some(decision) = &approval.decision else {
            // A rule that asks wants a person.
            if approval.rule.is_none() {
                approval::consult(&self.core, approval);
            }
            return Ok(());
        };
        self.lease.verify()?;
        let decision = approval::for_agent(decision);
        let (agent, approval_id) = (Arc::clone(&self.agent), approval.id);
        let answer = async move {
            let result = agent.answer(&request_id, &decision).await;
            Called::Answered { delivery: None, approval_id, result }
        };
        self.calls.push(answer.boxed());
        Ok(())
    }

    /// Begins the next turn when the agent has nothing to do: first in the store, then at the agent.
    async fn advance(&mut self) -> Result<()> {
        let session = &self.session.value;
        if session.state != SessionState::Idle
            || session.open_turn().is_some()
            || session.queue.is_empty()
        {
            return Ok(());
        }
        let message = self.core.runtime().uuid();
        let written = self
            .write(Then::Stay, |work| {
                let by = work.session.queue.first().map(|next| next.by.clone());
                let now = work.core.now();
                let begun = machine::begin_next(&mut work.session, message, now);
                let (Some(by), Some((turn_id, prompt, told))) = (by, begun) else {
                    return Ok(());
                };
                work.begun = Some((turn_id, prompt));
                work.tell_all(&by, told)
            })
            .await?;
        let Some((turn_id, blocks)) = written.begun else {
            return Ok(());
        };
        self.core.confirm(&self.lease).await?;
        let agent = Arc::clone(&self.agent);
        let sent = async move {
            let prompt = AgentPrompt { id: message, blocks };
            Called::Prompted { turn_id, result: agent.prompt(&prompt).await }
        };
        self.calls.push(sent.boxed());
        Ok(())
    }

    /// Ends a turn whose prompt the agent did not take.
    pub(super) async fn refused(&mut self, turn_id: TurnId, error: &Error) -> Result<()> {
        if error.kind() == ErrorKind::Closed {
            // The process is gone; its end is reported and tells what becomes of the turn.
            return Ok(());
        }
        self.write(Then::Stay, |work| {
            if work.session.open_turn().is_none_or(|turn| turn.id != turn_id) {
                return Ok(());
            }
            let by = work.core.actor();
            let now = work.core.now();
            let result = TurnResult {
                stop_reason: StopReason::Other("prompt_failed".to_owned()),
                error: Some(error.info()),
                ..TurnResult::default()
            };
            let told = machine::end_turn(&mut work.session, result, now);
            work.tell_all(&by, told)?;
            let told = machine::set_state(&mut work.session, SessionState::Idle);
            work.tell_all(&by, told)
        })
        .await
        .map(|_| ())
    }

    /// The questions in some reports, each with an id of ours.
    fn inquiries_of(&self, reports: &[AgentReport]) -> Vec<Inquiry> {
        let events = reports.iter().flat_map(|report| &report.events);
        events
            .filter_map(|event| match event {
                AgentEvent::Approval(asked) => Some(Inquiry {
                    id: self.core.runtime().id(),
                    kind: asked.kind,
                    tool: asked.tool.clone(),
                    input: asked.input.clone(),
                }),
                _ => None,
            })
            .collect()
    }
}
