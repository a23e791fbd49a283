//! Starting a program.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use command_fds::{CommandFdExt as _, FdMapping};
use tokio::process::Command;

use super::cgroup;
use super::connection::ProcessConnection;
use super::io_thread::{self, blocking, within};
use super::launch::{FIRST_HANDED, Launch};
use super::owner_lock::OwnerLock;
use super::program::{Line, Program};
use super::pumps;
use super::transport::Shared;
use super::tree::Tree;
use crate::error::{Error, ErrorKind, Result};
use crate::id::NodeId;
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
    let (mark, mut launch, guardian, held) = {
        let shared = Arc::clone(&shared);
        let spec = spec.clone();
        blocking(move || {
            let mark = random_mark()?;
            let mut launch = Launch::prepare(&spec, &shared.host.place, &mark)?;
            let guardian = shared.guardian()?;
            let held = match guardian.is_some().then(|| shared.lock(spec.owner)).flatten() {
                Some(lock) => Some(hold(lock, &mut launch).map_err(no_lock)?),
                None => None,
            };
            Ok((mark, launch, guardian, held))
        })
        .await?
    };
    let command = command(&shared, &spec, &mut launch, guardian.as_deref(), held.as_ref(), &mark)?;
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

/// Hands two locks over: one that the guardian keeps, under the number that is given back, and one that
/// the program inherits.
fn hold(lock: OwnerLock, launch: &mut Launch) -> io::Result<(OwnerLock, i32)> {
    lock.revive()?;
    let behind = launch.handed.iter().map(|(_, number)| number + 1).max();
    let number = behind.unwrap_or(FIRST_HANDED);
    launch.handed.push((lock.share()?.into(), number));
    launch.handed.push((lock.share()?.into(), number + 1));
    Ok((lock, number))
}

/// The command, under the guardian if there is one.
fn command(
    shared: &Shared,
    spec: &ProgramSpec,
    launch: &mut Launch,
    guardian: Option<&Guardian>,
    held: Option<&(OwnerLock, i32)>,
    mark: &str,
) -> Result<Command> {
    let program = launch.program.as_os_str();
    let (program, args) = match guardian {
        None => (program.to_owned(), launch.args.clone()),
        Some(guardian) => {
            let mut guard = GuardSpec::default().grace(shared.config.grace);
            if let Some(journal) = shared.journal(spec.owner, mark) {
                guard = guard.journal(journal);
            }
            if let Some((lock, number)) = held {
                guard = guard.lock_fd(*number).end_request(lock.request());
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
    let journal = if guarded { shared.journal(spec.owner, &mark) } else { None };
    let (input, lines) = async_channel::bounded::<Line>(WAITING_LINES);
    let program = Arc::new(Program {
        owner: spec.owner,
        tree: Tree { root, guarded, cgroup, journal, mark },
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

fn no_lock(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the lock of this node's programs cannot be held")
        .caused_by(error)
}

fn random_mark() -> Result<String> {
    // Not from the runtime: a seeded one would give the marks of an earlier run again.
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Unavailable, "there is no chance").caused_by(error)
    })?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// Makes a directory that belongs to this user alone, whatever the umask. What journals name is ended,
/// so nobody else may write them.
fn private_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let found = fs::symlink_metadata(directory)?;
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::from(io::ErrorKind::PermissionDenied));
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
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
        for directory in [self.journals(), self.locks()].into_iter().flatten() {
            private_directory(&directory).map_err(|error| {
                Error::new(
                    ErrorKind::InvalidConfig,
                    "the `state_directory` cannot be made, or holds another user's files; name another",
                )
                .with("path", directory.display())
                .caused_by(error)
            })?;
        }
        let directory = self.config.state_directory.as_deref();
        let made =
            Guardian::materialise(directory.map(|directory| directory.join("bin")).as_deref())
                .map_err(|error| cannot_guard().caused_by(error))?;
        Ok(Some(Arc::clone(guardian.insert(Arc::new(made)))))
    }

    /// Where the guardian of one program keeps its journal.
    fn journal(&self, owner: NodeId, mark: &str) -> Option<PathBuf> {
        Some(self.journals()?.join(format!("{owner}.{mark}")))
    }

    /// The lock of an incarnation, where there is a directory for it.
    pub(super) fn lock(&self, owner: NodeId) -> Option<OwnerLock> {
        Some(OwnerLock::of(&self.locks()?, owner))
    }

    /// Where the locks of incarnations are.
    fn locks(&self) -> Option<PathBuf> {
        let directory = self.config.state_directory.as_ref()?;
        Some(directory.join("locks"))
    }

    /// Where guardians keep their journals.
    pub(super) fn journals(&self) -> Option<PathBuf> {
        let directory = self.config.state_directory.as_ref()?;
        Some(directory.join("journals"))
    }
}
