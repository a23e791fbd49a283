//! Puts a node together: the only composition root.

mod place;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::agent::{Agent, GuardedAgent, McpServer};
use crate::approval::PermissionHandler;
use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;
use crate::maestro::Maestro;
use crate::model::{Place, check};
use crate::node::{self, Core, LeaseTimes, Parts};
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::scheduler::{FairScheduler, Scheduler};
use crate::secret::SecretStore;
use crate::secret::local::LocalSecrets;
use crate::storage::StorageConfig;
use crate::storage::memory::Memory;
use crate::task::{AgentTask, Task};
use crate::transport::Transport;
use crate::workspace::Workspace;
use crate::workspace::directory::DirectoryWorkspace;

/// Configures a node. Everything has a default; without a storage nothing outlives the process.
#[derive(Debug)]
#[must_use = "call build"]
pub struct MaestroBuilder {
    runtime: Option<Arc<dyn Runtime>>,
    storage: Option<Box<dyn StorageConfig>>,
    transport: Option<Arc<dyn Transport>>,
    agents: Vec<(String, Arc<dyn Agent>)>,
    tasks: Vec<(String, Arc<dyn Task>)>,
    workspaces: Vec<Arc<dyn Workspace>>,
    worktrees: Option<PathBuf>,
    state_directory: Option<PathBuf>,
    place: Option<Place>,
    scheduler: Arc<dyn Scheduler>,
    mcp: BTreeMap<String, Arc<dyn McpServer>>,
    permission: Option<Arc<dyn PermissionHandler>>,
    grants_last: Duration,
    secrets: Option<Arc<dyn SecretStore>>,
    concurrency: u32,
    warm_sessions: Option<u32>,
    starts_at_once: Option<u32>,
    lease_times: LeaseTimes,
    sweep_every: Duration,
    cancel_grace: Duration,
}

impl Default for MaestroBuilder {
    fn default() -> Self {
        Self {
            runtime: None,
            storage: None,
            transport: None,
            agents: Vec::new(),
            tasks: Vec::new(),
            workspaces: Vec::new(),
            worktrees: None,
            state_directory: None,
            place: None,
            scheduler: Arc::new(FairScheduler),
            mcp: BTreeMap::new(),
            permission: None,
            grants_last: Duration::from_hours(24),
            secrets: None,
            concurrency: 4,
            warm_sessions: Some(Self::WARM_SESSIONS),
            starts_at_once: None,
            lease_times: LeaseTimes::default(),
            sweep_every: Duration::from_secs(5),
            cancel_grace: Duration::from_secs(15),
        }
    }
}

impl MaestroBuilder {
    /// The default of [`warm_sessions`](Self::warm_sessions). A process of Claude Code that waits takes
    /// about 200 MB, so these take up to 1.6 GB.
    pub const WARM_SESSIONS: u32 = 8;

    /// Where everything is kept. Default: in memory.
    pub fn storage(mut self, storage: impl StorageConfig) -> Self {
        self.storage = Some(Box::new(storage));
        self
    }

    /// Registers an agent under a name, 1 to 200 bytes, which no other agent has.
    pub fn agent(mut self, name: impl Into<String>, agent: impl Agent) -> Self {
        self.agents.push((name.into(), Arc::new(GuardedAgent(agent))));
        self
    }

    /// Registers a kind of task, 1 to 200 bytes, which no other has. The kind `agent` is built in;
    /// registering it replaces what prompts agents.
    pub fn task(mut self, kind: impl Into<String>, task: impl Task) -> Self {
        self.tasks.push((kind.into(), Arc::new(task)));
        self
    }

