//! One child process from start to end, on a thread that may block.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How much of the end of the error output is kept.
const STDERR_TAIL: usize = 16 << 10;

/// What to start.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    /// The environment to begin with.
    pub(super) base: Vec<(OsString, OsString)>,
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) input: Vec<u8>,
    /// A lock that lasts as long as the child. It has no other input then.
    pub(super) lock: Option<Arc<File>>,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct Finished {
    /// The exit code; none when a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) stdout: Vec<u8>,
    /// The end of the error output.
    pub(super) stderr: String,
    /// Whether there was more output than allowed, so that it was killed.
    pub(super) overflowed: bool,
    /// Whether an interrupt ended it before it said anything.
    pub(super) interrupted: bool,
}

impl Launch {
    /// How often a child is started that an interrupt ends.
    const STARTS: u32 = 5;

    /// Starts it and waits for its end.
    pub(super) fn run(&self, max_output: usize, switch: &KillSwitch) -> io::Result<Finished> {
        // Ctrl-C at the terminal reaches the child between its birth and its leaving our process
        // group. It was not git yet and has done nothing, so it is started again.
        for _ in 1..Self::STARTS {
            let finished = self.once(max_output, switch)?;
            if !finished.interrupted {
                return Ok(finished);
            }
        }
        self.once(max_output, switch)
    }

    fn once(&self, max_output: usize, switch: &KillSwitch) -> io::Result<Finished> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .envs(self.base.iter().map(|(k, v)| (k, v)))
            .envs(self.env.iter().map(|(k, v)| (k, v)))
            .stdin(match &self.lock {
                Some(lock) => Stdio::from(lock.try_clone()?),
                None => Stdio::piped(),
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            // Its own group: an interrupt at the terminal does not stop git half-way, and the kill
            // switch reaches what git starts.
            command.process_group(0);
        }
        let mut child = command.spawn()?;
        switch.arm(child.id());
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let input = self.input.as_slice();
        let (read, errors) = thread::scope(|scope| {
            let writer = thread::Builder::new().name("maestro-git-in".to_owned()).spawn_scoped(
                scope,
                move || {
                    // A git that does not read its input says why in its exit code.
                    stdin.map(|mut pipe| pipe.write_all(input))
                },
            );
            let tail = thread::Builder::new()
                .name("maestro-git-err".to_owned())
                .spawn_scoped(scope, move || stderr.map(read_tail));
            let read = match stdout {
                Some(pipe) if writer.is_ok() && tail.is_ok() => {
                    read_up_to(pipe, max_output, switch)
                }
                _ => {
                    switch.kill();
                    Err(io::Error::other("no thread to read the output"))
                }
            };
            let errors = tail.ok().and_then(|tail| tail.join().ok()).flatten();
            (read, errors.unwrap_or_default())
        });
        switch.disarm();
        let status = child.wait()?;
        let (stdout, overflowed) = read?;
        Ok(Finished {
            code: status.code(),
            interrupted: is_interrupt(status) && stdout.is_empty() && errors.is_empty(),
            stdout,
            stderr: String::from_utf8_lossy(&errors).into_owned(),
            overflowed,
        })
    }
}

#[cfg(unix)]
fn is_interrupt(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal() == Some(rustix::process::Signal::INT.as_raw())
}

#[cfg(not(unix))]
fn is_interrupt(_: ExitStatus) -> bool {
    false
}

fn read_up_to(mut pipe: impl Read, max: usize, switch: &KillSwitch) -> io::Result<(Vec<u8>, bool)> {
    let mut output = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX);
    pipe.by_ref().take(limit).read_to_end(&mut output)?;
    let overflowed = output.len() == max && pipe.read(&mut [0])? > 0;
    if overflowed {
        switch.kill();
        io::copy(&mut pipe, &mut io::sink())?;
    }
    Ok((output, overflowed))
}

fn read_tail(mut pipe: impl Read) -> Vec<u8> {
    let mut tail = Vec::new();
    let mut buffer = [0; 4096];
    // A broken pipe ends the output as its end does.
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        tail.extend_from_slice(&buffer[..count]);
        if tail.len() > 2 * STDERR_TAIL {
            tail.drain(..tail.len() - STDERR_TAIL);
        }
    }
    tail.drain(..tail.len().saturating_sub(STDERR_TAIL));
    tail
}

/// Kills a child and what it started, as long as its pid is certain to be its own.
#[derive(Debug, Clone, Default)]
pub(super) struct KillSwitch(Arc<Mutex<Option<u32>>>);

impl KillSwitch {
    fn arm(&self, pid: u32) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(pid);
    }

    fn disarm(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    #[cfg(unix)]
    pub(super) fn kill(&self) {
        use rustix::process::{Pid, Signal, kill_process_group};

        let armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pid = armed.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // A group that has ended by itself is what was wanted.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }

    /// Elsewhere the child ends by itself when its pipes close.
    #[cfg(not(unix))]
    pub(super) fn kill(&self) {
        self.disarm();
    }
}
