//! What is at a path, noted so that a later look tells whether it still is the same.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::seal::hex;

/// What is at a path. Two of them are equal when it is the same to git: bytes, the target of a link,
/// and whether a file may be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Content(String);

impl Content {
    /// Looks at a path, without following a link.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let Some(meta) = look(path)? else { return Ok(Self::default()) };
        let (kind, hash) = if meta.is_symlink() {
            let target = fs::read_link(path)?;
            ("link", Sha256::digest(target.as_os_str().as_encoded_bytes()))
        } else if meta.is_file() {
            let mut file = open(path)?;
            // Whatever stands there now instead, such as a pipe, is not read.
            if !file.metadata()?.is_file() {
                return Ok(Self("other".to_owned()));
            }
            let mut hash = Sha256::new();
            io::copy(&mut file, &mut Sink(&mut hash))?;
            (if is_program(&meta) { "program" } else { "file" }, hash.finalize())
        } else {
            return Ok(Self(if meta.is_dir() { "directory" } else { "other" }.to_owned()));
        };
        Ok(Self(format!("{kind} {}", hex(&hash))))
    }

    /// Whether nothing is there.
    pub(super) fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// As a line.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// From a line.
    pub(super) fn from_line(line: &str) -> Self {
        Self(line.to_owned())
    }
}

struct Sink<'a>(&'a mut Sha256);

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt as _;

    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// What is at a path, without following a link.
pub(super) fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
pub(super) fn is_program(meta: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
pub(super) fn is_program(_meta: &Metadata) -> bool {
    false
}
