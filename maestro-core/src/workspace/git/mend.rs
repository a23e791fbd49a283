//! A merge into somebody's checkout that was killed half-way is taken back, before it is done again.
//!
//! What is about to be done is noted in the shared git directory first. Whoever merges next, under
//! the same lock, finds the note. Files are moved whole, so that each one is as one of the two
//! commits has it, or not there at all: all of it is in the repository. If one file, or what the
//! index says of it, is anything else, somebody works there, and nothing is touched.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::advance::{Held, Placed};
use super::change::{Change, Changed, Paths, Side};
use super::index_lock::remove_dead;
use super::lock::Lock;
use super::replaced::Slots;
use super::repo::{Repo, path_of};
use super::settle::{disk, present};
use crate::error::Result;

/// The note of a merge that moves a checkout.
const NOTE: &str = "maestro-merge";

/// A merge that moves a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Begun {
    tip: String,
    commit: String,
    checkout: PathBuf,
}

impl Repo {
    /// Notes that a checkout is about to be moved from one commit to another.
    pub(super) async fn begin_move(&self, checkout: &Path, tip: &str, commit: &str) -> Result<()> {
        let mut note = format!("{tip}\n{commit}\n").into_bytes();
        note.extend(checkout.as_os_str().as_encoded_bytes());
        let (path, new) = (self.common.join(NOTE), self.common.join(format!("{NOTE}.new")));
        let written = self.git.blocking("note", move || {
            let mut file = fs::File::create(&new)?;
            file.write_all(&note)?;
            file.sync_all()?;
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
        let Some(Begun { tip, commit, checkout }) = note.ok().and_then(|note| parse(&note)) else {
            return Ok(());
        };
        let there = self.occupied(&checkout).await?;
        // A branch that moved on has got the work, or somebody else's.
        if there && self.commit_in(&checkout, "HEAD").await?.as_ref() == Some(&tip) {
            let held = self.hold(&checkout, lock).await?;
            held.clear(true).await?;
            held.take_back([&tip, &commit]).await?;
            held.clear(true).await?;
        } else if there && self.has_taken(&checkout).await? {
            self.hold(&checkout, lock).await?.clear(false).await?;
        }
        if !there || self.unlock(&checkout).await? {
            self.end_move().await?;
        }
        Ok(())
    }

    /// Whether a move left files that it had taken from their places.
    async fn has_taken(&self, checkout: &Path) -> Result<bool> {
        let own = self.own_git_dir(checkout).await?;
        self.git.blocking("look", move || Slots::are_in_use(&own)).await
    }

    /// Waits for the locks that moving a checkout takes, and removes those that nobody holds: the
    /// killed merge may have moved the branch already, and only its locks are left. False when one
    /// stays.
    async fn unlock(&self, checkout: &Path) -> Result<bool> {
        let own = self.own_git_dir(checkout).await?;
        let head = self.git.at(checkout).args(["symbolic-ref", "--quiet", "HEAD"]);
        let head = head.codes(&[0, 1]).await?.stdout;
        let mut branch = self.common.join(path_of(head.strip_suffix(b"\n").unwrap_or(&head)));
        branch.as_mut_os_string().push(".lock");
        let tables = |dir: &Path| dir.join("reftable/tables.list.lock");
        let locks = [own.join("HEAD.lock"), branch, tables(&own), tables(&self.common)];
        let index = own.join("index.lock");
        let runtime = self.git.runtime();
        let deadline = runtime.monotonic() + self.git.patience();
        loop {
            let mut held = false;
            let abandoned = index.clone();
            let removed = self.git.blocking("look", move || remove_dead(&abandoned)).await?;
            removed.map_err(|error| disk(&error))?;
            for lock in locks.iter().chain([&index]) {
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
}

impl Held<'_> {
    /// Takes back what was done of a move from one commit to another.
    pub(super) async fn take_back(&self, [tip, commit]: [&str; 2]) -> Result<()> {
        let changed = self.repo.changed(tip, commit).await?;
        let before = self.contents(&changed).await?;
        if !self.is_half_moved([tip, commit], &changed).await? {
            return Ok(());
        }
        let index = self.copy().await?;
        // Whatever the index has of the move, it is made to have all of it.
        self.fill(&index, &changed, |change| change.to.as_ref()).await?;
        self.prepare(&index, [commit, tip]).await?;
        let back = changed.iter().map(|(path, change)| (path.clone(), change.reversed()));
        let placement = Arc::new(self.placement(back.collect(), Paths::new(), before));
        if !self.in_the_way(&placement).await?.is_empty() {
            return Ok(());
        }
        tracing::warn!(checkout = %self.checkout.display(), "taking back a merge that was killed half-way");
        match self.place(placement, &index).await? {
            Placed::Done(_) => Ok(()),
            Placed::TakenBack(error) => Err(error),
        }
    }

    /// Whether a move was begun, and nobody works on one of its files, too.
    async fn is_half_moved(&self, [tip, commit]: [&str; 2], changed: &Changed) -> Result<bool> {
        let sparse = self.repo.git.at(&self.checkout);
        let sparse = sparse.args(["config", "--bool", "core.sparseCheckout"]);
        if sparse.codes(&[0, 1]).await?.stdout.starts_with(b"true") {
            // Files that are missing there are missing on purpose.
            return Ok(false);
        }
        let index = self.copy().await?;
        let (staged_tip, staged_commit) =
            (self.staged(&index, tip).await?, self.staged(&index, commit).await?);
        let files_tip = self.unlike(changed, |change| change.from.as_ref()).await?;
        let files_commit = self.unlike(changed, |change| change.to.as_ref()).await?;
        let mut moved = false;
        for (path, change) in changed {
            let file = self.checkout.join(path_of(path));
            let missing = !self.repo.git.blocking("look", move || present(&file)).await?;
            let is = |side: Option<&Side>, unlike: &Paths| match side {
                // A submodule is checked out by nobody but its user.
                Some(side) if side.is_repository() => true,
                Some(_) => !missing && !unlike.contains(path),
                None => missing,
            };
            let is_tip = is(change.from.as_ref(), &files_tip);
            let is_commit = is(change.to.as_ref(), &files_commit);
            let staged = staged_tip.contains(path) && staged_commit.contains(path);
            if staged || !(is_tip || is_commit || missing) {
                return Ok(false);
            }
            moved |= !is_tip || staged_tip.contains(path);
        }
        Ok(moved)
    }

    /// The files that are not as one side of a move has them, of those that it has.
    async fn unlike(
        &self,
        changed: &Changed,
        side: impl Fn(&Change) -> Option<&Side>,
    ) -> Result<Paths> {
        let index = self.no_index();
        self.fill(&index, changed, side).await?;
        // An index that was just made knows no files by their times: every one is compared.
        self.differing(&index).await
    }
}

fn parse(note: &[u8]) -> Option<Begun> {
    let mut parts = note.splitn(3, |byte| *byte == b'\n');
    let mut commit = || Some(String::from_utf8_lossy(parts.next()?).into_owned());
    let (tip, commit) = (commit()?, commit()?);
    Some(Begun { tip, commit, checkout: path_of(parts.next()?) })
}
