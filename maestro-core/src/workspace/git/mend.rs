//! A merge into somebody's checkout that was killed half-way is taken back, before it is done again.
//!
//! What is about to be done is noted in the shared git directory first. Whoever merges next, under
//! the same lock, finds the note. A file of the checkout is put back only when it, and what the index
//! says of it, are exactly as one of the two commits has them, or not there at all: so all of it is
//! in the repository. If one file is anything else, somebody works there, and nothing is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::call::Call;
use super::lock::Lock;
use super::repo::{Repo, path_of};
use super::settle::{disk, present};
use super::status::SPARE_INDEX;
use crate::error::Result;
use crate::runtime::RuntimeExt as _;

/// The note of a merge that moves a checkout.
const NOTE: &str = "maestro-merge";

/// A merge that moves a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Begun {
    tip: String,
    commit: String,
    checkout: PathBuf,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Added,
    Modified,
    Deleted,
}

type Paths = BTreeSet<Vec<u8>>;
type Changed = BTreeMap<Vec<u8>, Change>;

impl Repo {
    /// Notes that a checkout is about to be moved from one commit to another.
    pub(super) async fn begin_move(&self, checkout: &Path, tip: &str, commit: &str) -> Result<()> {
        let mut note = format!("{tip}\n{commit}\n").into_bytes();
        note.extend(checkout.as_os_str().as_encoded_bytes());
        let (path, new) = (self.common.join(NOTE), self.common.join(format!("{NOTE}.new")));
        let written = self.git.blocking("note", move || {
            fs::write(&new, note)?;
            fs::rename(new, path)
        });
        written.await?.map_err(|error| disk(&error))
    }

