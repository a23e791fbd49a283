//! Moves a checkout from one commit to another.
//!
//! Git writes the new files and the new index aside, with the filters and rules of the checkout.
//! What is in the way is found before anything is touched. Then the move is noted, each file changes
//! places with the one that was there, the index comes last, and the branch is moved. What was taken
//! is compared with what had been seen, and kept until the end. A kill at any point leaves only whole
//! files, old or new, so that [`mend`](super::mend) knows each of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::begun::{begun, said};
use super::call::Call;
use super::change::{Change, Changed, Paths, Side, index_info, names};
use super::content::Content;
use super::elsewhere::MERGED;
use super::index_lock::IndexLock;
use super::lock::Lock;
use super::name::branch_ref;
use super::place::{Contents, Placement};
use super::replace::Move;
use super::replaced::Slots;
use super::repo::{Repo, Swap, path_of, text_of};
use super::settle::{delete, disk};
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::RuntimeExt as _;

/// The directory, in a checkout's own git directory, in which files are prepared.
pub(super) const PREPARED: &str = "maestro-merge-files";
/// How the indexes begin that are used for moving a checkout.
const INDEX: &str = "maestro-merge-index-";
/// A checkout that nobody else moves.
#[derive(Debug)]
pub(super) struct Held<'a> {
    pub(super) repo: &'a Repo,
    pub(super) checkout: PathBuf,
    /// Its own git directory.
    pub(super) own: PathBuf,
    index: Arc<IndexLock>,
    merges: &'a Lock,
}

/// An index that is thrown away, unless it becomes that of the checkout.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

/// What became of files that were to be placed.
#[derive(Debug)]
pub(super) enum Placed {
    Done(Move),
    /// One of them could not be; the others are as they were.
    TakenBack(Error),
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // One that stays is removed by the next move.
        let _ = fs::remove_file(&self.0);
    }
}

impl Repo {
    /// Takes a checkout for moving it.
    pub(super) async fn hold<'a>(&'a self, checkout: &Path, merges: &'a Lock) -> Result<Held<'a>> {
        let own = self.own_git_dir(checkout).await?;
        let index = IndexLock::take(&self.git, &own, merges).await?;
        let held =
            Held { repo: self, checkout: checkout.to_owned(), own, index: Arc::new(index), merges };
        Ok(held)
    }

    /// The git directory that a checkout has for itself.
    pub(super) async fn own_git_dir(&self, checkout: &Path) -> Result<PathBuf> {
        let own = self.git.at(checkout).args(["rev-parse", "--absolute-git-dir"]).bytes().await?;
        Ok(path_of(own.strip_suffix(b"\n").unwrap_or(&own)))
    }

    /// Moves a branch on with its checkout. False when somebody moved the branch meanwhile.
    pub(super) async fn fast_forward(
        &self,
        checkout: &Path,
        into: &str,
        [tip, commit]: [&str; 2],
        merges: &Lock,
    ) -> Result<bool> {
        let held = self.hold(checkout, merges).await?;
        held.clear(true).await?;
        held.stands_at(into).await?;
        let changed = self.changed(tip, commit).await?;
        // Before git looks: what is written after this is seen by git, or by the move.
        let before = held.contents(&changed).await?;
        let (dirty, staged) = held.work([tip, commit], &changed).await?;
        refuse(&held, into, &staged)?;
        let (index, old) = (held.copy().await?, held.copy().await?);
        held.prepare(&index, [tip, commit]).await?;
        let placement = Arc::new(held.placement(changed, dirty, before));
        if let Err(error) = refuse(&held, into, &held.in_the_way(&placement).await?) {
            held.clear(true).await?;
            return Err(error);
        }
        self.begin_move(checkout, tip, commit).await?;
        // When it is left half-way, the note stays, and the next merge tries again.
        let moved = held.advance(placement, into, [tip, commit], [&index, &old]).await?;
        held.clear(!matches!(moved, Ok(true))).await?;
        drop(held);
        self.end_move().await?;
        moved
    }
}

