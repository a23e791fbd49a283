//! Surroundings for tests with real processes.

#![expect(
    clippy::disallowed_methods,
    reason = "these tests wait for processes of the operating system, whose clock is the real one"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use maestro_core::id::NodeId;
use maestro_core::model::PlacePath;
use maestro_core::transport::proc_table::{self, ProcessStamp, Signal};
use maestro_core::transport::process::{Cgroups, ProcessConfig, ProcessTransport};
use maestro_core::transport::{Connection, Frame, OWNER_VARIABLE, ProgramSpec, Transport as _};

pub(crate) const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A directory and an incarnation of its own; ends what carries its marker when the test is over.
pub(crate) struct Scene {
    directory: tempfile::TempDir,
    pub(crate) node: NodeId,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory"), node: new_node() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn transport(&self) -> ProcessTransport {
        transport(self.directory.path())
    }

    pub(crate) fn spec(&self, transport: &ProcessTransport, script: &str) -> ProgramSpec {
        spec(transport, self.directory.path(), self.node, script)
    }

    pub(crate) fn marked(&self) -> Vec<ProcessStamp> {
        let node = self.node.to_string();
        proc_table::with_marker(OWNER_VARIABLE, &node).expect("`/proc` can be read")
    }

    /// `sh`, marked as of this incarnation, but not started by a transport.
    pub(crate) fn stray(&self, script: &str) -> Child {
        Command::new("sh")
            .args(["-c", script])
            .current_dir(self.directory.path())
            .env_clear()
            .env("PATH", PATH)
            .env(OWNER_VARIABLE, self.node.to_string())
            .stdin(Stdio::null())
            .spawn()
            .expect("`sh` is there")
    }

    /// This test executable, playing `role` instead of testing.
    pub(crate) fn role(&self, role: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command
            .args(["--exact", role, "--ignored", "--nocapture"])
            .env("MAESTRO_TEST_DIRECTORY", self.directory.path())
            .env("MAESTRO_TEST_NODE", self.node.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// The process that wrote its pid to a file.
    pub(crate) fn written(&self, name: &str) -> ProcessStamp {
        // A file is there before anything stands in it.
        let pid = || std::fs::read_to_string(self.path(name)).ok()?.trim().parse().ok();
        eventually(name, || pid().is_some());
        let pid = pid().expect("a pid");
        ProcessStamp::of(pid).expect("a process that runs until it is ended")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for process in self.marked() {
            // Best effort, after a test that failed.
            let _ = proc_table::signal(process, Signal::Kill);
        }
    }
}

/// What a role was started with.
pub(crate) fn role() -> Option<(PathBuf, NodeId)> {
    let directory = std::env::var_os("MAESTRO_TEST_DIRECTORY")?;
    let node = std::env::var("MAESTRO_TEST_NODE").ok()?;
    Some((directory.into(), node.parse().ok()?))
}

/// Where a scene that wants control groups instead of journals names their directory.
pub(crate) const CGROUPS: &str = "cgroups";

pub(crate) fn transport(directory: &Path) -> ProcessTransport {
    let config = ProcessConfig::default().grace(Duration::from_millis(300));
    let config = match std::fs::read_to_string(directory.join(CGROUPS)) {
        Ok(groups) => config.cgroups(Cgroups::In(groups.into())),
        Err(_) => config.state_directory(directory.join("state")),
    };
    ProcessTransport::new(config).expect("`/proc` can be read")
}

pub(crate) fn spec(
    transport: &ProcessTransport,
    directory: &Path,
    node: NodeId,
    script: &str,
) -> ProgramSpec {
    let cwd = PlacePath::new(transport.place(), directory);
    let mut spec = ProgramSpec::new("sh", cwd, node);
    spec.args = vec!["-c".to_owned(), script.to_owned()];
    spec.env.set.insert("PATH".to_owned(), PATH.to_owned());
    spec
}

pub(crate) fn new_node() -> NodeId {
    NodeId::from_uuid(uuid::Uuid::from_u128(fastrand::u128(..)))
}

pub(crate) async fn frames(program: &dyn Connection) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some(frame) = program.next().await {
        frames.push(frame);
    }
    frames
}

/// Polls for a condition; the bound only keeps a broken test from hanging.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        pause();
    }
}

pub(crate) fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}
