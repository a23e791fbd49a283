//! Who runs on this machine, as `/proc` tells it (Linux).
//!
//! Every function looks or acts once and never sleeps on its own: callers repeat and wait through
//! the Runtime port. They block on `/proc` for tens of microseconds per process, so keep scans of the whole
//! table off the executor.

mod scan;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags};

pub use self::scan::{ProcessStamp, boot_id, pid_namespace};

/// A signal that ends a process, or asks it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// SIGINT: stop what you are doing.
    Interrupt,
    /// SIGTERM: end, in your own way.
    Terminate,
    /// SIGKILL: ended by the kernel.
    Kill,
}

impl Signal {
    fn raw(self) -> rustix::process::Signal {
        match self {
            Self::Interrupt => rustix::process::Signal::INT,
            Self::Terminate => rustix::process::Signal::TERM,
            Self::Kill => rustix::process::Signal::KILL,
        }
    }
}

impl ProcessStamp {
    /// The process that calls this.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn current() -> io::Result<Self> {
        Self::of(std::process::id()).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "/proc does not show this process")
        })
    }

    /// The process that has this pid now, or `None`.
    pub fn of(pid: u32) -> Option<Self> {
        scan::stat(pid).map(|stat| stat.stamp)
    }

    /// Whether this process still runs. One that ended and waits to be reaped does not.
    pub fn is_alive(&self) -> bool {
        scan::stat(self.pid).is_some_and(|now| now.stamp == *self && !now.ended)
    }
}

/// When the process with this pid started, in clock ticks since boot; `None` when there is none.
pub fn start_time(pid: u32) -> Option<u64> {
    ProcessStamp::of(pid).map(|process| process.start)
}

/// Every process below `pid` (without it), parents before children.
///
/// # Contract
/// One snapshot of a tree that moves: a process whose parent ends during the pass may be missing,
/// and what was reparented out of the tree is not in it. Repeat it until it stays empty.
///
/// # Errors
/// `/proc` cannot be read. A process that ends meanwhile is no error.
pub fn descendants(pid: u32) -> io::Result<Vec<ProcessStamp>> {
    scan::descendants(pid)
}

/// The running processes that were started with `variable=value` in their environment.
///
/// # Contract
/// Reads the whole table, about 30 µs a process. Processes whose environment this user may not read
/// are left out, and so are those that were given another environment: a marker finds what a
/// journal missed, and the other way round. The calling process is included if it carries the
/// marker.
///
/// # Errors
/// `/proc` cannot be read.
pub fn with_marker(variable: &str, value: &str) -> io::Result<Vec<ProcessStamp>> {
    let marker = format!("{variable}={value}");
    let mut found = Vec::new();
    for pid in scan::pids()? {
        // The stamp comes first: were the pid reused in between, the stamp would name nobody.
        let Some(process) = ProcessStamp::of(pid) else {
            continue;
        };
        let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else {
            continue;
        };
        if environment.split(|byte| *byte == 0).any(|entry| entry == marker.as_bytes()) {
            found.push(process);
        }
    }
    Ok(found)
}

/// Signals exactly this process; `false` when it has ended.
///
/// # Contract
/// Never reaches another process: the signal goes through a pidfd whose start time was compared. On
/// kernels without pidfd (before 5.3) the comparison comes right before the signal.
///
/// # Errors
/// `PermissionDenied` for a process of another user.
pub fn signal(process: ProcessStamp, signal: Signal) -> io::Result<bool> {
    let Some(pid) = pid(process) else {
        return Ok(false);
    };
    let pidfd = match open(process) {
        Ok(None) => return Ok(false),
        Ok(Some(pidfd)) => Some(pidfd),
        Err(Errno::NOSYS | Errno::PERM) => None,
        Err(error) => return Err(error.into()),
    };
    if !process.is_alive() {
        return Ok(false);
    }
    let sent = match pidfd {
        Some(pidfd) => rustix::process::pidfd_send_signal(pidfd, signal.raw()),
        None => rustix::process::kill_process(pid, signal.raw()),
    };
    match sent {
        Ok(()) => Ok(true),
        Err(Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Waits until this process has ended, for at most `timeout`; tells whether it has.
///
/// # Contract
/// Blocks the thread in one `poll`; a zero timeout only looks. May return `false` early when a
/// signal interrupts it, and at once on kernels without pidfd, so a caller's loop sleeps on its own
/// between calls.
///
/// # Errors
/// The process cannot be watched (no descriptors left).
pub fn wait_gone(process: ProcessStamp, timeout: Duration) -> io::Result<bool> {
    if !process.is_alive() {
        return Ok(true);
    }
    let pidfd = match open(process) {
        Ok(Some(pidfd)) => pidfd,
        Ok(None) => return Ok(true),
        Err(Errno::NOSYS | Errno::PERM) => return Ok(!process.is_alive()),
        Err(error) => return Err(error.into()),
    };
    // A timeout beyond what the kernel can hold is no bound.
    let timeout = Timespec::try_from(timeout).ok();
    let mut fds = [PollFd::new(&pidfd, PollFlags::IN)];
    match rustix::event::poll(&mut fds, timeout.as_ref()) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A pidfd of exactly this process; `None` when it is gone.
fn open(process: ProcessStamp) -> Result<Option<OwnedFd>, Errno> {
    let Some(pid) = pid(process) else {
        return Ok(None);
    };
    let pidfd = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
        Err(Errno::SRCH) => return Ok(None),
        other => other?,
    };
    // Compared after the pidfd is open: were the pid handed on in between, the start time would
    // differ.
    Ok((ProcessStamp::of(process.pid) == Some(process)).then_some(pidfd))
}

fn pid(process: ProcessStamp) -> Option<Pid> {
    i32::try_from(process.pid).ok().and_then(Pid::from_raw)
}
