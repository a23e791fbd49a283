//! What a program sees.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::running::Running;
use crate::id::NodeId;
use crate::model::{PlacePath, Secret};
use crate::transport::{Handed, HandedBy, OWNER_VARIABLE, ProgramSpec};

/// The side of a connection that the program is on: its arguments, its input, its two outputs, and
/// what it is asked.
///
/// Its input ends, and whatever it writes goes nowhere, once the other side is gone.
#[derive(Debug)]
pub struct ProgramIo {
    args: Vec<String>,
    env: BTreeMap<String, String>,
    handed: Vec<Handed>,
    cwd: PlacePath,
    owner: NodeId,
    running: Arc<Running>,
}

impl ProgramIo {
    pub(super) fn new(spec: ProgramSpec, running: Arc<Running>) -> Self {
        let mut env = spec.env.set;
        env.insert(OWNER_VARIABLE.to_owned(), spec.owner.to_string());
        Self {
            args: spec.args,
            env,
            handed: spec.handed,
            cwd: spec.cwd,
            owner: spec.owner,
            running,
        }
    }

    /// Its arguments, without its name.
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// A variable of its environment.
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    /// A secret that it was handed, by the variable or the option that would tell a process where it is.
    pub fn handed(&self, name: &str) -> Option<&Secret> {
        let handed = self.handed.iter().find(|handed| match &handed.by {
            HandedBy::Variable(known) | HandedBy::Option(known) => known == name,
        });
        handed.map(|handed| &handed.secret)
    }

    /// Its directory.
    pub fn cwd(&self) -> &PlacePath {
        &self.cwd
    }

    /// The incarnation that it belongs to.
    pub fn owner(&self) -> NodeId {
        self.owner
    }

    /// The next line of its input, without a line break; none at the end of the input.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn read_line(&self) -> Option<String> {
        // It fails at the end of the input only.
        self.running.lines.recv().await.ok()
    }

    /// Writes a line to its output. Waits while too much of it is unread.
    ///
    /// # Cancel safety
    /// The line is written whole or not at all.
    pub async fn write_line(&self, line: &str) {
        self.write(format!("{line}\n").as_bytes()).await;
    }

    /// Writes bytes to its output, which are cut into lines wherever they have line breaks. Waits
    /// while too much of it is unread.
    ///
    /// # Cancel safety
    /// They are written whole or not at all.
    pub async fn write(&self, bytes: &[u8]) {
        self.running.frames.room().await;
        self.running.frames.put_output(bytes);
    }

    /// Writes to its standard error, of which the oldest is dropped when nobody reads it.
    pub fn write_error(&self, bytes: impl AsRef<[u8]>) {
        self.running.frames.put_errors(bytes.as_ref());
    }

    /// Ends when it is asked to abort what it does now; once for each time it is asked, but asking
    /// again before it is heard is asking once.
    ///
    /// # Contract
    /// From the first call on it has to listen: before, being asked ends it by force, as the
    /// signal ends a process.
    pub fn interrupted(&self) -> impl Future<Output = ()> + Send + '_ {
        self.running.interrupt.listen()
    }

    /// Ends when it is asked to end.
    ///
    /// # Contract
    /// As for [`interrupted`](Self::interrupted). It is ended by force after its grace.
    pub fn terminated(&self) -> impl Future<Output = ()> + Send + '_ {
        self.running.terminate.listen()
    }
}
