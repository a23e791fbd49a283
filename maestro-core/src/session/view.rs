//! A session as a person sees it, at once and from then on.

use futures::FutureExt as _;

use crate::error::{Error, Result};
use crate::event::{self, EventStream, Subject};
use crate::model::{
    Event, EventFilter, EventQuery, Position, SessionState, SessionView, StreamKey,
};
use crate::session::handle::SessionHandle;

impl SessionHandle {
    /// The session as a person sees it now: its events, folded, and what is being written at the
    /// moment. Works on any node, also for a session that is closed.
    ///
    /// To go on from it, use [`SessionHandle::watch_view`], or subscribe to the session's events
    /// after [`SessionView::cursor`] and apply them.
    ///
    /// # Errors
    /// `Closed` when the node is closed, `Unavailable` when the store does not answer.
    pub async fn view(&self) -> Result<SessionView> {
        self.viewed().await.map_err(|error| error.during("session.view"))
    }

    async fn viewed(&self) -> Result<SessionView> {
        let mut view = self.folded().await?;
        let core = &self.scope.core;
        let stream = StreamKey::of(self.scope.tenant.clone(), "session", self.id);
        // After the fold: what is being written then is not whole in any event before.
        if let Some(board) = event::writing(core, &stream, self.id).await? {
            for partial in &board.partials.0 {
                if let Some(data) = partial.delta_after(0) {
                    view.apply(&board.event_of(partial, data));
                }
            }
        }
        Ok(view)
    }

    /// The view of what the store holds.
    async fn folded(&self) -> Result<SessionView> {
        // A session that is not there is an error, not an empty view.
        self.info().await?;
        let mut view = SessionView::default();
        let (filter, limit) = (self.filter(), EventQuery::MAX_LIMIT);
        let mut query = EventQuery { filter, after: Position::Beginning, limit };
        loop {
            let page = self.scope.core.store.storage.read_events(&query).await?;
            for stored in page.events {
                view.apply(&Event::from_stored(stored)?);
            }
            view.cursor = Some(page.next.clone());
            if !page.more {
                return Ok(view);
            }
            query.after = Position::After(page.next);
        }
    }

    /// The view and its changes, without a gap between: for a user interface that draws a session.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(session: maestro_core::session::SessionHandle) -> maestro_core::Result<()> {
    /// let mut live = session.watch_view().await?;
    /// loop {
    ///     println!("{} items", live.view().items.len());
    ///     if live.changed().await.transpose()?.is_none() {
    ///         return Ok(());
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`SessionHandle::view`].
    pub async fn watch_view(&self) -> Result<LiveView> {
        let view = self.folded().await.map_err(|error| error.during("session.watch_view"))?;
        let after = view.cursor.clone().map_or(Position::Beginning, Position::After);
        let ends_with = Some(Subject::Session(self.id));
        let is_over = view.state == SessionState::Closed;
        let events =
            (!is_over).then(|| EventStream::open(&self.scope, self.filter(), after, ends_with));
        Ok(LiveView { view, events })
    }

    fn filter(&self) -> EventFilter {
        EventFilter {
            tenant_id: Some(self.scope.tenant.clone()),
            session_ids: vec![self.id],
            ..EventFilter::default()
        }
    }
}

/// A [`SessionView`] that follows its session.
#[derive(Debug)]
pub struct LiveView {
    view: SessionView,
    /// None when the session is over.
    events: Option<EventStream>,
}

impl LiveView {
    /// How many events at most are taken in before a change is reported.
    const BATCH: usize = 256;

    /// The session as it is, as far as was read.
    pub fn view(&self) -> &SessionView {
        &self.view
    }

    /// Gives the view away and follows it no longer.
    pub fn into_view(self) -> SessionView {
        self.view
    }

    /// Keeps the last `items` items only; see [`SessionView::keep`].
    pub fn keep(&mut self, items: usize) {
        self.view.keep(items);
    }

    /// Waits for the next event, takes it in and gives it: for those who pass events on. None when
    /// the session is closed, or the node is.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Event>> {
        loop {
            let event = match self.events.as_mut()?.next().await {
                Some(Ok(event)) => event,
                Some(Err(error)) => {
                    self.events = None;
                    return Some(Err(error));
                }
                None => {
                    self.events = None;
                    return None;
                }
            };
            if self.view.apply(&event) {
                return Some(Ok(event));
            }
        }
    }

    /// Waits for a change of the view; changes that are there at once come together. None when
    /// nothing changes any more, since the session is closed, or the node is.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn changed(&mut self) -> Option<Result<()>> {
        if let Err(error) = self.next().await? {
            return Some(Err(error));
        }
        for _ in 1..Self::BATCH {
            match self.next().now_or_never() {
                Some(Some(Ok(_))) => {}
                Some(Some(Err(error))) => return Some(Err::<(), Error>(error)),
                // At the end, the next call says so.
                Some(None) | None => break,
            }
        }
        Some(Ok(()))
    }
}
