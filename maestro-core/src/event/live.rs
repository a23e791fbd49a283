//! What the sessions of this process are writing at the moment.
//!
//! Text deltas are not handed from one to the other: they are put together on one *board* per
//! session, and each subscriber is told what it does not have yet. So a subscriber that joins late
//! or reads slowly takes the same path as all others, and nothing has to be buffered for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::SessionId;
use crate::model::{Event, EventData, Partial, Partials, StreamKey, Voiding};

/// What one session is writing.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    pub(crate) partials: Partials,
    /// The last durable event of the session before the last piece.
    pub(crate) after: u64,
    /// What the pieces have in common. Its `data` is of no piece that is still there.
    pub(crate) event: Event,
    /// Whether another node writes it, and this is its copy.
    pub(crate) copied: bool,
    /// Grows with every piece of any session.
    pub(crate) version: u64,
}

impl Board {
    /// The event that carries a piece of a partial.
    pub(crate) fn event_of(&self, partial: &Partial, data: EventData) -> Event {
        let mut event = Event { data, ..self.event.clone() };
        event.refs.turn_id = partial.turn_id;
        event.at = partial.at.unwrap_or(event.at);
        event
    }
}

/// The boards of all sessions that write, and who watches them.
#[derive(Debug, Default)]
pub(crate) struct Live {
    state: Mutex<State>,
    /// Told when somebody begins to watch.
    interest: Interest,
}

#[derive(Debug)]
struct Interest(async_channel::Sender<()>, async_channel::Receiver<()>);

impl Default for Interest {
    fn default() -> Self {
        let (sender, receiver) = async_channel::bounded(1);
        Self(sender, receiver)
    }
}

#[derive(Debug, Default)]
struct State {
    boards: HashMap<StreamKey, Board>,
    version: u64,
    watchers: Vec<Watcher>,
}

#[derive(Debug)]
struct Watcher {
    /// The sessions that it wants to hear of; any, when there are none.
    sessions: Vec<SessionId>,
    wake: async_channel::Sender<()>,
}

impl Watcher {
    /// False when it is gone.
    fn tell(&self, session: Option<SessionId>) -> bool {
        let wants =
            self.sessions.is_empty() || session.is_some_and(|id| self.sessions.contains(&id));
        // Full means that it is about to look anyway.
        if wants {
            let _ = self.wake.try_send(());
        }
        !self.wake.is_closed()
    }
}

impl State {
    /// Tells the watchers of a session that there is something to see.
    fn wake(&mut self, session: Option<SessionId>) {
        self.watchers.retain(|watcher| watcher.tell(session));
    }

    fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }
}

impl Live {
    /// Watches what these sessions write; all sessions, when there are none. What is there already
    /// counts as news.
    pub(crate) fn watch(&self, sessions: Vec<SessionId>) -> async_channel::Receiver<()> {
        let (wake, receiver) = async_channel::bounded(1);
        // The first look needs no reason.
        let _ = wake.try_send(());
        self.lock().watchers.push(Watcher { sessions, wake });
        let _ = self.interest.0.try_send(());
        receiver
    }

    /// Whether anybody watches.
    pub(crate) fn is_watched(&self) -> bool {
        self.watchers() > 0
    }

    /// How many watch.
    pub(crate) fn watchers(&self) -> usize {
        let mut state = self.lock();
        state.watchers.retain(|watcher| !watcher.wake.is_closed());
        state.watchers.len()
    }

    /// How many sessions write.
    pub(crate) fn boards(&self) -> usize {
        self.lock().boards.len()
    }

    /// Ends when somebody has begun to watch.
    pub(crate) async fn interest(&self) {
        // The sender is here, so the channel is open.
        let _ = self.interest.1.recv().await;
    }

    /// Takes in pieces of text, which come after a durable event of their stream. `event` says what
    /// they have in common.
    pub(crate) fn publish(&self, event: &Event, pieces: Vec<Partial>, after: (StreamKey, u64)) {
        if pieces.is_empty() {
            return;
        }
        let mut state = self.lock();
        let version = state.next_version();
        let (stream, after) = after;
        let board = state.boards.entry(stream).or_insert_with(|| Board {
            partials: Partials::default(),
            after,
            event: event.clone(),
            copied: false,
            version,
        });
        if board.copied {
            // Of another node that had the session before.
            board.partials = Partials::default();
            board.event = event.clone();
            board.copied = false;
        }
        for piece in pieces {
            board.partials.take(piece);
        }
        board.after = after;
        board.event.at = event.at;
        board.event.refs.clone_from(&event.refs);
        board.version = version;
        state.wake(event.refs.session_id);
    }

    /// Drops text that is about to be replaced by durable events. It is called before these are
    /// committed: what is on a board has no whole text in the store yet.
    pub(crate) fn settle(&self, stream: &StreamKey, voidings: &[Voiding]) {
        if voidings.is_empty() {
            return;
        }
        let mut state = self.lock();
        if let Some(board) = state.boards.get_mut(stream) {
            for voiding in voidings {
                board.partials.drop_void(voiding);
            }
            if board.partials.0.is_empty() {
                state.boards.remove(stream);
            }
        }
    }

    /// Takes over what other nodes write; copies that are not among it are dropped.
    pub(crate) fn copy(&self, boards: Vec<(StreamKey, Board)>) {
        let mut state = self.lock();
        let here = |stream: &StreamKey| boards.iter().any(|(copied, _)| copied == stream);
        state.boards.retain(|stream, board| !board.copied || here(stream));
        for (stream, board) in boards {
            let known = state.boards.get(&stream);
            let is_news = known.is_none_or(|known| {
                known.copied && (known.partials != board.partials || known.after != board.after)
            });
            if is_news {
                let version = state.next_version();
                let session = board.event.refs.session_id;
                state.boards.insert(stream, Board { version, copied: true, ..board });
                state.wake(session);
            }
        }
    }

    /// Whether a session is writing.
    pub(crate) fn writes(&self, stream: &StreamKey) -> bool {
        self.lock().boards.contains_key(stream)
    }

    /// What a session is writing.
    pub(crate) fn board(&self, stream: &StreamKey) -> Option<Board> {
        self.lock().boards.get(stream).cloned()
    }

    /// Shows the boards that have news since a version, and gives the version to look from next.
    pub(crate) fn look(&self, since: u64, mut see: impl FnMut(&StreamKey, &Board)) -> u64 {
        let state = self.lock();
        let mut news: Vec<_> =
            state.boards.iter().filter(|(_, board)| board.version > since).collect();
        news.sort_by_key(|(_, board)| board.version);
        for (stream, board) in news {
            see(stream, board);
        }
        state.version
    }

    /// The version of the newest piece.
    pub(crate) fn version(&self) -> u64 {
        self.lock().version
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
