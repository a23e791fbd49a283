//! Repositories inside a worktree, found by looking at the directories.
//!
//! Git is not asked: it reads the configuration of every repository that it meets, and whoever works
//! in a worktree can write one there.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Something below a worktree that cannot be a part of its commits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Foreign {
    /// Relative to the worktree.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
}

/// Why it cannot be a part of the worktree's commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A directory with a `.git` in it, whatever that is: a repository, a file or a link that names
    /// one, or what only looks like it.
    Repository,
    /// A directory that git could take for a bare repository.
    Bare,
    /// A file or directory whose name git refuses, such as `.GIT`.
    Name,
    /// A directory that may not be read.
    Unreadable,
}

/// The outermost foreign directories below a worktree, in the order of their paths. Links are not
/// followed. What lies in one of them is not looked at.
///
/// # Errors
/// What the file system says, apart from directories that may not be read or have just gone.
pub(super) fn find(root: &Path) -> io::Result<Vec<Foreign>> {
    let mut found = Vec::new();
    let mut left = vec![PathBuf::new()];
    while let Some(relative) = left.pop() {
        let entries = match fs::read_dir(root.join(&relative)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                found.push(Foreign { path: relative, kind: Kind::Unreadable });
                continue;
            }
            Err(error) if relative.as_os_str().is_empty() => return Err(error),
            Err(error) if is_gone(&error) => continue,
            Err(error) => return Err(error),
        };
        let inside = !relative.as_os_str().is_empty();
        let mut names = Names::default();
        let mut below = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if name.eq_ignore_ascii_case(".git") {
                names.add_git(root, &relative, &name, inside);
                continue;
            }
            names.note(&name, directory);
            if directory {
                below.push(relative.join(name));
            }
        }
        if inside && names.git {
            found.push(Foreign { path: relative, kind: Kind::Repository });
        } else if inside && names.is_bare() {
            found.push(Foreign { path: relative, kind: Kind::Bare });
        } else {
            found.extend(names.refused);
            left.extend(below);
        }
    }
    found.sort();
    Ok(found)
}

/// What the names in one directory say about it.
#[derive(Default)]
struct Names {
    git: bool,
    head: bool,
    objects: bool,
    refs: bool,
    refused: Vec<Foreign>,
}

impl Names {
    /// Notes an entry whose name is `.git` in some case.
    fn add_git(&mut self, root: &Path, relative: &Path, name: &OsStr, inside: bool) {
        let exact = name == ".git" || (inside && is_same(&root.join(relative), name));
        if exact {
            self.git = true;
        } else if inside || !is_same(root, name) {
            self.refused.push(Foreign { path: relative.join(name), kind: Kind::Name });
        }
    }

    fn note(&mut self, name: &OsStr, directory: bool) {
        match name.to_str() {
            Some("HEAD") => self.head = !directory,
            Some("objects") => self.objects = directory,
            Some("refs" | "reftable") => self.refs |= directory,
            _ => {}
        }
    }

    fn is_bare(&self) -> bool {
        self.head && self.objects && self.refs
    }
}

/// Whether a name leads to what `.git` leads to, as it does where case does not count.
fn is_same(dir: &Path, name: &OsStr) -> bool {
    let canonical = |name: &OsStr| fs::canonicalize(dir.join(name)).ok();
    canonical(name).is_some_and(|path| canonical(OsStr::new(".git")) == Some(path))
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Foreign, Kind, find};

    #[test]
    fn every_kind_is_found_and_the_outermost_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for path in [
            ".git/hooks",
            "plain/deep",
            "nested/.git",
            "nested/inner/.git",
            "bare.git/objects",
            "bare.git/refs",
            "reftable/objects",
            "reftable/reftable",
            "half/objects",
            "names/.GIT",
        ] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        for path in ["bare.git/HEAD", "reftable/HEAD", "half/HEAD", "plain/.gitignore"] {
            fs::write(root.join(path), "x").unwrap();
        }
        fs::create_dir_all(root.join("file")).unwrap();
        fs::write(root.join("file/.git"), "gitdir: elsewhere\n").unwrap();
        let mut expected = vec![
            ("bare.git", Kind::Bare),
            ("file", Kind::Repository),
            ("names/.GIT", Kind::Name),
            ("nested", Kind::Repository),
            ("reftable", Kind::Bare),
        ];
        #[cfg(unix)]
        {
            fs::create_dir(root.join("link")).unwrap();
            std::os::unix::fs::symlink("nowhere", root.join("link/.git")).unwrap();
            std::os::unix::fs::symlink("nested", root.join("followed")).unwrap();
            expected.insert(2, ("link", Kind::Repository));
        }
        let foreign = |(path, kind): (&str, Kind)| Foreign { path: Path::new(path).into(), kind };
        let expected: Vec<Foreign> = expected.into_iter().map(foreign).collect();
        assert_eq!(find(root).unwrap(), expected);
    }
}
