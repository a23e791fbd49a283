//! What somebody has begun in a worktree and not ended, such as a rebase.
//!
//! Git keeps it in files of the worktree's own git directory. A branch that is rebased or bisected is
//! checked out nowhere, and still is in use: git would find it moved at the end.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::name::branch_ref;
use super::repo::{Repo, path_of};
use super::settle::{disk, present};
use crate::error::{Error, ErrorKind, Result};

/// Something that was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    Rebase,
    /// Patches of mails.
    Am,
    Merge,
    CherryPick,
    Revert,
    /// More than one cherry-pick or revert.
    Sequence,
    Bisect,
}

impl Begun {
    /// Whether a commit would go to the wrong place, or leave the rest of it behind.
    pub(super) fn forbids_commits(self) -> bool {
        matches!(self, Self::Rebase | Self::Am | Self::Sequence | Self::Bisect)
    }
}

impl fmt::Display for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rebase => "a rebase",
            Self::Am => "`git am`",
            Self::Merge => "a merge",
            Self::CherryPick => "a cherry-pick",
            Self::Revert => "a revert",
            Self::Sequence => "a sequence of cherry-picks or reverts",
            Self::Bisect => "a bisect",
        })
    }
}

/// What is under way, by the git directory that a worktree has for itself.
pub(super) fn begun(own: &Path) -> Vec<Begun> {
    let is = |name: &str| present(&own.join(name));
    let am = is("rebase-apply/applying");
    let found = [
        (Begun::Rebase, is("rebase-merge") || (is("rebase-apply") && !am)),
        (Begun::Am, am),
        (Begun::Merge, is("MERGE_HEAD") || is("MERGE_AUTOSTASH")),
        (Begun::CherryPick, is("CHERRY_PICK_HEAD")),
        (Begun::Revert, is("REVERT_HEAD")),
        (Begun::Sequence, is("sequencer")),
        (Begun::Bisect, is("BISECT_LOG")),
    ];
    found.into_iter().filter_map(|(begun, is)| is.then_some(begun)).collect()
}

/// What is under way, for people.
pub(super) fn said(begun: &[Begun]) -> String {
    begun.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

impl Repo {
    /// Makes sure that nobody rebases or bisects a branch, in whichever worktree.
    pub(super) async fn refuse_in_use(&self, branch: &str) -> Result<()> {
        let (common, name) = (self.common.clone(), branch_ref(branch));
        let short = branch.to_owned();
        let used = self.git.blocking("begun", move || users(&common, &[&name, &short])).await?;
        let Some((begun, own)) = used.map_err(|error| disk(&error))? else { return Ok(()) };
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "{begun} of the branch was begun in a worktree; end or abort it, then merge again"
            ),
        )
        .with("into", branch)
        .with("worktree", own.display()))
    }
}

/// Who works on a branch without having it checked out, and the worktree.
fn users(common: &Path, names: &[&str]) -> std::io::Result<Option<(Begun, PathBuf)>> {
    let linked = fs::read_dir(common.join("worktrees")).into_iter().flatten();
    let linked = linked.map(|entry| entry.map(|entry| entry.path()));
    for own in std::iter::once(Ok(common.to_owned())).chain(linked) {
        let own = own?;
        for (file, what) in [
            ("rebase-merge/head-name", Begun::Rebase),
            ("rebase-apply/head-name", Begun::Rebase),
            ("BISECT_START", Begun::Bisect),
        ] {
            let Ok(text) = fs::read(own.join(file)) else { continue };
            let text = text.trim_ascii_end();
            if names.iter().any(|name| name.as_bytes() == text) {
                return Ok(Some((what, worktree(common, &own))));
            }
        }
    }
    Ok(None)
}

/// The directory of a worktree, as far as its git directory says it.
fn worktree(common: &Path, own: &Path) -> PathBuf {
    let pointer = fs::read(own.join("gitdir")).ok();
    let pointer = pointer.map_or_else(|| own.to_owned(), |text| path_of(text.trim_ascii_end()));
    let is_git = pointer.file_name().is_some_and(|name| name == ".git") || pointer == common;
    match pointer.parent() {
        Some(parent) if is_git => parent.to_owned(),
        _ => pointer,
    }
}
