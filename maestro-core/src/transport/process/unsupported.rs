//! The transport where processes cannot be contained yet.

use async_trait::async_trait;

use super::config::ProcessConfig;
use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;
use crate::model::{Place, ProcessRef};
use crate::transport::{Connection, Ended, ProcessStatus, ProgramSpec, Transport};

/// Starts programs as processes of this host; on this system it refuses to.
#[derive(Debug)]
pub struct ProcessTransport {
    place: Place,
}

impl ProcessTransport {
    /// Looks at the host. Nothing is started.
    ///
    /// # Errors
    /// `Unsupported` without [`ProcessConfig::place`]: this host cannot be told apart from others.
    pub fn new(config: ProcessConfig) -> Result<Self> {
        match config.place {
            Some(place) => Ok(Self { place }),
            None => Err(unsupported()),
        }
    }
}

#[async_trait]
impl Transport for ProcessTransport {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn own_process(&self) -> Option<ProcessRef> {
        None
    }

    async fn start(&self, _spec: ProgramSpec) -> Result<Box<dyn Connection>> {
        Err(unsupported().during("transport.start"))
    }

    async fn inspect(&self, _process: &ProcessRef) -> Result<ProcessStatus> {
        Ok(ProcessStatus::Unknown)
    }

    async fn end_all_of(&self, _owner: NodeId, _processes: &[ProcessRef]) -> Result<Ended> {
        Err(unsupported().during("transport.end_all_of"))
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

fn unsupported() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "programs are started as processes on Linux only: elsewhere nothing would end them when \
         their host dies",
    )
}
