//! A transport for agents that start no programs.

use async_trait::async_trait;
use maestro_core::id::NodeId;
use maestro_core::model::{Place, ProcessRef};
use maestro_core::transport::{Connection, Ended, ProcessStatus, ProgramSpec, Transport};
use maestro_core::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(crate) struct NoPrograms;

#[async_trait]
impl Transport for NoPrograms {
    fn place(&self) -> Place {
        Place::new("none")
    }

    fn own_process(&self) -> Option<ProcessRef> {
        None
    }

    async fn start(&self, _: ProgramSpec) -> Result<Box<dyn Connection>> {
        Err(Error::new(ErrorKind::Unsupported, "no programs here"))
    }

    async fn inspect(&self, _: &ProcessRef) -> Result<ProcessStatus> {
        Ok(ProcessStatus::Unknown)
    }

    async fn end_all_of(&self, _: NodeId, _: &[ProcessRef]) -> Result<Ended> {
        Ok(Ended::default())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}
