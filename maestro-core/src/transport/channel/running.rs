//! One program that runs, as its connection, its function and the transport share it.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_channel::{Receiver, Sender};
use futures::FutureExt as _;
use futures::future::{BoxFuture, Either, select};

use super::{ChannelTransport, Shared};
use crate::id::NodeId;
use crate::runtime::{Bell, Latch};
use crate::transport::frames::Frames;
use crate::transport::{ExitStatus, ProgramSpec};

/// How many lines wait for a program that does not read, as in a pipe.
const WAITING_LINES: usize = 64;

#[derive(Debug)]
pub(super) struct Running {
    pub(super) pid: u32,
    pub(super) owner: NodeId,
    pub(super) frames: Frames,
    pub(super) input: Sender<String>,
    pub(super) lines: Receiver<String>,
    pub(super) interrupt: Request,
    pub(super) terminate: Request,
    /// The signal that ends it by force.
    killed: Latch<i32>,
    pub(super) ended: Latch<ExitStatus>,
    /// Its connection was dropped.
    pub(super) dropped: AtomicBool,
}

/// Something that a program may be asked. It ends by it, unless it listens.
#[derive(Debug)]
pub(super) struct Request {
    signal: i32,
    listens: AtomicBool,
    asked: Bell,
}

impl Request {
    fn new(signal: i32) -> Self {
        Self { signal, listens: AtomicBool::new(false), asked: Bell::default() }
    }

    pub(super) fn listen(&self) -> impl Future<Output = ()> + Send + '_ {
        self.listens.store(true, Ordering::Release);
        self.asked.rung()
    }
}

impl Running {
    const SIGINT: i32 = 2;
    pub(super) const SIGKILL: i32 = 9;
    const SIGTERM: i32 = 15;

    pub(super) fn new(pid: u32, spec: &ProgramSpec) -> Self {
        let (input, lines) = async_channel::bounded(WAITING_LINES);
        Self {
            pid,
            owner: spec.owner,
            frames: Frames::new(spec.max_line_bytes),
            input,
            lines,
            interrupt: Request::new(Self::SIGINT),
            terminate: Request::new(Self::SIGTERM),
            killed: Latch::default(),
            ended: Latch::default(),
            dropped: AtomicBool::new(false),
        }
    }

    pub(super) fn is_in_use(&self) -> bool {
        !self.dropped.load(Ordering::Acquire)
    }

    pub(super) fn ask(&self, request: &Request) {
        if request.listens.load(Ordering::Acquire) {
            request.asked.ring();
        } else {
            self.kill(request.signal);
        }
    }

    pub(super) fn kill(&self, signal: i32) {
        self.killed.set(signal);
    }
}

/// Runs a program to its end.
pub(super) fn run(
    shared: &Arc<Shared>,
    running: Arc<Running>,
    program: BoxFuture<'static, ExitStatus>,
) {
    let ending = Ending {
        shared: Arc::clone(shared),
        running,
        // Of a runtime that drops its tasks, as at the end of a process.
        status: ExitStatus { code: None, signal: Some(Running::SIGKILL) },
    };
    let task = async move {
        let mut ending = ending;
        let running = Arc::clone(&ending.running);
        // The future is gone before anybody hears of its end.
        ending.status = {
            let program = pin!(AssertUnwindSafe(program).catch_unwind());
            match select(pin!(running.killed.wait()), program).await {
                Either::Left((signal, _)) => ExitStatus { code: None, signal: Some(signal) },
                Either::Right((Ok(status), _)) => status,
                Either::Right((Err(panic), _)) => {
                    let text = format!("panicked: {}\n", message(&*panic));
                    running.frames.put_errors(text.as_bytes());
                    ExitStatus { code: Some(ChannelTransport::PANICKED), signal: None }
                }
            }
        };
    };
    shared.runtime.spawn("channel.program", Box::pin(task));
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}

/// Tells everybody of the end of a program when its task ends, or is dropped.
struct Ending {
    shared: Arc<Shared>,
    running: Arc<Running>,
    status: ExitStatus,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.shared.lock().running.remove(&self.running.pid);
        self.running.lines.close();
        // Who reads the last frame finds it ended.
        self.running.ended.set(self.status);
        self.running.frames.finish(self.status);
    }
}
