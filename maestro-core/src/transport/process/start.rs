//! Starting a program.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use command_fds::{CommandFdExt as _, FdMapping};
use tokio::process::Command;

use super::cgroup;
use super::connection::ProcessConnection;
use super::io_thread::{self, blocking, within};
use super::launch::Launch;
use super::program::{Line, Program};
use super::pumps;
use super::transport::Shared;
use super::tree::Tree;
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::{Bell, Latch};
use crate::transport::frames::Frames;
use crate::transport::guardian::{
    EXIT_CANNOT_GUARD, EXIT_CANNOT_START, EXIT_USAGE, GuardSpec, Guardian, refusal,
};
use crate::transport::proc_table::ProcessStamp;
use crate::transport::{ExitStatus, ProgramSpec};

/// How long a program may take until it runs: it is about a millisecond.
const STARTS_WITHIN: Duration = Duration::from_secs(30);
/// How soon it is looked whether it runs. Each look waits twice as long as the one before, up to
/// [`LOOK_AT_LAST`]: on a busy machine there would be many.
const LOOK_AFTER: Duration = Duration::from_millis(1);
/// See [`LOOK_AFTER`].
const LOOK_AT_LAST: Duration = Duration::from_millis(16);
/// How many lines wait for the writer; those who send more wait for a place.
const WAITING_LINES: usize = 4;

/// Starts a program and returns once it runs. Belongs on the I/O thread.
pub(super) async fn start(shared: Arc<Shared>, spec: ProgramSpec) -> Result<ProcessConnection> {
    let (mark, mut launch, guardian) = {
        let shared = Arc::clone(&shared);
        let spec = spec.clone();
        blocking(move || {
            let mark = random_mark()?;
            let launch = Launch::prepare(&spec, &shared.host.place, &mark)?;
            Ok((mark, launch, shared.guardian()?))
        })
        .await?
    };
    let command = command(&shared, &spec, &mut launch, guardian.as_deref(), &mark)?;
    let (key, program) =
        shared.registry.add(|| spawn(&shared, &spec, command, guardian.is_some(), mark))?;
    let connection = ProcessConnection::new(Arc::clone(&shared), Arc::clone(&program));
    {
        let registry = Arc::clone(&shared.registry);
        let program = Arc::clone(&program);
        io_thread::spawn(async move {
            program.finished.wait().await;
            registry.remove(key);
        });
    }
    // Dropping the connection on the way out ends what runs already.
    if program.tree.guarded {
        runs(&program, &launch).await?;
    }
    Ok(connection)
}

/// The command, under the guardian if there is one.
fn command(
    shared: &Shared,
    spec: &ProgramSpec,
    launch: &mut Launch,
    guardian: Option<&Guardian>,
    mark: &str,
) -> Result<Command> {
    let program = launch.program.as_os_str();
    let (program, args) = match guardian {
        None => (program.to_owned(), launch.args.clone()),
        Some(guardian) => {
            let mut guard = GuardSpec::default().grace(shared.config.grace);
            if let Some(directory) = shared.journals() {
                guard = guard.journal(directory.join(format!("{}.{mark}", spec.owner)));
            }
            if let Some(base) = &shared.cgroups {
                guard = guard.cgroup(cgroup::directory(base, &spec.owner.to_string(), mark));
            }
            guardian
                .wrap(program, &launch.args, &guard)
                .map_err(|error| cannot_guard().caused_by(error))?
        }
    };
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .envs(&launch.env)
        .current_dir(&launch.cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    if !launch.handed.is_empty() {
        // The guardian hands on what it has, as every program does.
        let mappings = launch.handed.drain(..);
        let mappings = mappings.map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd });
        command
            .fd_mappings(mappings.collect())
            .map_err(|error| Error::invalid("handed", "cannot be handed over").caused_by(error))?;
    }
    Ok(command)
}

