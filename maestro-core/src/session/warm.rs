//! Which idle sessions keep their process: those that were used last, up to a limit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;

use crate::agent::{AgentEvent, AgentReport, Evidence};
use crate::error::{ErrorKind, Result};
use crate::model::{CommandInfo, CommandState, EventData};
use crate::node::Stored as _;
use crate::session::actor::{End, SessionActor};
use crate::session::live::{LiveSession, Signal};
use crate::session::resume::evidence;
use crate::session::wait::while_held;
use crate::storage::{ListQuery, RecordKind};

/// How long a session that could not give its process up keeps it before it is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// How often an agent that has not saved the conversation is asked again before its process is kept
/// until the next use. They write in batches, a moment after they say that they are idle.
const LOOKS: u32 = 3;

/// The sessions of a node that have a process and could do without it.
#[derive(Debug)]
pub(crate) struct WarmSessions {
    most: usize,
    kept: Arc<Mutex<Kept>>,
}

/// In the order of their last use.
#[derive(Debug, Default)]
struct Kept {
    uses: u64,
    by_use: BTreeMap<u64, LiveSession>,
}

/// A session among those that are kept warm, until this is dropped.
#[derive(Debug)]
pub(super) struct Warm {
    kept: Arc<Mutex<Kept>>,
    used: u64,
}

impl WarmSessions {
    /// Keeps `most` of them.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, kept: Arc::default() }
    }

    /// How many rest.
    pub(crate) fn count(&self) -> usize {
        lock(&self.kept).by_use.len()
    }

    /// A session rests, since its use `used` or from now on. If too many do, the one that was used
    /// longest ago is asked to give its process up.
    fn keep(&self, session: &LiveSession, used: Option<u64>) -> Warm {
        let (used, chosen) = {
            let mut kept = lock(&self.kept);
            kept.uses += 1;
            let used = used.unwrap_or(kept.uses);
            kept.by_use.insert(used, session.clone());
            let too_many = kept.by_use.len() > self.most;
            (used, too_many.then(|| kept.by_use.pop_first()).flatten())
        };
        if let Some((_, chosen)) = chosen {
            chosen.signal(Signal::GiveUp);
        }
        Warm { kept: Arc::clone(&self.kept), used }
    }
}

impl Warm {
    /// Whether it was not chosen to give its process up.
    fn stays(&self) -> bool {
        lock(&self.kept).by_use.contains_key(&self.used)
    }
}

impl Drop for Warm {
    fn drop(&mut self) {
        lock(&self.kept).by_use.remove(&self.used);
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an actor knows about whether its process is needed.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Its place among those that are kept warm, while it rests.
    warm: Option<Warm>,
    /// Which use it has rested since.
    used: Option<u64>,
    /// The process is kept until then, whatever else.
    until: Option<Duration>,
    /// How often the agent had not saved the conversation since the last use.
    unsaved: u32,
    /// Whether the process began with a conversation that the agent remembered.
    remembers: bool,
    background: Background,
}

impl Rest {
    /// Of a process that began with a conversation which the agent remembers, or not.
    pub(super) fn of(remembers: bool) -> Self {
        Self { remembers, ..Self::default() }
    }

    /// When the actor is to look again whether it rests.
    pub(super) fn due(&self) -> Option<Duration> {
        self.until
    }

    /// It is time to look again.
    pub(super) fn look_again(&mut self) {
        self.until = None;
    }

    /// Somebody asks for the session, so that others were used before it.
    pub(super) fn used(&mut self) {
        self.warm = None;
        self.used = None;
        self.until = None;
    }