    /// How many tasks this node works on at once. Default 4; 0 only submits and watches.
    pub fn concurrency(mut self, concurrency: u32) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// How many idle sessions keep their agent's process, so that it answers the next prompt many times
    /// sooner. Above that, the session that was used longest ago gives its process up, with the usual
    /// grace; it stays idle, and the next prompt, or whatever else needs a process, resumes it.
    ///
    /// Default [`WARM_SESSIONS`](Self::WARM_SESSIONS); 0 keeps none, `None` keeps all. Not counted,
    /// and never without their process for this: sessions in a turn, with prompts that wait, an open
    /// approval or background work, those of a task's attempt, those with `budget_micro_usd`, which
    /// counts anew in each process, and those whose agent cannot resume or has not saved the
    /// conversation. A node with concurrency 0 keeps all, since it gives no process back by itself.
    pub fn warm_sessions(mut self, most: impl Into<Option<u32>>) -> Self {
        self.warm_sessions = most.into();
        self
    }

    /// How many agent processes start at once; the others wait for their turn, first come, first
    /// served. A start takes half a second of CPU or more, so that more at once only make each slower.
    /// Default: the number of cores that this process may use, at least 1. It says nothing of how many
    /// work at once; see [`concurrency`](Self::concurrency).
    pub fn starts_at_once(mut self, most: u32) -> Self {
        self.starts_at_once = Some(most);
        self
    }

    /// The runtime. Default: the tokio runtime that `build` is called in.
    pub fn runtime(mut self, runtime: Arc<dyn Runtime>) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// What starts programs. Default: processes on this host.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Adds a kind of workspace. Default: git worktrees, then plain directories.
    pub fn workspace(mut self, workspace: Arc<dyn Workspace>) -> Self {
        self.workspaces.push(workspace);
        self
    }

