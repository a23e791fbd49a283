//! Resuming: what the agent remembers decides how the conversation goes on.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::agent::{Agent, Evidence};
use crate::approval;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{SessionId, TurnId};
use crate::model::{AgentPointer, PlacePath, SessionInfo, SessionResumed, SessionState};
use crate::node::{Claimed, Core, Scope, Stored as _, Versioned};
use crate::runtime::RuntimeExt as _;
use crate::session::live::{self, Entered, LiveSession, Registration, Signal};
use crate::session::machine::{self, Recovery};
use crate::session::open::{Start, TaskRef, check_place};
use crate::transport::ProcessStatus;

/// How a conversation goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    /// The agent's memory to go on with; none begins anew.
    pointer: Option<AgentPointer>,
    evidence: Evidence,
    /// What to do about a turn that was cut off.
    recovery: Recovery,
}

impl Way {
    fn fresh(evidence: Evidence) -> Self {
        Self { pointer: None, evidence, recovery: Recovery::Again }
    }
}

/// Goes on with a session on this node, or gives the one that runs here already.
///
/// # Errors
/// `NotFound`; `Conflict` when the session is closed or another node owns it; `Unavailable` when its
/// last process may still run or is at another place; those of [`Agent::open`].
pub(super) fn resume<'a>(
    scope: &'a Scope,
    id: SessionId,
    task: Option<&'a TaskRef>,
) -> BoxFuture<'a, Result<LiveSession>> {
    // Boxed, since the whole actor is made in it.
    Box::pin(resumed(scope, id, task))
}

async fn resumed(scope: &Scope, id: SessionId, task: Option<&TaskRef>) -> Result<LiveSession> {
    let core = &scope.core;
    let read = core.store.require::<SessionInfo>(&scope.tenant, id).await?;
    check_open(&read.value)?;
    let agent = Arc::clone(core.agent(&read.value.spec.agent)?);
    let cwd = task.map_or(&read.value.cwd, |task| &task.cwd).clone();
    check_place(core, &cwd)?;
    let registration = loop {
        match live::enter(core, id).await? {
            Entered::Mine(registration) => break registration,
            Entered::Live(live) => {
                let joins = task.map_or(Signal::Look, |task| Signal::Attempt(task.attempt));
                if live.join(joins) {
                    return Ok(live);
                }
            }
        }
    };
    let mut start = Box::pin(claim(core, read.value, registration, task)).await?;
    start.session.value.cwd.clone_from(&cwd);
    let (inbox, owner) = start.register();
    let way = match prepare(&mut start, &*agent).await {
        Ok(way) => way,
        Err(error) => return Box::pin(start.give_back(error)).await,
    };
    let (process, way) = match launch(&start, &*agent, way).await {
        Ok(launched) => launched,
        Err(error) => return Box::pin(start.fail(error)).await,
    };
    let remembers = way.pointer.is_some();
    let turn_id = core.runtime().id::<TurnId>();
    // The record is read anew if somebody queues a prompt meanwhile, so all of it is said here.
    Box::pin(start.run(process, (inbox, owner), remembers, move |work| {
        let by = work.core.actor();
        let fresh = way.pointer.is_none();
        work.session.cwd.clone_from(&cwd);
        if fresh {
            machine::forget(&mut work.session);
        }
        let agent_session_id = work.session.pointer.agent_session_id.clone();
        let evidence = way.evidence.as_str().to_owned();
        work.tell(&by, SessionResumed { agent_session_id, evidence, fresh })?;
        let now = work.core.now();
        let told = machine::recover(&mut work.session, way.recovery, turn_id, by.clone(), now);
        work.tell_all(&by, told)
    }))
    .await
}

