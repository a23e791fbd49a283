//! Starting a program under its guardian.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::error::{Error, ErrorKind, Result};
use crate::transport::guardian::{GuardSpec, Guardian};
use crate::transport::proc_table::ProcessStamp;
use crate::transport::process::ProcessTransport;
use crate::transport::process::child::ChildConnection;
use crate::transport::process::ending::MARKER;
use crate::transport::{Connection, EnvPolicy, ProgramSpec};

pub(super) fn start(
    transport: &ProcessTransport,
    spec: ProgramSpec,
) -> Result<Box<dyn Connection>> {
    if spec.cwd.place != transport.place {
        return Err(Error::invalid(
            "cwd",
            "is at another place than this transport",
        ));
    }
    if !spec.cwd.path.is_dir() {
        return Err(Error::invalid("cwd", "is no directory").with("cwd", &spec.cwd));
    }
    let env = environment(&spec);
    let program = look_up(
        &spec.program,
        env.get(&OsString::from("PATH")),
        &spec.cwd.path,
    )?;
    let guardian = guardian(transport)?;
    let args: Vec<OsString> = spec.args.iter().map(OsString::from).collect();
    let guard = GuardSpec::default().grace(transport.config.orphan_grace);
    let unavailable = |error: std::io::Error| {
        Error::new(ErrorKind::Unavailable, "the program cannot be started")
            .with("program", program.display())
            .caused_by(error)
    };
    let (wrapper, args) = guardian
        .wrap(program.as_os_str(), &args, &guard)
        .map_err(unavailable)?;
    let handle = transport.io.handle()?;
    let _context = handle.enter();
    let child = Command::new(wrapper)
        .args(args)
        .env_clear()
        .envs(env)
        .current_dir(&spec.cwd.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(unavailable)?;
    let pid = child.id().unwrap_or_default();
    // A process that ended already has no start time; nothing will ever match it.
    let stamp = ProcessStamp::of(pid).unwrap_or(ProcessStamp { pid, start: 0 });
    let process = transport.reference(stamp);
    let connection = ChildConnection::attach(child, process, stamp, &handle, spec.max_line_bytes);
    Ok(Box::new(connection))
}

fn guardian(transport: &ProcessTransport) -> Result<&Guardian> {
    if let Some(guardian) = transport.guardian.get() {
        return Ok(guardian);
    }
    let made = Guardian::materialise(None).map_err(|error| {
        Error::new(
            ErrorKind::Unavailable,
            "the guardian of processes cannot be started",
        )
        .caused_by(error)
    })?;
    Ok(transport.guardian.get_or_init(|| made))
}

/// The environment that the policy asks for, with the marker of the incarnation.
fn environment(spec: &ProgramSpec) -> BTreeMap<OsString, OsString> {
    let EnvPolicy { inherit, deny, set } = &spec.env;
    let mut env = BTreeMap::new();
    if *inherit {
        env.extend(std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            !deny.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => *pattern == name,
            })
        }));
    }
    env.extend(set.iter().map(|(name, value)| (name.into(), value.into())));
    env.insert(MARKER.into(), spec.owner.to_string().into());
    env
}

/// The program's path: as it is, or found in the child's `PATH`.
fn look_up(program: &str, path: Option<&OsString>, cwd: &Path) -> Result<PathBuf> {
    if program.contains('/') {
        let found = cwd.join(program);
        if is_executable(&found) {
            return Ok(found);
        }
    } else {
        let directories = path.map(std::env::split_paths).into_iter().flatten();
        let mut candidates = directories.map(|directory| cwd.join(directory).join(program));
        if let Some(found) = candidates.find(|candidate| is_executable(candidate)) {
            return Ok(found);
        }
    }
    Err(Error::new(
        ErrorKind::NotFound,
        format!("`program` is not there or cannot be executed: {program:?}"),
    ))
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
