//! One session, as its user holds it.

use serde_json::Value;

use crate::approval;
use crate::command;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{EventStream, Subject};
use crate::id::{CommandId, SessionId, TurnId};
use crate::model::{
    ContentBlock, EventFilter, Origin, Position, PromptCancelled, QueuedPrompt, SessionInfo,
    SessionState, StopReason, Verb,
};
use crate::node::{Claimed, Core, Draft, Scope, Stored as _, Versioned};
use crate::runtime::RuntimeExt as _;
use crate::session::live::Signal;
use crate::session::machine::TurnResult;
use crate::session::prompt::{Prompt, When};
use crate::session::resume::resume;
use crate::session::turn::TurnHandle;
use crate::session::work::Work;
use crate::session::{machine, record};
use crate::storage::RecordKind;

/// One session. Dropping the handle changes nothing about it.
#[derive(Debug, Clone)]
pub struct SessionHandle {
    pub(super) scope: Scope,
    pub(super) id: SessionId,
}

impl SessionHandle {
    /// Its id.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The session as it is now.
    pub async fn info(&self) -> Result<SessionInfo> {
        self.read().await.map(|read| read.value)
    }

    /// Asks the agent. The prompt is durable when this returns; it begins a turn when those before
    /// it are over. A session without a process gets one, here or on another node that can run it.
    /// [`Prompt::when`] chooses another time; see [`When`].
    ///
    /// # Errors
    /// `Conflict` when the session is closed, `ResourceExhausted` when too many prompts wait,
    /// `Unavailable` when no node takes the session up in time; the prompt is taken back then.
    ///
    /// # Cancel safety
    /// A prompt that is durable stays, also when the future is dropped.
    pub async fn prompt(&self, prompt: impl Into<Prompt> + Send) -> Result<TurnHandle> {
        let asked = async {
            let prompt = prompt.into();
            let when = prompt.when;
            let blocks = prompt.validate()?;
            match when {
                When::Queue => self.ask(blocks, false).await,
                When::Steer => self.steered(blocks).await,
                When::Interrupt => self.instead(blocks).await,
            }
        };
        // Boxed, since it holds three ways of asking.
        Box::pin(asked).await.map_err(|error| error.during("session.prompt"))
    }

    /// Adds to the turn under way, and gives that turn. Without one it is a prompt like any other.
    ///
    /// The agent takes it in when it next asks its model, and `prompt.folded` says so. When the turn
    /// ends before, the prompt begins one of its own.
    ///
    /// # Errors
    /// `Unsupported` when the agent cannot, and those of [`prompt`](Self::prompt).
    pub async fn steer(&self, prompt: impl Into<Prompt> + Send) -> Result<TurnHandle> {
        let asked = async { self.steered(prompt.into().validate()?).await };
        asked.await.map_err(|error| error.during("session.steer"))
    }

    async fn steered(&self, blocks: Vec<ContentBlock>) -> Result<TurnHandle> {
        if self.read().await?.value.open_turn().is_none() {
            return self.ask(blocks, false).await;
        }
        let turn_id = self.scope.core.runtime().id::<TurnId>();
        let verb = Verb::SessionSteer { turn_id, prompt: blocks.clone() };
        match command::call(&self.scope, self.target(), verb).await {
            Ok(into) => {
                let id = serde_json::from_value(into).map_err(|error| {
                    Error::new(ErrorKind::Internal, "the owner does not say which turn it is")
                        .caused_by(error)
                })?;
                Ok(TurnHandle { scope: self.scope.clone(), session_id: self.id, id })
            }
            // The turn is over by now.
            Err(error) if error.kind() == ErrorKind::Conflict => self.ask(blocks, false).await,
            Err(error) => Err(error),
        }
    }

    /// Puts a prompt before all others and stops the turn that is in its way.
    async fn instead(&self, blocks: Vec<ContentBlock>) -> Result<TurnHandle> {
        let in_the_way = self.read().await?.value.open_turn().map(|turn| turn.id);
        let turn = self.ask(blocks, true).await?;
        if let Some(turn_id) = in_the_way {
            self.stop(turn_id).await?;
        }
        Ok(turn)
    }

