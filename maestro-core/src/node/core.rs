//! What the parts of the engine share: one `Core` per `Maestro` object.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::agent::{Agent, McpServer};
use crate::approval::PermissionHandler;
use crate::command::Inbox;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Live, Watched};
use crate::id::{NodeId, TenantId};
use crate::model::{
    Actor, Capabilities, Event, EventData, EventRefs, NewEvent, PlacePath, Timestamp, WorkspaceKind,
};
use crate::node::activity::Activity;
use crate::node::gate::Gate;
use crate::node::leases::{HeldLease, LeaseTimes, Leases};
use crate::node::starts::Starts;
use crate::node::store::{Store, Stored, Versioned};
use crate::node::suspects::Suspects;
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::scheduler::Scheduler;
use crate::secret::SecretStore;
use crate::session::{LiveSessions, WarmSessions};
use crate::storage::{Claim, ClaimOutcome, Permit, RecordKey, Renew, Want};
use crate::task::{Chance, Task};
use crate::transport::Transport;
use crate::workspace::{Fits, Workspace};

/// What a node works with, put together by the builder.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) agents: BTreeMap<String, Arc<dyn Agent>>,
    pub(crate) tasks: BTreeMap<String, Arc<dyn Task>>,
    pub(crate) workspaces: Vec<Arc<dyn Workspace>>,
    /// Tool servers of this process, by name.
    pub(crate) mcp: BTreeMap<String, Arc<dyn McpServer>>,
    pub(crate) scheduler: Arc<dyn Scheduler>,
    /// Who is asked about approvals before they wait for a person.
    pub(crate) permission: Option<Arc<dyn PermissionHandler>>,
    /// How long an answer waits for its question to be asked again.
    pub(crate) grants_last: Duration,
    pub(crate) concurrency: u32,
    /// How many sessions keep their process while they wait for a prompt; none is no limit.
    pub(crate) warm_sessions: Option<u32>,
    /// How many agent processes start at once.
    pub(crate) starts_at_once: usize,
    pub(crate) lease_times: LeaseTimes,
    pub(crate) sweep_every: Duration,
    pub(crate) cancel_grace: Duration,
}

impl Parts {
    /// How many idle sessions keep their process. A node without concurrency gives none up, since it
    /// gives no process back by itself.
    fn kept_warm(&self) -> usize {
        let most = self.warm_sessions.filter(|_| self.concurrency > 0);
        most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
    }
}

/// The shared heart of a node.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) node_id: NodeId,
    pub(crate) parts: Parts,
    pub(crate) store: Store,
    pub(crate) leases: Arc<Leases>,
    pub(crate) live: Live,
    /// Whether other nodes want to see what agents write here.
    pub(crate) watched: Watched,
    /// Owners of sessions and tasks on this node, by the record that a command is for.
    pub(crate) owners: Mutex<HashMap<(TenantId, String, String), Inbox>>,
    /// Sessions that have an actor on this node.
    pub(crate) sessions: LiveSessions,
    /// Those of them that wait for a prompt and could do without their process.
    pub(crate) warm: WarmSessions,
    /// Whose turn it is to start a process.
    pub(crate) starts: Starts,
    /// The lease that shows that this node lives; none while it has none.
    presence: Mutex<Option<HeldLease>>,
    /// Bumped by every pass of the node's loops; the heart does not beat over a dead engine.
    progress: AtomicU64,
    /// Tells the mailbox that an owner is here now.
    mail: (async_channel::Sender<()>, async_channel::Receiver<()>),
    /// Wakes the dispatcher.
    wake: (async_channel::Sender<()>, async_channel::Receiver<()>),
    closing: AtomicBool,
    /// Closed when running work is to stop where it is.
    park: Mutex<Option<async_channel::Sender<()>>>,
    pub(crate) parking: async_channel::Receiver<()>,
    /// Closed when the node stops: everything that waits on it ends.
    stop: Mutex<Option<async_channel::Sender<()>>>,
    pub(crate) stopping: async_channel::Receiver<()>,
    /// The tasks that run here.
    pub(crate) running: Gate,
    /// The sessions that start, run or end here.
    pub(crate) conversing: Gate,
    /// The sessions that nobody asked for now, and that are being given a process.
    pub(crate) waking: Gate,
    /// When the next thing is due that goes on by itself; the sweeper wakes for it.
    alarm: Mutex<Option<Timestamp>>,
    /// Wakes the sweeper, since the alarm was set.
    nudge: (async_channel::Sender<()>, async_channel::Receiver<()>),
    /// When every task that waits was last looked at.
    pub(crate) scanned: Mutex<Option<Duration>>,
    /// Nodes that seem to be gone.
    pub(crate) suspects: Suspects,
    /// Signs of life of tasks that work here.
    pub(crate) activity: Activity,
}

