//! How an actor ends: the process first, then what is left to write.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt as _, select_biased};
use serde_json::Value;

use crate::agent::{AgentEvent, AgentReport};
use crate::error::{Error, ErrorInfo, ErrorKind, Result};
use crate::ledger;
use crate::model::Voiding;
use crate::runtime::RuntimeExt as _;
use crate::session::actor::{End, SessionActor};
use crate::session::record;
use crate::session::work::Ended;
use crate::session::writer::Then;

/// How long the last reports of a process that is gone may take to be read. They are in memory
/// already; this only keeps a driver that never says the end from holding the session.
const LAST_REPORTS: Duration = Duration::from_secs(5);

impl SessionActor {
    /// Ends the process, writes what is left, gives the lease back.
    pub(super) async fn leave(mut self: Box<Self>, end: End) {
        self.registration.leave();
        let id = self.session.value.id;
        let stream = record::stream(&self.session.value);
        let result = match end {
            End::LeaseLost => {
                tracing::warn!(session = %id, "the lease is lost; ending the agent's process");
                Err(lease_lost())
            }
            End::Broken(error) => self.break_off(error).await,
            End::Ended(ended) => {
                // Its turn is over, unless a task tries again.
                let keep_turn = self.session.value.task_id.is_some();
                self.depart(&process_ended(&ended), Some(ended), keep_turn).await
            }
            End::Park => self.stop(false).await,
            End::Kill => self.stop(true).await,
            End::Close(delivery) => {
                let closed = self.close().await;
                let lost = matches!(&closed, Err(error) if error.kind() == ErrorKind::LeaseLost);
                if !lost {
                    let reply = closed.as_ref().map(|()| Value::Null);
                    delivery.reply(&self.core, reply.map_err(|error| error.info().into())).await;
                }
                closed
            }
        };
        match result {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::LeaseLost => self.abandon().await,
            Err(error) => {
                tracing::error!(%error, session = %id, "the end of a session's process is not recorded");
                self.abandon().await;
            }
        }
        self.core.live.settle(&stream, &[Voiding::All]);
    }

    /// Ends the process; the next one goes on with the turn under way.
    async fn stop(&mut self, hard: bool) -> Result<()> {
        self.shut(hard).await?;
        let why = Error::new(ErrorKind::Cancelled, "the session's process was stopped").info();
        self.depart(&why, None, true).await
    }

    /// Ends the session for good.
    async fn close(&mut self) -> Result<()> {
        self.shut(false).await?;
        let why = Error::new(ErrorKind::Cancelled, "the session was closed").info();
        self.write(Then::Release, |work| work.close(&why)).await.map(|_| ())
    }

    /// Stops the agent because its reports cannot be kept, and says so as far as possible.
    async fn break_off(&mut self, error: Error) -> Result<()> {
        let id = self.session.value.id;
        tracing::error!(%error, session = %id, "stopping an agent: what it does cannot be recorded");
        if let Err(error) = self.agent.close(true).await {
            tracing::error!(%error, session = %id, "an agent's process was not ended in order");
        }
        let error = Error::new(
            ErrorKind::Unavailable,
            "the agent was stopped since its reports could not be recorded; some are lost",
        )
        .caused_by(error)
        .info();
        let ended = Ended { error: Some(error.clone()), exit: None };
        let keep_turn = self.session.value.task_id.is_some();
        self.depart(&error, Some(ended), keep_turn).await
    }

    async fn depart(
        &mut self,
        why: &ErrorInfo,
        failed: Option<Ended>,
        keep_turn: bool,
    ) -> Result<()> {
        let departed =
            self.write(Then::Release, |work| work.depart(why, failed.as_ref(), keep_turn));
        departed.await.map(|_| ())
    }

    /// Closes the agent, and keeps all that it still says.
    async fn shut(&mut self, hard: bool) -> Result<()> {
        let agent = Arc::clone(&self.agent);
        let closer = Arc::clone(&self.agent);
        let mut closing = pin!(async move { closer.close(hard).await }.fuse());
        let mut closed = false;
        loop {
            let report = {
                let mut next = pin!(agent.next().fuse());
                if closed {
                    self.core.runtime().timeout(LAST_REPORTS, next).await.flatten()
                } else {
                    let mut lost = pin!(self.lease.lost().fuse());
                    select_biased! {
                        () = lost => return Err(lease_lost()),
                        report = next => report,
                        result = closing => {
                            result?;
                            closed = true;
                            continue;
                        }
                    }
                }
            };
            let Some(report) = report else { break };
            if self.absorb(report).await?.is_some() {
                break;
            }
        }
        if !closed {
            closing.await?;
        }
        Ok(())
    }

    /// Ends the process of a session that this node may not write to any more. What was used is
    /// entered all the same.
    async fn abandon(&mut self) {
        if let Err(error) = self.agent.close(true).await {
            let id = self.session.value.id;
            tracing::error!(%error, session = %id, "an agent's process was not ended in order");
        }
        let core = Arc::clone(&self.core);
        let agent = Arc::clone(&self.agent);
        while let Some(Some(report)) = core.runtime().timeout(LAST_REPORTS, agent.next()).await {
            self.keep_usage(&report).await;
        }
    }

    async fn keep_usage(&mut self, report: &AgentReport) {
        for event in &report.events {
            let AgentEvent::TurnEnded(end) = event else {
                continue;
            };
            let session = &self.session.value;
            let turn_id = session.open_turn().map(|turn| turn.id);
            let entry = ledger::entry(&self.core, session, self.attempt, turn_id, end);
            if let Err(error) = ledger::record(&self.core, &entry).await {
                tracing::error!(%error, entry = %entry.id, "usage is not recorded");
            }
        }
    }
}

fn lease_lost() -> Error {
    Error::new(ErrorKind::LeaseLost, "this node has lost the session's lease")
}

fn process_ended(ended: &Ended) -> ErrorInfo {
    ended.error.clone().unwrap_or_else(|| {
        let error = Error::new(ErrorKind::Unavailable, "the agent's process ended");
        match &ended.exit {
            Some(exit) => error.with("exit", exit).info(),
            None => error.info(),
        }
    })
}
