//! The command line: `--flag=value` only, so that no value is ever taken for a flag.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use crate::scan::ProcessStamp;

/// What to do.
pub(crate) enum Action {
    /// Only prove that the program can be executed.
    Check,
    Guard(Guard),
}

/// Whom to guard, and how.
pub(crate) struct Guard {
    pub(crate) host: ProcessStamp,
    pub(crate) grace: Duration,
    pub(crate) journal: Option<PathBuf>,
    pub(crate) cgroup: Option<PathBuf>,
    /// A descriptor that is the guardian's alone.
    pub(crate) lock_fd: Option<i32>,
    /// A file that asks for the end by being there.
    pub(crate) end_request: Option<PathBuf>,
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
}

/// Reads the arguments that follow the program's own name.
pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Action, String> {
    let (mut pid, mut start, mut grace) = (None, None, None);
    let (mut journal, mut cgroup) = (None, None);
    let (mut lock_fd, mut end_request) = (None, None);
    loop {
        let Some(argument) = arguments.next() else {
            return Err("no `-- PROGRAM` given".to_owned());
        };
        if argument == "--" {
            break;
        }
        if argument == "--check" {
            return Ok(Action::Check);
        }
        let bytes = argument.as_bytes();
        let equals = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
        let value = OsStr::from_bytes(bytes.get(equals + 1..).unwrap_or_default());
        match &bytes[..equals] {
            b"--host-pid" => pid = Some(number(&argument, value)?),
            b"--host-start" => start = Some(number(&argument, value)?),
            b"--grace-ms" => grace = Some(number(&argument, value)?),
            b"--journal" if !value.is_empty() => journal = Some(PathBuf::from(value)),
            b"--cgroup" if !value.is_empty() => cgroup = Some(PathBuf::from(value)),
            b"--lock-fd" => lock_fd = i32::try_from(number(&argument, value)?).ok(),
            b"--end-request" if !value.is_empty() => end_request = Some(PathBuf::from(value)),
            _ => return Err(format!("unknown argument {}", argument.display())),
        }
    }
    let pid = pid.ok_or("--host-pid=N is missing")?;
    Ok(Action::Guard(Guard {
        host: ProcessStamp {
            pid: u32::try_from(pid).map_err(|_| format!("--host-pid={pid} is no pid"))?,
            start: start.ok_or("--host-start=TICKS is missing")?,
        },
        grace: Duration::from_millis(grace.ok_or("--grace-ms=N is missing")?),
        journal,
        cgroup,
        lock_fd,
        end_request,
        program: arguments.next().ok_or("no PROGRAM after `--`")?,
        arguments: arguments.collect(),
    }))
}

fn number(argument: &OsStr, value: &OsStr) -> Result<u64, String> {
    value
        .to_str()
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| format!("{} holds no number", argument.display()))
}