impl Core {
    pub(crate) fn new(node_id: NodeId, parts: Parts, store: Store) -> Arc<Self> {
        let (stop, stopping) = async_channel::bounded(1);
        let (park, parking) = async_channel::bounded(1);
        let leases = Arc::new(Leases::new(node_id, parts.lease_times, Arc::clone(&parts.runtime)));
        Arc::new(Self {
            node_id,
            store,
            leases,
            live: Live::default(),
            watched: Watched::default(),
            owners: Mutex::default(),
            sessions: LiveSessions::default(),
            warm: WarmSessions::new(parts.kept_warm()),
            starts: Starts::new(parts.starts_at_once),
            presence: Mutex::default(),
            progress: AtomicU64::new(0),
            mail: async_channel::bounded(1),
            wake: async_channel::bounded(1),
            closing: AtomicBool::new(false),
            park: Mutex::new(Some(park)),
            parking,
            stop: Mutex::new(Some(stop)),
            stopping,
            running: Gate::default(),
            conversing: Gate::default(),
            waking: Gate::default(),
            alarm: Mutex::default(),
            nudge: async_channel::bounded(1),
            scanned: Mutex::default(),
            suspects: Suspects::default(),
            activity: Activity::default(),
            parts,
        })
    }

    pub(crate) fn runtime(&self) -> &dyn Runtime {
        &*self.parts.runtime
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.parts.runtime.now()
    }

    /// Who acts when the node itself does.
    pub(crate) fn actor(&self) -> Actor {
        Actor::node(self.node_id)
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities {
            task_kinds: self.parts.tasks.keys().cloned().collect(),
            agents: self.parts.agents.keys().cloned().collect(),
            place: Some(self.parts.transport.place()),
        }
    }

    pub(crate) fn agent(&self, name: &str) -> Result<&Arc<dyn Agent>> {
        self.parts.agents.get(name).ok_or_else(|| {
            let known = self.parts.agents.keys().map(String::as_str).collect::<Vec<_>>();
            Error::invalid("agent", format!("{name:?} is not registered with this node"))
                .with("registered", known.join(", "))
        })
    }

    /// The tool servers that a session names.
    pub(crate) fn mcp_servers(
        &self,
        servers: &BTreeMap<String, serde_json::Value>,
    ) -> Result<Vec<Arc<dyn McpServer>>> {
        let find = |name: &String| {
            self.parts.mcp.get(name).map(Arc::clone).ok_or_else(|| {
                let known = self.parts.mcp.keys().map(String::as_str).collect::<Vec<_>>();
                Error::invalid("mcp", format!("{name:?} is not registered with this node"))
                    .with("registered", known.join(", "))
            })
        };
        // The others are the agent's own.
        servers.iter().filter(|(_, config)| config.is_null()).map(|(name, _)| find(name)).collect()
    }

    /// The one name of a project's directory at this node's place.
    pub(crate) async fn locate(&self, path: &PlacePath) -> Result<PlacePath> {
        match self.parts.workspaces.first() {
            Some(workspace) => workspace.locate(path).await,
            None => Ok(path.clone()),
        }
    }

    /// The adapter that makes a workspace of a project: the first that can. With the project directory
    /// itself comes the reason why the ones before it cannot.
    pub(crate) async fn workspace_for(
        &self,
        kind: WorkspaceKind,
        project: &PlacePath,
        base: Option<&str>,
    ) -> Result<(&Arc<dyn Workspace>, Option<String>)> {
        let wanted = match kind {
            WorkspaceKind::Auto => None,
            WorkspaceKind::Git => Some("git"),
            WorkspaceKind::Directory => Some("directory"),
            WorkspaceKind::Other(name) => Some(name.as_str()),
        };
        let mut refused = None;
        for workspace in &self.parts.workspaces {
            if wanted.is_some_and(|wanted| wanted != workspace.kind()) {
                continue;
            }
            match workspace.fits(project, base).await? {
                Fits::Yes => {
                    let shared = workspace.kind() == "directory";
                    return Ok((workspace, refused.map(|(_, why)| why).filter(|_| shared)));
                }
                Fits::No { why } => refused = refused.or(Some((workspace, why))),
            }
        }
        let Some((workspace, why)) = refused else {
            let kinds = self.parts.workspaces.iter().map(|workspace| workspace.kind());
            return Err(Error::invalid(
                "workspace",
                "asks for a kind that this node does not make",
            )
            .with("wanted", wanted.unwrap_or("auto"))
            .with("offered", kinds.collect::<Vec<_>>().join(", ")));
        };
        // A directory that is not there says so by itself.
        workspace.locate(project).await?;
        let wanted = wanted.unwrap_or("auto");
        Err(Error::invalid("workspace", format!("is `{wanted}`, which cannot be made here: {why}"))
            .with("project", project))
    }

