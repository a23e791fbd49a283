//! A node on a virtual clock.

use std::sync::Arc;
use std::time::Duration;

use maestro_core::agent::agent_fn;
use maestro_core::id::NodeId;
use maestro_core::model::{Outcome, ProjectSpec, TaskSpec, WorkspaceKind};
use maestro_core::model::{Place, ProcessRef};
use maestro_core::project::ProjectHandle;
use maestro_core::runtime::Runtime;
use maestro_core::runtime::manual::ManualRuntime;
use maestro_core::storage::memory::Memory;
use maestro_core::task::task_fn;
use maestro_core::transport::{Connection, Ended, ProcessStatus, ProgramSpec, Transport};
use maestro_core::{Error, ErrorKind, LeaseTimes, Maestro, MaestroBuilder, Result};

/// How many schedules each test is run under.
const SEEDS: u64 = 20;

/// What the nodes of one test share.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) runtime: ManualRuntime,
    pub(crate) memory: Memory,
}

impl World {
    pub(crate) fn of(seed: u64) -> Self {
        Self { runtime: ManualRuntime::new(seed), memory: Memory::new() }
    }

    /// A node with an agent that echoes and some kinds of tasks.
    pub(crate) fn builder(&self) -> MaestroBuilder {
        let echo = agent_fn(|turn| async move { Ok(format!("did: {}", turn.prompt)) });
        let fails_twice = task_fn(|context| async move {
            if context.attempt() <= 2 {
                return Outcome::failed(&Error::new(ErrorKind::Unavailable, "not yet"));
            }
            Outcome::succeeded(format!("attempt {}", context.attempt()))
        });
        let patient = task_fn(|context| async move {
            context.cancelled().await;
            Outcome::Cancelled { reason: "asked to".to_owned() }
        });
        let deaf = task_fn(|_| std::future::pending());
        let panics = task_fn(|_| async { panic!("on purpose") });
        Maestro::builder()
            .runtime(Arc::new(self.runtime.clone()))
            .storage(self.memory.clone())
            .transport(Arc::new(NoPrograms))
            .lease_times(LeaseTimes::new(Duration::from_secs(30)))
            // The same on every machine.
            .starts_at_once(2)
            .agent("echo", echo)
            .task("fails-twice", fails_twice)
            .task("patient", patient)
            .task("deaf", deaf)
            .task("panics", panics)
    }

    pub(crate) async fn node(&self) -> Maestro {
        self.builder().build().await.unwrap()
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        self.runtime.sleep(duration).await;
    }
}

/// Runs a test under many schedules; a failure names its seed.
pub(crate) fn under_seeds<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    for seed in 0..SEEDS {
        let world = World::of(seed);
        world.runtime.clone().block_on(test(world.clone()));
        let panicked = world.runtime.panicked();
        assert!(panicked.is_empty(), "seed {seed}: {panicked:?}");
    }
}

pub(crate) async fn project(maestro: &Maestro) -> ProjectHandle {
    let directory = std::env::temp_dir();
    maestro.projects().ensure(ProjectSpec::new("shop", directory)).await.unwrap()
}

pub(crate) fn ask(project: &ProjectHandle, prompt: &str) -> TaskSpec {
    TaskSpec::prompt(prompt).project(project).workspace(WorkspaceKind::Directory)
}

pub(crate) fn of_kind(kind: &str) -> TaskSpec {
    TaskSpec::of_kind(kind, serde_json::Value::Null)
}

/// A place without programs: what these tests run is all in process.
#[derive(Debug)]
pub(crate) struct NoPrograms;

#[async_trait::async_trait]
impl Transport for NoPrograms {
    fn place(&self) -> Place {
        Place::new("nowhere")
    }

    fn own_process(&self) -> Option<ProcessRef> {
        None
    }

    async fn start(&self, _spec: ProgramSpec) -> Result<Box<dyn Connection>> {
        Err(Error::new(ErrorKind::Unsupported, "there are no programs here"))
    }

    async fn inspect(&self, _process: &ProcessRef) -> Result<ProcessStatus> {
        Ok(ProcessStatus::Unknown)
    }

    async fn end_all_of(&self, _owner: NodeId, _processes: &[ProcessRef]) -> Result<Ended> {
        Ok(Ended::default())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}
