//! A transport that writes down what passes over its connections.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::Neutral;
use crate::error::Result;
use crate::id::NodeId;
use crate::model::{Place, ProcessRef};
use crate::runtime::Runtime;
use crate::transport::{
    Connection, Ended, ExitStatus, Frame, ProcessStatus, ProgramSpec, StopGrace, Transport,
};

/// Any transport, with everything written down that its programs are sent and say.
///
/// # Contract
/// - It passes everything on as it is, and holds up nothing.
/// - One recording goes on over all programs that are started, in the order in which lines pass.
pub struct Recorder {
    base: Arc<dyn Transport>,
    log: Arc<Log>,
}

/// What passed, as it will be written.
struct Log {
    runtime: Arc<dyn Runtime>,
    began: Duration,
    recording: Mutex<Recording>,
}

/// What passed between a host and its programs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recording {
    /// The lines: milliseconds since the start, whether the host wrote it, and the line.
    pub lines: Vec<(u64, bool, String)>,
    /// What else happened: milliseconds since the start, what it is, and what it says.
    pub aux: Vec<(u64, &'static str, String)>,
}

impl Recorder {
    /// Records from now on what passes over the connections of `base`.
    pub fn new(base: Arc<dyn Transport>, runtime: Arc<dyn Runtime>) -> Self {
        let log = Log { began: runtime.monotonic(), runtime, recording: Mutex::default() };
        Self { base, log: Arc::new(log) }
    }

    /// What has passed so far.
    pub fn recording(&self) -> Recording {
        self.log.recording.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Log {
    fn note(&self, note: impl FnOnce(u64, &mut Recording)) {
        let since = self.runtime.monotonic().saturating_sub(self.began);
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        note(millis, &mut self.recording.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn frame(&self, frame: &Frame) {
        self.note(|t, recording| match frame {
            Frame::Line(line) => recording.lines.push((t, false, line.clone())),
            Frame::Garbled(garbled) => {
                recording.aux.push((t, garbled.reason.as_str(), garbled.text.clone()));
            }
            Frame::Stderr(text) => recording.aux.push((t, "stderr", text.clone())),
            Frame::Exited(status) => recording.aux.push((t, "exit", status.to_string())),
        });
    }
}

impl Recording {
    /// Writes the lines to `NAME.jsonl` in a directory, and the rest to `NAME.aux.jsonl`.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, directory: &Path, name: &str, neutral: &mut Neutral) -> io::Result<()> {
        std::fs::create_dir_all(directory)?;
        let mut text = String::new();
        for (t, sent, line) in &self.lines {
            let line = neutral.line(line);
            let dir = if *sent { "in" } else { "out" };
            text.push_str(&json!({ "dir": dir, "t": t, "line": line }).to_string());
            text.push('\n');
        }
        std::fs::write(directory.join(format!("{name}.jsonl")), text)?;
        let mut text = String::new();
        for (t, what, said) in &self.aux {
            let said = neutral.text(said);
            text.push_str(&json!({ "t": t, "what": what, "text": said }).to_string());
            text.push('\n');
        }
        std::fs::write(directory.join(format!("{name}.aux.jsonl")), text)
    }
}

#[async_trait]
impl Transport for Recorder {
    fn place(&self) -> Place {
        self.base.place()
    }

    fn own_process(&self) -> Option<ProcessRef> {
        self.base.own_process()
    }

    async fn start(&self, spec: ProgramSpec) -> Result<Box<dyn Connection>> {
        let args = spec.args.join(" ");
        let base = self.base.start(spec).await?;
        self.log.note(|t, recording| recording.aux.push((t, "args", args)));
        Ok(Box::new(Recorded { base, log: Arc::clone(&self.log) }))
    }

    async fn inspect(&self, process: &ProcessRef) -> Result<ProcessStatus> {
        self.base.inspect(process).await
    }

    async fn end_all_of(&self, owner: NodeId, processes: &[ProcessRef]) -> Result<Ended> {
        self.base.end_all_of(owner, processes).await
    }

    async fn close(&self) -> Result<()> {
        self.base.close().await
    }
}

struct Recorded {
    base: Box<dyn Connection>,
    log: Arc<Log>,
}

#[async_trait]
impl Connection for Recorded {
    fn process(&self) -> &ProcessRef {
        self.base.process()
    }

    async fn send(&self, line: String) -> Result<()> {
        // Before it is sent, so that no answer stands before it.
        self.log.note(|t, recording| recording.lines.push((t, true, line.clone())));
        self.base.send(line).await
    }

    async fn next(&self) -> Option<Frame> {
        let frame = self.base.next().await?;
        self.log.frame(&frame);
        Some(frame)
    }

    async fn close_input(&self) -> Result<()> {
        self.base.close_input().await
    }

    async fn interrupt(&self) -> Result<()> {
        self.base.interrupt().await
    }

    async fn stop(&self, grace: StopGrace) -> Result<ExitStatus> {
        self.base.stop(grace).await
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("base", &self.base).finish_non_exhaustive()
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded").field("base", &self.base).finish_non_exhaustive()
    }
}
