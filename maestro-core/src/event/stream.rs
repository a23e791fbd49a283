//! A subscription: reads the store when there is news, and lets deltas through in their place.

use std::collections::VecDeque;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};

use crate::error::Result;
use crate::event::shown::Shown;
use crate::id::{SessionId, TaskId};
use crate::model::{
    Event, EventFilter, EventQuery, EventRefs, Position, SessionInfo, SessionState, StoredEvent,
    TaskInfo, type_matches,
};
use crate::node::{Core, Scope};
use crate::runtime::RuntimeExt as _;
use crate::storage::Watch;

/// What ends a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The end of a task.
    Task(TaskId),
    /// The end of a session.
    Session(SessionId),
}

/// A feed of events, to be used as a [`Stream`].
///
/// Durable events come exactly once, those of one stream in the order of `seq`. Keep the `cursor`
/// of the last one to go on after it, also in another process.
///
/// Text deltas come in the order of the text, each piece once and without a hole: what is written
/// already when the feed starts or comes to its end comes as one piece from offset 0. A slow
/// reader gets fewer and longer pieces. Once a text has begun to come in pieces, they come to its
/// end, before the whole `message`; a text that is whole already comes in no pieces at all. Texts of
/// sessions on other nodes grow up to four times a second.
///
/// # Cancel safety
/// Dropping a pending `next` loses nothing.
pub struct EventStream(BoxStream<'static, Result<Item>>);

/// One event of a feed.
#[derive(Debug)]
pub(crate) enum Item {
    /// A durable one, as the store keeps it.
    Kept(Box<StoredEvent>),
    /// A piece of a text, which no store keeps.
    Piece(Box<Event>),
}

impl Item {
    fn event_type(&self) -> &str {
        match self {
            Self::Kept(stored) => &stored.event.event_type,
            Self::Piece(event) => event.event_type(),
        }
    }

    fn refs(&self) -> &EventRefs {
        match self {
            Self::Kept(stored) => &stored.event.refs,
            Self::Piece(event) => &event.refs,
        }
    }

    fn decode(self) -> Result<Event> {
        match self {
            Self::Kept(stored) => Event::from_stored(*stored),
            Self::Piece(event) => Ok(*event),
        }
    }
}

impl EventStream {
    pub(crate) fn open(
        scope: &Scope,
        filter: EventFilter,
        after: Position,
        ends_with: Option<Subject>,
    ) -> Self {
        let filter = EventFilter { tenant_id: Some(scope.tenant.clone()), ..filter };
        let deltas = ["message.delta", "thought.delta"];
        let wake = deltas.iter().any(|delta| shows_type(&filter, delta));
        let reader = Reader {
            watch: scope.core.store.storage.watch(),
            wake: wake.then(|| scope.core.live.watch(filter.session_ids.clone())),
            core: Arc::clone(&scope.core),
            query: EventQuery { filter, after, limit: Reader::PAGE },
            ready: VecDeque::new(),
            shown: Shown::default(),
            seen: 0,
            at_tail: false,
            read_up_to: 0,
            last_read: Duration::ZERO,
            ends_with,
            unseen: ends_with,
            over: false,
            ended: false,
        };
        Self(futures::stream::unfold(reader, Reader::step).boxed())
    }

    /// The next event, or none at the end of the subject or when the node is closed. An error is
    /// the last item, `NotFound` among them when there is no such subject.
    pub async fn next(&mut self) -> Option<Result<Event>> {
        futures::StreamExt::next(self).await
    }

    /// The same events, as they are kept.
    #[cfg(feature = "ffi")]
    pub(crate) fn items(self) -> BoxStream<'static, Result<Item>> {
        self.0
    }
}

impl Stream for EventStream {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = ready!(self.0.poll_next_unpin(cx)).map(|item| item?.decode());
        if let Some(Err(_)) = event {
            self.0 = futures::stream::empty().boxed();
        }
        Poll::Ready(event)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").finish_non_exhaustive()
    }
}

struct Reader {
    core: Arc<Core>,
    query: EventQuery,
    watch: Watch,
    /// Wakes it when a text grows; none when the filter shows no deltas.
    wake: Option<async_channel::Receiver<()>>,
    ready: VecDeque<Item>,
    shown: Shown,
    /// The version of the boards that was looked at last.
    seen: u64,
    /// Whether the store has nothing more, as far as is known.
    at_tail: bool,
    /// The version up to which all that comes before the pieces was read.
    read_up_to: u64,
    last_read: Duration,
    ends_with: Option<Subject>,
    /// The subject, until it is known to be there.
    unseen: Option<Subject>,
    /// The subject is over as far as was read. A task may go on: it is retried, or replied to.
    over: bool,
    ended: bool,
}

impl Reader {
    /// How many events are read at once.
    const PAGE: u32 = 256;
    /// How long a reader waits for a hint before it looks by itself: hints may be lost.
    const LOOK_EVERY: Duration = Duration::from_secs(1);

