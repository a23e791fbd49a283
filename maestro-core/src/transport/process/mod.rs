//! Programs as processes of this host, each under a guardian that ends it with its host.
//!
//! One thread reads and writes all pipes; it starts with the first program and ends with
//! [`close`](crate::transport::Transport::close). Linux only for now: elsewhere
//! [`ProcessTransport::new`] says so.

mod child;
mod ending;
mod framing;
mod start;
mod thread;

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;
use crate::model::{Place, ProcessRef};
use crate::transport::guardian::Guardian;
use crate::transport::proc_table::{self, ProcessStamp};
use crate::transport::{Connection, Ended, ProcessStatus, ProgramSpec, Transport};

use thread::IoThread;

/// How processes are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessConfig {
    /// How long the processes of a host that died may take to end after they were asked to. After
    /// it they are killed. Default 1 s: Claude Code writes its transcript within 60 ms.
    pub orphan_grace: Duration,
}

impl Default for ProcessConfig {
    fn default() -> Self {
        Self {
            orphan_grace: Duration::from_secs(1),
        }
    }
}

/// Starts programs as processes of this host.
#[derive(Debug)]
pub struct ProcessTransport {
    config: ProcessConfig,
    place: Place,
    boot: String,
    namespace: String,
    guardian: OnceLock<Guardian>,
    io: IoThread,
}

impl ProcessTransport {
    /// Looks at the host. Nothing is started.
    ///
    /// # Errors
    /// `Unsupported` where there is no guardian for the platform, `InvalidConfig` without `/proc`.
    pub fn new(config: ProcessConfig) -> Result<Self> {
        if !Guardian::available() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "processes are kept on Linux only for now; give the builder another `transport`",
            ));
        }
        let no_proc = |error| {
            Error::new(
                ErrorKind::InvalidConfig,
                "`/proc` is needed and cannot be read",
            )
            .caused_by(error)
        };
        Ok(Self {
            config,
            place: place(),
            boot: proc_table::boot_id().map_err(no_proc)?,
            namespace: proc_table::pid_namespace().map_err(no_proc)?.to_string(),
            guardian: OnceLock::new(),
            io: IoThread::default(),
        })
    }

    fn reference(&self, stamp: ProcessStamp) -> ProcessRef {
        ProcessRef {
            place: self.place.clone(),
            pid: stamp.pid,
            start: stamp.start,
            boot: Some(self.boot.clone()),
            namespace: Some(self.namespace.clone()),
            started_at: None,
        }
    }

    /// The process in this boot and namespace; none when it is gone for sure or cannot be seen.
    fn stamp(&self, process: &ProcessRef) -> Result<ProcessStamp, ProcessStatus> {
        if process.place != self.place {
            return Err(ProcessStatus::Unknown);
        }
        if process.boot.as_ref().is_some_and(|boot| *boot != self.boot) {
            return Err(ProcessStatus::Dead);
        }
        if process
            .namespace
            .as_ref()
            .is_some_and(|namespace| *namespace != self.namespace)
        {
            return Err(ProcessStatus::Unknown);
        }
        Ok(ProcessStamp {
            pid: process.pid,
            start: process.start,
        })
    }
}

#[async_trait]
impl Transport for ProcessTransport {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn own_process(&self) -> Option<ProcessRef> {
        ProcessStamp::current()
            .ok()
            .map(|stamp| self.reference(stamp))
    }

    async fn start(&self, spec: ProgramSpec) -> Result<Box<dyn Connection>> {
        start::start(self, spec).map_err(|error| error.during("transport.start"))
    }

    async fn inspect(&self, process: &ProcessRef) -> Result<ProcessStatus> {
        Ok(match self.stamp(process) {
            Ok(stamp) if stamp.is_alive() => ProcessStatus::Alive,
            Ok(_) => ProcessStatus::Dead,
            Err(status) => status,
        })
    }

    async fn end_all_of(&self, owner: NodeId, processes: &[ProcessRef]) -> Result<Ended> {
        let guardians = processes
            .iter()
            .filter_map(|process| self.stamp(process).ok());
        let guardians = guardians.filter(ProcessStamp::is_alive).collect();
        ending::end_all(&self.io.handle()?, owner, guardians)
            .await
            .map_err(|error| error.during("transport.end_all_of"))
    }

    async fn close(&self) -> Result<()> {
        self.io.close();
        Ok(())
    }
}

/// This host: its machine id and name together, since containers share the one or the other.
fn place() -> Place {
    let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let name = rustix::system::uname();
    let digest = Sha256::new()
        .chain_update(machine.trim())
        .chain_update([0])
        .chain_update(name.nodename().to_bytes())
        .finalize();
    let hex: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Place::new(format!("host:{hex}"))
}
