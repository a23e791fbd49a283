//! What runs on the I/O thread for each program: its two readers, its writer, and who waits for its
//! end.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Receiver;
use futures::future::{Either, OptionFuture, join, select};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin};

use super::io_thread::{beside, sleep, within};
use super::outlet::Outlet;
use super::program::{Line, Program};
use crate::transport::ExitStatus;
use crate::transport::frames::Frames;

/// How long an output may stay open after the tree ended: a process that escaped containment may
/// hold it.
const LINGER: Duration = Duration::from_secs(2);
/// How much is read after the tree ended: more than fits into a pipe.
const LINGER_BYTES: usize = 16 * 1024 * 1024;
/// How often a root that cannot be waited for is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Serves a program until its last frame is there to be read.
pub(super) async fn serve(program: Arc<Program>, mut child: Child, lines: Receiver<Line>) {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let writer = async {
        if let Some(stdin) = stdin {
            write(&program, stdin, lines).await;
        }
    };
    // For each line only this is polled, not all that a program has.
    let output = stdout.map(|stdout| {
        let program = Arc::clone(&program);
        beside(async move { read(&program, stdout.into_owned_fd(), Output::Lines).await })
    });
    let output = OptionFuture::from(output);
    let errors = async {
        if let Some(stderr) = stderr {
            read(&program, stderr.into_owned_fd(), Output::Errors).await;
        }
    };
    let end = async {
        let status = wait(&program, child).await;
        // A guardian that ended by itself, and has removed its journal, proves that nothing is left.
        if (!program.tree.guarded || status.signal == Some(9) || program.tree.is_unfinished())
            && let Err(error) = Box::pin(program.sweep()).await
        {
            tracing::error!(%error, "processes of a program outlive it");
        }
        program.ended.set(status);
        status
    };
    let ((), ((_, ()), status)) = join(writer, join(join(output, errors), end)).await;
    program.frames.finish(status);
    program.finished.set(());
}

async fn wait(program: &Program, mut child: Child) -> ExitStatus {
    match child.wait().await {
        Ok(status) => ExitStatus { code: status.code(), signal: status.signal() },
        Err(error) => {
            // An embedder that ignores SIGCHLD leaves nothing to wait for.
            tracing::warn!(%error, "the exit status of a program is lost");
            while program.tree.root.is_alive() {
                sleep(LOOK_EVERY).await;
            }
            ExitStatus::default()
        }
    }
}

/// Writes line after line until the input is closed, the program does not read any more, or its
/// tree ended.
async fn write(program: &Program, mut stdin: ChildStdin, lines: Receiver<Line>) {
    let writing = async {
        while let Ok((line, written)) = lines.recv().await {
            if stdin.write_all(&line).await.is_err() {
                break;
            }
            program.told.ring();
            // A caller that went away does not care.
            let _ = written.send(());
        }
    };
    select(pin!(writing), pin!(program.ended.wait())).await;
    lines.close();
    // Those who wait learn it by their senders' end.
    while lines.try_recv().is_ok() {}
}

/// Which of the two outputs.
#[derive(Debug, Clone, Copy)]
enum Output {
    Lines,
    Errors,
}

impl Output {
    async fn room(self, frames: &Frames) {
        if let Self::Lines = self {
            frames.room().await;
        }
    }

    async fn pause(self, outlet: &mut Outlet, bytes: usize, program: &Program) {
        if let Self::Lines = self {
            outlet.pause(bytes, &program.told).await;
        }
    }

    fn put(self, frames: &Frames, bytes: &[u8]) {
        match self {
            Self::Lines => frames.put_output(bytes),
            Self::Errors => frames.put_errors(bytes),
        }
    }
}

/// Reads to the end of an output; after the end of the tree only for a bounded time.
async fn read(program: &Program, pipe: io::Result<OwnedFd>, output: Output) {
    let mut outlet = match pipe.and_then(Outlet::new) {
        Ok(outlet) => outlet,
        Err(error) => return tracing::error!(%error, "an output of a program cannot be read"),
    };
    let frames = &program.frames;
    let to_the_end = async {
        loop {
            output.room(frames).await;
            match outlet.read(|bytes| output.put(frames, bytes)).await {
                Ok(bytes @ 1..) => output.pause(&mut outlet, bytes, program).await,
                Ok(0) => return,
                // It has ended too, but perhaps not all of it was read.
                Err(error) => return tracing::error!(%error, "an output of a program is lost"),
            }
        }
    };
    // Dropping the read loses nothing.
    let ended = program.ended.wait();
    if let Either::Left(_) = select(pin!(to_the_end), pin!(ended)).await {
        return;
    }
    // What is left fits into the pipe, so a reader who is slow is not waited for any more.
    let mut left = LINGER_BYTES;
    let lingering = async {
        while left > 0 {
            match outlet.read(|bytes| output.put(frames, bytes)).await {
                Ok(bytes @ 1..) => left = left.saturating_sub(bytes),
                Ok(0) | Err(_) => return true,
            }
        }
        false
    };
    // Boxed like all that is rare here: this future waits in each session, twice.
    if Box::pin(within(LINGER, lingering)).await != Some(true) {
        tracing::warn!(
            pid = program.tree.root.pid,
            "an output stays open after the program ended; the rest of it is not read"
        );
    }
}
