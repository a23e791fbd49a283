//! Opening: the record and the lease first, then the process.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use futures::future::{BoxFuture, Either, select};
use futures::stream::FuturesUnordered;

use crate::account;
use crate::agent::{Agent, AgentSession, OpenContext};
use crate::approval;
use crate::command::{Inbox, Owner};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ApprovalId, ProjectId, SessionId, TaskId};
use crate::model::{
    AgentPointer, EventData, Extra, PlacePath, ProjectInfo, SessionInfo, SessionOpened,
    SessionSpec, SessionState, SessionUpdated, Usage,
};
use crate::node::{Core, Draft, HeldLease, Scope, StartPlace, Stored as _, Versioned};
use crate::runtime::{RuntimeExt as _, spawn};
use crate::session::actor::SessionActor;
use crate::session::live::{self, Entered, LiveSession, Registration};
use crate::session::mirror::Mirror;
use crate::session::steer::Steers;
use crate::session::wait::while_held;
use crate::session::warm::Rest;
use crate::session::work::{Ended, Work};
use crate::session::writer::Then;
use crate::session::{machine, record};
use crate::storage::RecordKind;

/// The variable that tells an agent and its tools which session they work in.
const SESSION_ID: &str = "MAESTRO_SESSION_ID";

/// The attempt that a session works for.
#[derive(Debug, Clone)]
pub(crate) struct TaskRef {
    pub(crate) id: TaskId,
    pub(crate) attempt: u32,
    /// What the task adds to the agent's environment.
    pub(crate) env: BTreeMap<String, String>,
    /// Where it works; its workspace may have been made anew at another path.
    pub(crate) cwd: PlacePath,
}

/// Opens a session: its record, `session.opened` and the lease are one commit, before the process
/// starts, so that a crash leaves evidence.
///
/// # Errors
/// Those of [`Agent::open`], after `session.failed` is recorded and the lease is given back;
/// `InvalidArgument` for an agent that is not registered, `Unavailable` for another place, `Closed`.
pub(super) fn open<'a>(
    scope: &'a Scope,
    spec: SessionSpec,
    cwd: PlacePath,
    project_id: Option<ProjectId>,
    task: Option<&'a TaskRef>,
    from: Option<Beginning>,
) -> BoxFuture<'a, Result<LiveSession>> {
    // Boxed, since the whole actor is made in it.
    Box::pin(opened(scope, spec, cwd, project_id, task, from))
}

/// A conversation of the agent that a session begins with.
#[derive(Debug, Clone)]
pub(super) struct Beginning {
    pub(super) pointer: AgentPointer,
    /// What is told of it.
    pub(super) told: EventData,
    /// Whether it is copied, and itself left as it is.
    pub(super) fork: bool,
}

async fn opened(
    scope: &Scope,
    spec: SessionSpec,
    cwd: PlacePath,
    project_id: Option<ProjectId>,
    task: Option<&TaskRef>,
    from: Option<Beginning>,
) -> Result<LiveSession> {
    let agent = Arc::clone(scope.core.agent(&spec.agent)?);
    let start = Box::pin(begin(scope, &*agent, spec, cwd, (project_id, task))).await?;
    let (inbox, owner) = start.register();
    let resume = from.as_ref().map(|from| from.pointer.clone());
    let (remembers, fork) = (from.is_some(), from.as_ref().is_some_and(|from| from.fork));
    match start.launch(&*agent, resume, fork).await {
        Ok(process) => {
            let tell = move |work: &mut Work<'_>| match &from {
                Some(from) => {
                    let by = work.core.actor();
                    if !from.fork {
                        work.session.pointer = from.pointer.clone();
                    }
                    work.tell(&by, from.told.clone())
                }
                None => Ok(()),
            };
            Box::pin(start.run(process, (inbox, owner), remembers, tell)).await
        }
        Err(error) => Box::pin(start.fail(error)).await,
    }
}

