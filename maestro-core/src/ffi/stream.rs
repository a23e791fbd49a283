//! Feeds, in batches.

use std::fmt;

use futures::lock::Mutex;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use serde::Deserialize;

use super::cancel::Cancel;
use super::encode::{Common, Given, narrow, text};
use crate::error::Result;
use crate::id::{SessionId, TaskId};
use crate::maestro::Maestro;
use crate::model::{EventFilter, Position};
use crate::session::LiveView;

/// What to follow.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "feed", content = "args", rename_all = "snake_case", deny_unknown_fields)]
pub enum Feed {
    /// Everything that the filter shows; never ends.
    Events {
        /// Which events.
        #[serde(default)]
        filter: EventFilter,
        /// From where.
        after: Position,
    },
    /// One task and its session, to its end.
    Task {
        /// The task.
        task_id: TaskId,
        /// From where.
        after: Position,
    },
    /// One session, to its end.
    Session {
        /// The session.
        session_id: SessionId,
        /// From where.
        after: Position,
    },
    /// One session as a person sees it: the view at first, and again after each change.
    View {
        /// The session.
        session_id: SessionId,
        /// Only the last so many items; none keeps all.
        keep: Option<usize>,
    },
}

/// Some events of a feed.
#[derive(Debug)]
pub struct Batch {
    /// A JSON array of them.
    pub json: String,
    /// JSON of what events that have a `seq` have besides, unless they say otherwise; none when each says
    /// all.
    pub common: Option<String>,
    /// What each has as its `raw`; empty when none has any.
    pub frames: Vec<Option<String>>,
}

impl From<String> for Batch {
    /// What has nothing beside it.
    fn from(json: String) -> Self {
        Self { json, common: None, frames: Vec::new() }
    }
}

/// How an item is appended to a batch; gives what goes beside it.
type Write = fn(Given, &mut Vec<u8>, &mut Option<Common>) -> Result<Option<String>>;

/// What a feed gives, in batches. One reader at a time; dropping it ends the feed.
pub struct EventStream {
    items: Mutex<Option<BoxStream<'static, Result<Given>>>>,
    cancel: Cancel,
}

impl EventStream {
    /// How many bytes of JSON a batch has before it takes no more events.
    const MAX_BYTES: usize = 1 << 20;

    pub(super) async fn open(maestro: &Maestro, feed: Feed) -> Result<Self> {
        let events = match feed {
            Feed::Events { filter, after } => maestro.events().subscribe(filter, after).await?,
            Feed::Task { task_id, after } => maestro.tasks().handle(task_id).events_after(after),
            Feed::Session { session_id, after } => {
                maestro.sessions().handle(session_id).events_after(after)
            }
            Feed::View { session_id, keep } => {
                let live = maestro.sessions().handle(session_id).watch_view().await?;
                return Ok(Self::of(futures::stream::unfold((live, keep, true), view).boxed()));
            }
        };
        Ok(Self::of(events.items().map(|item| item.map(Given::Event)).boxed()))
    }

    fn of(items: BoxStream<'static, Result<Given>>) -> Self {
        // A batch looks beyond the end.
        Self { items: Mutex::new(Some(items.fuse().boxed())), cancel: Cancel::new() }
    }

    /// Waits for one event or more and gives those that are there, up to `max` (at least 1), as a JSON
    /// array; none at the end. Each event is written once. What comes after an error is the end.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next_batch(&self, max: usize) -> Result<Option<String>> {
        Ok(self.next(max, Given::write_whole).await?.map(|batch| batch.json))
    }

    /// The same, with the `raw` of each event and what is common to them beside the JSON instead of in it,
    /// and letters beyond ASCII escaped where they are few.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next_apart(&self, max: usize) -> Result<Option<Batch>> {
        let batch = self.next(max, Given::write_apart).await?;
        Ok(batch.map(|batch| Batch { json: narrow(batch.json), ..batch }))
    }

    async fn next(&self, max: usize, write: Write) -> Result<Option<Batch>> {
        let next = async {
            let mut items = self.items.lock().await;
            match items.as_mut() {
                None => Ok(None),
                Some(stream) => {
                    let batch = batch(stream, max, write).await;
                    if !matches!(batch, Ok(Some(_))) {
                        *items = None;
                    }
                    batch
                }
            }
        };
        if let Some(batch) = self.cancel.or(next).await {
            return batch;
        }
        // Nobody reads here any more: whoever had the lock was given up too.
        *self.items.lock().await = None;
        Ok(None)
    }

    /// Ends the feed: who waits for a batch gets none.
    pub fn cancel(&self) {
        self.cancel.cancel();
        if let Some(mut items) = self.items.try_lock() {
            *items = None;
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}

async fn batch(
    stream: &mut BoxStream<'static, Result<Given>>,
    max: usize,
    write: Write,
) -> Result<Option<Batch>> {
    let Some(first) = stream.next().await else { return Ok(None) };
    // No await from here on, so that nothing which was taken can be lost.
    let (mut json, mut common) = (vec![b'['], None);
    let first = write(first?, &mut json, &mut common)?;
    let mut bytes = json.len() + first.as_ref().map_or(0, String::len);
    let mut frames = vec![first];
    while frames.len() < max && bytes < EventStream::MAX_BYTES {
        let Some(Some(item)) = stream.next().now_or_never() else {
            break;
        };
        let end = json.len();
        json.push(b',');
        match item.and_then(|item| write(item, &mut json, &mut common)) {
            Ok(frame) => {
                bytes += json.len() - end + frame.as_ref().map_or(0, String::len);
                frames.push(frame);
            }
            Err(error) => {
                // It comes after what was read before it.
                json.truncate(end);
                *stream = futures::stream::iter([Err(error)]).boxed();
                break;
            }
        }
    }
    json.push(b']');
    if frames.iter().all(Option::is_none) {
        frames.clear();
    }
    let common = common.as_ref().map(Common::json).transpose()?;
    Ok(Some(Batch { json: text(json)?, common, frames }))
}

/// The view at first, and after each change.
async fn view(
    (mut live, keep, first): (LiveView, Option<usize>, bool),
) -> Option<(Result<Given>, (LiveView, Option<usize>, bool))> {
    if !first && let Err(error) = live.changed().await? {
        return Some((Err(error), (live, keep, false)));
    }
    if let Some(items) = keep {
        live.keep(items);
    }
    Some((Given::json(live.view()), (live, keep, false)))
}