    async fn ask(&self, blocks: Vec<ContentBlock>, first: bool) -> Result<TurnHandle> {
        let Scope { core, tenant, .. } = &self.scope;
        if !core.sessions.is_open(self.id) {
            self.ensure_owner().await?;
        }
        let turn_id = core.runtime().id::<TurnId>();
        let watch = core.store.storage.watch();
        let command_id = core
            .store
            .change(tenant, self.id, |read, draft| {
                self.queue(read, draft, turn_id, (&blocks, first))?;
                let asks = || self.asks(draft, turn_id, &blocks);
                (!self.is_near(read)).then(asks).transpose().map(Some)
            })
            .await?
            .flatten();
        let turn = TurnHandle { scope: self.scope.clone(), session_id: self.id, id: turn_id };
        let command_id = match command_id {
            Some(id) => id,
            None if core.sessions.tell(self.id, Signal::Look) => return Ok(turn),
            // It has just ended, and the next one is told.
            None => match Box::pin(self.ask_next(turn_id, &blocks)).await {
                Ok(id) => id,
                Err(error) if self.take_back(turn_id, "no_capable_node").await? => {
                    return Err(error);
                }
                Err(_) => return Ok(turn),
            },
        };
        match command::wait(&self.scope, command_id, &watch).await {
            Err(error)
                if error.kind() == ErrorKind::Unavailable
                    && !is_owned(core, &self.read().await?)
                    && self.take_back(turn_id, "no_capable_node").await? =>
            {
                Err(error)
            }
            // Taken up without a word, or about to be by a node that waits for its turn to start the
            // process, or the node is closing: the prompt is durable.
            _ => Ok(turn),
        }
    }

    /// Whether the owner is in this process, so that it needs no command. If it has ended by the time that
    /// it is told, a prompt brings a process by itself, on a node that works and for a session without a
    /// task; who owns it by the next version of the record reads the prompt there.
    fn is_near(&self, read: &Versioned<SessionInfo>) -> bool {
        let core = &self.scope.core;
        core.parts.concurrency > 0
            && read.value.task_id.is_none()
            && read.lease.node_id == Some(core.node_id)
            && core.sessions.is_open(self.id)
    }

    /// Brings a process for a prompt that waits, and asks whoever has it.
    async fn ask_next(&self, turn_id: TurnId, blocks: &[ContentBlock]) -> Result<CommandId> {
        let core = &self.scope.core;
        self.ensure_owner().await?;
        let mut draft = core.store.draft();
        let id = self.asks(&mut draft, turn_id, blocks)?;
        core.store.commit(draft).await?;
        Ok(id)
    }

    /// Drafts the command that says that a prompt is in the queue.
    fn asks(
        &self,
        draft: &mut Draft,
        turn_id: TurnId,
        blocks: &[ContentBlock],
    ) -> Result<CommandId> {
        let Scope { core, tenant, actor } = &self.scope;
        let verb = Verb::SessionPrompt { turn_id, prompt: blocks.to_vec() };
        command::draft(core, draft, tenant, actor, self.target(), verb)
    }

    /// Drafts a prompt in the queue.
    fn queue(
        &self,
        read: &Versioned<SessionInfo>,
        draft: &mut Draft,
        turn_id: TurnId,
        (blocks, first): (&[ContentBlock], bool),
    ) -> Result<()> {
        let Scope { core, actor, .. } = &self.scope;
        let mut session = read.value.clone();
        let queued = QueuedPrompt {
            turn_id,
            prompt: blocks.to_vec(),
            by: actor.clone(),
            origin: Origin::Prompt,
            key: None,
            first_prompt: Vec::new(),
        };
        let told = if first {
            machine::enqueue_first(&mut session, queued)?
        } else {
            machine::enqueue(&mut session, queued)?
        };
        draft.update(read.version, &session)?;
        let told = record::events(core, actor, &session, None, told)?;
        draft.append(record::stream(&session), told);
        Ok(())
    }

