//! What a program is started with: checked, looked up, nothing started yet.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::PROGRAM_VARIABLE;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Place;
use crate::transport::{EnvPolicy, Handed, HandedBy, OWNER_VARIABLE, ProgramSpec, ROLE_VARIABLE};

/// Where a name is looked up when the program's environment has no `PATH`, as `execvp` does.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// The number of the first descriptor that a program is handed: behind its three streams.
pub(super) const FIRST_HANDED: i32 = 3;

/// What a program is started with.
#[derive(Debug)]
pub(super) struct Launch {
    /// Absolute.
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    pub(super) env: BTreeMap<OsString, OsString>,
    pub(super) cwd: PathBuf,
    /// What the program is handed: descriptors of ours with the numbers that they get there.
    pub(super) handed: Vec<(OwnedFd, i32)>,
}

impl Launch {
    /// Checks everything that can be known before the start. Touches the disk.
    pub(super) fn prepare(spec: &ProgramSpec, place: &Place, mark: &str) -> Result<Self> {
        if spec.max_line_bytes == 0 {
            return Err(Error::invalid("max_line_bytes", "must not be 0"));
        }
        for arg in &spec.args {
            without_nul("args", arg)?;
        }
        let cwd = directory(spec, place)?;
        let mut env = environment(spec, mark)?;
        let mut args: Vec<OsString> = spec.args.iter().map(OsString::from).collect();
        let handed = hand(&spec.handed, &mut env, &mut args)?;
        let program = look_up(&spec.program, env.get(OsStr::new("PATH")), &cwd)?;
        Ok(Self { program, args, env, cwd, handed })
    }
}

fn without_nul(field: &str, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::invalid(field, "has a NUL character in it"));
    }
    Ok(())
}

fn directory(spec: &ProgramSpec, place: &Place) -> Result<PathBuf> {
    let wrong = |why: String| Err(Error::invalid("cwd", why).with("cwd", &spec.cwd));
    if spec.cwd.place != *place {
        return wrong(format!("is at {}, and this transport serves {place}", spec.cwd.place));
    }
    let path = spec.cwd.as_path();
    if !path.is_absolute() {
        return wrong("is not absolute".to_owned());
    }
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(path.to_owned()),
        Ok(_) => wrong("is not a directory".to_owned()),
        Err(error) => wrong(format!("cannot be used: {error}")),
    }
}

/// The environment that the policy asks for, with our markers.
fn environment(spec: &ProgramSpec, mark: &str) -> Result<BTreeMap<OsString, OsString>> {
    let EnvPolicy { inherit, deny, set } = &spec.env;
    let mut env = BTreeMap::new();
    if *inherit {
        let denied = |name: &OsStr| {
            let name = name.as_encoded_bytes();
            let patterns =
                deny.iter().map(String::as_str).chain(EnvPolicy::GIT_LOCAL.iter().copied());
            patterns.into_iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix.as_bytes()),
                None => name == pattern.as_bytes(),
            })
        };
        env.extend(std::env::vars_os().filter(|(name, _)| !denied(name)));
        // What this process does for another Maestro is not what its program does.
        env.remove(OsStr::new(ROLE_VARIABLE));
    }
    for (name, value) in set {
        if name.is_empty() || name.contains('=') {
            return Err(Error::invalid("env", format!("has the bad name {name:?}")));
        }
        without_nul("env", name)?;
        without_nul("env", value)?;
        env.insert(name.into(), value.into());
    }
    env.insert(OWNER_VARIABLE.into(), spec.owner.to_string().into());
    env.insert(PROGRAM_VARIABLE.into(), mark.into());
    Ok(env)
}

/// Writes each secret into a pipe of its own, and names its end in the environment or the arguments.
fn hand(
    handed: &[Handed],
    env: &mut BTreeMap<OsString, OsString>,
    args: &mut Vec<OsString>,
) -> Result<Vec<(OwnedFd, i32)>> {
    if handed.len() > Handed::MAX_COUNT {
        let why = format!("has more than {} entries: {}", Handed::MAX_COUNT, handed.len());
        return Err(Error::invalid("handed", why));
    }
    let mut ends = Vec::with_capacity(handed.len());
    for (Handed { by, secret }, number) in handed.iter().zip(FIRST_HANDED..) {
        let secret = secret.expose().as_bytes();
        let too_long = || {
            Error::invalid("handed", "is longer than a pipe takes")
                .with("name", name(by))
                .with("bytes", secret.len())
        };
        if secret.len() > Handed::MAX_BYTES {
            return Err(too_long());
        }
        let no_pipe = |error: io::Error| {
            Error::new(ErrorKind::Unavailable, "no pipe to hand a secret over").caused_by(error)
        };
        // Closed in every other child, so that nobody else can read it.
        let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
            .map_err(|e| no_pipe(e.into()))?;
        #[cfg(target_os = "linux")]
        if secret.len() > Handed::FITS_ALWAYS {
            // Where it is not granted the writing below says so.
            let _ = rustix::pipe::fcntl_setpipe_size(&writer, secret.len());
        }
        // Nobody reads yet, so what does not fit would be waited for without end.
        rustix::io::ioctl_fionbio(&writer, true).map_err(|e| no_pipe(e.into()))?;
        std::fs::File::from(writer).write_all(secret).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => too_long(),
            _ => no_pipe(error),
        })?;
        match by {
            HandedBy::Variable(variable) => {
                env.insert(variable.into(), number.to_string().into());
            }
            HandedBy::Option(option) => args.push(format!("{option}=/dev/fd/{number}").into()),
        }
        ends.push((reader, number));
    }
    Ok(ends)
}

fn name(by: &HandedBy) -> &str {
    match by {
        HandedBy::Variable(name) | HandedBy::Option(name) => name,
    }
}

/// The program's path: as it is, seen from its directory, or found in its `PATH`.
fn look_up(program: &str, path: Option<&OsString>, cwd: &Path) -> Result<PathBuf> {
    without_nul("program", program)?;
    if program.is_empty() {
        return Err(Error::invalid("program", "is empty"));
    }
    if program.contains('/') {
        let found = cwd.join(program);
        return match found.metadata() {
            Ok(metadata) if is_executable(&metadata) => Ok(found),
            Ok(_) => Err(Error::new(
                ErrorKind::PermissionDenied,
                "`program` is not executable; `chmod +x` it, or name the program itself",
            )
            .with("program", program)),
            Err(error) => Err(Error::new(
                ErrorKind::NotFound,
                "`program` is not there; install it or correct its path",
            )
            .with("program", program)
            .caused_by(error)),
        };
    }
    let path = path.map_or(OsStr::new(DEFAULT_PATH), OsString::as_os_str);
    std::env::split_paths(path)
        .map(|directory| cwd.join(directory).join(program))
        .find(|found| found.metadata().is_ok_and(|found| is_executable(&found)))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "`program` is in no directory of its `PATH`; install it or give its path",
            )
            .with("program", program)
            .with("PATH", path.display())
        })
}

fn is_executable(metadata: &std::fs::Metadata) -> bool {
    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
}
