//! A session as an attempt of a task uses it.

use std::collections::BTreeMap;

use crate::error::{Error, ErrorKind, Result};
use crate::id::SessionId;
use crate::model::{
    Actor, ContentBlock, EventRefs, Origin, PlacePath, PromptCancelled, QueuedPrompt, SessionInfo,
    SessionSpec, SessionState, StopReason, TaskInfo, TurnInfo,
};
use crate::node::{Scope, Stored as _, until_touched};
use crate::runtime::RuntimeExt as _;
use crate::session::live::{LiveSession, Signal};
use crate::session::open::{TaskRef, open};
use crate::session::resume::resume;
use crate::session::{machine, record};
use crate::storage::{ListOrder, ListQuery, RecordKey, RecordKind, Watch};

/// The session of a task, while an attempt of it runs on this node.
///
/// Dropping it ends the agent's process at once; an open turn stays open for the next attempt.
#[derive(Debug)]
pub(crate) struct TaskSession {
    scope: Scope,
    by: Actor,
    attempt: u32,
    live: LiveSession,
}

impl TaskSession {
    /// Goes on with the task's session, or opens one. A session that was opened by an attempt that
    /// was lost before it could say so is found again.
    ///
    /// # Errors
    /// `Conflict` (retryable) while another node still owns the session, `Unavailable`, and what the
    /// agent says when it does not start.
    pub(crate) async fn open_or_resume(
        scope: &Scope,
        task: &TaskInfo,
        attempt: u32,
        spec: SessionSpec,
        cwd: PlacePath,
        env: BTreeMap<String, String>,
    ) -> Result<Self> {
        let reference = TaskRef { id: task.id, attempt, env, cwd: cwd.clone() };
        let live = match find(scope, task).await? {
            Some(id) => resume_when_free(scope, id, &reference).await?,
            None => open(scope, spec, cwd, task.project_id, Some(&reference), None).await?,
        };
        Ok(Self { scope: scope.clone(), by: task.created_by.clone(), attempt, live })
    }

    pub(crate) fn session_id(&self) -> SessionId {
        self.live.id
    }

    /// Runs a turn and waits until it has ended and the agent has nothing more to do. An agent that
    /// remembers nothing of the session is told `preface` first.
    ///
    /// Asking again with the same key does not prompt again while that turn waits or is under way, or
    /// when it ended well; one that failed or was cut short is asked again. What the agent or a
    /// recovery added to the work of that turn counts as the same, so the turn that is given may be a
    /// later one than the first.
    ///
    /// # Errors
    /// `Unavailable` (retryable) when the process ended before the turn did, `Conflict` when the
    /// session was closed, `Cancelled` when the prompt was taken back before its turn began.
    ///
    /// # Cancel safety
    /// Dropping the future does not take the prompt back.
    pub(crate) async fn run_turn(
        &self,
        preface: Vec<ContentBlock>,
        prompt: Vec<ContentBlock>,
        key: &str,
    ) -> Result<TurnInfo> {
        let watch = self.scope.core.store.storage.watch();
        self.queue(&preface, &prompt, key).await?;
        self.live.signal(Signal::Look);
        self.wait(&watch, key).await.map_err(|error| error.during("session.run_turn"))
    }

    /// Queues the prompt, unless the key is known already.
    async fn queue(
        &self,
        preface: &[ContentBlock],
        prompt: &[ContentBlock],
        key: &str,
    ) -> Result<()> {
        let Scope { core, tenant, .. } = &self.scope;
        let turn_id = core.runtime().id();
        core.store
            .change::<SessionInfo, ()>(tenant, self.live.id, |read, draft| {
                let mut session = read.value.clone();
                if session.turn_for(key).is_some_and(still_counts) || is_queued(&session, key) {
                    return Ok(None);
                }
                let preface = if session.is_remembered() { &[] } else { preface };
                let queued = QueuedPrompt {
                    turn_id,
                    prompt: [preface, prompt].concat(),
                    by: self.by.clone(),
                    origin: Origin::Prompt,
                    key: Some(key.to_owned()),
                    first_prompt: Vec::new(),
                };
                let told = machine::enqueue(&mut session, queued)?;
                draft.update(read.version, &session)?;
                let told = record::events(core, &self.by, &session, Some(self.attempt), told)?;
                draft.append(record::stream(&session), told);
                Ok(Some(()))
            })
            .await
            .map(|_| ())
    }

