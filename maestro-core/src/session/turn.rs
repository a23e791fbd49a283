//! Waiting for a turn.

use crate::error::{Error, ErrorKind, Result};
use crate::id::{SessionId, TurnId};
use crate::model::{
    Event, EventData, EventFilter, EventPage, EventQuery, Position, SessionInfo, SessionState,
    TurnEnded, TurnInfo, TurnStarted,
};
use crate::node::{Scope, Stored as _, until_over, until_touched};
use crate::session::handle::SessionHandle;
use crate::storage::RecordKey;

/// A turn that was asked for.
#[derive(Debug, Clone)]
pub struct TurnHandle {
    pub(super) scope: Scope,
    pub(super) session_id: SessionId,
    pub(super) id: TurnId,
}

/// What a session's record tells of a turn.
#[derive(Debug)]
enum Found {
    Ended(Box<TurnInfo>),
    /// It runs, or waits for its turn.
    UnderWay,
    /// Only the events know.
    Nothing,
}

impl TurnHandle {
    /// Its id.
    pub fn id(&self) -> TurnId {
        self.id
    }

    /// The session that it belongs to.
    pub fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// Waits until the turn has ended. How it ended is data, also when it failed.
    ///
    /// A turn whose process was lost ends as `cancelled` with an error; when Maestro takes its work
    /// up again, that is another turn.
    ///
    /// # Errors
    /// `Cancelled` when the prompt was taken back before its turn began, `Closed` when the node is
    /// closed meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future does not stop the turn.
    pub async fn wait(&self) -> Result<TurnInfo> {
        self.settled().await.map_err(|error| error.during("turn.wait"))
    }

    /// Takes the prompt back while it waits, and stops the turn while it runs. A turn that is over
    /// stays as it is.
    ///
    /// # Errors
    /// `Unavailable` when the owner does not answer in time.
    pub async fn cancel(&self) -> Result<()> {
        let session = SessionHandle { scope: self.scope.clone(), id: self.session_id };
        let stopped = async {
            if session.take_back(self.id, "cancelled").await? {
                return Ok(());
            }
            session.stop(self.id).await
        };
        stopped.await.map_err(|error: Error| error.during("turn.cancel"))
    }

    async fn settled(&self) -> Result<TurnInfo> {
        let core = &self.scope.core;
        let key = RecordKey::new(self.scope.tenant.clone(), SessionInfo::KIND, self.session_id);
        loop {
            // Older than what is read.
            let watch = core.store.storage.watch();
            watch.only(&key);
            match self.look().await? {
                Found::Ended(turn) => return Ok(*turn),
                Found::UnderWay => {}
                Found::Nothing => return Box::pin(self.history()).await,
            }
            match core.sessions.turn_over(self.session_id, self.id) {
                // Its session is busy meanwhile, and nothing of that is what is waited for; hints of
                // it would be kept for nobody.
                Some(over) => {
                    drop(watch);
                    until_over(core, over).await?;
                }
                None => until_touched(core, &watch, &key).await?,
            }
        }
    }

    /// Looks the turn up in the session's record, of which nothing is kept.
    async fn look(&self) -> Result<Found> {
        let reading =
            self.scope.core.store.require::<SessionInfo>(&self.scope.tenant, self.session_id);
        let session = Box::pin(reading).await?.value;
        let waits = session.queue.iter().any(|queued| queued.turn_id == self.id);
        match session.turn.filter(|turn| turn.id == self.id) {
            Some(turn) if turn.ended_at.is_some() => Ok(Found::Ended(Box::new(turn))),
            _ if session.state == SessionState::Closed => Ok(Found::Nothing),
            None if !waits => Ok(Found::Nothing),
            _ => Ok(Found::UnderWay),
        }
    }

    /// What the events tell of a turn that the record has forgotten.
    async fn history(&self) -> Result<TurnInfo> {
        let types = ["turn.started", "turn.ended", "prompt.cancelled"];
        let filter = EventFilter {
            tenant_id: Some(self.scope.tenant.clone()),
            session_ids: vec![self.session_id],
            types: types.map(str::to_owned).to_vec(),
            ..EventFilter::default()
        };
        let limit = EventQuery::MAX_LIMIT;
        let mut query = EventQuery { filter, after: Position::Beginning, limit };
        let mut number = 0;
        let mut started = None;
        loop {
            let page = self.scope.core.store.storage.read_events(&query).await?;
            let EventPage { events, next, .. } = page;
            if events.is_empty() {
                return Err(Error::new(ErrorKind::NotFound, "there is no such turn")
                    .with("turn_id", self.id));
            }
            for stored in events {
                let event = Event::from_stored(stored)?;
                number += u32::from(matches!(event.data, EventData::TurnStarted(_)));
                if event.refs.turn_id != Some(self.id) {
                    continue;
                }
                match event.data {
                    EventData::TurnStarted(data) => started = Some((number, event.at, data)),
                    EventData::TurnEnded(data) => {
                        let (number, at, begun) =
                            started.unwrap_or((number, event.at, TurnStarted::default()));
                        return Ok(TurnInfo {
                            started_at: at,
                            ended_at: Some(event.at),
                            ..self.told(number, begun, data)
                        });
                    }
                    EventData::PromptCancelled(data) => {
                        return Err(Error::new(ErrorKind::Cancelled, "the prompt was taken back")
                            .with("turn_id", self.id)
                            .with("reason", data.reason));
                    }
                    _ => {}
                }
            }
            query.after = Position::After(next);
        }
    }

    fn told(&self, number: u32, begun: TurnStarted, ended: TurnEnded) -> TurnInfo {
        TurnInfo {
            id: self.id,
            number,
            origin: begun.origin,
            prompt: begun.prompt,
            key: None,
            first_prompt: Vec::new(),
            // The events do not tell.
            process_number: 0,
            started_at: self.scope.core.now(),
            ended_at: None,
            stop_reason: Some(ended.stop_reason),
            error: ended.error,
            result: ended.result,
            structured_output: ended.structured_output.unwrap_or_default(),
            usage: ended.usage,
        }
    }
}
