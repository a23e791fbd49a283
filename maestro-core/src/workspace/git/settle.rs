//! What a killed node may have left: processes, locks, and a removal that was begun.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::name::{checking, removing};
use super::repo::Repo;
use super::run::{ROLE, WORKSPACE};
use crate::error::{Error, ErrorKind, Result};

impl Repo {
    /// Waits for processes that still work in the workspace, removes the locks that dead ones left
    /// in its own git directory, and undoes or finishes a removal.
    ///
    /// Locks in the shared part of the repository are never removed: they may be anybody's.
    pub(super) async fn settle(&self, root: &Path) -> Result<()> {
        self.wait_for_strays(root).await?;
        if let Some(dir) = self.admin(root).await? {
            // Where processes cannot be seen, a lock has to be older than anybody would wait.
            let age = if cfg!(target_os = "linux") { Duration::ZERO } else { self.git.patience() };
            let removed = self.git.blocking("locks", move || remove_locks(&dir, age)).await?;
            removed.map_err(|error| disk(&error))?;
        }
        self.settle_removal(root).await
    }

    /// Puts a workspace back that was about to be checked, or removes what was to be removed.
    pub(super) async fn settle_removal(&self, root: &Path) -> Result<()> {
        let root = root.to_owned();
        let settled = self.git.blocking("settle", move || {
            let aside = checking(&root);
            if present(&aside) && !present(&root) {
                fs::rename(&aside, &root)?;
            }
            delete(&removing(&root))
        });
        settled.await?.map_err(|error| disk(&error))
    }

    async fn wait_for_strays(&self, root: &Path) -> Result<()> {
        let runtime = self.git.runtime();
        let deadline = runtime.monotonic() + self.git.patience();
        loop {
            let root = root.to_owned();
            let strays = self.git.blocking("strays", move || strays(&root)).await?;
            if strays.is_empty() {
                return Ok(());
            }
            if runtime.monotonic() >= deadline {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "git still works in the workspace; try again when it has ended, or end it",
                )
                .with("pids", format!("{strays:?}")));
            }
            runtime.sleep(Duration::from_millis(20)).await;
        }
    }

    /// The worktree's own git directory, if it has one that leads to this repository.
    pub(super) async fn admin(&self, root: &Path) -> Result<Option<PathBuf>> {
        let (file, worktrees) = (root.join(".git"), self.common.join("worktrees"));
        self.git.blocking("admin", move || admin_of(&file, &worktrees)).await
    }
}

/// Reads the `.git` file of a worktree. A directory or nothing there is no worktree of ours; asking
/// git instead would find whatever repository lies around the workspace.
fn admin_of(file: &Path, worktrees: &Path) -> Option<PathBuf> {
    let content = fs::read(file).ok()?;
    let path = content.strip_prefix(b"gitdir: ")?;
    let path = super::repo::path_of(path.strip_suffix(b"\n").unwrap_or(path));
    let path = fs::canonicalize(file.parent()?.join(path)).ok()?;
    (path.parent() == Some(&fs::canonicalize(worktrees).ok()?)).then_some(path)
}

fn remove_locks(admin: &Path, age: Duration) -> io::Result<()> {
    for entry in fs::read_dir(admin)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = name.ends_with(".lock") || name.starts_with(super::status::SPARE_INDEX);
        if ours && entry.metadata()?.modified()?.elapsed().unwrap_or_default() >= age {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Git processes that we started for this workspace, or that work in it.
#[cfg(target_os = "linux")]
fn strays(root: &Path) -> Vec<u32> {
    use std::os::unix::ffi::OsStrExt as _;

    let role = [ROLE.0.as_bytes(), b"=", ROLE.1.as_bytes()].concat();
    let ours = [WORKSPACE.as_bytes(), b"=", root.as_os_str().as_bytes()].concat();
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let dir = PathBuf::from(format!("/proc/{pid}"));
        // What cannot be read is another user's, or has just ended.
        let environment = fs::read(dir.join("environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        let marked = variables.clone().any(|variable| variable == role)
            && variables.any(|variable| variable == ours);
        let inside = || {
            fs::read(dir.join("comm")).is_ok_and(|name| name.starts_with(b"git"))
                && fs::read_link(dir.join("cwd")).is_ok_and(|cwd| cwd.starts_with(root))
        };
        // Helpers that stay, such as the credential cache, hold no locks.
        let stays = || {
            let line = fs::read(dir.join("cmdline")).unwrap_or_default();
            line.windows(8).any(|word| word == b"--daemon")
        };
        *pid != std::process::id() && (marked || inside()) && !stays()
    })
    .collect()
}

/// Elsewhere there is no way to look at other processes without unsafe code: locks tell.
#[cfg(not(target_os = "linux"))]
fn strays(_root: &Path) -> Vec<u32> {
    Vec::new()
}

/// Whether something is there, be it only a broken link.
pub(super) fn present(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether a directory is there with something in it.
pub(super) fn occupied(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => present(path),
    }
}

/// Deletes a directory with everything in it, also where tools took the right to write away.
pub(super) fn delete(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            allow(path)?;
            fs::remove_dir_all(path)
        }
        // Something else deletes it too, such as a call that was dropped.
        Err(error) if error.kind() == io::ErrorKind::NotFound && present(path) => delete(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(unix)]
fn allow(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            allow(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn allow(_dir: &Path) -> io::Result<()> {
    Ok(())
}

/// The file system said no.
pub(super) fn disk(error: &io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, format!("a file of the workspace cannot be read, moved or removed: {error}"))
}