    /// Takes in what the agent works on beside its turns.
    pub(super) fn note(&mut self, reports: &[AgentReport]) {
        for event in reports.iter().flat_map(|report| &report.events) {
            if let AgentEvent::Fact(fact) = event {
                self.background.note(fact);
            }
        }
    }
}

/// What an agent works on while its session is idle. It would end with the process.
#[derive(Debug, Default)]
struct Background {
    agents: BTreeSet<String>,
    /// Calls whose end is told as that of an agent.
    announced: BTreeSet<String>,
    /// Calls that go on and of whose end no word comes.
    calls: BTreeSet<String>,
}

impl Background {
    fn note(&mut self, fact: &EventData) {
        match fact {
            EventData::SubagentStarted(started) => {
                self.agents.insert(started.agent_id.clone());
                if let Some(call) = &started.tool_call_id {
                    self.calls.remove(call);
                    self.announced.insert(call.clone());
                }
            }
            EventData::SubagentEnded(ended) => {
                self.agents.remove(&ended.agent_id);
            }
            EventData::ToolEnded(ended) => {
                let announced = self.announced.remove(&ended.tool_call_id);
                if ended.background && !announced {
                    self.calls.insert(ended.tool_call_id.clone());
                }
            }
            _ => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.agents.is_empty() && self.calls.is_empty()
    }
}

impl SessionActor {
    /// Says whether the process is needed, before the actor waits.
    pub(super) fn rest(&mut self) {
        if self.is_needed() {
            self.rest.used();
            if self.is_busy() {
                self.rest.unsaved = 0;
            }
        } else if self.rest.until.is_some() || self.rest.unsaved == LOOKS {
            self.rest.warm = None;
        } else if self.rest.warm.is_none() {
            let warm = self.core.warm.keep(&self.registration.live, self.rest.used);
            self.rest.used = Some(warm.used);
            self.rest.warm = Some(warm);
        }
    }

    /// Whether the process has to stay, as far as is known here.
    fn is_needed(&self) -> bool {
        let session = &self.session.value;
        let asked = !session.queue.is_empty() || !self.calls.is_empty() || !self.inbox.is_empty();
        let works = self.is_busy() || self.aside.is_some() || !self.rest.background.is_empty();
        let waits = !self.pending.is_empty() || !self.steers.is_empty();
        // An attempt ends its process itself.
        let owned = self.attempt.is_some();
        // It counts anew in each process.
        let limited = session.spec.budget_micro_usd.is_some();
        asked || works || waits || owned || limited || !self.agent.can_resume()
    }

    /// The end of the actor, when the process can go. From then on, whoever asks for something gets
    /// the next process.
    ///
    /// # Errors
    /// `LeaseLost`, and when a report cannot be recorded.
    pub(super) async fn give_up(&mut self) -> Result<Option<End>> {
        // It may have been used since it was chosen.
        if self.rest.warm.as_ref().is_none_or(Warm::stays) {
            return Ok(None);
        }
        self.rest.until = Some(self.core.runtime().monotonic() + ASK_AGAIN);
        let can_go = match self.can_go().await {
            Err(error) if error.kind() != ErrorKind::LeaseLost => {
                tracing::warn!(%error, "it is not known whether a process is needed; it is kept");
                false
            }
            known => known?,
        };
        // It may have begun to work by itself.
        if let Some(report) = self.agent.next().now_or_never().flatten() {
            return Ok(self.absorb(report).await?.map(End::Ended));
        }
        let goes = can_go && !self.is_needed() && self.registration.leave_unless_told();
        Ok(goes.then_some(End::Park))
    }

    /// Whether nothing is lost with the process, and nobody waits for it, as the store knows it.
    async fn can_go(&mut self) -> Result<bool> {
        self.refresh().await?;
        Ok(!self.is_needed() && self.is_saved().await? && !self.is_asked().await?)
    }

    /// Whether the agent has written down what the next process has to remember.
    async fn is_saved(&mut self) -> Result<bool> {
        let session = &self.session.value;
        if !self.rest.remembers && !session.is_remembered() {
            return Ok(true);
        }
        let agent = self.core.agent(&session.spec.agent)?;
        let looking = evidence(&**agent, &session.cwd, &session.pointer).map(Ok);
        if while_held(&self.lease, looking).await? != Evidence::Missing {
            return Ok(true);
        }
        self.rest.unsaved += 1;
        if self.rest.unsaved == LOOKS {
            let id = session.id;
            tracing::warn!(session = %id, "the agent has not saved the conversation; its process is kept");
        }
        Ok(false)
    }

    /// Whether somebody has asked for something that has not reached the actor.
    async fn is_asked(&mut self) -> Result<bool> {
        let session = &self.session.value;
        let mut query = ListQuery::new(Some(session.tenant_id.clone()), CommandInfo::KIND);
        query.parent = Some(format!("{}/{}", RecordKind::SESSION.as_str(), session.id));
        query.states = vec![CommandState::Pending.as_str().to_owned()];
        query.limit = 1;
        let listing = self.core.store.storage.list(&query);
        let page = while_held(&self.lease, listing).await?;
        Ok(!page.records.is_empty())
    }
}