    /// Where this host's nodes keep what helps the next start to find processes that outlived a kill:
    /// also those that cleared their environment, of an agent whose guardian was killed too. It
    /// belongs to this user alone, is made when it is needed, and nodes share it. Default: beside
    /// the store where that is a file (`maestro.db-state` for `maestro.db`), else none. A transport
    /// that is given with [`transport`](Self::transport) has its own.
    pub fn state_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state_directory = Some(directory.into());
        self
    }

    /// Which place this node is at: nodes of one place see the same files by the same paths, so that
    /// one goes on with what another began. 1 to 200 bytes, no control characters.
    ///
    /// Default: where the store is a file, what stands in `place` in its state directory
    /// (`maestro.db-state` for `maestro.db`), which the first node writes, so that a container made anew
    /// over the same volume is at the same place. A store from before is at the place of its projects.
    /// Otherwise a name of this host; see [`ProcessTransport`](crate::transport::process::ProcessTransport).
    /// Processes are told apart by boot and pid namespace all the same. A transport that is given with
    /// [`transport`](Self::transport) has its own place.
    pub fn place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Where git worktrees are made; what is missing of it is made for this user alone. Default:
    /// `maestro-worktrees-` and the number of this user in the system's directory for temporary files,
    /// which some systems clear at boot: products name their own.
    pub fn worktrees(mut self, directory: impl Into<PathBuf>) -> Self {
        self.worktrees = Some(directory.into());
        self
    }

    /// What decides which task starts next. Default: [`FairScheduler`].
    pub fn scheduler(mut self, scheduler: impl Scheduler) -> Self {
        self.scheduler = Arc::new(scheduler);
        self
    }

    /// Offers a tool server of this process to the sessions that name it in their spec. Another one
    /// with the same name takes its place.
    pub fn mcp_server(mut self, server: impl McpServer) -> Self {
        self.mcp.insert(server.name().to_owned(), Arc::new(server));
        self
    }

    /// Answers approvals without a person where it wants to. Default: every one waits.
    pub fn permission_handler(mut self, handler: impl PermissionHandler) -> Self {
        self.permission = Some(Arc::new(handler));
        self
    }

    /// How long an answer that came after its question's process was gone waits for the same question
    /// to be asked again. Default 24 h.
    pub fn grants_last(mut self, duration: Duration) -> Self {
        self.grants_last = duration;
        self
    }

    /// What resolves references to secrets. Default: variables, files and commands of this machine.
    pub fn secrets(mut self, secrets: impl SecretStore) -> Self {
        self.secrets = Some(Arc::new(secrets));
        self
    }

    /// How long leases last. Default 30 s.
    pub fn lease_times(mut self, times: LeaseTimes) -> Self {
        self.lease_times = times;
        self
    }

    /// How often everything that may be stuck is looked at, at least every 10 ms. Default 5 s.
    pub fn sweep_every(mut self, every: Duration) -> Self {
        self.sweep_every = every;
        self
    }

    /// How long a task may take to stop after a cancel or when the node is closed. Default 15 s.
    pub fn cancel_grace(mut self, grace: Duration) -> Self {
        self.cancel_grace = grace;
        self
    }

    /// Starts the node.
    ///
    /// # Errors
    /// `InvalidConfig` naming what is wrong, and what the store gives when it cannot be opened.
    pub async fn build(self) -> Result<Maestro> {
        self.try_build().await.map_err(|error| error.during("maestro.build"))
    }

    async fn try_build(mut self) -> Result<Maestro> {
        at_least("lease_times.ttl", self.lease_times.ttl, Duration::from_millis(100))?;
        at_least("sweep_every", self.sweep_every, Duration::from_millis(10))?;
        if let Some(place) = &self.place {
            place::check(place)?;
        }
        if self.starts_at_once == Some(0) {
            let message = "`starts_at_once` must be at least 1: nothing could start";
            return Err(Error::new(ErrorKind::InvalidConfig, message));
        }
        let worktrees = self.worktrees.take().unwrap_or_else(default_worktrees);
        if let Some(why) = check::path_fault(&worktrees) {
            let error = Error::new(ErrorKind::InvalidConfig, format!("`worktrees` {why}"));
            return Err(error.with("path", worktrees.display()));
        }
        let agents = by_name("agent", std::mem::take(&mut self.agents))?;
        let mut tasks = by_name("task", std::mem::take(&mut self.tasks))?;
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => detect_runtime()?,
        };
        let storage = self.storage.take().unwrap_or_else(|| Box::new(Memory::new()));
        let beside = storage.state_directory();
        let state_directory = self.state_directory.take().or_else(|| beside.clone());
        let storage = storage.open(Arc::clone(&runtime)).await?;
        let store = node::Store::new(storage, Arc::clone(&runtime));
        let transport = match (self.transport.take(), self.place.take()) {
            (Some(transport), given) => {
                if given.is_some_and(|given| given != transport.place()) {
                    let message = "`place` is not that of the `transport`; leave it out";
                    return Err(Error::new(ErrorKind::InvalidConfig, message));
                }
                transport
            }
            (None, given @ Some(_)) => default_transport(state_directory, given)?,
            (None, None) => {
                let found = match beside {
                    Some(directory) => place::of_store(&store, &runtime, directory).await?,
                    None => None,
                };
                default_transport(state_directory, found)?
            }
        };
        if self.workspaces.is_empty() {
            self.workspaces = default_workspaces(&transport, &runtime, worktrees);
        }
        if !agents.is_empty() {
            let kind = crate::model::TaskSpec::AGENT.to_owned();
            tasks.entry(kind).or_insert_with(|| Arc::new(AgentTask));
        }
        let node_id = runtime.id::<NodeId>();
        let secrets = self.secrets.take();
        let secrets = secrets.unwrap_or_else(|| Arc::new(LocalSecrets::new(Arc::clone(&runtime))));
        let parts = Parts {
            runtime,
            secrets,
            transport,
            agents,
            tasks,
            workspaces: self.workspaces,
            mcp: self.mcp,
            scheduler: self.scheduler,
            permission: self.permission,
            grants_last: self.grants_last,
            concurrency: self.concurrency,
            warm_sessions: self.warm_sessions,
            starts_at_once: self.starts_at_once.map_or_else(cores, |most| most as usize),
            lease_times: self.lease_times,
            sweep_every: self.sweep_every,
            cancel_grace: self.cancel_grace,
        };
        let core = Core::new(node_id, parts, store);
        node::join(&core).await?;
        core.runtime().spawn_dedicated("maestro-heart", Box::pin(node::beat(Arc::clone(&core))));
        let sweeps = node::sweep_for_ever(Arc::clone(&core));
        core.runtime().spawn("maestro-sweeper", Box::pin(sweeps));
        let exchange = crate::event::exchange_for_ever(Arc::clone(&core));
        core.runtime().spawn("maestro-texts", Box::pin(exchange));
        let mail = crate::command::deliver_for_ever(Arc::clone(&core));
        core.runtime().spawn("maestro-mailbox", Box::pin(mail));
        if core.parts.concurrency > 0 {
            let dispatch = crate::task::dispatch_for_ever(Arc::clone(&core));
            core.runtime().spawn("maestro-dispatcher", Box::pin(dispatch));
        }
        Ok(Maestro::start(core))
    }
}

