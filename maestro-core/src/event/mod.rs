//! Feeds: durable events from the store, merged with this process's text deltas.

mod exchange;
mod live;
mod shown;
mod stream;

use crate::error::Result;
use crate::model::{Actor, Cursor, Event, EventData, EventFilter, EventPage, EventQuery, Position};
use crate::model::{EventRefs, StreamKey};
use crate::node::Scope;

pub(crate) use exchange::{PartialRecord, Watched, clear, exchange_for_ever, writing};
pub(crate) use live::Live;
pub use stream::EventStream;
#[cfg(feature = "ffi")]
pub(crate) use stream::Item;
pub(crate) use stream::Subject;

/// The `events` group: everything that happens, as feeds.
#[derive(Debug, Clone)]
pub struct Events {
    pub(crate) scope: Scope,
}

impl Events {
    /// A feed that never ends. With [`Position::Now`] it shows everything that happens after the
    /// call returned.
    ///
    /// # Errors
    /// `InvalidArgument` for a cursor of another store or filter.
    pub async fn subscribe(&self, filter: EventFilter, after: Position) -> Result<EventStream> {
        let storage = &self.scope.core.store.storage;
        let filter = EventFilter { tenant_id: Some(self.scope.tenant.clone()), ..filter };
        let after = match after {
            Position::Beginning => Position::Beginning,
            after => {
                // One look pins "now" down and checks a cursor; its events are read again.
                let query = EventQuery { filter: filter.clone(), after: after.clone(), limit: 1 };
                let page = storage.read_events(&query).await;
                let page = page.map_err(|error| error.during("events.subscribe"))?;
                if after == Position::Now { Position::After(page.next) } else { after }
            }
        };
        Ok(EventStream::open(&self.scope, filter, after, None))
    }

    /// Events after a position, and where to read on.
    ///
    /// # Errors
    /// `InvalidArgument` for a limit out of range or a cursor of another store or filter.
    pub async fn read(
        &self,
        filter: EventFilter,
        after: Position,
        limit: u32,
    ) -> Result<(Vec<Event>, Cursor)> {
        let filter = EventFilter { tenant_id: Some(self.scope.tenant.clone()), ..filter };
        let query = EventQuery { filter, after, limit };
        let page = self.scope.core.store.storage.read_events(&query).await;
        let EventPage { events, next, .. } = page.map_err(|error| error.during("events.read"))?;
        let events = events.into_iter().map(Event::from_stored).collect::<Result<_>>()?;
        Ok((events, next))
    }

    /// Records an event of the embedding product.
    ///
    /// # Errors
    /// `InvalidArgument` when the type does not start with `x.`.
    pub async fn emit(&self, event_type: &str, data: serde_json::Value) -> Result<()> {
        emit(&self.scope, event_type, data, &EventRefs::default()).await
    }
}

/// Records a product's own event in the stream of its tenant.
pub(crate) async fn emit(
    scope: &Scope,
    event_type: &str,
    data: serde_json::Value,
    refs: &EventRefs,
) -> Result<()> {
    if !event_type.starts_with("x.") {
        let why = "of a product's event has to start with `x.`";
        return Err(crate::error::Error::invalid("type", why).during("events.emit"));
    }
    let actor: &Actor = &scope.actor;
    let data = EventData::Other { original_type: event_type.to_owned(), data };
    let mut draft = scope.core.store.draft();
    let stream = match refs.task_id {
        Some(task_id) => StreamKey::of(scope.tenant.clone(), "task", task_id),
        None => StreamKey::of(scope.tenant.clone(), "x", "product"),
    };
    draft.append(stream, vec![scope.core.event(actor, refs, &data)?]);
    scope.core.store.commit(draft).await.map(|_| ())
}
