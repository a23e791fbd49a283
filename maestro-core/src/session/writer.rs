//! How an actor writes: one guarded commit, computed again when somebody was faster.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::approval;
use crate::error::{ErrorKind, Result};
use crate::id::TurnId;
use crate::ledger;
use crate::model::{ApprovalInfo, ContentBlock, SessionInfo};
use crate::session::actor::SessionActor;
use crate::session::record;
use crate::session::wait::while_held;
use crate::session::work::{Ended, Work};
use crate::storage::Receipt;

/// Whether the lease is given back with the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Stay,
    Release,
}

/// What a commit leaves to do.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) asked: Vec<ApprovalInfo>,
    pub(super) begun: Option<(TurnId, Vec<ContentBlock>)>,
    pub(super) ended: Option<Ended>,
    /// The agent is to be told an answer.
    pub(super) delivers: bool,
}

impl SessionActor {
    /// How often a commit is computed again after somebody else was faster.
    const MAX_CONFLICTS: u32 = 50;

    /// Commits what `compute` makes of the record as it is now.
    ///
    /// Usage that is lost with the lease is entered all the same: it is a fact, no decision.
    ///
    /// Boxed, since there are many actors and few of them write at a time.
    ///
    /// # Errors
    /// `LeaseLost` as soon as the lease is lost; what the store says when it fails for good.
    pub(super) fn write<'a>(
        &'a mut self,
        then: Then,
        compute: impl Fn(&mut Work<'_>) -> Result<()> + Send + Sync + 'a,
    ) -> BoxFuture<'a, Result<Written>> {
        Box::pin(self.written(then, compute))
    }

    async fn written(
        &mut self,
        then: Then,
        compute: impl Fn(&mut Work<'_>) -> Result<()> + Send + Sync,
    ) -> Result<Written> {
        let core = Arc::clone(&self.core);
        let tenant = self.session.value.tenant_id.clone();
        let mut conflicts = 0;
        let mut counts_usage = true;
        loop {
            let ids = self.pending.keys().copied();
            let reading = approval::read(&core, &tenant, ids);
            let approvals = while_held(&self.lease, reading).await?;
            let session = &self.session.value;
            let advising = approval::advise(&core, session, &self.inquiries);
            let advice = while_held(&self.lease, advising).await?;
            let mut work = Work::new(&core, session, self.attempt, approvals, counts_usage);
            work.pending.clone_from(&self.pending);
            work.aside.clone_from(&self.aside);
            work.advice = advice;
            work.steers.clone_from(&self.steers);
            compute(&mut work)?;
            if work.is_quiet() && then == Then::Stay {
                return Ok(self.accept(work, &Receipt::default()));
            }
            let open = |session: &SessionInfo| session.open_turn().map(|turn| turn.id);
            if open(&work.session) != open(&self.session.value) {
                self.registration.turn(None);
            }
            // Before the commit, so that nobody sees a text under way that is whole already.
            core.live.settle(&record::stream(&work.session), &work.voidings);
            let mut draft =
                work.draft(&self.lease.fence, self.session.version, then == Then::Release)?;
            let mirrors = then == Then::Release || !work.voidings.is_empty();
            if mirrors {
                self.draft_mirror(&mut draft)?;
            }
            if then == Then::Release {
                self.lease.begin_return();
            }
            let committed = while_held(&self.lease, core.store.commit(draft)).await;
            let error = match committed {
                Ok(receipt) => {
                    if mirrors {
                        self.accept_mirror(&receipt);
                    }
                    return Ok(self.accept(work, &receipt));
                }
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::Conflict if conflicts < Self::MAX_CONFLICTS => {
                    conflicts += 1;
                    self.refresh().await?;
                    if mirrors {
                        self.refresh_mirror().await?;
                    }
                }
                // An agent counted one report twice; each entry is tried alone.
                ErrorKind::AlreadyExists if counts_usage && !work.ledger.is_empty() => {
                    counts_usage = false;
                    for entry in &work.ledger {
                        ledger::record(&core, entry).await?;
                    }
                }
                ErrorKind::LeaseLost => {
                    for entry in &work.ledger {
                        if let Err(error) = ledger::record(&core, entry).await {
                            tracing::error!(%error, entry = %entry.id, "usage is not recorded");
                        }
                    }
                    return Err(error);
                }
                _ => return Err(error),
            }
        }
    }

    /// Reads the record again.
    pub(super) async fn refresh(&mut self) -> Result<()> {
        let (tenant, id) = (self.session.value.tenant_id.clone(), self.session.value.id);
        let reading = self.core.store.require::<SessionInfo>(&tenant, id);
        self.session = while_held(&self.lease, reading).await?;
        // Another node may have ended it.
        self.registration.turn(self.session.value.open_turn().map(|turn| turn.id));
        Ok(())
    }

    /// Takes over what was committed, and lets the deltas out in their places.
    fn accept(&mut self, work: Work<'_>, receipt: &Receipt) -> Written {
        if work.session != self.session.value
            && let Some(version) = receipt.versions.first()
        {
            self.session.version = *version;
        }
        let count = u64::try_from(work.event_count()).unwrap_or(u64::MAX);
        let first = receipt.first_seqs.first().copied();
        let before = self.last_seq;
        if let Some(first) = first {
            self.last_seq = first + count - 1;
        }
        if let Some(task_id) = work.session.task_id
            && (count > 0 || !work.live.is_empty())
        {
            self.core.activity.note(task_id);
        }
        self.session.value = work.session;
        self.registration.turn(self.session.value.open_turn().map(|turn| turn.id));
        let mut live = work.live.into_iter().peekable();
        while let Some((index, piece)) = live.next() {
            let mut pieces = vec![piece];
            while let Some((_, piece)) = live.next_if(|(next, _)| *next == index) {
                pieces.push(piece);
            }
            let after = match (index, first) {
                (0, _) | (_, None) => before,
                (index, Some(first)) => first + u64::try_from(index).unwrap_or(0) - 1,
            };
            self.publish(pieces, after);
        }
        self.pending = work.pending;
        self.aside = work.aside;
        self.steers = work.steers;
        Written { asked: work.asked, begun: work.begun, ended: work.ended, delivers: work.delivers }
    }
}