/// Everything before the process: the record, the lease, and the right to run it here.
async fn begin<'a>(
    scope: &'a Scope,
    agent: &dyn Agent,
    spec: SessionSpec,
    cwd: PlacePath,
    (project_id, task): (Option<ProjectId>, Option<&'a TaskRef>),
) -> Result<Box<Start<'a>>> {
    let core = &scope.core;
    check_place(core, &cwd)?;
    let account = match account_name(scope, &spec, project_id).await? {
        Some(name) => Some(account::for_session(scope, &name, agent.kind()).await?),
        None => None,
    };
    let config_dir = account.as_ref().and_then(|account| account.config_dir.as_ref());
    let config_dir = config_dir.map(|directory| directory.path.clone());
    let session = SessionInfo {
        id: core.runtime().id::<SessionId>(),
        tenant_id: scope.tenant.clone(),
        created_by: scope.actor.clone(),
        project_id,
        account_id: account.as_ref().map(|account| account.id),
        account_name: account.map(|account| account.name),
        task_id: task.map(|task| task.id),
        state: SessionState::Idle,
        cwd,
        pointer: AgentPointer { config_dir, ..AgentPointer::default() },
        process: None,
        node_id: None,
        processes: 0,
        losses: 0,
        failed_starts: 0,
        wake_at: None,
        remembers_from: 0,
        model: spec.model.clone(),
        mode: spec.mode.clone(),
        queue: Vec::new(),
        turn: None,
        keyed_turn: None,
        turns: 0,
        usage: Usage::default(),
        created_at: core.now(),
        closed_at: None,
        spec,
        extra: Extra::new(),
    };
    let Entered::Mine(registration) = live::enter(core, session.id).await? else {
        return Err(Error::new(ErrorKind::Internal, "the id of a new session is taken"));
    };
    core.ensure_alive().await?;
    let asked = core.runtime().monotonic();
    let receipt = core.store.commit(draft(scope, &session, task)?).await?;
    let token = receipt.tokens.first().copied().ok_or_else(|| {
        Error::new(ErrorKind::Internal, "the store gave no token for the session's lease")
    })?;
    let lease = core.leases.hold(session.key(), token, asked);
    let version = receipt.versions.first().copied().unwrap_or(1);
    let until = session.created_at;
    let held = crate::storage::Lease { node_id: Some(core.node_id), token, until };
    let session = Versioned { value: session, version, lease: held };
    let last_seq = receipt.first_seqs.first().copied().unwrap_or(0);
    let pending = BTreeMap::new();
    Ok(Box::new(Start { core, session, lease, last_seq, registration, task, pending }))
}

/// The account that the session names, or its project does.
async fn account_name(
    scope: &Scope,
    spec: &SessionSpec,
    project_id: Option<ProjectId>,
) -> Result<Option<String>> {
    if spec.account.is_some() {
        return Ok(spec.account.clone());
    }
    let Some(id) = project_id else {
        return Ok(None);
    };
    let project = scope.core.store.require::<ProjectInfo>(&scope.tenant, id).await?;
    Ok(project.value.account)
}

/// Drafts the record, its first event and the lease.
fn draft(scope: &Scope, session: &SessionInfo, task: Option<&TaskRef>) -> Result<Draft> {
    let core = &scope.core;
    let opened = SessionOpened {
        agent: session.spec.agent.clone(),
        cwd: session.cwd.to_string(),
        model: session.model.clone(),
        mode: session.mode.clone(),
        ..SessionOpened::default()
    };
    let attempt = task.map(|task| task.attempt);
    let told = record::events(core, &scope.actor, session, attempt, vec![opened.into()])?;
    let mut draft = core.store.draft();
    draft.insert(session)?;
    draft.acquire(session.key(), core.node_id, core.leases.times().ttl);
    draft.append(record::stream(session), told);
    Ok(draft)
}

/// Only the node at a place can start programs there.
pub(super) fn check_place(core: &Core, cwd: &PlacePath) -> Result<()> {
    let here = core.parts.transport.place();
    if cwd.place == here {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unavailable,
        "the session works at a place that this node does not reach",
    )
    .with("place", &cwd.place)
    .with("here", here))
}

/// A session that this node holds and whose process is about to start.
#[derive(Debug)]
pub(super) struct Start<'a> {
    pub(super) core: &'a Arc<Core>,
    pub(super) session: Versioned<SessionInfo>,
    pub(super) lease: HeldLease,
    pub(super) last_seq: u64,
    pub(super) registration: Registration,
    pub(super) task: Option<&'a TaskRef>,
    /// Questions of an earlier process that are not void yet.
    pub(super) pending: BTreeMap<ApprovalId, String>,
}