async fn claim<'a>(
    core: &'a Arc<Core>,
    session: SessionInfo,
    registration: Registration,
    task: Option<&'a TaskRef>,
) -> Result<Box<Start<'a>>> {
    let id = session.id;
    let (session, lease) =
        match core.claim::<SessionInfo>(session.key(), None, None, Vec::new()).await? {
            Claimed::Yes { value, lease } => (*value, lease),
            Claimed::Held { node_id } => {
                return Err(Error::new(ErrorKind::Conflict, "another node owns the session")
                    .with("session_id", id)
                    .with("node_id", node_id)
                    .retryable(true));
            }
            Claimed::No | Claimed::Missing => {
                return Err(Error::new(ErrorKind::NotFound, "there is no such session")
                    .with("session_id", id));
            }
        };
    crate::event::clear(core, &lease.fence, &session.value.tenant_id, id).await?;
    let pending = std::collections::BTreeMap::new();
    Ok(Box::new(Start { core, session, lease, last_seq: 0, registration, task, pending }))
}

/// Finds out how to go on, and what the last process has left behind.
async fn prepare(start: &mut Start<'_>, agent: &dyn Agent) -> Result<Way> {
    let core = start.core;
    let Versioned { value: session, .. } = &start.session;
    check_open(session)?;
    check_gone(core, session).await?;
    let pending = approval::pending_of(core, &session.tenant_id, session.id).await?;
    let name = |read: Versioned<crate::model::ApprovalInfo>| read.value.agent_request_id;
    let way = look(agent, &session.cwd, session).await;
    start.pending = pending.into_iter().map(|(id, read)| (id, name(read))).collect();
    Ok(way)
}

/// Two processes must never work in one conversation.
async fn check_gone(core: &Core, session: &SessionInfo) -> Result<()> {
    // What this node itself had started ended with its actor.
    let Some(process) = session.process.as_ref().filter(|_| session.node_id != Some(core.node_id))
    else {
        return Ok(());
    };
    if core.parts.transport.inspect(process).await? != ProcessStatus::Alive {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unavailable,
        "the process of the node that is gone still runs; it is ended when that node is recovered",
    )
    .with("session_id", session.id)
    .with("pid", process.pid))
}

/// Looks what the agent remembers.
async fn look(agent: &dyn Agent, cwd: &PlacePath, session: &SessionInfo) -> Way {
    let pointer = &session.pointer;
    if pointer.agent_session_id.is_none() {
        return Way::fresh(Evidence::Missing);
    }
    let found = evidence(agent, cwd, pointer).await;
    if found != Evidence::Missing {
        let pointer = Some(pointer.clone());
        return Way { pointer, evidence: found, recovery: Recovery::Continue };
    }
    // Perhaps only the last prompt has not arrived: then the rest of the memory is good.
    if pointer.last_message.is_some() && session.open_turn().is_some() {
        let earlier = AgentPointer { last_prompt: None, ..pointer.clone() };
        let found = evidence(agent, cwd, &earlier).await;
        if matches!(found, Evidence::Holds | Evidence::Behind) {
            let evidence = Evidence::Behind;
            return Way { pointer: Some(earlier), evidence, recovery: Recovery::Again };
        }
    }
    Way::fresh(Evidence::Missing)
}

pub(super) async fn evidence(
    agent: &dyn Agent,
    cwd: &PlacePath,
    pointer: &AgentPointer,
) -> Evidence {
    agent.evidence(cwd, pointer).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the agent's memory could not be looked at");
        Evidence::Unknown
    })
}

/// Starts the process; anew when the conversation turns out to be gone.
async fn launch(
    start: &Start<'_>,
    agent: &dyn Agent,
    way: Way,
) -> Result<(Box<dyn crate::agent::AgentSession>, Way)> {
    let resumes = way.pointer.is_some();
    match start.launch(agent, way.pointer.clone(), false).await {
        Ok(process) => Ok((process, way)),
        Err(error) if resumes && error.kind() == ErrorKind::NotFound => {
            tracing::warn!(%error, "the agent has lost the conversation; it starts anew");
            let way = Way::fresh(Evidence::Missing);
            Ok((start.launch(agent, None, false).await?, way))
        }
        Err(error) => Err(error),
    }
}

fn check_open(session: &SessionInfo) -> Result<()> {
    if session.state != SessionState::Closed {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, "the session is closed; open another one")
        .with("session_id", session.id))
}
