//! The few system calls that the standard library does not offer. All unsafe code of the tree is in
//! this file.
//!
//! Numbers are those of the architectures that `build.rs` lets through; they share one table for
//! everything used here.

use std::ffi::{CStr, c_int, c_long, c_ulong};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::scan::{self, ProcessStamp};

pub(crate) const SIGINT: c_int = 2;
const SIGQUIT: c_int = 3;
pub(crate) const SIGKILL: c_int = 9;
pub(crate) const SIGTERM: c_int = 15;
pub(crate) const SIGCONT: c_int = 18;
const SIGCHLD: c_int = 17;
const SIG_DFL: usize = 0;
const SIG_UNBLOCK: c_int = 1;
const SIG_SETMASK: c_int = 2;
const SFD_NONBLOCK_CLOEXEC: c_int = 0o4000 | 0o2_000_000;
const PR_SET_PDEATHSIG: c_int = 1;
const PR_SET_DUMPABLE: c_int = 4;
const PR_SET_NAME: c_int = 15;
const PR_SET_CHILD_SUBREAPER: c_int = 36;
const SYS_PIDFD_SEND_SIGNAL: c_long = 424;
const SYS_PIDFD_OPEN: c_long = 434;
const WNOHANG: c_int = 1;
const ECHILD: i32 = 10;
const ESRCH: i32 = 3;
const POLLIN: i16 = 1;
const F_SETFD: c_int = 2;
const FD_CLOEXEC: c_int = 1;

/// `sigset_t`: 1024 bits in glibc and in musl.
#[repr(C)]
struct SigSet([u64; 16]);

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: i16,
    revents: i16,
}

unsafe extern "C" {
    fn prctl(option: c_int, ...) -> c_int;
    fn syscall(number: c_long, ...) -> c_long;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn poll(fds: *mut PollFd, count: c_ulong, timeout_ms: c_int) -> c_int;
    fn getppid() -> c_int;
    fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    fn dup2(from: c_int, to: c_int) -> c_int;
    fn signalfd(fd: c_int, set: *const SigSet, flags: c_int) -> c_int;
    #[link_name = "signal"]
    fn set_disposition(signal: c_int, handler: usize) -> usize;
    fn sigprocmask(how: c_int, set: *const SigSet, old: *mut SigSet) -> c_int;
    fn sigemptyset(set: *mut SigSet) -> c_int;
    fn sigfillset(set: *mut SigSet) -> c_int;
    fn sigaddset(set: *mut SigSet, signal: c_int) -> c_int;
}

fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// A pid as the kernel's signed type; no pid is above 2^22.
fn signed(pid: u32) -> c_int {
    c_int::try_from(pid).unwrap_or(c_int::MAX)
}

/// Names this process as `ps` and `top` show it (at most 15 bytes).
pub(crate) fn set_name(name: &CStr) {
    // SAFETY: the kernel reads a NUL-terminated string that outlives the call.
    unsafe { prctl(PR_SET_NAME, name.as_ptr()) };
}

/// Makes every orphan below this process a child of it.
pub(crate) fn become_subreaper() -> io::Result<()> {
    // SAFETY: takes one integer.
    check(unsafe { prctl(PR_SET_CHILD_SUBREAPER, 1 as c_ulong) }).map(drop)
}

fn change_mask(how: c_int, set: &SigSet) -> io::Result<()> {
    // SAFETY: `set` is initialised; a null old set is allowed.
    check(unsafe { sigprocmask(how, set, std::ptr::null_mut()) }).map(drop)
}

fn set_mask(set: &SigSet) -> io::Result<()> {
    change_mask(SIG_SETMASK, set)
}

fn set_of(signals: &[c_int]) -> SigSet {
    let mut set = SigSet([0; 16]);
    // SAFETY: `set` is large enough for either C library, and the signals are valid.
    unsafe {
        sigemptyset(&raw mut set);
        for signal in signals {
            sigaddset(&raw mut set, *signal);
        }
    }
    set
}

/// The signals that the guardian heeds, as a file descriptor. Every other one stays blocked for
/// good.
pub(crate) struct Signals {
    file: File,
}

