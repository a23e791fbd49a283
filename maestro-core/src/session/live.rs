//! The sessions that have an actor on this node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::id::{SessionId, TurnId};
use crate::node::{Core, Pass};
use crate::runtime::Latch;

/// What an actor is told by its own node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The record has changed.
    Look,
    /// It works for this attempt of its task now.
    Attempt(u32),
    /// Stop the turn under way.
    Interrupt,
    /// End the process gracefully; the session can be resumed.
    Park,
    /// End the process at once; the session can be resumed.
    Kill,
    /// End the process like this, unless something needs it: others were used later.
    GiveUp,
}

/// A session that has an actor on this node.
#[derive(Debug, Clone)]
pub(crate) struct LiveSession {
    pub(crate) id: SessionId,
    signals: async_channel::Sender<Signal>,
    state: Arc<State>,
}

/// How far a session with an actor is.
#[derive(Debug, Default)]
struct State {
    /// Locked while somebody joins it or it leaves, so that one of both comes first.
    leaving: Mutex<bool>,
    turn: Mutex<Option<OpenTurn>>,
    /// The actor runs, or nothing came of it.
    opened: Latch,
    /// The actor has ended and has given its lease back.
    ended: Latch,
}

impl State {
    fn turn(&self) -> MutexGuard<'_, Option<OpenTurn>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveSession {
    pub(crate) fn signal(&self, signal: Signal) {
        if matches!(signal, Signal::Park | Signal::Kill) {
            // Whoever comes from here on wants the next actor.
            *self.leaving() = true;
        }
        self.send(signal);
    }

    /// The same, unless the actor takes nothing up any more. False then: whoever wants something
    /// wants the next one.
    pub(super) fn join(&self, signal: Signal) -> bool {
        let leaving = self.leaving();
        if !*leaving {
            self.send(signal);
        }
        !*leaving
    }

    fn leaving(&self) -> MutexGuard<'_, bool> {
        self.state.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, signal: Signal) {
        // A closed channel means that the actor is gone, which is what most signals ask for.
        let _ = self.signals.try_send(signal);
    }

    /// Ends when the actor has ended and has given its lease back.
    pub(crate) async fn ended(&self) {
        self.state.ended.wait().await;
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state.ended.is_set()
    }
}

/// A turn under way, and what is set before a commit ends it.
#[derive(Debug)]
struct OpenTurn {
    id: TurnId,
    over: Arc<Latch>,
}

/// All sessions that have an actor on this node, or are about to.
#[derive(Debug, Default)]
pub(crate) struct LiveSessions {
    entries: Mutex<HashMap<SessionId, LiveSession>>,
}

impl LiveSessions {
    pub(crate) fn is_live(&self, id: SessionId) -> bool {
        self.lock().contains_key(&id)
    }

    /// Whether one has an actor that runs.
    pub(super) fn is_open(&self, id: SessionId) -> bool {
        self.lock().get(&id).is_some_and(|live| live.state.opened.is_set())
    }

    /// Tells the actor of a session something. False when there is none that takes anything up.
    pub(super) fn tell(&self, id: SessionId, signal: Signal) -> bool {
        let open = self.lock().get(&id).filter(|live| live.state.opened.is_set()).cloned();
        open.is_some_and(|live| live.join(signal))
    }

    /// For a turn that is under way here: ends as soon as it may be over. It is not over before.
    pub(crate) fn turn_over(
        &self,
        id: SessionId,
        turn: TurnId,
    ) -> Option<impl Future<Output = ()>> {
        let entries = self.lock();
        let open = entries.get(&id)?.state.turn();
        let over = Arc::clone(&open.as_ref().filter(|open| open.id == turn)?.over);
        Some(async move { over.wait().await })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, LiveSession>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of the wish to run a session here.
#[derive(Debug)]
pub(crate) enum Entered {
    /// It runs here already.
    Live(LiveSession),
    /// The caller is the one to start it. A node claims from itself without complaint, so this
    /// keeps two actors for one session apart.
    Mine(Registration),
}

/// The right to run a session on this node, until it is dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    core: Arc<Core>,
    pub(crate) live: LiveSession,
    pub(crate) signals: async_channel::Receiver<Signal>,
    /// The node is not closed before it is dropped.
    _pass: Pass,
}

impl Registration {
    /// The actor runs: those who wanted it too can use it.
    pub(crate) fn opened(&self) {
        self.live.state.opened.set(());
    }

    /// Says which turn is under way. One that a commit is about to end is not said any more: whoever waits
    /// for it looks at the store from then on.
    pub(crate) fn turn(&self, id: Option<TurnId>) {
        let mut open = self.live.state.turn();
        if open.as_ref().map(|open| open.id) == id {
            return;
        }
        let before = open.take();
        *open = id.map(|id| OpenTurn { id, over: Arc::default() });
        drop(open);
        if let Some(before) = before {
            before.over.set(());
        }
    }

    /// The actor takes nothing up any more, and does not know what becomes of its turn.
    pub(crate) fn leave(&self) {
        *self.live.leaving() = true;
        self.turn(None);
    }

    /// The same, unless somebody has told it something that it has not heard yet.
    pub(crate) fn leave_unless_told(&self) -> bool {
        let mut leaving = self.live.leaving();
        *leaving = self.signals.is_empty();
        *leaving
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.core.sessions.lock().remove(&self.live.id);
        self.turn(None);
        // In this order: who waits for it to open finds out that it is over.
        self.live.state.ended.set(());
        self.live.state.opened.set(());
    }
}

/// Asks to run a session here, after whatever runs, starts or ends it now.
pub(crate) async fn enter(core: &Arc<Core>, id: SessionId) -> Result<Entered> {
    loop {
        let live = match register(core, id)? {
            Entered::Live(live) => live,
            mine @ Entered::Mine(_) => return Ok(mine),
        };
        live.state.opened.wait().await;
        let leaving = *live.leaving();
        if leaving {
            live.ended().await;
        } else if !live.is_over() {
            return Ok(Entered::Live(live));
        }
    }
}

fn register(core: &Arc<Core>, id: SessionId) -> Result<Entered> {
    let pass = core.conversing.enter();
    let pass = pass.ok_or_else(|| Error::new(ErrorKind::Closed, "this node is closing"))?;
    let mut entries = core.sessions.lock();
    if let Some(live) = entries.get(&id) {
        return Ok(Entered::Live(live.clone()));
    }
    let (signal_sender, signals) = async_channel::unbounded();
    let live = LiveSession { id, signals: signal_sender, state: Arc::default() };
    entries.insert(id, live.clone());
    Ok(Entered::Mine(Registration { core: Arc::clone(core), live, signals, _pass: pass }))
}
