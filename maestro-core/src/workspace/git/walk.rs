//! A worktree's files, as the file system has them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::nested::{self, Kind};
use super::output::{self, CACHE_TAG, CACHE_TAG_FILE, Directory};
use super::repo::path_of;
use crate::workspace::file::{self, Links};

/// What a commit says about one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Such as `100644`.
    pub(super) mode: String,
    /// The blob, or the commit of a submodule.
    pub(super) id: String,
}

/// The paths of a commit, as git's bytes.
pub(super) type Tree = BTreeMap<Vec<u8>, Known>;

/// What a directory holds, put beside a tree.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Files that the tree has too, whether they may be executed.
    pub(super) files: Vec<(Vec<u8>, bool)>,
    /// Links that the tree has too, with what they say.
    pub(super) links: Vec<(Vec<u8>, Vec<u8>)>,
    /// Whether something is of another kind than in the tree.
    pub(super) other_kind: bool,
    /// Paths of the tree that are not there.
    pub(super) missing: Vec<Vec<u8>>,
    /// Files that the tree does not have and whose names do not say that they are output.
    pub(super) others: Vec<Vec<u8>>,
    /// Directories that are output when a committed rule ignores them.
    pub(super) agreed: Vec<Vec<u8>>,
    /// Repositories and other directories that are no part of the worktree.
    pub(super) foreign: Vec<Vec<u8>>,
}

/// Looks at every file below `root`. Directories of `agreed` are not entered, unless they are in
/// `enter` or the tree has files there.
pub(super) fn walk(root: &Path, tree: &Tree, enter: &BTreeSet<Vec<u8>>) -> io::Result<Walked> {
    let mut walked = Walked::default();
    let foreign: BTreeSet<PathBuf> = foreign(root, tree)?.into_iter().collect();
    let mut seen = BTreeSet::new();
    let mut left = vec![Vec::new()];
    while let Some(relative) = left.pop() {
        for entry in fs::read_dir(root.join(path_of(&relative)))? {
            let entry = entry?;
            let name = bytes(&entry.file_name());
            if relative.is_empty() && name == b".git" {
                continue;
            }
            let path = if relative.is_empty() {
                name.clone()
            } else {
                [&relative[..], b"/", &name[..]].concat()
            };
            let kind = entry.file_type()?;
            let known = tree.get(&path);
            if foreign.contains(&path_of(&path)) {
                if known.is_some() {
                    seen.insert(path.clone());
                }
                walked.foreign.push(path);
            } else if kind.is_dir() {
                walked.enter(&entry.path(), path, &name, tree, enter, &mut left);
            } else if let Some(known) = known {
                seen.insert(path.clone());
                match known.mode.as_str() {
                    "120000" if kind.is_symlink() => {
                        let says = bytes(entry.path().read_link()?.as_os_str());
                        walked.links.push((path, says));
                    }
                    "100644" | "100755" if kind.is_file() => {
                        walked.files.push((path, may_execute(&entry.metadata()?)));
                    }
                    _ => walked.other_kind = true,
                }
            } else if !output::is_file(&name) {
                walked.others.push(path);
            }
        }
    }
    let missing = tree.iter().filter(|(path, known)| {
        // A submodule that is not checked out is an empty directory or none.
        !seen.contains(*path) && known.mode != "160000"
    });
    walked.missing = missing.map(|(path, _)| path.clone()).collect();
    Ok(walked)
}

impl Walked {
    fn enter(
        &mut self,
        at: &Path,
        path: Vec<u8>,
        name: &[u8],
        tree: &Tree,
        enter: &BTreeSet<Vec<u8>>,
        left: &mut Vec<Vec<u8>>,
    ) {
        if has_files(tree, &path) || enter.contains(&path) {
            left.push(path);
            return;
        }
        match output::directory(name) {
            Directory::Output => {}
            _ if is_cache(at) => {}
            Directory::Agreed => self.agreed.push(path),
            Directory::Unknown => left.push(path),
        }
    }
}

/// The directories that no commit of the worktree can hold. What looks like a bare repository is only
/// files where the tree has them.
pub(super) fn foreign(root: &Path, tree: &Tree) -> io::Result<Vec<PathBuf>> {
    let mut found = nested::find(root)?;
    found.retain(|foreign| {
        foreign.kind != Kind::Bare || !has_files(tree, &bytes(foreign.path.as_os_str()))
    });
    Ok(found.into_iter().map(|foreign| foreign.path).collect())
}

fn has_files(tree: &Tree, dir: &[u8]) -> bool {
    let below = [dir, b"/"].concat();
    tree.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
}

fn is_cache(dir: &Path) -> bool {
    let tag = file::read_start(&dir.join(CACHE_TAG_FILE), Links::Refused, CACHE_TAG.len() as u64);
    tag.is_ok_and(|tag| tag == CACHE_TAG)
}

/// Whether the owner may execute a file.
#[cfg(unix)]
pub(super) fn may_execute(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
pub(super) fn may_execute(_metadata: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
pub(super) fn bytes(name: &std::ffi::OsStr) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    name.as_bytes().to_vec()
}

#[cfg(not(unix))]
pub(super) fn bytes(name: &std::ffi::OsStr) -> Vec<u8> {
    name.to_string_lossy().replace('\\', "/").into_bytes()
}
