//! The transport itself.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::cgroup;
use super::config::ProcessConfig;
use super::ending;
use super::host::Host;
use super::io_thread::IoThread;
use super::registry::Registry;
use super::start::start;
use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;
use crate::model::{Place, ProcessRef};
use crate::runtime::External;
use crate::transport::guardian::Guardian;
use crate::transport::proc_table::ProcessStamp;
use crate::transport::{Connection, Ended, ProcessStatus, ProgramSpec, Transport};

/// Starts programs as processes of this host.
///
/// # Contract
/// - Its place is `host:` and a hash of the machine id (`/etc/machine-id`), which survives reboots
///   and other host names. In a container, told by its pid namespace, or without a machine id, the
///   host name is hashed along, since containers of one image share the id. Machines that were
///   cloned with their id need [`ProcessConfig::place`].
/// - Closing it ends the programs at once and then the thread; what they wrote can still be read.
///   Dropping it and its connections does the same without waiting.
///
/// # Examples
///
/// ```no_run
/// use maestro_core::id::NodeId;
/// use maestro_core::model::PlacePath;
/// use maestro_core::transport::process::{ProcessConfig, ProcessTransport};
/// use maestro_core::transport::{Frame, ProgramSpec, Transport as _};
///
/// # async fn example(node: NodeId) -> maestro_core::Result<()> {
/// let transport = ProcessTransport::new(ProcessConfig::default())?;
/// let cwd = PlacePath::new(transport.place(), "/tmp");
/// let echo = transport.start(ProgramSpec::new("cat", cwd, node)).await?;
/// echo.send("hello".to_owned()).await?;
/// assert_eq!(echo.next().await, Some(Frame::Line("hello".to_owned())));
/// transport.close().await
/// # }
/// ```
#[derive(Debug)]
pub struct ProcessTransport {
    shared: Arc<Shared>,
}

/// What the transport and its connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: ProcessConfig,
    pub(super) host: Host,
    pub(super) registry: Arc<Registry>,
    pub(super) io: IoThread,
    /// Where control groups are made, if they are.
    pub(super) cgroups: Option<PathBuf>,
    pub(super) guardian: Mutex<Option<Arc<Guardian>>>,
    /// Acts as if this build carried no guardian.
    pub(super) unguarded: bool,
}

impl Shared {
    /// Holds a virtual clock still while something is done outside of its runtime.
    pub(super) fn external(&self) -> External {
        match &self.config.runtime {
            Some(runtime) => runtime.external(),
            None => External::none(),
        }
    }
}

impl ProcessTransport {
    /// Looks at the host. Nothing is started.
    ///
    /// # Errors
    /// `InvalidConfig` without `/proc`.
    pub fn new(config: ProcessConfig) -> Result<Self> {
        Self::with(config, false)
    }

    fn with(config: ProcessConfig, unguarded: bool) -> Result<Self> {
        let registry = Arc::<Registry>::default();
        Ok(Self {
            shared: Arc::new(Shared {
                host: Host::find(config.place.clone())?,
                io: IoThread::new(Arc::clone(&registry)),
                guardian: Mutex::default(),
                cgroups: cgroup::base(&config.cgroups),
                config,
                registry,
                unguarded,
            }),
        })
    }
}

#[async_trait]
impl Transport for ProcessTransport {
    fn place(&self) -> Place {
        self.shared.host.place.clone()
    }

    fn own_process(&self) -> Option<ProcessRef> {
        // Looked up anew each time: an embedder may have forked.
        let stamp = ProcessStamp::current().ok()?;
        Some(self.shared.host.reference(stamp, None))
    }

    async fn start(&self, spec: ProgramSpec) -> Result<Box<dyn Connection>> {
        let _external = self.shared.external();
        let starting = start(Arc::clone(&self.shared), spec);
        match self.shared.io.run(starting).await {
            Ok(connection) => Ok(Box::new(connection)),
            Err(error) => Err(error.during("transport.start")),
        }
    }

    async fn inspect(&self, process: &ProcessRef) -> Result<ProcessStatus> {
        Ok(match self.shared.host.stamp(process) {
            Ok(stamp) if stamp.is_alive() => ProcessStatus::Alive,
            Ok(_) => ProcessStatus::Dead,
            Err(status) => status,
        })
    }

    /// # Errors
    /// `Conflict` while this very transport serves programs of that incarnation: it is not dead.
    async fn end_all_of(&self, owner: NodeId, processes: &[ProcessRef]) -> Result<Ended> {
        let _external = self.shared.external();
        let processes =
            processes.iter().filter_map(|process| self.shared.host.stamp(process).ok()).collect();
        let ending = ending::end_all_of(Arc::clone(&self.shared), owner, processes);
        let ended = self.shared.io.run(ending).await;
        ended.map_err(|error| error.during("transport.end_all_of").with("node_id", owner))
    }

    /// # Errors
    /// `Timeout` when a program could not be ended.
    async fn close(&self) -> Result<()> {
        let _external = self.shared.external();
        self.shared.io.close().await;
        match self.shared.registry.stuck() {
            0 => Ok(()),
            stuck => Err(Error::new(ErrorKind::Timeout, "programs do not end")
                .with("programs", stuck)
                .during("transport.close")),
        }
    }
}

#[cfg(all(test, feature = "tokio"))]
mod tests {
    use super::*;
    use crate::runtime::tokio::TokioRuntime;
    use crate::testing::transport::{ProcessFixture, check};

    /// What architectures without a guardian get: scans by descent and marker.
    #[test]
    fn conforms_without_a_guardian() {
        let executor = tokio::runtime::Runtime::new().expect("an executor");
        let runtime = Arc::new(TokioRuntime::new(executor.handle().clone()));
        let fixture = || {
            let transport = ProcessTransport::with(ProcessConfig::default(), true);
            let transport = transport.expect("`/proc` can be read");
            Arc::new(ProcessFixture::of(Arc::clone(&runtime) as _, transport)) as _
        };
        check(fixture, |case| executor.block_on(case));
    }
}
