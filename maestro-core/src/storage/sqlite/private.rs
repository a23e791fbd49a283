//! The files of a store belong to its user alone, whatever the umask.

use std::path::Path;

use super::identity::{beside, unusable};
use crate::error::Result;

/// Makes the database file with mode 0600, and narrows what is there already and belongs to this user.
/// SQLite gives the files beside it the mode of the database.
///
/// No descriptor of the file is opened: closing it would drop the locks that another connection of this
/// process holds.
///
/// # Errors
/// `InvalidConfig` when the file cannot be made.
#[cfg(unix)]
pub(super) fn make(path: &Path) -> Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    if !path.exists() {
        match create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            // SQLite says the same, in words of its own.
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound
                        | std::io::ErrorKind::PermissionDenied
                        | std::io::ErrorKind::ReadOnlyFilesystem
                        | std::io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(());
            }
            Err(error) => return Err(unusable(path, error)),
        }
    }
    // Another user's file is theirs to change.
    let us = rustix::process::geteuid().as_raw();
    let beside = ["-wal", "-shm", "-journal"].map(|suffix| beside(path, suffix));
    for file in std::iter::once(path).chain(beside.iter().map(std::path::PathBuf::as_path)) {
        let Ok(found) = std::fs::metadata(file) else { continue };
        if found.uid() == us && found.mode() & 0o077 != 0 {
            let narrow = Permissions::from_mode(found.mode() & 0o700);
            if let Err(error) = std::fs::set_permissions(file, narrow) {
                tracing::warn!(%error, path = %file.display(), "others may read the store");
            }
        }
    }
    Ok(())
}

/// Makes an empty file without ever having it open.
#[cfg(target_os = "linux")]
fn create(path: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    Ok(mknodat(CWD, path, FileType::RegularFile, Mode::RUSR | Mode::WUSR, 0)?)
}

/// Makes an empty file under another name, and closes it before it is found under its own.
#[cfg(all(unix, not(target_os = "linux")))]
fn create(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let next = beside(path, &format!("-{:016x}", fastrand::u64(..)));
    let mut options = std::fs::OpenOptions::new();
    drop(options.write(true).create_new(true).mode(0o600).open(&next)?);
    let linked = std::fs::hard_link(&next, path);
    let removed = std::fs::remove_file(&next);
    linked.and(removed)
}

#[cfg(not(unix))]
pub(super) fn make(_path: &Path) -> Result<()> {
    Ok(())
}
