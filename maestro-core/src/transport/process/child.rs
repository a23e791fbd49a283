//! One running program.

use std::fmt;
use std::process::ExitStatus as StdExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::error::{Error, ErrorKind, Result};
use crate::model::ProcessRef;
use crate::transport::proc_table::{self, ProcessStamp, Signal};
use crate::transport::process::framing::Framer;
use crate::transport::{Connection, ExitStatus, Frame, StopGrace};

/// How much unread output is buffered before reading pauses: 64 MiB. A longer line still passes.
const MAX_UNREAD: usize = 64 * 1024 * 1024;
/// How much is read at once.
const READ: usize = 64 * 1024;
/// The size of a piece of standard error.
const STDERR_PIECE: usize = 8 * 1024;
/// How long outputs may stay open after the program and all it started has ended.
const LINGER: Duration = Duration::from_secs(2);
/// How long the guardian may take to end everything after it was told to at once. It gives up by
/// itself after 10 s.
const FORCED: Duration = Duration::from_secs(15);

type Write = (String, futures::channel::oneshot::Sender<Result<()>>);

/// A program under its guardian.
pub(super) struct ChildConnection {
    process: ProcessRef,
    stamp: ProcessStamp,
    handle: Handle,
    input: async_channel::Sender<Write>,
    frames: async_channel::Receiver<(Frame, usize)>,
    budget: Arc<Semaphore>,
    stderr_unread: Arc<AtomicU64>,
    exit: async_channel::Receiver<ExitStatus>,
    ended: Arc<AtomicBool>,
}

impl ChildConnection {
    /// Takes over a program that was just started. Called inside the event loop's context.
    pub(super) fn attach(
        mut child: Child,
        process: ProcessRef,
        stamp: ProcessStamp,
        handle: &Handle,
        max_line: usize,
    ) -> Self {
        let (input, lines) = async_channel::bounded::<Write>(16);
        let (sender, frames) = async_channel::unbounded();
        let (exited, exit) = async_channel::bounded(1);
        let budget = Arc::new(Semaphore::new(MAX_UNREAD));
        let stderr_unread = Arc::new(AtomicU64::new(0));
        let ended = Arc::new(AtomicBool::new(false));
        if let Some(stdin) = child.stdin.take() {
            handle.spawn(write(stdin, lines));
        }
        let stdout = child.stdout.take().map(|stdout| {
            handle.spawn(read(stdout, max_line, sender.clone(), Arc::clone(&budget)))
        });
        let stderr = child.stderr.take().map(|stderr| {
            handle.spawn(read_stderr(
                stderr,
                sender.clone(),
                Arc::clone(&stderr_unread),
            ))
        });
        let has_ended = Arc::clone(&ended);
        handle.spawn(async move {
            let status = exit_status(child.wait().await.ok());
            has_ended.store(true, Ordering::SeqCst);
            // A process that got away with a copy of the outputs must not hide the end for ever.
            let drained = async {
                for reader in [stdout, stderr].into_iter().flatten() {
                    // A reader that panicked has nothing more to say.
                    let _ = reader.await;
                }
            };
            let _ = tokio_timeout(LINGER, drained).await;
            // Nobody may read any more; the end is known all the same.
            let _ = sender.try_send((Frame::Exited(status), 0));
            sender.close();
            let _ = exited.try_send(status);
        });
        Self {
            process,
            stamp,
            handle: handle.clone(),
            input,
            frames,
            budget,
            stderr_unread,
            exit,
            ended,
        }
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        if self.ended.load(Ordering::SeqCst) {
            return Ok(());
        }
        proc_table::signal(self.stamp, signal)
            .map(|_| ())
            .map_err(|error| {
                Error::new(ErrorKind::Unavailable, "the program cannot be signalled")
                    .caused_by(error)
            })
    }
}

#[async_trait]
impl Connection for ChildConnection {
    fn process(&self) -> &ProcessRef {
        &self.process
    }

    async fn send(&self, mut line: String) -> Result<()> {
        if line.contains('\n') {
            return Err(Error::invalid("line", "must not contain a line break"));
        }
        line.push('\n');
        let (done, result) = futures::channel::oneshot::channel();
        let closed = || Error::new(ErrorKind::Closed, "the program takes no more input");
        self.input.send((line, done)).await.map_err(|_| closed())?;
        result.await.map_err(|_| closed())?
    }

    async fn next(&self) -> Option<Frame> {
        let (frame, bytes) = self.frames.recv().await.ok()?;
        match &frame {
            Frame::Stderr(text) => {
                self.stderr_unread
                    .fetch_sub(text.len() as u64, Ordering::SeqCst);
            }
            _ => self.budget.add_permits(bytes),
        }
        Some(frame)
    }

    async fn close_input(&self) -> Result<()> {
        self.input.close();
        Ok(())
    }

    async fn interrupt(&self) -> Result<()> {
        self.signal(Signal::Interrupt)
    }

