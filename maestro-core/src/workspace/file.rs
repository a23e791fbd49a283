//! Reading files that somebody else may have written, such as an agent. Blocks.
//!
//! A FIFO makes whoever opens it wait, a device may give bytes without end, and a link may lead
//! anywhere. So every read here is of a regular file, and of no more bytes than the caller can use.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// The most that is read of a file that names something: `HEAD`, `gitdir`, `commondir`, `locked`, the
/// `.git` of a worktree. A path has at most 4 KiB on Linux; 64 KiB also leave room for a reason.
pub(crate) const MAX_NAME: u64 = 64 << 10;
/// How much of two files is compared at once.
const COMPARED: usize = 64 << 10;

/// Whether a path may be a link to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// The last name of the path is the file itself. Directories above it may be links.
    Refused,
    /// It may be a link, as is usual for what users keep elsewhere.
    Followed,
}

/// Opens a regular file to read it. Waits for nobody.
///
/// # Errors
/// `InvalidData` when something else is there, beside what the system says.
pub(crate) fn open(path: &Path, links: Links) -> io::Result<File> {
    // First without opening it: some devices do something when they are opened.
    let found = match links {
        Links::Refused => fs::symlink_metadata(path)?,
        Links::Followed => fs::metadata(path)?,
    };
    if !found.is_file() {
        return Err(special(path));
    }
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags(links));
    let file = options.open(path)?;
    // Another one may have been put there meanwhile.
    if file.metadata()?.is_file() { Ok(file) } else { Err(special(path)) }
}

/// The content of a regular file of at most `most` bytes.
///
/// # Errors
/// `InvalidData` when it is longer or something else is there, beside what the system says.
pub(crate) fn read(path: &Path, links: Links, most: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open(path, links)?.take(most.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} has more than {most} bytes", path.display()),
        ));
    }
    Ok(content)
}

/// The beginning of a regular file, `most` bytes of it.
///
/// # Errors
/// `InvalidData` when something else is there, beside what the system says.
pub(crate) fn read_start(path: &Path, links: Links, most: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open(path, links)?.take(most).read_to_end(&mut content)?;
    Ok(content)
}

/// Opens a file to lock it, and makes it where there is none.
///
/// # Errors
/// `InvalidData` when something else is there, beside what the system says.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags(Links::Refused));
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(special(path)) }
}

/// Puts a file with this content in the place of whatever is there, which is never opened.
///
/// # Errors
/// What the system says.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).open(&new)?.write_all(content)?;
    fs::rename(new, path)
}

/// Whether two regular files, neither of them a link, have the same content.
///
/// # Errors
/// As [`open`].
pub(crate) fn same(one: &Path, two: &Path) -> io::Result<bool> {
    let (mut one, mut two) = (open(one, Links::Refused)?, open(two, Links::Refused)?);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        for (file, part) in [(&mut one, &mut left), (&mut two, &mut right)] {
            part.clear();
            io::Read::by_ref(file).take(COMPARED as u64).read_to_end(part)?;
        }
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}

/// Copies a regular file, with its mode, to a name that is free.
///
/// # Errors
/// As [`open`], and `AlreadyExists`.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<File> {
    let mut from = open(from, Links::Refused)?;
    let mut to = OpenOptions::new().write(true).create_new(true).open(to)?;
    io::copy(&mut from, &mut to)?;
    to.set_permissions(from.metadata()?.permissions())?;
    Ok(to)
}

/// Sets when a directory was changed.
///
/// # Errors
/// What the system says.
pub(crate) fn touch(dir: &Path, time: std::time::SystemTime) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags(Links::Refused));
    options.open(dir)?.set_modified(time)
}

#[cfg(unix)]
fn flags(links: Links) -> i32 {
    use rustix::fs::OFlags;

    let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    if links == Links::Refused {
        flags |= OFlags::NOFOLLOW;
    }
    // The bits are those of the system's own header.
    flags.bits().cast_signed()
}

fn special(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} is no regular file", path.display()))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn nothing_but_a_regular_file_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("file"), "content").unwrap();
        symlink(at("file"), at("link")).unwrap();
        symlink("/dev/zero", at("endless")).unwrap();
        symlink(at("loop"), at("loop")).unwrap();
        fs::create_dir(at("directory")).unwrap();
        mknodat(CWD, at("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        symlink(at("fifo"), at("to fifo")).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        for name in ["endless", "loop", "directory", "fifo", "to fifo", "socket"] {
            for links in [Links::Refused, Links::Followed] {
                assert!(read(&at(name), links, 10).is_err(), "{name}");
                assert!(read_start(&at(name), links, 10).is_err(), "{name}");
            }
            assert!(same(&at(name), &at("file")).is_err(), "{name}");
            assert!(copy(&at(name), &at("new")).is_err(), "{name}");
        }
        assert!(read(&at("link"), Links::Refused, 10).is_err());
        assert_eq!(read(&at("link"), Links::Followed, 10).unwrap(), b"content");
    }

    #[test]
    fn no_more_is_read_than_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("file"), "content").unwrap();
        File::create(at("sparse")).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(read(&at("file"), Links::Refused, 7).unwrap(), b"content");
        let error = read(&at("file"), Links::Refused, 6).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(read(&at("sparse"), Links::Refused, 100).is_err());
        assert_eq!(read_start(&at("file"), Links::Refused, 3).unwrap(), b"con");
        assert_eq!(read_start(&at("sparse"), Links::Refused, 2).unwrap(), [0, 0]);
    }

    #[test]
    fn what_is_there_is_locked_or_replaced_without_opening_it() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        mknodat(CWD, at("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        symlink(at("elsewhere"), at("link")).unwrap();
        for name in ["fifo", "link"] {
            assert!(open_lock(&at(name)).is_err(), "{name}");
            fs::rename(at(name), at("it.new")).unwrap();
            replace(&at("it"), b"content").unwrap();
            fs::rename(at("it"), at(name)).unwrap();
            replace(&at(name), b"more").unwrap();
            assert_eq!(read(&at(name), Links::Refused, 9).unwrap(), b"more", "{name}");
        }
        assert!(!at("elsewhere").exists());
        drop(open_lock(&at("lock")).unwrap());
        assert!(open_lock(&at("lock")).is_ok());
    }

    #[test]
    fn files_are_compared_and_copied_whole() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let long = vec![7; COMPARED + 1];
        fs::write(at("one"), &long).unwrap();
        copy(&at("one"), &at("two")).unwrap();
        assert!(same(&at("one"), &at("two")).unwrap());
        fs::write(at("two"), &long[1..]).unwrap();
        assert!(!same(&at("one"), &at("two")).unwrap());
        assert_eq!(copy(&at("one"), &at("two")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
