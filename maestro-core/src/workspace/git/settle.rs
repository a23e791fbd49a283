//! What a killed node may have left: processes, locks, and a removal that was begun.

use std::fs;
use std::io;
use std::path::Path;

use super::name::{checking, removing};
use super::repo::Repo;
use crate::error::{Error, ErrorKind, Result};

impl Repo {
    /// Waits for commands of a killed node, removes the locks that dead ones left in the workspace's
    /// own git directory, and undoes or finishes a removal.
    pub(super) async fn settle(&self, root: &Path) -> Result<()> {
        let admin = self.admin(root).await?;
        self.wait_for_others(root, admin).await?;
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