    async fn stop(&self, grace: StopGrace) -> Result<ExitStatus> {
        self.input.close();
        let exit = self.exit.clone();
        if !grace.after_eof.is_zero()
            && let Some(status) = self.ends_within(grace.after_eof).await
        {
            return Ok(status);
        }
        self.signal(Signal::Terminate)?;
        if !grace.after_term.is_zero()
            && let Some(status) = self.ends_within(grace.after_term).await
        {
            return Ok(status);
        }
        // The second one tells the guardian to wait no longer.
        self.signal(Signal::Terminate)?;
        match self.ends_within(FORCED).await {
            Some(status) => Ok(status),
            None => {
                drop(exit);
                Err(Error::new(ErrorKind::Timeout, "the program does not end")
                    .with("pid", self.process.pid))
            }
        }
    }
}

impl ChildConnection {
    /// The exit status, if the program ends in time.
    async fn ends_within(&self, time: Duration) -> Option<ExitStatus> {
        let exit = self.exit.clone();
        let waited = self.handle.spawn(async move {
            let status = tokio_timeout(time, exit.recv()).await;
            (status, exit)
        });
        let (status, _) = waited.await.ok()?;
        status?.ok()
    }
}

impl Drop for ChildConnection {
    fn drop(&mut self) {
        // Twice means at once. A guardian that is gone already has done its work.
        let _ = self.signal(Signal::Terminate);
        let _ = self.signal(Signal::Terminate);
    }
}

impl fmt::Debug for ChildConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildConnection")
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the event loop of this thread has its own clock"
)]
async fn tokio_timeout<F: Future>(time: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(time, future).await.ok()
}

async fn write(mut stdin: ChildStdin, lines: async_channel::Receiver<Write>) {
    while let Ok((line, done)) = lines.recv().await {
        let written = match stdin.write_all(line.as_bytes()).await {
            Ok(()) => stdin.flush().await,
            Err(error) => Err(error),
        };
        let failed = written.is_err();
        // A caller that went away does not care.
        let _ = done.send(written.map_err(|error| {
            Error::new(ErrorKind::Closed, "the program takes no more input").caused_by(error)
        }));
        if failed {
            lines.close();
        }
    }
}

async fn read(
    mut stdout: ChildStdout,
    max_line: usize,
    frames: async_channel::Sender<(Frame, usize)>,
    budget: Arc<Semaphore>,
) {
    let mut framer = Framer::new(max_line);
    let mut buffer = vec![0; READ];
    let mut out = Vec::new();
    loop {
        let read = stdout.read(&mut buffer).await.unwrap_or(0);
        if read == 0 {
            out.extend(framer.finish());
        } else {
            framer.push(&buffer[..read], &mut out);
        }
        for frame in out.drain(..) {
            let bytes = match &frame {
                Frame::Line(text) => text.len(),
                Frame::Garbled(garbled) => garbled.text.len(),
                Frame::Stderr(_) | Frame::Exited(_) => 0,
            };
            let bytes = bytes.min(MAX_UNREAD);
            match budget
                .acquire_many(u32::try_from(bytes).unwrap_or(u32::MAX))
                .await
            {
                Ok(permits) => permits.forget(),
                Err(_) => return,
            }
            if frames.send((frame, bytes)).await.is_err() {
                return;
            }
        }
        if read == 0 {
            return;
        }
    }
}

async fn read_stderr(
    mut stderr: ChildStderr,
    frames: async_channel::Sender<(Frame, usize)>,
    unread: Arc<AtomicU64>,
) {
    let mut buffer = vec![0; STDERR_PIECE];
    let mut dropped: u64 = 0;
    loop {
        let read = stderr.read(&mut buffer).await.unwrap_or(0);
        if read == 0 {
            break;
        }
        if unread.load(Ordering::SeqCst) + read as u64 > Frame::MAX_STDERR_BYTES as u64 {
            dropped += read as u64;
            continue;
        }
        let mut text = String::from_utf8_lossy(&buffer[..read]).into_owned();
        if dropped > 0 {
            text = format!("[{} bytes dropped]\n{text}", std::mem::take(&mut dropped));
        }
        unread.fetch_add(text.len() as u64, Ordering::SeqCst);
        if frames.send((Frame::Stderr(text), 0)).await.is_err() {
            return;
        }
    }
    if dropped > 0 {
        let text = format!("[{dropped} bytes dropped]\n");
        unread.fetch_add(text.len() as u64, Ordering::SeqCst);
        let _ = frames.send((Frame::Stderr(text), 0)).await;
    }
}

fn exit_status(status: Option<StdExitStatus>) -> ExitStatus {
    use std::os::unix::process::ExitStatusExt as _;

    let Some(status) = status else {
        return ExitStatus::default();
    };
    ExitStatus {
        code: status.code(),
        signal: status.signal(),
    }
}