/// Starts the process and what serves it.
fn spawn(
    shared: &Shared,
    spec: &ProgramSpec,
    mut command: Command,
    guarded: bool,
    mark: String,
) -> Result<Arc<Program>> {
    let child = command.spawn().map_err(|error| spawn_error(spec, error))?;
    let pid = child.id().unwrap_or_default();
    // It was not reaped, so it is there even if it ended.
    let root = ProcessStamp::of(pid).ok_or_else(|| {
        Error::new(ErrorKind::Internal, "a program that was started is not in `/proc`")
    })?;
    let base = shared.cgroups.as_ref().filter(|_| guarded);
    let cgroup = base.map(|base| cgroup::directory(base, &spec.owner.to_string(), &mark));
    let (input, lines) = async_channel::bounded::<Line>(WAITING_LINES);
    let program = Arc::new(Program {
        owner: spec.owner,
        tree: Tree { root, guarded, cgroup, mark },
        grace: shared.config.grace,
        frames: Frames::new(spec.max_line_bytes),
        input,
        told: Bell::default(),
        ended: Latch::default(),
        finished: Latch::default(),
        dropped: AtomicBool::new(false),
    });
    io_thread::spawn(pumps::serve(Arc::clone(&program), child, lines));
    Ok(program)
}

/// Waits until the guardian has started the program.
///
/// From then on the guardian holds `/dev/null` instead of our pipes.
async fn runs(program: &Program, launch: &Launch) -> Result<()> {
    let root = program.tree.root;
    let stdin = PathBuf::from(format!("/proc/{}/fd/0", root.pid));
    let looking = async {
        let mut pause = LOOK_AFTER;
        loop {
            match fs::read_link(&stdin) {
                Ok(target) if !target.as_os_str().as_encoded_bytes().starts_with(b"pipe:") => {
                    return Ok(());
                }
                // A system that hides it (`hidepid`) leaves a refusal to the frames.
                Err(error)
                    if error.kind() == io::ErrorKind::PermissionDenied && root.is_alive() =>
                {
                    return Ok(());
                }
                _ => {}
            }
            let ended = within(pause, program.ended.wait()).await;
            pause = (pause * 2).min(LOOK_AT_LAST);
            if let Some(status) = ended {
                program.finished.wait().await;
                return refused(program, status, launch);
            }
        }
    };
    within(STARTS_WITHIN, looking).await.unwrap_or_else(|| {
        Err(Error::new(ErrorKind::Unavailable, "the program does not get to run"))
    })
}

/// Whether a guardian that ended at once did so because there was nothing to guard.
fn refused(program: &Program, status: ExitStatus, launch: &Launch) -> Result<()> {
    let Some(code @ (EXIT_USAGE | EXIT_CANNOT_GUARD | EXIT_CANNOT_START)) = status.code else {
        return Ok(());
    };
    let errors = program.frames.peek_errors().unwrap_or_default();
    let Some(reason) = errors.lines().next().and_then(refusal) else {
        return Ok(());
    };
    Err(if code == EXIT_CANNOT_START {
        Error::new(ErrorKind::NotFound, "`program` cannot be started")
            .with("program", launch.program.display())
            .with("reason", reason)
    } else {
        cannot_guard().with("reason", reason)
    })
}

fn spawn_error(spec: &ProgramSpec, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        io::ErrorKind::ArgumentListTooLong => {
            return Error::invalid("args", "are too long together with the environment")
                .caused_by(error);
        }
        // No processes, no memory, no file descriptors: later there may be some.
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, "`program` cannot be started").with("program", &spec.program).caused_by(error)
}

fn cannot_guard() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the guardian, without which no program is started, does not run",
    )
}

fn random_mark() -> Result<String> {
    // Not from the runtime: a seeded one would give the marks of an earlier run again.
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Unavailable, "there is no chance").caused_by(error)
    })?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

impl Shared {
    /// The guardian, made at first use; none on architectures without one. Blocks.
    fn guardian(&self) -> Result<Option<Arc<Guardian>>> {
        if !Guardian::available() || self.unguarded {
            return Ok(None);
        }
        let mut guardian = self.guardian.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(guardian) = &*guardian {
            return Ok(Some(Arc::clone(guardian)));
        }
        if let Some(directory) = self.journals() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|error| {
                Error::new(ErrorKind::InvalidConfig, "the `state_directory` cannot be made")
                    .caused_by(error)
            })?;
        }
        let directory = self.config.state_directory.as_deref();
        let made =
            Guardian::materialise(directory.map(|directory| directory.join("bin")).as_deref())
                .map_err(|error| cannot_guard().caused_by(error))?;
        Ok(Some(Arc::clone(guardian.insert(Arc::new(made)))))
    }

    /// Where guardians keep their journals.
    pub(super) fn journals(&self) -> Option<PathBuf> {
        let directory = self.config.state_directory.as_ref()?;
        Some(directory.join("journals"))
    }
}
