//! Moves of a file that overwrite nothing: two files change places, or one goes where nothing is.

use std::fs;
use std::io;
use std::path::Path;

/// Lets two files change places at one moment. False where the file system cannot.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(super) fn exchange(one: &Path, two: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};

    match renameat_with(CWD, one, CWD, two, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(error) if is_unknown(error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(super) fn exchange(_one: &Path, _two: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Moves a file to where nothing is. With something there, `AlreadyExists`.
pub(super) fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};

        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Err(error) if is_unknown(error) => {}
            done => return done.map_err(io::Error::from),
        }
    }
    // A second name is not made where there is one.
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn is_unknown(error: rustix::io::Errno) -> bool {
    use rustix::io::Errno;
    [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        fs::write(&one, "1").unwrap();
        fs::write(&two, "2").unwrap();
        let error = move_to(&one, &two).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        if exchange(&one, &two).unwrap() {
            assert_eq!(fs::read_to_string(&one).unwrap(), "2");
            assert_eq!(fs::read_to_string(&two).unwrap(), "1");
        }
        fs::remove_file(&two).unwrap();
        move_to(&one, &two).unwrap();
        assert!(two.exists() && !one.exists());
    }
}
