//! A small transport over local processes, without containment.

use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use async_channel::{Receiver, Sender, bounded};
use async_trait::async_trait;
use maestro_core::id::NodeId;
use maestro_core::model::{Place, ProcessRef};
use maestro_core::transport::{
    Connection, Ended, ExitStatus, Frame, ProcessStatus, ProgramSpec, StopGrace, Transport,
};
use maestro_core::{Error, ErrorKind, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Mutex as AsyncMutex, watch};

#[derive(Debug)]
pub(crate) struct Local;

#[derive(Debug)]
struct Running {
    process: ProcessRef,
    input: AsyncMutex<Option<ChildStdin>>,
    frames: Receiver<Frame>,
    kill: Mutex<Option<Sender<()>>>,
    exited: watch::Receiver<Option<ExitStatus>>,
}

#[async_trait]
impl Transport for Local {
    fn place(&self) -> Place {
        Place::new("test")
    }

    fn own_process(&self) -> Option<ProcessRef> {
        None
    }

    async fn start(&self, spec: ProgramSpec) -> Result<Box<dyn Connection>> {
        assert!(!spec.env.inherit, "a test gives the whole environment");
        let mut child = Command::new(&spec.program)
            .args(&spec.args)
            .env_clear()
            .envs(&spec.env.set)
            .current_dir(&spec.cwd.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Error::new(ErrorKind::NotFound, "no program").caused_by(error))?;
        let (sender, frames) = bounded(1024);
        let (kill, killed) = bounded(1);
        let (exit, exited) = watch::channel(None);
        let process = ProcessRef {
            place: self.place(),
            pid: child.id().expect("it has just started"),
            start: 0,
            boot: None,
            namespace: None,
            started_at: None,
        };
        let input = AsyncMutex::new(child.stdin.take());
        let out = lines(
            child.stdout.take().expect("piped"),
            sender.clone(),
            Frame::Line,
        );
        let err = lines(
            child.stderr.take().expect("piped"),
            sender.clone(),
            Frame::Stderr,
        );
        tokio::spawn(async move {
            let ((), (), status) = tokio::join!(out, err, wait(&mut child, killed));
            exit.send_replace(Some(status));
            let _ = sender.send(Frame::Exited(status)).await;
        });
        Ok(Box::new(Running {
            process,
            input,
            frames,
            kill: Mutex::new(Some(kill)),
            exited,
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

/// Waits for the end; when it is told to, or nobody is there any more, it kills.
async fn wait(child: &mut Child, killed: Receiver<()>) -> ExitStatus {
    use std::os::unix::process::ExitStatusExt as _;
    let status = tokio::select! {
        status = child.wait() => status,
        _ = killed.recv() => {
            child.start_kill().expect("it can be killed");
            child.wait().await
        }
    };
    let status = status.expect("it can be waited for");
    ExitStatus {
        code: status.code(),
        signal: status.signal(),
    }
}

async fn lines(from: impl AsyncRead + Unpin, to: Sender<Frame>, frame: fn(String) -> Frame) {
    let mut lines = BufReader::new(from).lines();
    while let Some(line) = lines.next_line().await.expect("UTF-8") {
        if to.send(frame(line)).await.is_err() {
            return;
        }
    }
}

#[async_trait]
impl Connection for Running {
    fn process(&self) -> &ProcessRef {
        &self.process
    }

    async fn send(&self, mut line: String) -> Result<()> {
        line.push('\n');
        let closed = || Error::new(ErrorKind::Closed, "the input is closed");
        let mut input = self.input.lock().await;
        let input = input.as_mut().ok_or_else(closed)?;
        input.write_all(line.as_bytes()).await.map_err(|_| closed())
    }

    async fn next(&self) -> Option<Frame> {
        let frame = self.frames.recv().await.ok()?;
        if matches!(frame, Frame::Exited(_)) {
            self.frames.close();
        }
        Some(frame)
    }

    async fn close_input(&self) -> Result<()> {
        self.input.lock().await.take();
        Ok(())
    }

    async fn interrupt(&self) -> Result<()> {
        Ok(())
    }

    async fn stop(&self, grace: StopGrace) -> Result<ExitStatus> {
        self.close_input().await?;
        let mut exited = self.exited.clone();
        let ended = exited.wait_for(Option::is_some);
        let grace = grace.after_eof.max(Duration::from_millis(1));
        if tokio::time::timeout(grace, ended).await.is_err() {
            self.kill.lock().expect("nobody panics with it").take();
        }
        let status = *exited.wait_for(Option::is_some).await.expect("it ends");
        Ok(status.expect("it has ended"))
    }
}