/// How many cores this process may use; 1 when that cannot be found out.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

fn at_least(field: &str, given: Duration, least: Duration) -> Result<()> {
    if given >= least {
        return Ok(());
    }
    let (least, given) = (least.as_millis(), given.as_millis());
    let message = format!("`{field}` must be at least {least} ms and is {given} ms");
    Err(Error::new(ErrorKind::InvalidConfig, message))
}

/// What was registered, by name.
fn by_name<T: ?Sized>(
    field: &str,
    registered: Vec<(String, Arc<T>)>,
) -> Result<BTreeMap<String, Arc<T>>> {
    let refuse =
        |why: String| Err(Error::new(ErrorKind::InvalidConfig, format!("`{field}` {why}")));
    let mut by_name = BTreeMap::new();
    for (name, value) in registered {
        if !(1..=200).contains(&name.len()) || name.contains(char::is_control) {
            return refuse(format!(
                "needs a name of 1 to 200 bytes with no control characters, not {name:?}"
            ));
        }
        match by_name.entry(name) {
            Entry::Vacant(free) => free.insert(value),
            Entry::Occupied(taken) => {
                let name = taken.key();
                return refuse(format!("is registered twice as {name:?}; give one another name"));
            }
        };
    }
    Ok(by_name)
}

/// The runtime that the caller runs in; only tokio announces itself.
fn detect_runtime() -> Result<Arc<dyn Runtime>> {
    #[cfg(feature = "tokio")]
    return crate::runtime::tokio::TokioRuntime::try_current()
        .map(|runtime| Arc::new(runtime) as _);
    #[cfg(not(feature = "tokio"))]
    return Err(Error::new(
        ErrorKind::InvalidConfig,
        "`runtime` is needed: without the feature `tokio` none can be found",
    ));
}

#[cfg(feature = "process")]
fn default_transport(
    state_directory: Option<PathBuf>,
    place: Option<Place>,
) -> Result<Arc<dyn Transport>> {
    use crate::transport::process::{ProcessConfig, ProcessTransport};

    let config = ProcessConfig { place, state_directory, ..ProcessConfig::default() };
    Ok(Arc::new(ProcessTransport::new(config)?))
}

#[cfg(not(feature = "process"))]
fn default_transport(
    _state_directory: Option<PathBuf>,
    _place: Option<Place>,
) -> Result<Arc<dyn Transport>> {
    Err(Error::new(
        ErrorKind::InvalidConfig,
        "`transport` is needed: this build has no `process` feature",
    ))
}

fn default_workspaces(
    transport: &Arc<dyn Transport>,
    runtime: &Arc<dyn Runtime>,
    worktrees: PathBuf,
) -> Vec<Arc<dyn Workspace>> {
    let place = transport.place();
    let directory: Arc<dyn Workspace> =
        Arc::new(DirectoryWorkspace::new(place.clone(), Arc::clone(runtime)));
    #[cfg(feature = "process")]
    {
        use crate::workspace::git::GitWorkspace;

        let git = GitWorkspace::new(place, worktrees, Arc::clone(runtime));
        vec![Arc::new(git), directory]
    }
    #[cfg(not(feature = "process"))]
    {
        let _ = worktrees;
        vec![directory]
    }
}

/// In a directory that users share, each has one of their own.
fn default_worktrees() -> PathBuf {
    #[cfg(unix)]
    let name = format!("maestro-worktrees-{}", rustix::process::geteuid().as_raw());
    #[cfg(not(unix))]
    let name = "maestro-worktrees";
    std::env::temp_dir().join(name)
}