impl<'a> Held<'a> {
    /// A git command that works on another index than that of the checkout.
    pub(super) fn with(&self, index: &Scratch) -> Call<'a> {
        self.repo.git.at(&self.checkout).env("GIT_INDEX_FILE", &index.0)
    }

    /// An index that is not there yet.
    pub(super) fn no_index(&self) -> Scratch {
        Scratch(self.own.join(format!("{INDEX}{}", self.repo.git.runtime().uuid())))
    }

    /// A copy of the checkout's index.
    pub(super) async fn copy(&self) -> Result<Scratch> {
        let (copy, from) = (self.no_index(), self.own.join("index"));
        let to = copy.0.clone();
        let copied = self.repo.git.blocking("index", move || match fs::copy(from, to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            // A checkout without an index has nothing in it.
            _ => Ok(()),
        });
        copied.await?.map_err(|error| disk(&error))?;
        Ok(copy)
    }

    /// Removes what moves have prepared and taken. What somebody wrote into a file that was taken
    /// goes back to its place, if the move was not done or is taken back; else it is kept aside.
    pub(super) async fn clear(&self, back: bool) -> Result<()> {
        let (own, slots) = (self.own.clone(), self.slots());
        let aside = self.repo.git.runtime().uuid().to_string();
        let cleared = self.repo.git.blocking("clear", move || {
            for entry in fs::read_dir(&own)? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with(INDEX) {
                    fs::remove_file(entry.path())?;
                }
            }
            slots.clear(back, &aside)
        });
        for (file, kept) in cleared.await?.map_err(|error| disk(&error))? {
            tracing::warn!(
                file = %file.display(),
                kept = %kept.display(),
                "a file was written while a merge replaced it; what was written is kept",
            );
        }
        Ok(())
    }

    fn slots(&self) -> Slots {
        Slots { root: self.checkout.clone(), own: self.own.clone() }
    }

    /// What the files hold that a move changes.
    pub(super) async fn contents(&self, changed: &Changed) -> Result<Contents> {
        let paths: Vec<_> = changed.keys().cloned().collect();
        let root = self.checkout.clone();
        let seen = self.repo.git.blocking("look", move || {
            let seen = paths.into_iter().map(|path| {
                let file = root.join(path_of(&path));
                let content = Content::of(&file);
                Ok((path, content.map_err(|error| disk(&error).with("file", file.display()))?))
            });
            seen.collect()
        });
        seen.await?
    }

    /// Makes sure that the checkout still is of the branch, and that nothing was begun in it.
    async fn stands_at(&self, into: &str) -> Result<()> {
        let head = self.repo.git.at(&self.checkout).args(["symbolic-ref", "--quiet", "HEAD"]);
        let head = head.codes(&[0, 1]).await?.stdout;
        let own = self.own.clone();
        let begun = self.repo.git.blocking("begun", move || begun(&own)).await?;
        let open = self.repo.git.at(&self.checkout).args(["ls-files", "--unmerged", "-z"]);
        let open = !open.bytes().await?.is_empty();
        let why = if !begun.is_empty() {
            format!(
                "{} is under way in the checkout of the branch; end or abort it, then merge again",
                said(&begun)
            )
        } else if open {
            "files are in conflict in the checkout of the branch; resolve them, then merge again"
                .into()
        } else if text_of(&head).trim_end() != branch_ref(into) {
            "the checkout of the branch was switched to another branch meanwhile; look at it".into()
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Conflict, why)
            .with("into", into)
            .with("checkout", self.checkout.display()))
    }

    /// Gives an index one side of each change.
    pub(super) async fn fill(
        &self,
        index: &Scratch,
        changed: &Changed,
        side: impl Fn(&Change) -> Option<&Side>,
    ) -> Result<()> {
        let call = self.with(index).args(["update-index", "-z", "--add", "--replace"]);
        call.arg("--index-info").input(index_info(changed, side)).bytes().await?;
        Ok(())
    }

    /// The files that are not as the tip has them, and those that are to change of which something
    /// is staged that neither commit has.
    async fn work(
        &self,
        [tip, commit]: [&str; 2],
        changed: &Changed,
    ) -> Result<(Paths, Vec<Vec<u8>>)> {
        let copy = self.copy().await?;
        let staged = self.staged(&copy, tip).await?;
        let known = changed
            .iter()
            .filter(|(path, change)| change.from.is_some() && !staged.contains(*path));
        let known = known.fold(Vec::new(), |list, (path, _)| [&list[..], path, b"\0"].concat());
        if !known.is_empty() {
            // What git was told not to look at is looked at all the same.
            for bit in ["--no-assume-unchanged", "--no-skip-worktree"] {
                let call = self.with(&copy).args(["update-index", "-z", bit, "--stdin"]);
                call.input(known.clone()).bytes().await?;
            }
        }
        let mut dirty = self.differing(&copy).await?;
        let other = self.staged(&copy, commit).await?;
        let neither = staged.intersection(&other).filter(|path| changed.contains_key(*path));
        let neither = neither.cloned().collect();
        dirty.extend(staged);
        Ok((dirty, neither))
    }

    /// The files of which an index says something else than a commit.
    pub(super) async fn staged(&self, index: &Scratch, commit: &str) -> Result<Paths> {
        let call = self.with(index).args(["diff-index", "--cached", "--name-only"]);
        names(call.args(["--no-renames", "--ignore-submodules=none", "-z", commit, "--"])).await
    }

    /// The files that are not as an index has them.
    pub(super) async fn differing(&self, index: &Scratch) -> Result<Paths> {
        let refresh = self.with(index).args(["update-index", "-q", "--refresh"]);
        refresh.codes(&[0, 1]).await?;
        let list = self.with(index).args(["diff-files", "--name-only", "-z"]);
        names(list.arg("--ignore-submodules=all")).await
    }

    /// Lets git write the files that differ between two commits aside, and the index with them.
    pub(super) async fn prepare(&self, index: &Scratch, [from, to]: [&str; 2]) -> Result<()> {
        let prepared = self.own.join(PREPARED);
        let dir = prepared.clone();
        let made = self.repo.git.blocking("prepare", move || {
            delete(&dir)?;
            fs::create_dir(&dir)
        });
        made.await?.map_err(|error| disk(&error))?;
        let call = self.repo.git.at(&prepared).env("GIT_DIR", &self.own);
        let call = call.env("GIT_WORK_TREE", &prepared).env("GIT_INDEX_FILE", &index.0);
        let call = call.args(["read-tree", "-m", "-u", "--no-recurse-submodules", from, to]);
        call.under(self.merges).bytes().await?;
        Ok(())
    }

    pub(super) fn placement(&self, changed: Changed, dirty: Paths, before: Contents) -> Placement {
        let (root, prepared) = (self.checkout.clone(), self.own.join(PREPARED));
        Placement { root, slots: self.slots(), prepared, changed, dirty, before }
    }

    /// The files that somebody's work is in, of those that a placement would change.
    pub(super) async fn in_the_way(&self, placement: &Arc<Placement>) -> Result<Vec<Vec<u8>>> {
        let placement = Arc::clone(placement);
        let found = self.repo.git.blocking("check", move || placement.in_the_way()).await?;
        found.map_err(|error| disk(&error).with("checkout", self.checkout.display()))
    }

    /// Puts the files, the index and the branch where they are to be. What fails is taken back, and
    /// the inner result says how it failed; the outer one fails when that was not possible.
    async fn advance(
        &self,
        placement: Arc<Placement>,
        into: &str,
        [tip, commit]: [&str; 2],
        [index, old]: [&Scratch; 2],
    ) -> Result<Result<bool>> {
        let moving = match self.place(placement, index).await? {
            Placed::Done(moving) => moving,
            Placed::TakenBack(error) => return Ok(Err(error)),
        };
        let (moving, confirmed) =
            self.with_locks("confirm", moving, |moving| moving.confirm()).await?;
        let moved = match confirmed {
            // Where it is not known whether the branch has moved, nothing is taken back.
            Ok(()) => self.move_branch(into, [tip, commit]).await?,
            Err(error) => Err(error),
        };
        if matches!(moved, Ok(true)) {
            return Ok(moved);
        }
        self.with_locks("take back", moving, Move::undo).await?.1.map_err(|error| disk(&error))?;
        self.use_index(old).await?;
        Ok(moved)
    }

    /// Puts the prepared files in their places, then the index.
    pub(super) async fn place(&self, placement: Arc<Placement>, index: &Scratch) -> Result<Placed> {
        let moving = self.repo.git.blocking("record", move || Move::begin(placement)).await?;
        let moving = moving.map_err(|error| disk(&error))?;
        let apply = |moving: &mut Move| match moving.apply() {
            Ok(()) => Ok(None),
            Err(error) => moving.undo().map(|()| Some(error)),
        };
        let (moving, placed) = self.with_locks("place", moving, apply).await?;
        if let Some(error) = placed.map_err(|error| disk(&error))? {
            return Ok(Placed::TakenBack(error));
        }
        self.use_index(index).await?;
        Ok(Placed::Done(moving))
    }

    /// Does something with files. Both locks last as long, also when the caller is dropped.
    async fn with_locks<T: Send + 'static>(
        &self,
        name: &'static str,
        mut moving: Move,
        act: impl FnOnce(&mut Move) -> T + Send + 'static,
    ) -> Result<(Move, T)> {
        let lock = Arc::clone(&self.index);
        let acted = self.repo.git.blocking(name, move || {
            let acted = act(&mut moving);
            drop(lock);
            (moving, acted)
        });
        acted.await
    }

    /// Makes an index that of the checkout.
    async fn use_index(&self, index: &Scratch) -> Result<()> {
        let refresh = self.with(index).args(["update-index", "-q", "--refresh"]);
        refresh.codes(&[0, 1]).await?;
        self.repo.rename(index.0.clone(), self.own.join("index")).await
    }

    /// Moves the branch. The inner result is false when somebody else moved it; the outer one fails when
    /// it cannot be told where the branch is.
    async fn move_branch(&self, into: &str, [tip, commit]: [&str; 2]) -> Result<Result<bool>> {
        let call = self.repo.git.at(&self.checkout).args(["update-ref", "-m"]);
        let call = call.arg(format!("{MERGED}{commit}"));
        let moved = call.arg(branch_ref(into)).args([commit, tip]).under(self.merges).run().await;
        if self.repo.branch(into).await?.as_deref() == Some(commit) {
            return Ok(Ok(true));
        }
        let swapped = match moved {
            Ok(done) => self.repo.swapped(&done).await,
            Err(error) => Err(error),
        };
        Ok(swapped.map(|swapped| matches!(swapped, Swap::Done)))
    }
}

/// Says which files are in the way, if any.
fn refuse(held: &Held<'_>, into: &str, files: &[Vec<u8>]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let files: Vec<String> = files.iter().map(|path| text_of(path)).collect();
    Err(Error::new(
        ErrorKind::Conflict,
        "the checkout of the branch is in the way; commit or move its changes, then merge again",
    )
    .with("into", into)
    .with("checkout", held.checkout.display())
    .with("files", files.join(", ")))
}
