//! Changes of files, only below the working directory.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// Writes a file and gives its content before, if it was there.
pub(super) fn write(cwd: &Path, path: &str, content: &str) -> Result<Option<String>> {
    let file = inside(cwd, path)?;
    let before = match fs::read(&file) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(path, error)),
    };
    fs::write(&file, content).map_err(|error| failed(path, error))?;
    Ok(before)
}

/// Appends a line to a file.
pub(super) fn append(cwd: &Path, path: &str, line: &str) -> Result<()> {
    let file = inside(cwd, path)?;
    let appended = || {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(file)?;
        // In one write, so that a kill leaves all of it or nothing.
        file.write_all(format!("{line}\n").as_bytes())
    };
    appended().map_err(|error| failed(path, error))
}

/// The file below the directory. Its parents are made. Neither `..` nor a link leads out.
fn inside(cwd: &Path, path: &str) -> Result<PathBuf> {
    let outside = || {
        let message = "the scripted agent changes files below its directory only";
        Error::new(ErrorKind::PermissionDenied, message).with("path", path)
    };
    let relative = Path::new(path);
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    let name = relative.file_name().ok_or_else(outside)?;
    if !relative.components().all(plain) {
        return Err(outside());
    }
    let root = cwd.canonicalize().map_err(|error| failed(path, error))?;
    let mut parent = root.clone();
    let above = relative.parent().unwrap_or(Path::new(""));
    for part in above.components() {
        parent.push(part);
        match fs::create_dir(&parent) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                parent = parent.canonicalize().map_err(|error| failed(path, error))?;
            }
            Err(error) => return Err(failed(path, error)),
        }
        if !parent.starts_with(&root) {
            return Err(outside());
        }
    }
    let file = parent.join(name);
    if file.is_symlink() {
        return Err(outside());
    }
    Ok(file)
}

fn failed(path: &str, error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the file cannot be changed")
        .with("path", path)
        .caused_by(error)
}
