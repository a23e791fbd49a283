//! What a repository holds at one moment, noted to find out later what was made since.
//!
//! The note lies in the private git directory of a workspace, so that it goes with the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::layout::line;
use super::name;
use super::repo::Repo;
use super::settle::disk;
use crate::error::Result;
use crate::workspace::file::{self, Links, MAX_NAME};

/// The note's name.
const NOTE: &str = "maestro-before";
/// The most that is read of a note. 64 MiB is about 500000 branches.
const MAX_NOTE: u64 = 64 << 20;
/// The most that is read of a worktree's reflog, about 500000 steps. A longer one says nothing.
const MAX_LOG: u64 = 64 << 20;
/// The longest subject of a stash that is kept, in characters.
const MAX_SUBJECT: usize = 200;

/// How the steps of a reflog begin that make a commit, and do not only go to one.
const MAKES: &[&str] = &["commit", "cherry-pick", "revert", "rebase (pick)"];

/// What a repository holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    /// The branches with their commits, by their full names.
    pub(super) branches: BTreeMap<String, String>,
    /// The commits that the work of tasks begins at.
    #[serde(skip)]
    pub(super) bases: BTreeSet<String>,
    /// The worktrees, by their directories.
    pub(super) worktrees: BTreeMap<String, Worktree>,
    /// The stashes with their subjects, by their commits.
    pub(super) stashes: BTreeMap<String, String>,
}

/// A worktree, or the repository's own checkout.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Worktree {
    /// The branch that is checked out there, by its full name.
    pub(super) branch: Option<String>,
    /// The commit that is checked out there without a branch.
    pub(super) detached: Option<String>,
    /// Its private git directory.
    #[serde(skip)]
    pub(super) admin: PathBuf,
    /// Its directory, as it is.
    #[serde(skip)]
    pub(super) root: PathBuf,
}

impl Repo {
    /// What the repository holds now.
    pub(super) async fn seen(&self) -> Result<Seen> {
        let patterns = ["refs/heads", "refs/stash", name::BASE_PREFIX].map(str::to_owned);
        let mut branches: BTreeMap<_, _> = self.refs(&patterns).await?.into_iter().collect();
        let bases = branches.extract_if(.., |name, _| name.starts_with(name::BASE_PREFIX));
        let bases = bases.map(|(_, commit)| commit).collect();
        let stashed = branches.remove("refs/stash").is_some();
        let stashes = if stashed { self.stashes().await? } else { BTreeMap::new() };
        let common = self.common.clone();
        let worktrees = self.git.blocking("worktrees", move || worktrees(&common)).await?;
        Ok(Seen { branches, bases, worktrees, stashes })
    }

    /// The stashes with their subjects, which begin with the branch that they were made on.
    pub(super) async fn stashes(&self) -> Result<BTreeMap<String, String>> {
        Ok(self.log_of("refs/stash").await?.into_iter().collect())
    }

    /// The commits that a ref led to, the newest first, each with why. None where that is not kept.
    pub(super) async fn log_of(&self, name: &str) -> Result<Vec<(String, String)>> {
        let call = self.git.at(&self.path);
        let call = call.args([
            "log",
            "-g",
            "--no-mailmap",
            "--no-show-signature",
            "--format=%H%x00%gs",
            name,
            "--",
        ]);
        let done = call.codes(&[0, 128]).await?;
        let text = String::from_utf8_lossy(&done.stdout);
        let entries = text.lines().filter_map(|line| line.split_once('\0'));
        let short = |text: &str| text.chars().take(MAX_SUBJECT).collect();
        Ok(entries.map(|(commit, why)| (commit.to_owned(), short(why))).collect())
    }

    /// Notes what the repository holds, unless there is a note that is to be kept.
    pub(super) async fn note_seen(&self, root: &Path, keep: bool) -> Result<()> {
        let Some(admin) = self.admin(root).await? else { return Ok(()) };
        if keep && self.noted(&admin).await?.is_some() {
            return Ok(());
        }
        let seen = self.seen().await?;
        let written = self.git.blocking("note", move || {
            file::replace(&admin.join(NOTE), &serde_json::to_vec(&seen)?)
        });
        written.await?.map_err(|error| disk(&error))
    }

    /// What was noted.
    pub(super) async fn noted(&self, admin: &Path) -> Result<Option<Seen>> {
        let note = admin.join(NOTE);
        let read =
            move || serde_json::from_slice(&file::read(&note, Links::Refused, MAX_NOTE).ok()?).ok();
        self.git.blocking("note", read).await
    }
}

/// The repository's own checkout, and all worktrees whose directories are there.
fn worktrees(common: &Path) -> BTreeMap<String, Worktree> {
    let own = match common.file_name() {
        Some(name) if name == ".git" => common.parent().unwrap_or(common),
        _ => common,
    };
    let mut found = vec![(own.to_owned(), common.to_owned())];
    for entry in fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten() {
        let admin = entry.path();
        let named = file::read(&admin.join("gitdir"), Links::Refused, MAX_NAME);
        let Ok(text) = named else { continue };
        let Some(root) = admin.join(line(&text)).parent().map(Path::to_owned) else { continue };
        if root.is_dir() {
            found.push((root, admin));
        }
    }
    let named = found.into_iter().map(|(root, admin)| {
        let head = text(&admin.join("HEAD"), Links::Followed, MAX_NAME);
        let (branch, detached) = match head.trim().strip_prefix("ref:") {
            Some(branch) => (Some(branch.trim().to_owned()), None),
            None => (None, Some(head.trim().to_owned()).filter(|head| !head.is_empty())),
        };
        (root.to_string_lossy().into_owned(), Worktree { branch, detached, admin, root })
    });
    named.collect()
}

/// A file's text; nothing when it cannot be read.
fn text(path: &Path, links: Links, most: u64) -> String {
    let text = file::read(path, links, most).ok().map(String::from_utf8);
    text.and_then(std::result::Result::ok).unwrap_or_default()
}

impl Worktree {
    /// Whether it is the workspace of a task, by its name.
    pub(super) fn is_workspace(&self) -> bool {
        name::is_directory(&self.root)
    }

    /// The commit that is checked out there.
    pub(super) fn head(&self, seen: &Seen) -> Option<String> {
        let branch = self.branch.as_ref().and_then(|branch| seen.branches.get(branch));
        branch.or(self.detached.as_ref()).cloned()
    }

    /// The commits that were made there, as far as that is kept in a file.
    pub(super) fn made(&self) -> Vec<String> {
        let text = text(&self.admin.join("logs/HEAD"), Links::Refused, MAX_LOG);
        let made = text.lines().filter_map(|line| {
            let (step, why) = line.split_once('\t')?;
            MAKES.iter().any(|word| why.starts_with(word)).then(|| step.split(' ').nth(1))?
        });
        made.map(str::to_owned).collect()
    }
}
