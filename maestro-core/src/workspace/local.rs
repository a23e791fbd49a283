//! Directories of this host, which more than one adapter works in. Blocks.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::model::check;

/// How many links are followed before they count as a loop.
const MOST_LINKS: usize = 40;

/// Makes a directory and those above it that are missing, for this user alone, whatever the umask. What
/// is there already is left as it is.
pub(super) fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// The directory with no link and no `..` in its path, so that one directory has one name.
pub(super) fn directory(path: &Path) -> Result<PathBuf> {
    if path.as_os_str().is_empty() {
        return Err(Error::invalid("path", "must not be empty; `.` is the current directory"));
    }
    let found = fs::canonicalize(path).map_err(|error| {
        let wrong = match error.kind() {
            io::ErrorKind::NotFound => Error::new(
                ErrorKind::NotFound,
                "`path` is not there; make the directory or correct the path",
            ),
            io::ErrorKind::PermissionDenied => Error::new(
                ErrorKind::PermissionDenied,
                "`path` may not be read; give this user access to it",
            ),
            io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput => {
                Error::invalid("path", "cannot be a directory; correct the path")
            }
            _ => Error::new(ErrorKind::Unavailable, "`path` cannot be looked at"),
        };
        wrong.with("path", path.display()).caused_by(error)
    })?;
    // A link of a good name may lead to it.
    check::path("path", &found)?;
    if found.is_dir() {
        return Ok(found);
    }
    Err(Error::invalid("path", "is not a directory; name the one that holds the file")
        .with("path", path.display()))
}

/// Directories of which each process sees another content. What this one sees there says nothing of
/// where a path leads for another.
const OF_PROCESS: &[&str] = &["/proc", "/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"];

/// Where an absolute path leads: every link is followed, also one whose target is not there. What
/// is not there yet counts as a plain name, and so does all that each process sees in its own way.
pub(super) fn real_path(path: &Path) -> io::Result<PathBuf> {
    let mut real = PathBuf::from("/");
    let mut left: Vec<OsString> = Vec::new();
    push(&mut left, path);
    let mut links = 0;
    while let Some(name) = left.pop() {
        if name == ".." {
            real.pop();
            continue;
        }
        let next = real.join(&name);
        if OF_PROCESS.iter().any(|own| next == Path::new(own)) {
            let rest = left.iter().rev();
            return Ok(rest.fold(next, |path, name| path.join(name)));
        }
        match next.symlink_metadata() {
            Ok(found) if found.is_symlink() => {
                links += 1;
                if links > MOST_LINKS {
                    return Err(io::Error::other("too many symbolic links"));
                }
                let target = next.read_link()?;
                if target.is_absolute() {
                    real = PathBuf::from("/");
                }
                push(&mut left, &target);
            }
            Ok(_) => real = next,
            Err(error) if error.kind() == io::ErrorKind::NotFound => real = next,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => real = next,
            Err(error) => return Err(error),
        }
    }
    Ok(real)
}

/// Puts the names of a path on the pile, the first one on top.
fn push(left: &mut Vec<OsString>, path: &Path) {
    let names = path.components().rev().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    left.extend(names);
}
