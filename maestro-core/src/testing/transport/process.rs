//! The acts as shell scripts.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Act, Fixture};
use crate::error::Result;
use crate::id::NodeId;
use crate::model::PlacePath;
use crate::runtime::Runtime;
use crate::transport::process::{ProcessConfig, ProcessTransport};
use crate::transport::{ProgramSpec, Transport};

/// A [`ProcessTransport`], and scripts for `sh` and the usual small tools.
#[derive(Debug)]
pub struct ProcessFixture {
    runtime: Arc<dyn Runtime>,
    transport: Arc<ProcessTransport>,
}

impl ProcessFixture {
    /// A transport of its own.
    ///
    /// # Errors
    /// As [`ProcessTransport::new`].
    pub fn new(runtime: Arc<dyn Runtime>, config: ProcessConfig) -> Result<Self> {
        let transport = ProcessTransport::new(config.runtime(Arc::clone(&runtime)))?;
        Ok(Self::of(runtime, transport))
    }

    /// A given transport.
    pub(crate) fn of(runtime: Arc<dyn Runtime>, transport: ProcessTransport) -> Self {
        Self { runtime, transport: Arc::new(transport) }
    }
}

impl Fixture for ProcessFixture {
    fn runtime(&self) -> Arc<dyn Runtime> {
        Arc::clone(&self.runtime)
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.transport) as Arc<dyn Transport>
    }

    fn spec(&self, owner: NodeId, act: Act) -> ProgramSpec {
        let script = match act {
            Act::Echo => "exec cat".to_owned(),
            Act::Write(bytes) => {
                let mut script = String::from("printf '");
                for byte in bytes {
                    // Writing to a string cannot fail.
                    let _ = write!(script, "\\{byte:03o}");
                }
                script + "'"
            }
            Act::LongLine(length) => format!("head -c {length} /dev/zero | tr '\\0' x; echo"),
            Act::Complain(length) => {
                format!("head -c {length} /dev/zero | tr '\\0' e >&2; echo done")
            }
            Act::Count(number) => format!("seq 1 {number}; wc -c | tr -d ' '"),
            Act::Variable(name) => format!("printf '%s\\n' \"${{{name}-unset}}\""),
            Act::Directory => "pwd -P".to_owned(),
            Act::Wait => "echo ready; exec sleep 3600".to_owned(),
            // What is ignored stays ignored in the next program.
            Act::Refuse => "trap '' INT TERM; echo ready; exec sleep 3600".to_owned(),
            Act::Exit(code) => format!("exit {code}"),
            Act::Die(signal) => format!("kill -{signal} $$"),
            Act::Leave => "setsid sleep 3600 & echo left".to_owned(),
        };
        let mut spec = ProgramSpec::new("sh", self.directory(), owner);
        spec.args = vec!["-c".to_owned(), script];
        let path = "/usr/local/bin:/usr/bin:/bin".to_owned();
        spec.env.set.insert("PATH".to_owned(), path);
        spec
    }

    fn directory(&self) -> PlacePath {
        PlacePath::new(self.transport.place(), "/")
    }

    fn has_processes(&self) -> bool {
        true
    }
}
