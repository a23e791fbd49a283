//! A transport without processes: the test plays the program.

use std::sync::{Arc, Mutex};

use async_channel::{Receiver, Sender, bounded, unbounded};
use async_trait::async_trait;
use maestro_core::id::NodeId;
use maestro_core::model::{Place, ProcessRef};
use maestro_core::transport::{
    Connection, Ended, ExitStatus, Frame, ProcessStatus, ProgramSpec, StopGrace, Transport,
};
use maestro_core::{Error, ErrorKind, Result};

/// Gives each started program to the test.
#[derive(Debug)]
pub(crate) struct Memory {
    started: Sender<Program>,
}

/// A started program, as the test plays it.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) spec: ProgramSpec,
    /// What it is sent.
    pub(crate) input: Receiver<String>,
    /// What it writes; the last frame is its exit.
    pub(crate) output: Sender<Frame>,
    /// How it was stopped.
    pub(crate) stopped: Receiver<StopGrace>,
}

impl Memory {
    pub(crate) fn new() -> (Arc<Self>, Receiver<Program>) {
        let (started, programs) = unbounded();
        (Arc::new(Self { started }), programs)
    }
}

#[derive(Debug)]
struct Wire {
    process: ProcessRef,
    input: Mutex<Option<Sender<String>>>,
    output: Receiver<Frame>,
    end: Sender<Frame>,
    stopped: Sender<StopGrace>,
}

#[async_trait]
impl Transport for Memory {
    fn place(&self) -> Place {
        Place::new("memory")
    }

    fn own_process(&self) -> Option<ProcessRef> {
        None
    }

    async fn start(&self, spec: ProgramSpec) -> Result<Box<dyn Connection>> {
        let ((sender, input), (end, output)) = (unbounded(), unbounded());
        let (stopped, stops) = bounded(8);
        let program = Program { spec, input, output: end.clone(), stopped: stops };
        self.started.try_send(program).expect("the test takes it");
        Ok(Box::new(Wire {
            process: ProcessRef::new(self.place(), 1, 1),
            input: Mutex::new(Some(sender)),
            output,
            end,
            stopped,
        }))
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

#[async_trait]
impl Connection for Wire {
    fn process(&self) -> &ProcessRef {
        &self.process
    }

    async fn send(&self, line: String) -> Result<()> {
        let input = self.input.lock().expect("nobody panics with it").clone();
        let closed = || Error::new(ErrorKind::Closed, "the input is closed");
        input.ok_or_else(closed)?.try_send(line).map_err(|_| closed())
    }

    async fn next(&self) -> Option<Frame> {
        let frame = self.output.recv().await.ok()?;
        if matches!(frame, Frame::Exited(_)) {
            self.output.close();
        }
        Some(frame)
    }

    async fn close_input(&self) -> Result<()> {
        self.input.lock().expect("nobody panics with it").take();
        Ok(())
    }

    async fn interrupt(&self) -> Result<()> {
        Ok(())
    }

    async fn stop(&self, grace: StopGrace) -> Result<ExitStatus> {
        self.input.lock().expect("nobody panics with it").take();
        let _ = self.stopped.try_send(grace);
        let status = ExitStatus::SUCCESS;
        let _ = self.end.try_send(Frame::Exited(status));
        Ok(status)
    }
}
