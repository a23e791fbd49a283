//! Programs that are async functions of this process: agents without processes, for tests and for
//! agents that are written in Rust.

mod connection;
mod program;
mod running;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::future::BoxFuture;

use self::connection::ChannelConnection;
use self::running::Running;
use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;
use crate::model::{Place, ProcessRef};
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::transport::{Connection, Ended, ExitStatus, ProcessStatus, ProgramSpec, Transport};

pub use self::program::ProgramIo;

type Function = Arc<dyn Fn(ProgramIo) -> BoxFuture<'static, ExitStatus> + Send + Sync>;

/// Starts registered async functions as programs.
///
/// # Contract
/// - The contract of [`Transport`] holds as for processes: lines are framed from the bytes that a
///   program writes, a slow reader holds it up, and what does not end is ended by force, by
///   dropping its future where it waits.
/// - Everything runs on the given runtime, so a seeded one repeats it.
/// - Its place is `channel:` and an id of its own, so references of another transport, or of
///   another process, are `Unknown` to it.
/// - The environment is what [`EnvPolicy::set`](crate::transport::EnvPolicy::set) says and the
///   marker; nothing is inherited. The directory is only handed on and need not exist.
/// - A panic ends the program with code [`PANICKED`](Self::PANICKED) and is told on its standard
///   error.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use maestro_core::model::PlacePath;
/// use maestro_core::runtime::RuntimeExt as _;
/// use maestro_core::runtime::manual::ManualRuntime;
/// use maestro_core::transport::channel::ChannelTransport;
/// use maestro_core::transport::{ExitStatus, Frame, ProgramSpec, Transport as _};
///
/// # fn main() -> maestro_core::Result<()> {
/// let runtime = Arc::new(ManualRuntime::new(7));
/// let transport = ChannelTransport::new(runtime.clone()).program("greet", |io| async move {
///     while let Some(name) = io.read_line().await {
///         io.write_line(&format!("hello {name}")).await;
///     }
///     ExitStatus::SUCCESS
/// });
/// runtime.block_on(async {
///     let cwd = PlacePath::new(transport.place(), "/");
///     let greet = transport.start(ProgramSpec::new("greet", cwd, runtime.id())).await?;
///     greet.send("world".to_owned()).await?;
///     assert_eq!(greet.next().await, Some(Frame::Line("hello world".to_owned())));
///     greet.close_input().await?;
///     assert_eq!(greet.next().await, Some(Frame::Exited(ExitStatus::SUCCESS)));
///     Ok(())
/// })
/// # }
/// ```
pub struct ChannelTransport {
    programs: BTreeMap<String, Function>,
    shared: Arc<Shared>,
}

/// What the transport, its connections and its programs share.
struct Shared {
    runtime: Arc<dyn Runtime>,
    place: Place,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: BTreeMap<u32, Arc<Running>>,
    last_pid: u32,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChannelTransport {
    /// The exit code of a program that panicked, as of a Rust process.
    pub const PANICKED: i32 = 101;

    /// A transport without programs.
    pub fn new(runtime: Arc<dyn Runtime>) -> Self {
        let place = Place::new(format!("channel:{}", runtime.uuid()));
        Self {
            programs: BTreeMap::new(),
            shared: Arc::new(Shared { runtime, place, state: Mutex::default() }),
        }
    }

    /// Registers a program; a second one of the same name replaces the first.
    pub fn program<F, P>(mut self, name: impl Into<String>, program: P) -> Self
    where
        P: Fn(ProgramIo) -> F + Send + Sync + 'static,
        F: Future<Output = ExitStatus> + Send + 'static,
    {
        let function: Function = Arc::new(move |io| Box::pin(program(io)));
        self.programs.insert(name.into(), function);
        self
    }

    fn launch(&self, spec: ProgramSpec) -> Result<ChannelConnection> {
        if spec.max_line_bytes == 0 {
            return Err(Error::invalid("max_line_bytes", "must not be 0"));
        }
        if spec.cwd.place != self.shared.place {
            return Err(Error::invalid(
                "cwd",
                format!(
                    "is at {}, and this transport serves {}",
                    spec.cwd.place, self.shared.place
                ),
            ));
        }
        let Some(function) = self.programs.get(&spec.program) else {
            return Err(Error::new(ErrorKind::NotFound, "`program` is not registered")
                .with("program", &spec.program));
        };
        let running = {
            let mut state = self.shared.lock();
            if state.closed {
                return Err(Error::new(ErrorKind::Closed, "the transport is closed"));
            }
            state.last_pid += 1;
            let running = Arc::new(Running::new(state.last_pid, &spec));
            state.running.insert(running.pid, Arc::clone(&running));
            running
        };
        let program = function(ProgramIo::new(spec, Arc::clone(&running)));
        running::run(&self.shared, Arc::clone(&running), program);
        Ok(ChannelConnection::new(Arc::clone(&self.shared), running))
    }
}

#[async_trait]
impl Transport for ChannelTransport {
    fn place(&self) -> Place {
        self.shared.place.clone()
    }

    fn own_process(&self) -> Option<ProcessRef> {
        None
    }

    async fn start(&self, spec: ProgramSpec) -> Result<Box<dyn Connection>> {
        match self.launch(spec) {
            Ok(connection) => Ok(Box::new(connection)),
            Err(error) => Err(error.during("transport.start")),
        }
    }

    async fn inspect(&self, process: &ProcessRef) -> Result<ProcessStatus> {
        Ok(if process.place != self.shared.place {
            ProcessStatus::Unknown
        } else if self.shared.lock().running.contains_key(&process.pid) {
            ProcessStatus::Alive
        } else {
            // Numbers are not used twice.
            ProcessStatus::Dead
        })
    }

    /// # Errors
    /// `Conflict` while programs of that incarnation are in use: it is not dead.
    async fn end_all_of(&self, owner: NodeId, _processes: &[ProcessRef]) -> Result<Ended> {
        let theirs: Vec<_> = {
            let state = self.shared.lock();
            let theirs = state.running.values();
            theirs.filter(|running| running.owner == owner).cloned().collect()
        };
        if theirs.iter().any(|running| running.is_in_use()) {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the node is not dead: its programs are in use in this process",
            )
            .during("transport.end_all_of")
            .with("node_id", owner));
        }
        for running in &theirs {
            running.kill(Running::SIGKILL);
            running.ended.wait().await;
        }
        Ok(Ended { processes: u32::try_from(theirs.len()).unwrap_or(u32::MAX) })
    }

    async fn close(&self) -> Result<()> {
        let all: Vec<_> = {
            let mut state = self.shared.lock();
            state.closed = true;
            state.running.values().cloned().collect()
        };
        for running in &all {
            running.kill(Running::SIGKILL);
        }
        for running in &all {
            running.ended.wait().await;
        }
        Ok(())
    }
}

impl fmt::Debug for ChannelTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelTransport")
            .field("place", &self.shared.place)
            .field("programs", &self.programs.keys())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("place", &self.place).finish_non_exhaustive()
    }
}