    async fn step(mut self) -> Option<(Result<Item>, Self)> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                self.note_end(&item);
                return Some((Ok(item), self));
            }
            if self.ended {
                return None;
            }
            if !self.at_tail || self.is_told() || self.is_due() {
                if let Err(error) = self.read().await {
                    self.ended = true;
                    return Some((Err(error.during("events.next")), self));
                }
                if !self.ready.is_empty() {
                    continue;
                }
                if let Err(error) = self.look_for_subject().await {
                    self.ended = true;
                    return Some((Err(error), self));
                }
            }
            if !self.at_tail {
                continue;
            }
            if self.over {
                // Nothing came after the end.
                return None;
            }
            // Only now: what is on a board has no whole text in the store yet, so it comes after all
            // that was read before this look.
            self.look();
            if !self.ready.is_empty() || !self.at_tail {
                continue;
            }
            if self.core.stopping.is_closed() {
                return None;
            }
            self.wait().await;
        }
    }

    /// Whether it was long ago that the store was read.
    fn is_due(&self) -> bool {
        let now = self.core.runtime().monotonic();
        now.saturating_sub(self.last_read) >= Self::LOOK_EVERY
    }

    /// Whether there is a hint. One look serves every hint that is there.
    fn is_told(&mut self) -> bool {
        let mut told = false;
        while self.watch.try_next().is_some() {
            told = true;
        }
        told
    }

    /// Reads what the store has.
    async fn read(&mut self) -> Result<()> {
        let version = self.core.live.version();
        self.last_read = self.core.runtime().monotonic();
        let page = self.core.store.storage.read_events(&self.query).await?;
        self.query.after = Position::After(page.next);
        self.at_tail = !page.more;
        if self.at_tail {
            self.read_up_to = version;
        }
        for stored in page.events {
            for piece in self.shown.event(&stored)? {
                if shows_type(&self.query.filter, piece.event_type()) {
                    self.ready.push_back(Item::Piece(Box::new(piece)));
                }
            }
            self.ready.push_back(Item::Kept(Box::new(stored)));
        }
        Ok(())
    }

    /// Without a single event it may be that the subject was never there, or was over before the feed
    /// began, and waiting is in vain.
    async fn look_for_subject(&mut self) -> Result<()> {
        let (store, filter) = (&self.core.store, &self.query.filter);
        if let (Some(subject), Some(tenant)) = (self.unseen, &filter.tenant_id) {
            let over = match subject {
                Subject::Task(id) => {
                    let task = store.require::<TaskInfo>(tenant, id).await;
                    task.map(|task| task.value.state.is_ended())
                }
                Subject::Session(id) => {
                    let session = store.require::<SessionInfo>(tenant, id).await;
                    session.map(|session| session.value.state == SessionState::Closed)
                }
            };
            self.over = over.map_err(|error| error.during("events.next"))?;
            self.unseen = None;
            // It may have ended since the store was read; then its end is read now.
            self.at_tail &= !self.over;
        }
        Ok(())
    }

    /// Takes the pieces of texts that were not shown yet, and finds out whether to read first.
    fn look(&mut self) {
        if self.wake.is_none() {
            return;
        }
        let core = Arc::clone(&self.core);
        let mut waits = u64::MAX;
        let version = core.live.look(self.seen, |stream, board| {
            if !shows(&self.query.filter, &board.event) {
                return;
            }
            let is_read = board.version <= self.read_up_to;
            let in_place = match self.shown.reached(stream, board.after) {
                Some(reached) => reached || (is_read && !self.query.filter.types.is_empty()),
                // What comes before it is not of this feed.
                None => is_read,
            };
            if !in_place {
                waits = waits.min(board.version);
                self.at_tail &= is_read;
                return;
            }
            for piece in self.shown.pieces(stream, board) {
                if shows_type(&self.query.filter, piece.event_type()) {
                    self.ready.push_back(Item::Piece(Box::new(piece)));
                }
            }
        });
        // What waits is looked at again.
        self.seen = version.min(waits.saturating_sub(1));
    }

    /// Waits for a reason to read or to look.
    async fn wait(&mut self) {
        let since = self.core.runtime().monotonic().saturating_sub(self.last_read);
        let wait = Self::LOOK_EVERY.saturating_sub(since);
        let grown = async {
            match &self.wake {
                Some(wake) => wake.recv().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        let (watch, grown, stopped) =
            (pin!(self.watch.next()), pin!(grown), pin!(self.core.stopped()));
        let woken = self.core.runtime().timeout(wait, select(watch, select(grown, stopped))).await;
        // Everything but the growth of a text is a reason to read.
        let grown = matches!(woken, Some(Either::Right((Either::Left(_), _))));
        self.at_tail &= grown;
    }

    fn note_end(&mut self, item: &Item) {
        let refs = item.refs();
        match (self.ends_with, item.event_type()) {
            (Some(Subject::Task(id)), "task.ended") if refs.task_id == Some(id) => {
                self.over = true;
            }
            (Some(Subject::Task(id)), "task.retried") if refs.task_id == Some(id) => {
                self.over = false;
            }
            (Some(Subject::Session(id)), "session.closed") => {
                self.ended |= refs.session_id == Some(id);
            }
            _ => {}
        }
    }
}

/// Whether a filter shows the texts of the session that an event is of.
fn shows(filter: &EventFilter, event: &Event) -> bool {
    let refs = &event.refs;
    let among = |any: bool, found: bool| any || found;
    filter.tenant_id.as_ref().is_none_or(|tenant| *tenant == event.tenant_id)
        && among(
            filter.project_ids.is_empty(),
            refs.project_id.is_some_and(|id| filter.project_ids.contains(&id)),
        )
        && among(
            filter.session_ids.is_empty(),
            refs.session_id.is_some_and(|id| filter.session_ids.contains(&id)),
        )
        && among(
            filter.task_ids.is_empty(),
            refs.task_id.is_some_and(|id| filter.task_ids.contains(&id)),
        )
}

fn shows_type(filter: &EventFilter, event_type: &str) -> bool {
    let mut types = filter.types.iter();
    filter.types.is_empty() || types.any(|pattern| type_matches(pattern, event_type))
}
