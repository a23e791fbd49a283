//! The guardian: a small program that runs beside each agent and ends the agent's processes when
//! their host dies.
//!
//! A host wraps the command of an agent ([`Guardian::wrap`]) and starts what it gets back, in a
//! process group of its own. The guardian starts the agent with the same stdin, stdout, stderr,
//! directory and environment, and is its sub-reaper, so that tools that run in sessions of their
//! own, or detach by a double fork, stay below it. It ends all of them (SIGTERM, up to
//! [`GuardSpec::grace`], then SIGKILL until nothing is left) when
//!
//! - the host process dies, however it dies;
//! - the agent ends by itself and leaves something behind;
//! - a file is there that asks for it ([`GuardSpec::end_request`]);
//! - the guardian gets SIGTERM. A second SIGTERM skips what is left of the grace.
//!
//! SIGINT sent to the guardian reaches the agent alone. Other signals but SIGKILL and SIGSTOP are
//! ignored.
//!
//! # Exit status
//! The guardian ends last, and as the agent did: the same exit code, or killed by the same signal.
//! The agent's own end shows earlier, as the end of its stdout. A guardian that could start no
//! agent says why on stderr, in one line that [`refusal`] recognises, with code [`EXIT_USAGE`],
//! [`EXIT_CANNOT_GUARD`] or [`EXIT_CANNOT_START`].
//!
//! # When the guardian itself is killed
//! The kernel sends the agent SIGTERM. For what ignores that, and for the agent's tools, the
//! guardian keeps a [`Journal`] (while the tree changes, every 250 ms; at rest, every second),
//! removed at a clean end. Whoever finds one ends [`Journal::alive`], and what carries the marker
//! of the dead host in its environment (`proc_table::with_marker`). A control group
//! ([`GuardSpec::cgroup`]) is a list without that delay: the kernel keeps it.
//!
//! # Limits
//! Not covered: processes that another service starts on an agent's behalf (a container daemon,
//! `systemd-run`, a running tmux server), and set-user-id programs, which the guardian may not
//! signal. A process that no KILL ends (a hung disk) is given up after 10 seconds; the journal then
//! stays. Linux only, from 5.3 on woken by the host's end, before that by a look every 250 ms.
//! Elsewhere [`Guardian::available`] is false and [`Guardian::materialise`] fails with
//! [`io::ErrorKind::Unsupported`].

#[cfg(target_os = "linux")]
mod journal;
#[cfg(maestro_guardian)]
mod program;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(target_os = "linux")]
pub use self::journal::Journal;

/// Exit code of a guardian that was given bad arguments.
pub const EXIT_USAGE: i32 = 64;
/// Exit code of a guardian that could not guard: the host is gone, the journal exists, `/proc` is
/// missing.
pub const EXIT_CANNOT_GUARD: i32 = 70;
/// Exit code of a guardian that could not start the program.
pub const EXIT_CANNOT_START: i32 = 127;

/// The reason in a line of stderr that a guardian wrote, or `None` for a line of the agent's own.
///
/// # Examples
/// ```
/// use maestro_core::transport::guardian::refusal;
/// assert_eq!(refusal("maestro-guardian: cannot start it"), Some("cannot start it"));
/// assert_eq!(refusal("claude: not logged in"), None);
/// ```
pub fn refusal(line: &str) -> Option<&str> {
    line.strip_prefix("maestro-guardian: ")
}

/// How one agent is guarded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuardSpec {
    /// How long processes may take to end after SIGTERM before they are killed. Default: 5 seconds,
    /// three times what Claude Code takes to end a running tool.
    pub grace: Duration,
    /// Where to keep the journal: a file that does not exist, in a directory that does. Default:
    /// none is kept, and the guardian sleeps until something happens.
    pub journal: Option<PathBuf>,
    /// The directory of a control group that does not exist, in one of cgroup v2 in which this
    /// process may make groups. The agent and all that it starts run in it; the guardian removes it
    /// at a clean end. Where it cannot be made, they run without. Default: none.
    pub cgroup: Option<PathBuf>,
    /// The number that a descriptor of a locked file has in the guardian. It stays the guardian's alone,
    /// so the lock is held for as long as anything of the tree runs and the guardian lives. Default: none.
    pub lock_fd: Option<i32>,
    /// A file that asks the guardian to end its tree by being there, for whoever may not signal it, as
    /// from another pid namespace. It is looked for where a journal is kept, at least every second.
    /// Default: none.
    pub end_request: Option<PathBuf>,
}

impl Default for GuardSpec {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(5),
            journal: None,
            cgroup: None,
            lock_fd: None,
            end_request: None,
        }
    }
}

impl GuardSpec {
    /// Sets [`grace`](Self::grace).
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Sets [`journal`](Self::journal).
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// Sets [`cgroup`](Self::cgroup).
    pub fn cgroup(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cgroup = Some(directory.into());
        self
    }

    /// Sets [`lock_fd`](Self::lock_fd).
    pub fn lock_fd(mut self, number: i32) -> Self {
        self.lock_fd = Some(number);
        self
    }

    /// Sets [`end_request`](Self::end_request).
    pub fn end_request(mut self, file: impl Into<PathBuf>) -> Self {
        self.end_request = Some(file.into());
        self
    }
}

