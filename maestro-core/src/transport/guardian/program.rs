//! Turns the embedded bytes into something that can be executed.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

/// What `build.rs` compiled from `guardian/`.
const IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/maestro-guardian"));

/// The lowest number of the descriptor that the program is executed by. A program is handed others from
/// 3 on, which take the place of what had their numbers before the exec.
const LOWEST_FD: i32 = 64;

/// How often a trial run is repeated while the file is busy: each try takes about a millisecond,
/// and the descriptor that another thread's fork inherited lives no longer than that fork takes to
/// exec.
const BUSY_TRIES: usize = 200;

#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
    /// Keeps the program in memory for as long as it may be started.
    _memory: Option<File>,
}

impl Program {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn in_memory() -> io::Result<Self> {
        let mut file = File::from(anonymous_file()?);
        file.write_all(IMAGE)?;
        rustix::fs::fcntl_add_seals(
            &file,
            SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
        )?;
        // Close-on-exec, and yet found by the exec itself: the path is resolved before descriptors
        // are closed. `self` is the forked child, which holds a copy under the same number.
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        try_out(&path)?;
        Ok(Self { path, _memory: Some(file) })
    }

    pub(super) fn in_directory(directory: &Path) -> io::Result<Self> {
        let directory = std::path::absolute(directory)?;
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        require_private(&directory)?;
        let digest = Sha256::digest(IMAGE)
            .iter()
            .take(8)
            .fold(0_u64, |digest, byte| (digest << 8) | u64::from(*byte));
        let path = directory.join(format!("maestro-guardian-{digest:016x}"));
        if is_our_image(&path) {
            try_out(&path)?;
        } else {
            install(&directory, &path)?;
        }
        Ok(Self { path, _memory: None })
    }
}

fn anonymous_file() -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = match rustix::fs::memfd_create("maestro-guardian", flags | MemfdFlags::EXEC) {
        // Before Linux 6.3 there is no such flag, and every memfd is executable.
        Err(Errno::INVAL) => rustix::fs::memfd_create("maestro-guardian", flags)?,
        other => other?,
    };
    if fd.as_raw_fd() >= LOWEST_FD {
        return Ok(fd);
    }
    Ok(rustix::io::fcntl_dupfd_cloexec(&fd, LOWEST_FD)?)
}

/// Refuses a directory in which somebody else could replace the program.
fn require_private(directory: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(directory)?;
    if metadata.is_dir()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.permissions().mode() & 0o022 == 0
    {
        return Ok(());
    }
    let reason = format!(
        "{} must be a directory of this user that nobody else can write to",
        directory.display()
    );
    Err(io::Error::new(io::ErrorKind::PermissionDenied, reason))
}

fn is_our_image(path: &Path) -> bool {
    fs::symlink_metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o700)
        && fs::read(path).is_ok_and(|bytes| bytes == IMAGE)
}

/// Writes the file beside its place, runs it once and moves it there, so that no process ever sees
/// half of it.
fn install(directory: &Path, path: &Path) -> io::Result<()> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let next = directory.join(format!(".maestro-guardian-{:016x}", u64::from_ne_bytes(random)));
    let written = File::options()
        .write(true)
        .create_new(true)
        .mode(0o700)
        .open(&next)
        .and_then(|mut file| {
            // Exactly this, whatever the umask.
            file.set_permissions(fs::Permissions::from_mode(0o700))?;
            file.write_all(IMAGE)
        })
        // Proven idle before it takes its place, so that whoever finds it there never meets a busy
        // file.
        .and_then(|()| try_out(&next))
        .and_then(|()| fs::rename(&next, path));
    if written.is_err() {
        // The reason is what counts; a file that was never created need not be removed.
        let _ = fs::remove_file(&next);
    }
    written
}

/// Runs the program once, which proves more than any check of mounts and settings.
///
/// A file that ran once is never busy again: nobody writes to it any more, and no new copy of a
/// writing descriptor can appear.
fn try_out(path: &Path) -> io::Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        let child = Command::new(path)
            .arg("--check")
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match child {
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy && tries < BUSY_TRIES => {}
            Err(error) => return Err(error),
            Ok(mut child) => {
                return match child.wait() {
                    Ok(status) if status.success() => Ok(()),
                    Ok(status) => {
                        Err(io::Error::other(format!("the guardian's trial run: {status}")))
                    }
                    // The embedder ignores SIGCHLD, so no status is kept; the exec itself
                    // succeeded.
                    Err(error) if error.raw_os_error() == Some(Errno::CHILD.raw_os_error()) => {
                        Ok(())
                    }
                    Err(error) => Err(error),
                };
            }
        }
    }
}