    async fn wait(&self, watch: &Watch, key: &str) -> Result<TurnInfo> {
        let core = &self.scope.core;
        loop {
            // Asked first: what is read after the end is all there is.
            let is_over = self.live.is_over();
            let read = core.store.require::<SessionInfo>(&self.scope.tenant, self.live.id).await?;
            let session = &read.value;
            let rests =
                session.state == SessionState::Idle || session.state == SessionState::Closed;
            let turn = session.turn_for(key).filter(|turn| turn.ended_at.is_some());
            if let Some(turn) = turn
                && rests
                && session.open_turn().is_none()
                && !is_queued(session, key)
            {
                return Ok(turn.clone());
            }
            if session.turn_for(key).is_none() && !is_queued(session, key) {
                return Err(Error::new(ErrorKind::Cancelled, "the prompt was taken back")
                    .with("session_id", session.id));
            }
            if session.state == SessionState::Closed {
                return Err(Error::new(ErrorKind::Conflict, "the session was closed")
                    .with("session_id", session.id));
            }
            if is_over {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "the agent's process ended before the turn did",
                )
                .with("session_id", session.id));
            }
            let key = session.key();
            let touched = std::pin::pin!(until_touched(core, watch, &key));
            let ended = std::pin::pin!(self.live.ended());
            if let futures::future::Either::Left((touched, _)) =
                futures::future::select(touched, ended).await
            {
                touched?;
            }
        }
    }

    /// Stops the turn under way; `run_turn` gives how it ended. A prompt that still waits is taken
    /// back, and `run_turn` gives `Cancelled`.
    pub(crate) async fn interrupt(&self) -> Result<()> {
        let Scope { core, tenant, .. } = &self.scope;
        core.store
            .change::<SessionInfo, ()>(tenant, self.live.id, |read, draft| {
                let mut session = read.value.clone();
                let waiting = session.queue.extract_if(.., |queued| queued.key.is_some());
                let taken: Vec<QueuedPrompt> = waiting.collect();
                if taken.is_empty() {
                    return Ok(None);
                }
                draft.update(read.version, &session)?;
                for queued in taken {
                    let refs = EventRefs {
                        turn_id: Some(queued.turn_id),
                        ..record::refs(&session, Some(self.attempt))
                    };
                    let data = PromptCancelled { reason: "task_cancelled".to_owned() }.into();
                    let event = core.event(&core.actor(), &refs, &data)?;
                    draft.append(record::stream(&session), vec![event]);
                }
                Ok(Some(()))
            })
            .await?;
        self.live.signal(Signal::Interrupt);
        Ok(())
    }

    /// Ends the process gracefully and gives the lease back. The session stays, idle and resumable.
    ///
    /// # Cancel safety
    /// Dropping the future does not stop the end of the process.
    pub(crate) async fn close(&self) -> Result<()> {
        self.live.signal(Signal::Park);
        self.live.ended().await;
        Ok(())
    }
}

impl Drop for TaskSession {
    fn drop(&mut self) {
        self.live.signal(Signal::Kill);
    }
}

/// Resumes the session of a task. Another node that owns it still has lost the task, and learns that
/// at its next heartbeat: until then there is nothing to do but wait.
async fn resume_when_free(
    scope: &Scope,
    id: SessionId,
    reference: &TaskRef,
) -> Result<LiveSession> {
    let core = &scope.core;
    let key = RecordKey::new(scope.tenant.clone(), RecordKind::SESSION, id);
    let watch = core.store.storage.watch();
    let deadline = core.runtime().monotonic() + core.leases.times().ttl;
    loop {
        match resume(scope, id, Some(reference)).await {
            Err(error)
                if error.kind() == ErrorKind::Conflict
                    && error.is_retryable()
                    && core.runtime().monotonic() < deadline =>
            {
                until_touched(core, &watch, &key).await?;
            }
            result => return result,
        }
    }
}

/// Whether a turn is under way or ended well, so that its prompt need not be given again.
fn still_counts(turn: &TurnInfo) -> bool {
    let ended_well = turn.error.is_none() && turn.stop_reason == Some(StopReason::EndTurn);
    turn.ended_at.is_none() || ended_well
}

fn is_queued(session: &SessionInfo, key: &str) -> bool {
    session.queue.iter().any(|queued| queued.key.as_deref() == Some(key))
}

/// The session of a task that is not closed.
async fn find(scope: &Scope, task: &TaskInfo) -> Result<Option<SessionId>> {
    let mut query = ListQuery::new(Some(scope.tenant.clone()), RecordKind::SESSION);
    query.parent = Some(task.id.to_string());
    query.order = ListOrder::Newest;
    let sessions = scope.core.store.list::<SessionInfo>(&query).await?;
    let open = sessions.into_iter().find(|read| read.value.state != SessionState::Closed);
    Ok(open.map(|read| read.value.id))
}