impl Signals {
    pub(crate) fn take() -> io::Result<Self> {
        // A host that ignores SIGCHLD hands that down, and then no exit status would be kept for
        // us.
        // SAFETY: sets a default disposition.
        unsafe { set_disposition(SIGCHLD, SIG_DFL) };
        let mut all = SigSet([0; 16]);
        // SAFETY: `all` is large enough for either C library.
        unsafe { sigfillset(&raw mut all) };
        set_mask(&all)?;
        let heeded = set_of(&[SIGINT, SIGTERM, SIGCHLD]);
        // SAFETY: `heeded` is initialised; -1 asks for a new descriptor, which nobody else owns.
        let fd = unsafe {
            OwnedFd::from_raw_fd(check(signalfd(-1, &raw const heeded, SFD_NONBLOCK_CLOEXEC))?)
        };
        Ok(Self { file: File::from(fd) })
    }

    /// The next signal that arrived, if any.
    pub(crate) fn next(&mut self) -> Option<c_int> {
        // `struct signalfd_siginfo`: 128 bytes that begin with the signal's number.
        let mut info = [0_u8; 128];
        match self.file.read(&mut info) {
            Ok(128) => {
                c_int::try_from(u32::from_ne_bytes([info[0], info[1], info[2], info[3]])).ok()
            }
            _ => None,
        }
    }
}

fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: takes two integers and returns a new descriptor (close-on-exec), which nobody else
    // owns.
    let fd = unsafe { syscall(SYS_PIDFD_OPEN, c_long::from(signed(pid)), 0 as c_long) };
    let fd = check(c_int::try_from(fd).unwrap_or(-1))?;
    // SAFETY: as above.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The process whose end ends the tree.
pub(crate) struct Host {
    stamp: ProcessStamp,
    /// None where the kernel (before 5.3) or a sandbox gives no pidfd; then each wake-up compares
    /// the start time.
    pidfd: Option<OwnedFd>,
    gone: bool,
}

impl Host {
    /// Takes hold of the host; fails when it is gone already.
    pub(crate) fn find(stamp: ProcessStamp) -> io::Result<Self> {
        let pidfd = match pidfd_open(stamp.pid) {
            Err(error) if error.raw_os_error() == Some(ESRCH) => return Err(error),
            other => other.ok(),
        };
        // Compared after the pidfd is open: were the pid handed to another process in between, this
        // would show it.
        let host = Self { stamp, pidfd, gone: false };
        if host.has_ended() { Err(io::Error::from_raw_os_error(ESRCH)) } else { Ok(host) }
    }

    fn has_ended(&self) -> bool {
        scan::stat(self.stamp.pid).is_none_or(|now| now.stamp != self.stamp || now.ended)
    }

    /// Whether its end interrupts [`wait`].
    pub(crate) fn wakes(&self) -> bool {
        self.gone || self.pidfd.is_some()
    }

    /// Stops watching it, once its end has been seen.
    pub(crate) fn forget(&mut self) {
        self.gone = true;
        self.pidfd = None;
    }
}

/// Waits for a signal, the host's end or the timeout; true when the host is seen to have ended.
pub(crate) fn wait(signals: &Signals, host: &Host, timeout: Option<Duration>) -> bool {
    let mut fds = [
        PollFd { fd: signals.file.as_raw_fd(), events: POLLIN, revents: 0 },
        // A negative descriptor is skipped by poll.
        PollFd {
            fd: host.pidfd.as_ref().map_or(-1, AsRawFd::as_raw_fd),
            events: POLLIN,
            revents: 0,
        },
    ];
    let timeout = timeout.map_or(-1, |timeout| {
        c_int::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(c_int::MAX)
    });
    // SAFETY: the array outlives the call and its length is given. A failure leaves `revents`
    // empty: one more round.
    unsafe { poll(fds.as_mut_ptr(), fds.len() as c_ulong, timeout) };
    !host.gone && if host.pidfd.is_some() { fds[1].revents != 0 } else { host.has_ended() }
}

