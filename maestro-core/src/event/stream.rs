//! A subscription: reads the store when there is news, and lets deltas through in their place.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _};

use crate::error::Result;
use crate::event::live::Ephemeral;
use crate::id::{SessionId, TaskId};
use crate::model::{
    Event, EventData, EventFilter, EventQuery, Position, SessionInfo, StreamKey, TaskInfo,
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
/// of the last one to go on after it, also in another process. A slow reader loses nothing but
/// text deltas, which the `message` replaces.
///
/// # Cancel safety
/// Dropping a pending `next` loses nothing.
pub struct EventStream(BoxStream<'static, Result<Event>>);

impl EventStream {
    pub(crate) fn open(
        scope: &Scope,
        filter: EventFilter,
        after: Position,
        ends_with: Option<Subject>,
    ) -> Self {
        let filter = EventFilter { tenant_id: Some(scope.tenant.clone()), ..filter };
        let reader = Reader {
            watch: scope.core.store.storage.watch(),
            live: scope.core.live.subscribe(),
            core: Arc::clone(&scope.core),
            query: EventQuery { filter, after, limit: Reader::PAGE },
            ready: VecDeque::new(),
            seen: HashMap::new(),
            held: None,
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
        self.0.next().await
    }
}

impl Stream for EventStream {
    type Item = Result<Event>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
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
    live: async_channel::Receiver<Arc<Ephemeral>>,
    ready: VecDeque<Event>,
    seen: HashMap<StreamKey, u64>,
    held: Option<Arc<Ephemeral>>,
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
    /// How many streams' places are remembered: a feed without an end sees more and more of them.
    const MAX_SEEN: usize = 10_000;
    /// How long a reader waits for a hint before it looks by itself: hints may be lost.
    const LOOK_EVERY: Duration = Duration::from_secs(1);

    async fn step(mut self) -> Option<(Result<Event>, Self)> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.note_end(&event);
                return Some((Ok(event), self));
            }
            if self.ended {
                return None;
            }
            if let Some(event) = self.release_held() {
                return Some((Ok(event), self));
            }
            let read = match self.read().await {
                Ok(false) => self.look_for_subject().await.map(|()| false),
                read => read,
            };
            match read {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    self.ended = true;
                    return Some((Err(error), self));
                }
            }
            if self.over {
                // Nothing came after the end.
                return None;
            }
            if self.held.take().is_some() {
                // Its durable predecessor is not there: it belongs to a feed that started later.
                continue;
            }
            if self.core.stopping.is_closed() {
                return None;
            }
            self.wait().await;
        }
    }

    /// Reads what the store has. False when there is nothing new.
    async fn read(&mut self) -> Result<bool> {
        let page = self.core.store.storage.read_events(&self.query).await?;
        self.query.after = Position::After(page.next);
        if self.seen.len() > Self::MAX_SEEN {
            // Deltas of the streams that are forgotten show again after their next event.
            self.seen.clear();
        }
        for stored in page.events {
            self.seen.insert(stored.stream.clone(), stored.seq);
            self.ready.push_back(Event::from_stored(stored)?);
        }
        Ok(!self.ready.is_empty())
    }

    /// Without a single event it may be that the subject was never there, and waiting is in vain.
    async fn look_for_subject(&mut self) -> Result<()> {
        let (store, filter) = (&self.core.store, &self.query.filter);
        if let (Some(subject), Some(tenant)) = (self.unseen, &filter.tenant_id) {
            let found = match subject {
                Subject::Task(id) => store.require::<TaskInfo>(tenant, id).await.map(drop),
                Subject::Session(id) => store.require::<SessionInfo>(tenant, id).await.map(drop),
            };
            found.map_err(|error| error.during("events.next"))?;
            self.unseen = None;
        }
        Ok(())
    }

    /// The ephemeral event that waits for its place, if that place is reached.
    fn release_held(&mut self) -> Option<Event> {
        let held = self.held.as_ref()?;
        let reached = self.seen.get(&held.after.0).is_some_and(|seq| *seq >= held.after.1);
        if !reached {
            return None;
        }
        self.held.take().map(|held| held.event.clone())
    }

    /// Waits for a reason to look again.
    async fn wait(&mut self) {
        let watch = self.watch.next();
        let live = self.live.recv();
        let stopped = self.core.stopped();
        let news = select(Box::pin(watch), Box::pin(select(Box::pin(live), Box::pin(stopped))));
        let woken = self.core.runtime().timeout(Self::LOOK_EVERY, news).await;
        let ephemeral = match woken {
            Some(Either::Right((Either::Left((Ok(ephemeral), _)), _))) => Some(ephemeral),
            _ => None,
        };
        self.held = ephemeral.filter(|held| self.shows(&held.event));
        // One look serves every hint that is there.
        while self.watch.try_next().is_some() {}
    }

    fn shows(&self, event: &Event) -> bool {
        let filter = &self.query.filter;
        let refs = &event.refs;
        filter.tenant_id.as_ref().is_none_or(|tenant| *tenant == event.tenant_id)
            && (filter.project_ids.is_empty()
                || refs.project_id.is_some_and(|id| filter.project_ids.contains(&id)))
            && (filter.session_ids.is_empty()
                || refs.session_id.is_some_and(|id| filter.session_ids.contains(&id)))
            && (filter.task_ids.is_empty()
                || refs.task_id.is_some_and(|id| filter.task_ids.contains(&id)))
            && (filter.types.is_empty()
                || filter
                    .types
                    .iter()
                    .any(|pattern| crate::model::type_matches(pattern, event.event_type())))
    }

    fn note_end(&mut self, event: &Event) {
        let of_task = |id| event.refs.task_id == Some(id);
        match (self.ends_with, &event.data) {
            (Some(Subject::Task(id)), EventData::TaskEnded(_)) if of_task(id) => self.over = true,
            (Some(Subject::Task(id)), EventData::TaskRetried(_)) if of_task(id) => {
                self.over = false;
            }
            (Some(Subject::Session(id)), EventData::SessionClosed(_)) => {
                self.ended |= event.refs.session_id == Some(id);
            }
            _ => {}
        }
    }
}
