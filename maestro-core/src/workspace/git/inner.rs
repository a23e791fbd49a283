//! A repository inside a worktree, read without its configuration: whoever works in the worktree
//! could write that, and git runs what some of it says.
//!
//! Its refs are read as files. Its commits are read by a git that is at home in the project and is
//! lent the objects.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::call::Call;
use super::repo::{Repo, path_of};
use super::walk::bytes;
use crate::error::Result;
use crate::workspace::file::{self, Links};

/// The most that is read of one file of refs. 16 MiB is about 200000 refs.
const MAX_FILE: u64 = 16 << 20;
/// How many symbolic refs may lead to each other. Git's own limit.
const MAX_LINKS: usize = 5;

/// What the files of a repository say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Inner {
    /// Where its objects are.
    pub(super) objects: PathBuf,
    /// The commit that is checked out.
    pub(super) head: Option<String>,
    /// The commits of its branches, its tags and its stash.
    pub(super) own: Vec<String>,
    /// The commits that it knows its remotes to have.
    pub(super) remote: Vec<String>,
}

/// Reads the repository whose files are checked out in `dir`. None when its refs cannot be read as
/// files, which is so for a reftable, or when nothing is there.
pub(super) fn read(dir: &Path) -> Option<Inner> {
    let git = git_dir(&dir.join(".git"))?;
    let common = match content_of(&git.join("commondir")) {
        Some(path) => git.join(path_of(path.trim_ascii())),
        None => git.clone(),
    };
    if common.join("reftable").exists() {
        return None;
    }
    let mut refs = BTreeMap::new();
    for line in
        content_of(&common.join("packed-refs")).unwrap_or_default().split(|byte| *byte == b'\n')
    {
        if let Some((id, name)) =
            std::str::from_utf8(line).ok().and_then(|line| line.split_once(' '))
            && is_id(id)
        {
            refs.insert(name.to_owned(), id.to_owned());
        }
    }
    loose(&common, "refs", &mut refs);
    let (mut own, mut remote) = (Vec::new(), Vec::new());
    for (name, value) in &refs {
        let Some(id) = resolve(value, &refs) else { continue };
        if name.starts_with("refs/remotes/") { remote.push(id) } else { own.push(id) }
    }
    let head = String::from_utf8(content_of(&git.join("HEAD"))?).ok()?;
    let head = resolve(head.trim(), &refs);
    Some(Inner { objects: common.join("objects"), head, own, remote })
}

/// The directory that a `.git` leads to.
fn git_dir(dot_git: &Path) -> Option<PathBuf> {
    if dot_git.is_dir() {
        return fs::canonicalize(dot_git).ok();
    }
    let content = content_of(dot_git)?;
    let path = path_of(content.strip_prefix(b"gitdir: ")?.trim_ascii_end());
    fs::canonicalize(dot_git.parent()?.join(path)).ok()
}

/// Adds the refs that are files of their own. They win over packed ones.
fn loose(common: &Path, name: &str, refs: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(common.join(name)).into_iter().flatten().flatten() {
        let Some(below) = entry.file_name().to_str().map(|part| format!("{name}/{part}")) else {
            continue;
        };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => loose(common, &below, refs),
            Ok(kind) if kind.is_file() => {
                if let Some(value) =
                    content_of(&entry.path()).and_then(|it| String::from_utf8(it).ok())
                {
                    refs.insert(below, value.trim().to_owned());
                }
            }
            _ => {}
        }
    }
}

/// The commit that the content of a ref leads to.
fn resolve(value: &str, refs: &BTreeMap<String, String>) -> Option<String> {
    let mut value = value;
    for _ in 0..=MAX_LINKS {
        match value.strip_prefix("ref:") {
            Some(name) => value = refs.get(name.trim())?,
            None => return is_id(value).then(|| value.to_owned()),
        }
    }
    None
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A regular file, up to the limit.
fn content_of(path: &Path) -> Option<Vec<u8>> {
    file::read(path, Links::Refused, MAX_FILE).ok()
}

/// A path as a C string, as git reads it where a plain one would be cut.
pub(super) fn quoted(path: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for byte in path {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            quoted.push(*byte);
        } else {
            quoted.extend(format!("\\{byte:03o}").bytes());
        }
    }
    quoted.push(b'"');
    quoted
}

impl Repo {
    /// The repository inside at `dir`, when it can be read.
    pub(super) async fn inner(&self, dir: PathBuf) -> Result<Option<Inner>> {
        self.git.blocking("inner", move || read(&dir)).await
    }

    /// Whether one of the remotes of a repository inside has a commit.
    pub(super) async fn is_published(&self, inner: &Inner, commit: &str) -> Result<bool> {
        if inner.remote.is_empty() || !is_id(commit) {
            return Ok(false);
        }
        Ok(self.unpublished(inner, std::slice::from_ref(&commit.to_owned())).await? == Some(0))
    }

    /// How many commits of a repository inside are in none of its remotes. None when that cannot be
    /// found out.
    pub(super) async fn unpublished(&self, inner: &Inner, of: &[String]) -> Result<Option<usize>> {
        if of.is_empty() {
            return Ok(Some(0));
        }
        let call = inner.lend(self.git.at(&self.path).args(["rev-list", "--count", "--stdin"]));
        let mut input = String::new();
        for commit in of {
            input.push_str(commit);
            input.push('\n');
        }
        for commit in &inner.remote {
            input.push('^');
            input.push_str(commit);
            input.push('\n');
        }
        let counted = call.input(input).run().await?;
        let number = String::from_utf8_lossy(&counted.stdout).trim().parse().ok();
        Ok(number.filter(|_| counted.code == Some(0)))
    }
}

impl Inner {
    /// Gives a command the objects. It fetches none that are missing.
    pub(super) fn lend<'a>(&self, call: Call<'a>) -> Call<'a> {
        let objects: OsString = path_of(&quoted(&bytes(self.objects.as_os_str()))).into();
        call.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects).env("GIT_NO_LAZY_FETCH", "1")
    }
}