impl Start<'_> {
    /// Lets commands come here from now on.
    pub(super) fn register(
        &self,
    ) -> (async_channel::Receiver<Box<crate::command::Delivery>>, Owner) {
        let session = &self.session.value;
        let id = session.id.to_string();
        Inbox::register(self.core, &session.tenant_id, &RecordKind::SESSION, id)
    }

    /// Starts the process, when it is its turn.
    ///
    /// # Errors
    /// `Closed` when the node is closed before that, `LeaseLost`, and those of [`Agent::open`].
    pub(super) async fn launch(
        &self,
        agent: &dyn Agent,
        resume: Option<AgentPointer>,
        fork: bool,
    ) -> Result<Box<dyn AgentSession>> {
        let session = &self.session.value;
        let mut env = session.spec.env.clone();
        env.extend(self.core.env_for_tools());
        env.insert(SESSION_ID.to_owned(), session.id.to_string());
        env.extend(self.task.iter().flat_map(|task| task.env.clone()));
        let resolving = account::for_process(self.core, session);
        let account = while_held(&self.lease, resolving).await?;
        let context = OpenContext {
            session_id: session.id,
            owner: self.core.node_id,
            spec: session.spec.clone(),
            cwd: session.cwd.clone(),
            confined: session.task_id.is_some(),
            resume,
            fork,
            mcp: self.core.mcp_servers(&session.spec.mcp)?,
            env,
            account,
            policy: Some(approval::policy_of(self.core, session)),
            transport: Arc::clone(&self.core.parts.transport),
            runtime: Arc::clone(&self.core.parts.runtime),
        };
        let _place = while_held(&self.lease, self.place()).await?;
        self.core.confirm(&self.lease).await?;
        while_held(&self.lease, agent.open(context)).await
    }

    /// Waits for its turn to start a process.
    async fn place(&self) -> Result<StartPlace> {
        match select(pin!(self.core.starts.place()), pin!(self.core.parked())).await {
            Either::Left((place, _)) => Ok(place),
            Either::Right(((), _)) => Err(Error::new(ErrorKind::Closed, "this node is closing")),
        }
    }

    /// Records the process, tells what `tell` says, and lets the actor run. `remembers` says whether
    /// the agent goes on in a conversation that it had before.
    pub(super) async fn run(
        self: Box<Self>,
        process: Box<dyn AgentSession>,
        (inbox, owner): (async_channel::Receiver<Box<crate::command::Delivery>>, Owner),
        remembers: bool,
        tell: impl Fn(&mut Work<'_>) -> Result<()> + Send + Sync,
    ) -> Result<LiveSession> {
        let core = Arc::clone(self.core);
        let mut actor = Box::new(SessionActor {
            core: Arc::clone(&core),
            agent: Arc::from(process),
            lease: self.lease,
            session: self.session,
            attempt: self.task.map(|task| task.attempt),
            pending: self.pending,
            inquiries: Vec::new(),
            aside: None,
            steers: Steers::new(),
            last_seq: self.last_seq,
            mirror: Mirror::default(),
            rest: Rest::of(remembers),
            inbox,
            registration: self.registration,
            _owner: owner,
            calls: FuturesUnordered::new(),
        });
        let process = actor.agent.process();
        let attached = actor.write(Then::Stay, |work| {
            if work.session.state == SessionState::Closed {
                return Err(Error::new(ErrorKind::Conflict, "the session is closed"));
            }
            let by = work.core.actor();
            work.void_lost()?;
            machine::attach(&mut work.session, work.core.node_id, process.clone());
            let agent_session_id = work.session.pointer.agent_session_id.clone();
            work.tell(&by, SessionUpdated { agent_session_id, ..SessionUpdated::default() })?;
            tell(work)
        });
        if let Err(error) = attached.await {
            actor.registration.leave();
            if let Err(error) = actor.agent.close(true).await {
                tracing::error!(%error, "an agent's process was not ended in order");
            }
            Box::pin(record_failure(&core, &actor.session, &actor.lease, &error)).await;
            return Err(error);
        }
        actor.registration.opened();
        let live = actor.registration.live.clone();
        spawn(core.runtime(), "session", actor.run()).detach();
        Ok(live)
    }

    /// Gives the lease back and changes nothing else: what an earlier process left behind is for
    /// whoever finds it next.
    pub(super) async fn give_back(self: Box<Self>, error: Error) -> Result<LiveSession> {
        self.registration.leave();
        let mut draft = self.core.store.draft();
        draft.release(&self.lease.fence);
        self.lease.begin_return();
        if let Err(error) = self.core.store.commit(draft).await {
            tracing::warn!(%error, "a lease is not given back; it lapses");
        }
        Err(error)
    }

    /// Records that no process came to be, and gives the lease back.
    pub(super) async fn fail(self: Box<Self>, error: Error) -> Result<LiveSession> {
        if error.kind() == ErrorKind::Closed && self.core.is_closing() {
            // Nothing was tried.
            return self.give_back(error).await;
        }
        self.registration.leave();
        account::note(self.core, &self.session.value, account::Seen::of_error(&error.info()));
        record_failure(self.core, &self.session, &self.lease, &error).await;
        Err(error)
    }
}

async fn record_failure(
    core: &Core,
    session: &Versioned<SessionInfo>,
    lease: &HeldLease,
    error: &Error,
) {
    let SessionInfo { id, tenant_id, .. } = &session.value;
    let why = error.info();
    let failed = Ended { error: Some(why.clone()), exit: None };
    let recorded = core
        .store
        .change::<SessionInfo, ()>(tenant_id, id, |read, draft| {
            let mut work = Work::new(core, &read.value, None, BTreeMap::new(), true);
            work.depart(&why, Some(&failed), true)?;
            machine::fail_start(&mut work.session, core.now());
            *draft = work.draft(&lease.fence, read.version, true)?;
            Ok(Some(()))
        })
        .await;
    match recorded {
        Err(error) if error.kind() == ErrorKind::LeaseLost => {}
        Err(error) => tracing::error!(%error, session = %id, "a failed start is not recorded"),
        Ok(_) => {}
    }
}