    /// Takes a prompt out of the queue. False when its turn has begun.
    pub(super) async fn take_back(&self, turn_id: TurnId, reason: &str) -> Result<bool> {
        let Scope { core, tenant, actor } = &self.scope;
        let taken = core
            .store
            .change::<SessionInfo, ()>(tenant, self.id, |read, draft| {
                let mut session = read.value.clone();
                session.queue.retain(|queued| queued.turn_id != turn_id);
                if session.queue.len() == read.value.queue.len() {
                    return Ok(None);
                }
                draft.update(read.version, &session)?;
                let refs = crate::model::EventRefs {
                    turn_id: Some(turn_id),
                    ..record::refs(&session, None)
                };
                let data = PromptCancelled { reason: reason.to_owned() }.into();
                draft.append(record::stream(&session), vec![core.event(actor, &refs, &data)?]);
                Ok(Some(()))
            })
            .await?;
        Ok(taken.is_some())
    }

    /// Stops the turn under way. Its end comes as `turn.ended`; prompts that wait stay.
    ///
    /// # Errors
    /// `Unavailable` when the owner does not answer in time.
    pub async fn interrupt(&self) -> Result<()> {
        let read = self.read().await?;
        if !is_owned(&self.scope.core, &read) && self.interrupt_unowned().await? {
            return Ok(());
        }
        self.call(Verb::SessionInterrupt, "session.interrupt").await.map(|_| ())
    }

    /// Stops a turn, if it is under way.
    pub(super) async fn stop(&self, turn_id: TurnId) -> Result<()> {
        let read = self.read().await?;
        if read.value.open_turn().is_none_or(|turn| turn.id != turn_id)
            || (!is_owned(&self.scope.core, &read) && self.interrupt_unowned().await?)
        {
            return Ok(());
        }
        command::call(&self.scope, self.target(), Verb::TurnCancel { turn_id }).await.map(|_| ())
    }

    /// Ends a turn that waits for its next process. False when a process came to be meanwhile.
    pub(super) async fn interrupt_unowned(&self) -> Result<bool> {
        let Scope { core, tenant, actor } = &self.scope;
        let why = Error::new(ErrorKind::Cancelled, "the turn was interrupted").info();
        let ended = core
            .store
            .change::<SessionInfo, bool>(tenant, self.id, |read, draft| {
                if is_owned(core, read) {
                    return Ok(Some(false));
                }
                if read.value.open_turn().is_none() {
                    return Ok(None);
                }
                let mut session = read.value.clone();
                let result = TurnResult {
                    stop_reason: StopReason::Cancelled,
                    error: Some(why.clone()),
                    ..TurnResult::default()
                };
                let mut told = machine::end_turn(&mut session, result, core.now());
                told.extend(machine::set_state(&mut session, SessionState::Idle));
                draft.update(read.version, &session)?;
                let told = record::events(core, actor, &session, None, told)?;
                draft.append(record::stream(&session), told);
                Ok(Some(true))
            })
            .await
            .map_err(|error| error.during("session.interrupt"))?;
        Ok(ended.unwrap_or(true))
    }

    /// Changes the permission mode, also for the session's later processes.
    ///
    /// # Errors
    /// `Unavailable` when no node takes the session up in time, and what the agent says.
    pub async fn set_mode(&self, mode: impl Into<String> + Send) -> Result<()> {
        let verb = Verb::SessionSetMode { mode: mode.into() };
        self.ensure_owner().await?;
        self.call(verb, "session.set_mode").await.map(|_| ())
    }

    /// Changes the model, also for the session's later processes.
    ///
    /// # Errors
    /// `Unavailable` when no node takes the session up in time, and what the agent says.
    pub async fn set_model(&self, model: impl Into<String> + Send) -> Result<()> {
        let verb = Verb::SessionSetModel { model: model.into() };
        self.ensure_owner().await?;
        self.call(verb, "session.set_model").await.map(|_| ())
    }

