//! One agent's surroundings, and waiting for what processes do.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use maestro_core::transport::guardian::{GuardSpec, Guardian};
use maestro_core::transport::proc_table::{self, ProcessStamp, Signal};

pub(crate) const MARKER: &str = "MAESTRO_GUARDIAN_TEST";
/// Longer than any test may take: who is still there did not end by its grace.
pub(crate) const NEVER: Duration = Duration::from_hours(1);

/// Leaves a process behind that ignores TERM, runs in a session of its own and was forked twice,
/// and waits until it has written its pid to `$1`. Its streams are closed, so that it holds no pipe
/// open.
pub(crate) const LEAVE_STUBBORN: &str = r#"
    setsid sh -c 'trap "" TERM INT HUP; sh -c "
        echo \$\$ > \"$0.new\"; mv \"$0.new\" \"$0\"
        while :; do sleep 0.1; done
    " <&- >&- 2>&- &' "$1"
    while [ ! -e "$1" ]; do sleep 0.01; done
"#;

/// One agent's surroundings; ends what carries its marker when the test is over, however it ends.
pub(crate) struct Scene {
    pub(crate) directory: tempfile::TempDir,
    marker: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let marker = directory.path().display().to_string();
        Self { directory, marker }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn spec(&self) -> GuardSpec {
        GuardSpec::default().journal(self.path("journal"))
    }

    /// `sh` under a guardian, with the path of the ready file as `$1`.
    pub(crate) fn shell(&self, guardian: &Guardian, spec: &GuardSpec, script: &str) -> Command {
        let ready = self.path("ready").into_os_string();
        self.command(guardian, spec, "sh", &["-c".into(), script.into(), "sh".into(), ready])
    }

    pub(crate) fn command(
        &self,
        guardian: &Guardian,
        spec: &GuardSpec,
        program: &str,
        arguments: &[OsString],
    ) -> Command {
        let (program, arguments) = guardian.wrap(OsStr::new(program), arguments, spec).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).env(MARKER, &self.marker).process_group(0).stdin(Stdio::null());
        command
    }

    pub(crate) fn marked(&self) -> Vec<ProcessStamp> {
        proc_table::with_marker(MARKER, &self.marker).unwrap()
    }

    /// The process that wrote the ready file.
    pub(crate) fn ready(&self) -> ProcessStamp {
        let path = self.path("ready");
        eventually("the script is ready", || path.exists());
        let pid = std::fs::read_to_string(path).unwrap().trim().parse().unwrap();
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

/// Polls for a condition; the bound only keeps a broken test from hanging.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for a guardian to end.
pub(crate) fn end_of(child: &mut Child) -> ExitStatus {
    let mut status = None;
    eventually("the guardian ends", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap()
}

pub(crate) fn stamp(child: &Child) -> ProcessStamp {
    ProcessStamp::of(child.id()).expect("a child that has not been waited for")
}

pub(crate) fn guardian() -> Guardian {
    assert!(Guardian::available());
    Guardian::materialise(None).unwrap()
}