    /// Notes that it is moved, or was not touched.
    pub(super) async fn end_move(&self) -> Result<()> {
        let note = self.common.join(NOTE);
        let removed = self.git.blocking("note", move || match fs::remove_file(note) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        });
        removed.await?.map_err(|error| disk(&error))
    }

    /// Takes back what a killed merge did to a checkout.
    pub(super) async fn mend(&self, lock: &Lock) -> Result<()> {
        let note = self.common.join(NOTE);
        let note = self.git.blocking("note", move || fs::read(note)).await?;
        let Some(begun) = note.ok().and_then(|note| parse(&note)) else {
            return Ok(());
        };
        if let Some(paths) = self.half_moved(&begun).await? {
            self.put_back(&begun, paths, lock).await?;
        }
        if self.unlock(&begun.checkout).await? {
            self.end_move().await?;
        }
        Ok(())
    }

    /// Waits for the locks that moving a checkout takes, and removes those that nobody holds: the
    /// killed merge may have moved the branch already, and only its locks are left. False when one
    /// stays.
    async fn unlock(&self, checkout: &Path) -> Result<bool> {
        if !self.occupied(checkout).await? {
            return Ok(true);
        }
        let own = self.git.at(checkout).args(["rev-parse", "--absolute-git-dir"]).bytes().await?;
        let own = path_of(own.strip_suffix(b"\n").unwrap_or(&own));
        let head = self.git.at(checkout).args(["symbolic-ref", "--quiet", "HEAD"]);
        let head = head.codes(&[0, 1]).await?.stdout;
        let mut branch = self.common.join(path_of(head.strip_suffix(b"\n").unwrap_or(&head)));
        branch.as_mut_os_string().push(".lock");
        let locks = [own.join("index.lock"), own.join("HEAD.lock"), branch];
        let runtime = self.git.runtime();
        let deadline = runtime.monotonic() + self.git.patience();
        loop {
            let mut held = false;
            for lock in &locks {
                let there = lock.clone();
                let there = self.git.blocking("look", move || present(&there)).await?;
                held |= there && !self.git.remove_abandoned(lock, None).await?;
            }
            if !held || runtime.monotonic() >= deadline {
                return Ok(!held);
            }
            runtime.sleep(Duration::from_millis(50)).await;
        }
    }

    /// The files between two commits, if they can and need be put back. None when somebody works on
    /// one of them, too.
    async fn half_moved(&self, begun: &Begun) -> Result<Option<Changed>> {
        let Begun { tip, commit, checkout } = begun;
        let there = self.occupied(checkout).await?;
        if !there || self.commit_in(checkout, "HEAD").await?.as_ref() != Some(tip) {
            return Ok(None);
        }
        let sparse = self.git.at(checkout).args(["config", "--bool", "core.sparseCheckout"]);
        if sparse.codes(&[0, 1]).await?.stdout.starts_with(b"true") {
            // Files that are missing there are missing on purpose.
            return Ok(None);
        }
        let changed = self.changed(tip, commit).await?;
        let (staged_tip, staged_commit) =
            (self.staged(checkout, tip).await?, self.staged(checkout, commit).await?);
        let (files_tip, files_commit) =
            (self.differing(checkout, tip).await?, self.differing(checkout, commit).await?);
        let mut moved = false;
        for (path, change) in &changed {
            let file = checkout.join(path_of(path));
            let missing = !self.git.blocking("look", move || present(&file)).await?;
            let is = |absent: bool, differs: &Paths| {
                if absent { missing } else { !missing && !differs.contains(path) }
            };
            let is_tip = is(*change == Change::Added, &files_tip);
            let is_commit = is(*change == Change::Deleted, &files_commit);
            let staged = staged_tip.contains(path) && staged_commit.contains(path);
            if staged || !(is_tip || is_commit || missing) {
                return Ok(None);
            }
            moved |= !is_tip || staged_tip.contains(path);
        }
        Ok(moved.then_some(changed))
    }

    /// The files that differ between two commits.
    async fn changed(&self, tip: &str, commit: &str) -> Result<Changed> {
        let call = self.git.at(&self.path);
        let call = call.args(["diff-tree", "-r", "--name-status", "--no-renames", "-z"]);
        let list = call.args([tip, commit]).bytes().await?;
        let mut parts = list.split(|byte| *byte == 0);
        let mut changed = Changed::new();
        while let (Some(status), Some(path)) = (parts.next(), parts.next()) {
            let change = match status.first() {
                Some(b'A') => Change::Added,
                Some(b'D') => Change::Deleted,
                _ => Change::Modified,
            };
            changed.insert(path.to_vec(), change);
        }
        Ok(changed)
    }

    /// The files of which the index says something else than a commit.
    async fn staged(&self, checkout: &Path, commit: &str) -> Result<Paths> {
        let call = self.git.at(checkout).args(["diff-index", "--cached", "--name-only"]);
        names(call.args(["--no-renames", "-z", commit, "--"])).await
    }

    /// The files that are not as a commit has them, apart from those that it does not have.
    async fn differing(&self, checkout: &Path, commit: &str) -> Result<Paths> {
        let index = self.common.join(format!("{SPARE_INDEX}{}", self.git.runtime().uuid()));
        let read = self.git.at(checkout).env("GIT_INDEX_FILE", &index);
        read.args(["read-tree", commit]).bytes().await?;
        // An index that was just read knows no files by their times: every one has to be compared.
        let refresh = self.git.at(checkout).env("GIT_INDEX_FILE", &index);
        refresh.args(["update-index", "-q", "--refresh"]).codes(&[0, 1]).await?;
        let list = self.git.at(checkout).env("GIT_INDEX_FILE", &index);
        let listed = names(list.args(["diff-files", "--name-only", "-z"])).await;
        let removed = self.git.blocking("index", move || fs::remove_file(index)).await?;
        removed.map_err(|error| disk(&error))?;
        listed
    }

    async fn put_back(&self, begun: &Begun, changed: Changed, lock: &Lock) -> Result<()> {
        let Begun { tip, checkout, .. } = begun;
        tracing::warn!(checkout = %checkout.display(), "taking back a merge that was killed half-way");
        let mut known = Vec::new();
        for (path, change) in changed {
            if change != Change::Added {
                known.push(path);
                continue;
            }
            // Made by the merge, and in the repository as it is.
            let unstage = self.git.at(checkout).under(lock);
            let unstage = unstage.args(["rm", "--cached", "--quiet", "--ignore-unmatch", "--"]);
            unstage.arg(path_of(&path)).bytes().await?;
            let file = checkout.join(path_of(&path));
            let deleted = self.git.blocking("delete", move || remove(&file));
            deleted.await?.map_err(|error| disk(&error))?;
        }
        for some in known.chunks(100) {
            let restore = self.git.at(checkout).under(lock);
            let restore = restore.args(["restore", "--staged", "--worktree", "--source"]);
            restore.arg(tip).arg("--").args(some.iter().map(|path| path_of(path))).bytes().await?;
        }
        Ok(())
    }
}

fn remove(file: &Path) -> std::io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn parse(note: &[u8]) -> Option<Begun> {
    let mut parts = note.splitn(3, |byte| *byte == b'\n');
    let mut commit = || Some(String::from_utf8_lossy(parts.next()?).into_owned());
    let (tip, commit) = (commit()?, commit()?);
    Some(Begun { tip, commit, checkout: path_of(parts.next()?) })
}

/// The paths that a command lists.
async fn names(call: Call<'_>) -> Result<Paths> {
    let list = call.bytes().await?;
    let names = list.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(<[u8]>::to_vec).collect())
}