/// The guardian program, ready to be executed by this process.
///
/// # Contract
/// What [`wrap`](Self::wrap) returned can be started as long as this value lives; agents that run
/// do not need it. One value serves any number of agents and threads.
#[derive(Debug)]
pub struct Guardian {
    #[cfg(maestro_guardian)]
    program: program::Program,
}

impl Guardian {
    /// Whether this build carries the guardian: Linux, with the feature `process`.
    pub const fn available() -> bool {
        cfg!(maestro_guardian)
    }

    /// Makes the program executable: in memory, or else as a file in `private_directory`.
    ///
    /// Memory comes first because nothing then has to be installed, cleaned up or trusted: a sealed
    /// `memfd` cannot be changed, lies on no `noexec` mount, and cannot fail with "text file busy"
    /// when another thread forks while the file is written. Some hardened systems refuse it
    /// (`vm.memfd_noexec=2`, mandatory access control), hence the directory. Either way the program
    /// is run once (about a millisecond), so a `Guardian` that exists can be started.
    ///
    /// # Contract
    /// Blocks for a few milliseconds: call it once per node, off the executor.
    ///
    /// # Errors
    /// `Unsupported` where [`available`](Self::available) is false; otherwise why neither way
    /// works.
    pub fn materialise(private_directory: Option<&Path>) -> io::Result<Self> {
        let in_memory = match (Self::in_memory(), private_directory) {
            (Ok(guardian), _) => return Ok(guardian),
            (Err(error), None) => return Err(error),
            (Err(error), Some(_)) if error.kind() == io::ErrorKind::Unsupported => {
                return Err(error);
            }
            (Err(error), Some(directory)) => (error, directory),
        };
        let (memory, directory) = in_memory;
        Self::in_directory(directory).map_err(|error| {
            let reason =
                format!("the guardian cannot run from memory ({memory}) nor from a file ({error})");
            io::Error::new(error.kind(), reason)
        })
    }

    /// Makes the program executable in memory only.
    ///
    /// # Errors
    /// As [`materialise`](Self::materialise).
    pub fn in_memory() -> io::Result<Self> {
        #[cfg(maestro_guardian)]
        return Ok(Self { program: program::Program::in_memory()? });
        #[cfg(not(maestro_guardian))]
        Err(unsupported())
    }

    /// Makes the program executable as a file in a private directory, for systems where executing
    /// memory is refused or raises an alarm.
    ///
    /// The directory is created with mode 0700 if it is missing. The file stays there and is used
    /// again by later starts and other processes if its contents are exactly those of this build.
    ///
    /// # Errors
    /// `PermissionDenied` for a directory that belongs to another user or that others can write to;
    /// else as [`materialise`](Self::materialise).
    pub fn in_directory(directory: &Path) -> io::Result<Self> {
        #[cfg(maestro_guardian)]
        return Ok(Self { program: program::Program::in_directory(directory)? });
        #[cfg(not(maestro_guardian))]
        {
            let _ = directory;
            Err(unsupported())
        }
    }

    /// The command that runs `program` with `arguments` under a guardian, tied to the life of the
    /// calling process.
    ///
    /// # Contract
    /// Start it from this process, in a process group of its own (`process_group(0)`), so that a
    /// terminal's interrupt does not hit it; signal the guardian by its pid, not by its group.
    /// `program` is looked up as it would be without a guardian.
    ///
    /// # Errors
    /// `/proc` cannot be read, so the life of this process cannot be told apart from a later one's.
    #[cfg_attr(
        not(maestro_guardian),
        expect(clippy::unused_self, reason = "there is no program to name")
    )]
    pub fn wrap(
        &self,
        program: &OsStr,
        arguments: &[OsString],
        spec: &GuardSpec,
    ) -> io::Result<(OsString, Vec<OsString>)> {
        #[cfg(maestro_guardian)]
        {
            // Read anew each time: an embedder may have forked since.
            let host = super::proc_table::ProcessStamp::current()?;
            let mut wrapped: Vec<OsString> = vec![
                format!("--host-pid={}", host.pid).into(),
                format!("--host-start={}", host.start).into(),
                format!("--grace-ms={}", u64::try_from(spec.grace.as_millis()).unwrap_or(u64::MAX))
                    .into(),
            ];
            if let Some(path) = &spec.journal {
                // Absolute, because the agent's directory need not be ours.
                let mut flag = OsString::from("--journal=");
                flag.push(std::path::absolute(path)?);
                wrapped.push(flag);
            }
            if let Some(directory) = &spec.cgroup {
                let mut flag = OsString::from("--cgroup=");
                flag.push(std::path::absolute(directory)?);
                wrapped.push(flag);
            }
            if let Some(number) = spec.lock_fd {
                wrapped.push(format!("--lock-fd={number}").into());
            }
            if let Some(file) = &spec.end_request {
                let mut flag = OsString::from("--end-request=");
                flag.push(std::path::absolute(file)?);
                wrapped.push(flag);
            }
            wrapped.push("--".into());
            wrapped.push(program.to_owned());
            wrapped.extend_from_slice(arguments);
            Ok((self.program.path().as_os_str().to_owned(), wrapped))
        }
        #[cfg(not(maestro_guardian))]
        {
            let _ = (program, arguments, spec);
            Err(unsupported())
        }
    }
}

#[cfg(not(maestro_guardian))]
fn unsupported() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "this build of maestro-core carries no guardian: it needs Linux and the feature `process`",
    )
}
