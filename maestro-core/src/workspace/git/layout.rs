//! Which repository a directory belongs to, without a look at what its `.git` says.
//!
//! The pointer in a worktree can be written by whoever works there. The list in the shared git
//! directory names the same pair from the other side, and that one counts.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::repo::path_of;
use crate::workspace::file::{self, Links, MAX_NAME};

/// Where a git command works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The directory with `HEAD` and the index.
    pub(super) git_dir: PathBuf,
    /// The directory with everything that worktrees share.
    pub(super) common: PathBuf,
    /// The files; none in a bare repository.
    pub(super) work_tree: Option<PathBuf>,
}

/// A project's repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) common: PathBuf,
    pub(super) project: PathBuf,
    pub(super) bare: bool,
}

impl Layout {
    /// What a directory is to the repository: a worktree, the main checkout, or the bare repository
    /// itself. None when it is neither.
    pub(super) fn target(&self, dir: &Path) -> io::Result<Option<Target>> {
        if let Some(git_dir) = admin_of(&self.common, dir)? {
            return Ok(Some(self.at(git_dir, Some(dir))));
        }
        if dir == self.project {
            return Ok(Some(self.at(self.common.clone(), (!self.bare).then_some(dir))));
        }
        let main = own_git_dir(dir)?.is_some_and(|found| found == self.common);
        Ok(main.then(|| self.at(self.common.clone(), Some(dir))))
    }

    fn at(&self, git_dir: PathBuf, work_tree: Option<&Path>) -> Target {
        Target { git_dir, common: self.common.clone(), work_tree: work_tree.map(Path::to_owned) }
    }
}

/// A repository that is none of the project's, such as one inside a workspace.
pub(super) fn stranger(dir: &Path) -> io::Result<Option<Target>> {
    let Some(git_dir) = own_git_dir(dir)? else {
        return Ok(None);
    };
    let common = match file::read(&git_dir.join("commondir"), Links::Refused, MAX_NAME) {
        Ok(text) => fs::canonicalize(git_dir.join(line(&text)))?,
        Err(_) => git_dir.clone(),
    };
    Ok(Some(Target { git_dir, common, work_tree: Some(dir.to_owned()) }))
}

/// The private git directory of the worktree at `root`, as the shared git directory lists it.
///
/// # Errors
/// `InvalidData` when two entries claim the directory.
pub(super) fn admin_of(common: &Path, root: &Path) -> io::Result<Option<PathBuf>> {
    let entries = match fs::read_dir(common.join("worktrees")) {
        Err(error) if is_absent(&error) => return Ok(None),
        entries => entries?,
    };
    let pointer = root.join(".git");
    let mut found = None;
    for entry in entries {
        let admin = entry?.path();
        // One that is being made, or removed, names nothing yet.
        let named = file::read(&admin.join("gitdir"), Links::Refused, MAX_NAME);
        let Ok(text) = named else { continue };
        if plain(&admin.join(line(&text))) != pointer {
            continue;
        }
        if found.is_some() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("two entries in {} name it", common.join("worktrees").display()),
            ));
        }
        found = Some(admin);
    }
    Ok(found)
}

/// What the `.git` of a worktree is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pointer {
    /// It names the worktree's private git directory.
    Right,
    /// There is none.
    Missing,
    /// It names something else, or is a link: what it says.
    Other(String),
    /// It is a directory, so that another repository stands there.
    Repository,
}

/// Reads the `.git` of a worktree.
pub(super) fn pointer(root: &Path, admin: &Path) -> io::Result<Pointer> {
    let file = root.join(".git");
    let found = match fs::symlink_metadata(&file) {
        Err(error) if is_absent(&error) => return Ok(Pointer::Missing),
        found => found?,
    };
    if found.is_dir() {
        return Ok(Pointer::Repository);
    }
    if !found.is_file() {
        return Ok(Pointer::Other("a link or a special file".to_owned()));
    }
    let text = match file::read(&file, Links::Refused, MAX_NAME) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Ok(Pointer::Other(error.to_string()));
        }
        text => text?,
    };
    let path = text.strip_prefix(b"gitdir: ").map(line);
    let leads = path.as_ref().and_then(|path| fs::canonicalize(root.join(path)).ok());
    if leads.is_some() && leads == fs::canonicalize(admin).ok() {
        return Ok(Pointer::Right);
    }
    let says = path.map_or_else(|| "no `gitdir:` line".to_owned(), |p| p.display().to_string());
    Ok(Pointer::Other(says.chars().take(200).collect()))
}

/// Makes the `.git` of a worktree name its private git directory. A pointer is all that goes.
pub(super) fn point(root: &Path, admin: &Path) -> io::Result<()> {
    let file = root.join(".git");
    match fs::remove_file(&file) {
        Err(error) if !is_absent(&error) => return Err(error),
        _ => {}
    }
    let text = [b"gitdir: ", admin.as_os_str().as_encoded_bytes(), b"\n"].concat();
    let mut new = fs::OpenOptions::new().write(true).create_new(true).open(file)?;
    io::Write::write_all(&mut new, &text)
}

/// The directory that the `.git` in a directory is or names, without links.
fn own_git_dir(dir: &Path) -> io::Result<Option<PathBuf>> {
    let file = dir.join(".git");
    let path = match fs::metadata(&file) {
        Err(error) if is_absent(&error) => return Ok(None),
        Ok(found) if found.is_dir() => file,
        Ok(_) => match file::read(&file, Links::Followed, MAX_NAME) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(None),
            text => match text?.strip_prefix(b"gitdir: ") {
                Some(path) => dir.join(line(path)),
                None => return Ok(None),
            },
        },
        Err(error) => return Err(error),
    };
    match fs::canonicalize(path) {
        Err(error) if is_absent(&error) => Ok(None),
        found => found.map(Some),
    }
}

/// The path in a file that ends with a line break.
pub(super) fn line(text: &[u8]) -> PathBuf {
    path_of(text.strip_suffix(b"\n").unwrap_or(text))
}

/// The path without `.` and `..`, also when nothing is there.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
