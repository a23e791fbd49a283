//! What a worktree holds, as git's plumbing says it.

use std::collections::BTreeMap;
use std::path::Path;

use super::begun::{Begun, begun};
use super::call::Call;
pub(super) use super::index::SPARE_INDEX;
use super::repo::{Repo, text_of};
use crate::error::Result;
use crate::model::{FileChange, FileStatus};

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
    pub(super) begun: Vec<Begun>,
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
        // A submodule knows where its superproject stands, so that it cannot be read from aside. Git
        // never goes into one: it would read the configuration there.
        let submodules = if aside.is_some() { "all" } else { "dirty" };
        let status = status
            .arg(format!("--ignore-submodules={submodules}"))
            .arg("--no-renames")
            .without_broken_filters()
            .bytes()
            .await?;
        state.read(&status);
        // Files that git was told not to look at are looked at by nobody else.
        let files = call(dir).args(["ls-files", "-v", "-z"]).bytes().await?;
        let flagged = self.flagged(dir, &files).await?;
        state.uncommitted |=
            flagged.hides() || (!flagged.absent.is_empty() && !self.is_sparse(call(dir)).await?);
        let admin = match aside {
            Some((admin, _)) => Some(admin.to_owned()),
            None => self.admin(root).await?,
        };
        if let Some(admin) = admin {
            state.begun = self.git.blocking("begun", move || begun(&admin)).await?;
        }
        Ok(state)
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

/// Lines, or none for a binary file.
fn number(column: Option<&[u8]>) -> Option<u32> {
    std::str::from_utf8(column?).ok()?.parse().ok()
}