/// Starts the agent with no signal blocked; it gets SIGTERM should this process die.
pub(crate) fn spawn(mut command: Command) -> io::Result<u32> {
    let parent = signed(std::process::id());
    let none = set_of(&[]);
    // SAFETY: runs between fork and exec in a copy of a single-threaded process, and allocates
    // nothing.
    unsafe {
        command.pre_exec(move || {
            // Tied to the thread that forks: the only one here, so it lives as long as the
            // guardian.
            check(prctl(PR_SET_PDEATHSIG, SIGTERM as c_ulong))?;
            if getppid() != parent {
                return Err(io::Error::from_raw_os_error(ESRCH));
            }
            // A shell starts what runs in its background with the first two ignored, and who inherits that
            // cannot be interrupted. SIGHUP stays as it is: `nohup` means it.
            for signal in [SIGINT, SIGQUIT, SIGTERM] {
                set_disposition(signal, SIG_DFL);
            }
            set_mask(&none)
        });
    }
    // The handle is not kept: `reap` collects every child alike.
    command.spawn().map(|child| child.id())
}

/// Keeps a descriptor out of the programs that are started from here on.
pub(crate) fn keep_to_itself(fd: c_int) -> io::Result<()> {
    // SAFETY: takes integers only; a number that is not open is an error.
    check(unsafe { fcntl(fd, F_SETFD, FD_CLOEXEC) }).map(drop)
}

/// Lets go of stdin, stdout and stderr, so that the agent's own end closes them.
pub(crate) fn replace_standard_streams(null: &File) {
    for stream in 0..=2 {
        // SAFETY: both descriptors are open; nothing in this process writes to the old ones any
        // more.
        unsafe { dup2(null.as_raw_fd(), stream) };
    }
}

/// What [`reap`] found.
pub(crate) enum Reaped {
    Ended { pid: u32, status: c_int },
    NoneYet,
    NoChildren,
}

/// Collects one child that ended.
pub(crate) fn reap() -> Reaped {
    let mut status = 0;
    // SAFETY: the kernel writes one integer.
    match check(unsafe { waitpid(-1, &raw mut status, WNOHANG) }) {
        Err(error) if error.raw_os_error() == Some(ECHILD) => Reaped::NoChildren,
        Err(_) | Ok(0) => Reaped::NoneYet,
        Ok(pid) => Reaped::Ended { pid: pid.unsigned_abs(), status },
    }
}

/// Signals a child that has not been reaped, whose pid is therefore still its own.
pub(crate) fn send(child: u32, signal: c_int) {
    // SAFETY: takes two integers.
    unsafe { kill(signed(child), signal) };
}

/// Signals exactly this process, or nobody: who has ended meanwhile needs no signal.
pub(crate) fn signal(process: ProcessStamp, signal: c_int) {
    let pidfd = pidfd_open(process.pid);
    if scan::stat(process.pid).is_none_or(|now| now.stamp != process) {
        return;
    }
    match pidfd {
        // SAFETY: an open descriptor, an integer, no extra information, no flags.
        Ok(pidfd) => unsafe {
            syscall(
                SYS_PIDFD_SEND_SIGNAL,
                c_long::from(pidfd.as_raw_fd()),
                c_long::from(signal),
                0 as c_long,
                0 as c_long,
            );
        },
        Err(_) => send(process.pid, signal),
    }
}

/// Ends this process as the agent ended: with its exit code, or by its signal.
pub(crate) fn end_as(status: c_int) -> ExitCode {
    let signal = status & 0x7f;
    if signal == 0 {
        return ExitCode::from(u8::try_from((status >> 8) & 0xff).unwrap_or(u8::MAX));
    }
    // SAFETY: integers only. The agent has dumped core if it was to; a dump of the guardian would
    // say nothing.
    unsafe {
        prctl(PR_SET_DUMPABLE, 0 as c_ulong);
        set_disposition(signal, SIG_DFL);
    }
    let own = std::process::id();
    // No other one: a SIGTERM that waits, from a host that asked again, would come first.
    if change_mask(SIG_UNBLOCK, &set_of(&[signal])).is_ok() {
        send(own, signal);
    }
    ExitCode::from(128_u8.saturating_add(u8::try_from(signal).unwrap_or(u8::MAX)))
}
