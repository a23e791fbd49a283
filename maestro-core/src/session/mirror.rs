//! What the agent is writing, kept in the store for subscribers on other nodes.

use std::time::Duration;

use crate::error::{ErrorKind, Result};
use crate::event::{PartialRecord, Watched};
use crate::model::StreamKey;
use crate::node::Draft;
use crate::runtime::Runtime;
use crate::session::actor::SessionActor;
use crate::session::record;
use crate::session::wait::while_held;
use crate::storage::Receipt;

/// The record of what is being written.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    /// Its version; none when there is no record.
    version: Option<u64>,
    /// When it is to be written next; none when it is as it should be.
    due: Option<Duration>,
    written_at: Option<Duration>,
}

impl Mirror {
    /// The shortest time between two versions.
    const EVERY: Duration = Duration::from_millis(250);

    /// The text grew.
    pub(super) fn grew(&mut self, now: Duration) {
        let earliest = self.written_at.map_or(now, |at| at + Self::EVERY);
        self.due = self.due.or(Some(earliest.max(now)));
    }

    /// Waits until the record is to be written.
    pub(super) async fn is_due(due: Option<Duration>, runtime: &dyn Runtime) {
        match due {
            Some(due) => runtime.sleep(due.saturating_sub(runtime.monotonic())).await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn due(&self) -> Option<Duration> {
        self.due
    }
}

impl SessionActor {
    /// Writes the record, if anybody may read it.
    ///
    /// # Errors
    /// `LeaseLost`. Other failures cost some freshness and nothing else.
    pub(super) async fn mirror(&mut self) -> Result<()> {
        let now = self.core.runtime().monotonic();
        self.mirror.due = None;
        if !self.core.live.writes(&self.stream()) {
            return Ok(());
        }
        let watched = while_held(&self.lease, self.core.watched.elsewhere(&self.core)).await;
        match watched {
            Ok(true) => {}
            Err(error) if error.kind() == ErrorKind::LeaseLost => return Err(error),
            _ => {
                // Somebody may begin to watch before the next piece comes.
                self.mirror.due = Some(Watched::next_look(now));
                return Ok(());
            }
        }
        let Some(board) = self.core.live.board(&self.stream()) else {
            return Ok(());
        };
        let partial = PartialRecord::of(self.session.value.id, &board);
        let mut draft = self.core.store.draft();
        draft.fence(&self.lease.fence);
        match self.mirror.version {
            Some(version) => draft.update(version, &partial)?,
            None => draft.insert(&partial)?,
        }
        self.mirror.written_at = Some(now);
        match while_held(&self.lease, self.core.store.commit(draft)).await {
            Ok(receipt) => self.mirror.version = receipt.versions.first().copied(),
            Err(error) if error.kind() == ErrorKind::LeaseLost => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "what the agent is writing is not shown to other nodes");
                self.mirror.due = Some(Watched::next_look(now));
                self.refresh_mirror().await?;
            }
        }
        Ok(())
    }

    /// Reads the record's version again.
    pub(super) async fn refresh_mirror(&mut self) -> Result<()> {
        let session = &self.session.value;
        let reading = self.core.store.get::<PartialRecord>(&session.tenant_id, session.id);
        let read = while_held(&self.lease, reading).await?;
        self.mirror.version = read.map(|read| read.version);
        Ok(())
    }

    /// Drafts what becomes of the record when whole texts replace those under way: it goes, or keeps
    /// what is still being written.
    pub(super) fn draft_mirror(&self, draft: &mut Draft) -> Result<()> {
        let Some(version) = self.mirror.version else {
            return Ok(());
        };
        let session = &self.session.value;
        if let Some(board) = self.core.live.board(&self.stream()) {
            return draft.update(version, &PartialRecord::of(session.id, &board));
        }
        draft.delete(version, PartialRecord::key_of(session.tenant_id.clone(), session.id));
        Ok(())
    }

    /// Takes over what became of the record in a commit that [`Self::draft_mirror`] had a part in.
    pub(super) fn accept_mirror(&mut self, receipt: &Receipt) {
        if self.mirror.version.is_some() {
            let stays = self.core.live.board(&self.stream()).is_some();
            // It is the last of the puts.
            self.mirror.version = receipt.versions.last().copied().filter(|_| stays);
        }
    }

    fn stream(&self) -> StreamKey {
        record::stream(&self.session.value)
    }
}