    /// Sends a control request of the agent's own protocol, verbatim, and gives its answer.
    ///
    /// # Errors
    /// `Unavailable` when no node takes the session up in time, and what the agent says.
    pub async fn control(&self, request: Value) -> Result<Value> {
        self.ensure_owner().await?;
        self.call(Verb::SessionControl { request }, "session.control").await
    }

    /// Ends the session for good. Prompts that wait are cancelled; the turn under way is too.
    /// Closing a closed session succeeds.
    ///
    /// # Errors
    /// `Unavailable` when the owner does not answer in time.
    pub async fn close(&self) -> Result<()> {
        let read = self.read().await?;
        if read.value.state == SessionState::Closed || self.close_unowned(&read).await? {
            return Ok(());
        }
        self.call(Verb::SessionClose, "session.close").await.map(|_| ())
    }

    /// Closes a session that has no process. False when somebody owns it.
    pub(super) async fn close_unowned(&self, read: &Versioned<SessionInfo>) -> Result<bool> {
        let Scope { core, tenant, .. } = &self.scope;
        if is_owned(core, read) || core.sessions.is_live(self.id) {
            return Ok(false);
        }
        let claim = core.claim::<SessionInfo>(read.value.key(), None, None, Vec::new()).await?;
        let Claimed::Yes { lease, .. } = claim else {
            return Ok(false);
        };
        crate::event::clear(core, &lease.fence, tenant, self.id).await?;
        let why = Error::new(ErrorKind::Cancelled, "the session was closed").info();
        let approvals = approval::pending_of(core, tenant, self.id).await?;
        core.store
            .change::<SessionInfo, ()>(tenant, self.id, |read, draft| {
                let mut work = Work::new(core, &read.value, None, approvals.clone(), true);
                work.close(&why)?;
                *draft = work.draft(&lease.fence, read.version, true)?;
                Ok(Some(()))
            })
            .await
            .map_err(|error| error.during("session.close"))?;
        Ok(true)
    }

    /// A handle on one of its turns, whether it exists or not.
    pub fn turn(&self, id: TurnId) -> TurnHandle {
        TurnHandle { scope: self.scope.clone(), session_id: self.id, id }
    }

    /// Everything that happens in the session, from its beginning; ends when it is closed.
    pub fn events(&self) -> EventStream {
        self.events_after(Position::Beginning)
    }

    /// Its events after a position, to its end.
    pub fn events_after(&self, after: Position) -> EventStream {
        let filter = EventFilter { session_ids: vec![self.id], ..EventFilter::default() };
        EventStream::open(&self.scope, filter, after, Some(Subject::Session(self.id)))
    }

    /// Gives the session a process on this node when nobody owns it and this node can. A node that
    /// only watches leaves that to one that works.
    async fn ensure_owner(&self) -> Result<()> {
        let core = &self.scope.core;
        let read = self.read().await?;
        let session = &read.value;
        let capable = core.parts.concurrency > 0
            && core.parts.agents.contains_key(&session.spec.agent)
            && session.cwd.place == core.parts.transport.place();
        if session.state == SessionState::Closed || is_owned(core, &read) || !capable {
            return Ok(());
        }
        match resume(&self.scope, self.id, None).await {
            // Another node was faster, or has to finish first: it takes the command.
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Closed) => Ok(()),
            result => result.map(|_| ()),
        }
    }

    pub(super) async fn call(&self, verb: Verb, operation: &'static str) -> Result<Value> {
        let result = command::call(&self.scope, self.target(), verb).await;
        result.map_err(|error| error.during(operation))
    }

    async fn read(&self) -> Result<Versioned<SessionInfo>> {
        self.scope.core.store.require(&self.scope.tenant, self.id).await
    }

    fn target(&self) -> (&'static RecordKind, String) {
        const SESSION: &RecordKind = &RecordKind::SESSION;
        (SESSION, self.id.to_string())
    }
}

/// Whether a node drives the session, as far as this one knows.
fn is_owned(core: &Core, read: &Versioned<SessionInfo>) -> bool {
    match read.lease.node_id {
        Some(node_id) if node_id == core.node_id => core.sessions.is_live(read.value.id),
        Some(_) => read.lease.until > core.now(),
        None => false,
    }
}
