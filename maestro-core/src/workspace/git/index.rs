//! Indexes that are made from a worktree's own one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::call::Call;
use super::repo::{Repo, path_of};
use super::settle::{disk, present};
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::RuntimeExt as _;
use crate::workspace::file;

/// How their names begin.
pub(super) const SPARE_INDEX: &str = "maestro-index-";

/// An index that nobody else uses. Goes away with its owner, or when the workspace is settled.
#[derive(Debug)]
pub(super) struct SpareIndex(PathBuf);

impl SpareIndex {
    pub(super) fn used<'a>(&self, call: Call<'a>) -> Call<'a> {
        call.env("GIT_INDEX_FILE", &self.0)
    }
}

impl Drop for SpareIndex {
    fn drop(&mut self) {
        // What stays is removed when the workspace is settled next.
        let _ = fs::remove_file(&self.0);
    }
}

/// Paths that a worktree's index was told not to look at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Flagged {
    /// To be taken for unchanged.
    pub(super) assumed: Vec<Vec<u8>>,
    /// To be left out, although something is there.
    pub(super) skipped: Vec<Vec<u8>>,
    /// To be left out, and not there.
    pub(super) absent: Vec<Vec<u8>>,
}

impl Flagged {
    /// Whether work could hide behind a flag.
    pub(super) fn hides(&self) -> bool {
        !self.assumed.is_empty() || !self.skipped.is_empty()
    }
}

impl Repo {
    /// What `list` says, which is the output of `ls-files -v -z` in `dir`.
    pub(super) async fn flagged(&self, dir: &Path, list: &[u8]) -> Result<Flagged> {
        let mut flagged = Flagged::default();
        let mut skipped = Vec::new();
        for line in list.split(|byte| *byte == 0) {
            let Some((&tag, path)) = line.split_first() else { continue };
            let path = path.get(1..).unwrap_or_default().to_vec();
            if tag.is_ascii_lowercase() {
                flagged.assumed.push(path.clone());
            }
            if tag.eq_ignore_ascii_case(&b'S') {
                skipped.push(path);
            }
        }
        if !skipped.is_empty() {
            let dir = dir.to_owned();
            let look =
                move || skipped.into_iter().partition(|path| present(&dir.join(path_of(path))));
            (flagged.skipped, flagged.absent) = self.git.blocking("flags", look).await?;
        }
        Ok(flagged)
    }

    /// A copy of the worktree's index without the flags that hide a change.
    pub(super) async fn spare_index(&self, root: &Path) -> Result<SpareIndex> {
        let (admin, spare) = self.new_index(root).await?;
        let to = spare.0.clone();
        let copied = self.git.blocking("index", move || copy(&admin.join("index"), &to)).await?;
        copied.map_err(|error| disk(&error))?;
        let list = spare.used(self.git.at(root).args(["ls-files", "-v", "-z"])).bytes().await?;
        let flagged = self.flagged(root, &list).await?;
        for (flag, paths) in
            [("--no-assume-unchanged", &flagged.assumed), ("--no-skip-worktree", &flagged.skipped)]
        {
            if !paths.is_empty() {
                let call = self.git.at(root).args(["update-index", flag, "-z", "--stdin"]);
                spare.used(call).input(paths.join(&0)).bytes().await?;
            }
        }
        if !flagged.absent.is_empty() && !self.is_sparse(self.git.at(root)).await? {
            let call =
                self.git.at(root).args(["update-index", "--no-skip-worktree", "-z", "--stdin"]);
            spare.used(call).input(flagged.absent.join(&0)).bytes().await?;
        }
        Ok(spare)
    }

    /// Gives the worktree this index, with some entries as they are in `lines`, which have the form of
    /// `update-index --index-info`.
    pub(super) async fn replace_index(
        &self,
        root: &Path,
        spare: SpareIndex,
        lines: Vec<u8>,
    ) -> Result<()> {
        if !lines.is_empty() {
            let call = self.git.at(root).args(["update-index", "-z", "--index-info"]);
            spare.used(call).input(lines).bytes().await?;
        }
        let Some(admin) = self.admin(root).await? else { return Ok(()) };
        let from = spare.0.clone();
        let replace = move || fs::rename(&from, admin.join("index"));
        self.git.blocking("index", replace).await?.map_err(|error| disk(&error))
    }

    /// Whether a worktree has only some of its files.
    pub(super) async fn is_sparse(&self, call: Call<'_>) -> Result<bool> {
        let call = call.args(["config", "--type=bool", "--get", "core.sparseCheckout"]);
        Ok(call.codes(&[0, 1]).await?.stdout.trim_ascii() == b"true")
    }

    async fn new_index(&self, root: &Path) -> Result<(PathBuf, SpareIndex)> {
        let admin = self.admin(root).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::Conflict,
                "the workspace is no worktree any more; prepare it again",
            )
            .with("workspace", root.display())
        })?;
        let spare = SpareIndex(admin.join(format!("{SPARE_INDEX}{}", self.git.runtime().uuid())));
        Ok((admin, spare))
    }
}

/// Copies an index with its time, by which git knows which entries it cannot believe.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let copy = file::copy(from, to)?;
    copy.set_modified(fs::metadata(from)?.modified()?)
}