    pub(crate) fn workspace_by_kind(&self, kind: &str) -> Result<&Arc<dyn Workspace>> {
        self.parts.workspaces.iter().find(|workspace| workspace.kind() == kind).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "this node makes no such workspaces")
                .with("kind", kind)
        })
    }

    /// An event of this node's clock.
    pub(crate) fn event(
        &self,
        actor: &Actor,
        refs: &EventRefs,
        data: &EventData,
    ) -> Result<NewEvent> {
        let refs = EventRefs { node_id: Some(self.node_id), ..refs.clone() };
        Ok(NewEvent {
            at: self.now(),
            event_type: data.event_type().to_owned(),
            actor: actor.clone(),
            refs,
            schema: Event::SCHEMA,
            data: data.to_envelope()?,
            raw: None,
        })
    }

    /// Several events of one thing.
    pub(crate) fn events(
        &self,
        actor: &Actor,
        refs: &EventRefs,
        data: impl IntoIterator<Item = EventData>,
    ) -> Result<Vec<NewEvent>> {
        data.into_iter().map(|data| self.event(actor, refs, &data)).collect()
    }

    /// Claims one record and holds it.
    pub(crate) async fn claim<T: Stored>(
        self: &Arc<Self>,
        key: RecordKey,
        version: Option<u64>,
        seize_from: Option<NodeId>,
        permits: Vec<Permit>,
    ) -> Result<Claimed<T>> {
        self.ensure_alive().await?;
        self.take(key, version, seize_from, permits).await
    }

    /// Claims without asking whether this node is known to live.
    pub(crate) async fn take<T: Stored>(
        self: &Arc<Self>,
        key: RecordKey,
        version: Option<u64>,
        seize_from: Option<NodeId>,
        permits: Vec<Permit>,
    ) -> Result<Claimed<T>> {
        let asked = self.runtime().monotonic();
        let want = Want { key: key.clone(), version, seize_from, permits };
        let ttl_ms = u64::try_from(self.leases.times().ttl.as_millis()).unwrap_or(u64::MAX);
        let claim = Claim { node_id: self.node_id, ttl_ms, wants: vec![want] };
        let outcome = self.store.storage.claim(&claim).await?.pop();
        Ok(match outcome {
            Some(ClaimOutcome::Claimed { record }) => {
                let value = Versioned::decode(&record)?;
                let lease = self.leases.hold(key, record.lease.token, asked);
                Claimed::Yes { value: Box::new(value), lease }
            }
            Some(ClaimOutcome::Missing) | None => Claimed::Missing,
            Some(ClaimOutcome::Held { node_id, .. }) => Claimed::Held { node_id },
            Some(ClaimOutcome::Stale { .. } | ClaimOutcome::Limited { .. }) => Claimed::No,
        })
    }

    /// Wakes the dispatcher soon.
    pub(crate) fn wake(&self) {
        // Full means that a wake-up is under way already.
        let _ = self.wake.0.try_send(());
    }

    /// What a machine is given to decide by chance.
    pub(crate) fn chance(&self) -> Chance {
        Chance(u32::try_from(self.runtime().random_below(1001)).unwrap_or(0))
    }

    /// Lets the mailbox look soon.
    pub(crate) fn ask_for_mail(&self) {
        // Full means that it looks soon anyway.
        let _ = self.mail.0.try_send(());
    }

    /// Ends when the mailbox is to look.
    pub(crate) async fn mail_wanted(&self) {
        // The sender lives as long as the node.
        let _ = self.mail.1.recv().await;
    }

    /// Ends when the dispatcher is to look.
    pub(crate) async fn woken(&self) {
        let _ = self.wake.1.recv().await;
    }

    /// Renews every lease. Gives whether the store answered in time.
    pub(crate) async fn renew(&self) -> bool {
        let leases = self.leases.all();
        if leases.is_empty() {
            return true;
        }
        let times = self.leases.times();
        let asked = self.runtime().monotonic();
        let ttl_ms = u64::try_from(times.ttl.as_millis()).unwrap_or(u64::MAX);
        let renew = Renew { node_id: self.node_id, ttl_ms, leases };
        let sent = self.store.storage.renew(&renew);
        match self.runtime().timeout(times.beat(), sent).await {
            Some(Ok(renewed)) => {
                self.leases.renewed(&renew.leases, &renewed.lost, asked);
                return true;
            }
            Some(Err(error)) if error.kind() == ErrorKind::InvalidConfig => self.lose_store(&error),
            Some(Err(error)) => tracing::warn!(%error, "a heartbeat did not get through"),
            None => tracing::warn!("a heartbeat got no answer in time"),
        }
        false
    }

    /// Stops all work at once, also that of agents: what the store holds is not what this node knows, and
    /// nothing that it does can be written any more. Every call says why.
    fn lose_store(&self, error: &Error) {
        if self.leases.count() > 0 {
            tracing::error!(%error, "the store cannot be used any more; this node stops its work");
            self.leases.lose_all();
        }
    }

    /// Looks whether the store can still be used, which costs next to nothing.
    pub(crate) async fn check_store(&self) {
        if let Err(error) = self.store.storage.get(&[]).await
            && error.kind() == ErrorKind::InvalidConfig
        {
            self.lose_store(&error);
        }
    }

    /// Makes sure that the other nodes take this one for alive, so that what it claims stays its
    /// own.
    ///
    /// # Errors
    /// `Unavailable` when it has lost its own lease; it joins again soon.
    pub(crate) async fn ensure_alive(&self) -> Result<()> {
        if self.leases.is_own_fresh() {
            return Ok(());
        }
        // Perhaps the machine slept: the store knows.
        self.renew().await;
        if self.leases.is_own_fresh() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unavailable,
            "this node could not keep its lease and takes nothing up before it has joined again",
        )
        .with("node_id", self.node_id)
        .retryable(true))
    }

    /// Whether side effects are still allowed. A machine that slept asks the store first.
    ///
    /// # Errors
    /// `LeaseLost`.
    pub(crate) async fn confirm(&self, lease: &HeldLease) -> Result<()> {
        if lease.verify().is_err() && !lease.is_lost() {
            self.renew().await;
        }
        lease.verify()
    }

    pub(crate) fn set_presence(&self, lease: Option<HeldLease>) -> Option<HeldLease> {
        std::mem::replace(&mut *self.presence.lock().unwrap_or_else(PoisonError::into_inner), lease)
    }

    pub(crate) fn note_progress(&self) {
        self.progress.fetch_add(1, Ordering::SeqCst);
    }

    /// How often the node's loops have gone round.
    pub(crate) fn progress(&self) -> u64 {
        self.progress.load(Ordering::SeqCst)
    }

    /// Lets the sweeper look at that time, or earlier.
    pub(crate) fn set_alarm(&self, at: Timestamp) {
        let mut alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        if alarm.is_none_or(|before| at < before) {
            *alarm = Some(at);
            // Full means that the sweeper looks soon anyway.
            let _ = self.nudge.0.try_send(());
        }
    }

    /// When the sweeper was asked to look.
    pub(crate) fn alarm(&self) -> Option<Timestamp> {
        *self.alarm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take_alarm(&self) {
        self.alarm.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Ends when the alarm was set anew.
    pub(crate) async fn nudged(&self) {
        // The sender lives as long as the node.
        let _ = self.nudge.1.recv().await;
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// Takes no new work from now on.
    pub(crate) fn begin_closing(&self) -> bool {
        !self.closing.swap(true, Ordering::SeqCst)
    }

    /// Asks running work to stop where it is, to be resumed by another node.
    pub(crate) fn park(&self) {
        self.running.shut();
        self.conversing.shut();
        self.waking.shut();
        self.park.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Ends when running work is to stop where it is.
    pub(crate) async fn parked(&self) {
        while self.parking.recv().await.is_ok() {}
    }

    /// Whether a worker or an actor of this node is busy with a record.
    pub(crate) fn is_owner(&self, key: &RecordKey) -> bool {
        let owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.contains_key(&(key.tenant_id.clone(), key.kind.as_str().to_owned(), key.id.clone()))
    }

    /// Ends the loops and everything that runs.
    pub(crate) fn stop(&self) {
        self.park();
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Ends when the node stops.
    pub(crate) async fn stopped(&self) {
        while self.stopping.recv().await.is_ok() {}
    }

    /// Publishes an ephemeral event to the subscribers of this process.
    pub(crate) fn env_for_tools(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("MAESTRO_NODE_ID".to_owned(), self.node_id.to_string())])
    }
}

/// What a claim of one record came to.
#[derive(Debug)]
pub(crate) enum Claimed<T> {
    Yes { value: Box<Versioned<T>>, lease: HeldLease },
    Held { node_id: NodeId },
    No,
    Missing,
}

/// Whose data, by whom: what every group of verbs works under.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) core: Arc<Core>,
    pub(crate) tenant: TenantId,
    pub(crate) actor: Actor,
}
