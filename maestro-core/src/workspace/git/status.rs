//! What a worktree holds, as git's plumbing says it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::call::Call;
use super::repo::{Repo, text_of};
use super::settle::{disk, present};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{FileChange, FileStatus};
use crate::runtime::RuntimeExt as _;

/// How the copies of an index begin that untracked files are added to for comparing.
pub(super) const SPARE_INDEX: &str = "maestro-index-";

/// Files in a worktree's git directory that tell of something begun: its parts live nowhere else.
const BEGUN: &[&str] = &[
    "rebase-merge",
    "rebase-apply",
    "MERGE_HEAD",
    "MERGE_AUTOSTASH",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "sequencer",
    "BISECT_LOG",
];

/// The state of a worktree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    /// The branch that is checked out.
    pub(super) branch: Option<String>,
    pub(super) head: Option<String>,
    /// Whether tracked files differ from the last commit.
    pub(super) uncommitted: bool,
    /// Files that git does not know and does not ignore.
    pub(super) untracked: Vec<String>,
    /// Files whose merge was left open.
    pub(super) unmerged: Vec<String>,
    /// What was begun and not ended, such as a rebase.
    pub(super) begun: Vec<&'static str>,
}

impl State {
    pub(super) fn clean(&self) -> bool {
        !self.uncommitted && self.untracked.is_empty() && self.begun.is_empty()
    }

    fn read(&mut self, output: &[u8]) {
        let mut parts = output.split(|byte| *byte == 0);
        while let Some(part) = parts.next() {
            match part.first() {
                Some(b'#') => {
                    let line = String::from_utf8_lossy(part);
                    if let Some(head) = line.strip_prefix("# branch.oid ") {
                        self.head = (head != "(initial)").then(|| head.to_owned());
                    } else if let Some(branch) = line.strip_prefix("# branch.head ") {
                        self.branch = (branch != "(detached)").then(|| branch.to_owned());
                    }
                }
                Some(b'?') => self.untracked.push(text_of(part.get(2..).unwrap_or_default())),
                Some(b'u') => {
                    self.uncommitted = true;
                    let path = part.splitn(11, |byte| *byte == b' ').nth(10);
                    self.unmerged.push(text_of(path.unwrap_or_default()));
                }
                Some(b'2') => {
                    self.uncommitted = true;
                    parts.next();
                }
                Some(b'1') => self.uncommitted = true,
                _ => {}
            }
        }
    }
}

impl Repo {
    /// The state of the worktree that belongs at `root`, which may stand aside for the moment.
    pub(super) async fn state(&self, root: &Path, aside: Option<(&Path, &Path)>) -> Result<State> {
        let call = |dir: &Path| match aside {
            Some((admin, _)) => self.git.at(dir).env("GIT_DIR", admin).env("GIT_WORK_TREE", dir),
            None => self.git.at(dir),
        };
        let dir = aside.map_or(root, |(_, dir)| dir);
        let mut state = State::default();
        let status =
            call(dir).args(["status", "--porcelain=v2", "-z", "--branch", "--untracked-files=all"]);
        // A submodule knows where its superproject stands, so that it cannot be read from aside.
        let submodules = if aside.is_some() { "all" } else { "none" };
        let status = status
            .arg(format!("--ignore-submodules={submodules}"))
            .arg("--no-renames")
            .bytes()
            .await?;
        state.read(&status);
        // Files that git was told to take for unchanged are looked at by nobody else.
        let files = call(dir).args(["ls-files", "-v", "-z"]).bytes().await?;
        let hidden = |line: &[u8]| line.first().is_some_and(u8::is_ascii_lowercase);
        state.uncommitted |= files.split(|byte| *byte == 0).any(hidden);
        let admin = match aside {
            Some((admin, _)) => Some(admin.to_owned()),
            None => self.admin(root).await?,
        };
        if let Some(admin) = admin {
            let begun =
                move || BEGUN.iter().copied().filter(|name| present(&admin.join(name))).collect();
            state.begun = self.git.blocking("begun", begun).await?;
        }
        Ok(state)
    }

    /// A copy of the worktree's index to which untracked files were added, without their content.
    pub(super) async fn spare_index(&self, root: &Path, untracked: bool) -> Result<SpareIndex> {
        let admin = self.admin(root).await?.ok_or_else(|| {
            Error::new(
                ErrorKind::Conflict,
                "the workspace is no worktree any more; prepare it again",
            )
            .with("workspace", root.display())
        })?;
        let spare = SpareIndex(admin.join(format!("{SPARE_INDEX}{}", self.git.runtime().uuid())));
        let to = spare.0.clone();
        let copied = self.git.blocking("index", move || fs::copy(admin.join("index"), to)).await?;
        copied.map_err(|error| disk(&error))?;
        if untracked {
            let add = self.git.at(root).args(["add", "--intent-to-add", "--sparse", "--", "."]);
            spare.used(add).bytes().await?;
        }
        Ok(spare)
    }

    /// Every file that differs between a commit and either another one or the worktree.
    pub(super) async fn files(&self, call: Call<'_>) -> Result<Vec<FileChange>> {
        let output = call.bytes().await?;
        let mut files: BTreeMap<String, FileChange> = BTreeMap::new();
        let mut parts = output.split(|byte| *byte == 0);
        while let Some(part) = parts.next().filter(|part| !part.is_empty()) {
            if let Some(raw) = part.strip_prefix(b":") {
                let letter = raw.rsplit(|byte| *byte == b' ').next().and_then(|word| word.first());
                let mut path = text_of(parts.next().unwrap_or_default());
                let status = match letter {
                    Some(b'A' | b'C') => FileStatus::Added,
                    Some(b'D') => FileStatus::Deleted,
                    Some(b'R') => FileStatus::Renamed,
                    _ => FileStatus::Modified,
                };
                if matches!(letter, Some(b'R' | b'C')) {
                    path = text_of(parts.next().unwrap_or_default());
                }
                let change = FileChange { path: path.clone(), status, added: None, removed: None };
                files.insert(path, change);
            } else {
                let mut columns = part.splitn(3, |byte| *byte == b'\t');
                let (added, removed) = (number(columns.next()), number(columns.next()));
                let mut path = columns.next().unwrap_or_default();
                if path.is_empty() {
                    parts.next();
                    path = parts.next().unwrap_or_default();
                }
                if let Some(change) = files.get_mut(&text_of(path)) {
                    (change.added, change.removed) = (added, removed);
                }
            }
        }
        Ok(files.into_values().collect())
    }
}

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

/// Lines, or none for a binary file.
fn number(column: Option<&[u8]>) -> Option<u32> {
    std::str::from_utf8(column?).ok()?.parse().ok()
}
