//! A workspace to work on: what it holds, the difference to its base, and commits.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::call::Call;
use super::name::branch_ref;
use super::repo::{Repo, path_of};
use super::status::State;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Changes, FileChange, FileStatus};

/// Options that make a difference the same whatever the user has configured.
const DIFF: &[&str] = &[
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-relative",
    "--find-renames",
    "--ignore-submodules=none",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

/// A workspace that was prepared before.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) repo: Repo,
    pub(super) root: PathBuf,
    pub(super) branch: String,
    pub(super) base: Option<String>,
    /// Whether the worktree is there.
    pub(super) whole: bool,
}

/// The commits that only this workspace holds.
#[derive(Debug)]
pub(super) struct Own {
    /// How many, without the merges that brought needs in.
    pub(super) count: usize,
    /// The commits below them. The workspace may go only as long as other branches hold these.
    pub(super) below: BTreeSet<String>,
}

impl Site {
    pub(super) async fn changes(&self) -> Result<Changes> {
        let (state, own) = self.survey().await?;
        Ok(Changes { files: self.files(&state).await?, ..summary(state, &own) })
    }

    /// What would be lost with the workspace, and what its commits stand on, seen at one moment.
    pub(super) async fn survey(&self) -> Result<(State, Own)> {
        let state = self.state().await?;
        let mut own = self.own(&state).await?;
        if self.whole {
            own.count += nested(&self.repo, self.root.clone()).await?;
        }
        Ok((state, own))
    }

    /// The worktree's state; without a worktree that of its branch.
    pub(super) async fn state(&self) -> Result<State> {
        if self.whole {
            return self.repo.state(&self.root, None).await;
        }
        let head = self.repo.branch(&self.branch).await?;
        if head.is_none() && self.repo.occupied(&self.root).await? {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the workspace's branch is gone and its directory is no worktree; move the directory away",
            )
            .with("workspace", self.root.display()));
        }
        let branch = head.is_some().then(|| self.branch.clone());
        Ok(State { branch, head, ..State::default() })
    }

    async fn files(&self, state: &State) -> Result<Vec<FileChange>> {
        let Some(base) = self.base.clone().or_else(|| state.head.clone()) else {
            return Ok(Vec::new());
        };
        let raw = ["--raw", "--numstat", "-z"];
        let Some(head) = state.head.as_ref().filter(|_| !self.whole) else {
            if !self.whole {
                return Ok(Vec::new());
            }
            let untracked = !state.untracked.is_empty();
            let (mut files, listed) = match self.repo.spare_index(&self.root, untracked).await {
                Ok(spare) => {
                    (self.repo.files(spare.used(self.diff(&raw, &[&base]))).await?, untracked)
                }
                // A repository without a commit inside the workspace cannot be added to an index.
                Err(_) if untracked => (self.repo.files(self.diff(&raw, &[&base])).await?, false),
                Err(error) => return Err(error),
            };
            if !listed {
                files.extend(state.untracked.iter().map(|path| FileChange {
                    path: path.clone(),
                    status: FileStatus::Added,
                    added: None,
                    removed: None,
                }));
            }
            return Ok(files);
        };
        self.repo.files(self.diff(&raw, &[&base, head])).await
    }

    /// The difference to the base as text that `git apply` takes.
    pub(super) async fn text_diff(&self) -> Result<String> {
        let state = self.state().await?;
        let Some(base) = self.base.clone().or_else(|| state.head.clone()) else {
            return Ok(String::new());
        };
        let form = ["--patch", "--binary", "--full-index"];
        let output = if self.whole {
            let spare = self.repo.spare_index(&self.root, !state.untracked.is_empty()).await?;
            spare.used(self.diff(&form, &[&base])).bytes().await?
        } else {
            let head = state.head.unwrap_or_else(|| base.clone());
            self.diff(&form, &[&base, &head]).bytes().await?
        };
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    fn diff<'a>(&'a self, form: &[&str], commits: &[&str]) -> Call<'a> {
        let dir = if self.whole { &self.root } else { &self.repo.path };
        self.repo.git.at(dir).arg("diff").args(DIFF).args(form).args(commits).arg("--")
    }

    /// Which commits are in no other branch, remote branch or tag.
    async fn own(&self, state: &State) -> Result<Own> {
        let mut tips: BTreeSet<String> = state.head.iter().cloned().collect();
        tips.extend(self.repo.branch(&self.branch).await?);
        if tips.is_empty() {
            return Ok(Own { count: 0, below: tips });
        }
        let call = self.repo.git.at(&self.repo.path).args(["rev-list", "--parents"]).args(&tips);
        let call = call.arg("--not").arg(format!("--exclude={}", self.branch));
        let mut call = call.args(["--branches", "--remotes", "--tags"]);
        // What the project has checked out is held too, also when no branch is.
        if self.repo.checkout_of(&self.branch, &self.root).await?.is_none() {
            call = call.args(self.repo.commit("HEAD").await?);
        }
        let list = call.text().await?;
        let commits: Vec<Vec<&str>> = list.lines().map(|line| line.split(' ').collect()).collect();
        let own: BTreeSet<&str> = commits.iter().filter_map(|line| line.first().copied()).collect();
        let mut count = own.len();
        if count > 0
            && let Some(base) = &self.base
        {
            let brought = self.repo.brought(base).await?;
            count -= brought.iter().filter(|(commit, _)| own.contains(commit.as_str())).count();
        }
        let parents = commits.iter().flat_map(|line| line.iter().skip(1).copied());
        let tips = tips.iter().map(String::as_str);
        let below = parents.chain(tips).filter(|commit| !own.contains(commit));
        Ok(Own { count, below: below.map(str::to_owned).collect() })
    }

    pub(super) async fn commit(&self, message: &str) -> Result<Option<String>> {
        if message.trim().is_empty() {
            return Err(Error::invalid("message", "is empty"));
        }
        if !self.whole {
            return if self.repo.branch(&self.branch).await?.is_some() {
                Ok(None)
            } else {
                Err(gone(&self.root))
            };
        }
        let state = self.state().await?;
        if !state.unmerged.is_empty() {
            return Err(Error::new(
                ErrorKind::Conflict,
                "files are in conflict; resolve them and `git add` them, then commit",
            )
            .with("files", state.unmerged.join(", ")));
        }
        if state.begun.iter().any(|begun| begun.starts_with("rebase")) {
            return Err(Error::new(
                ErrorKind::Conflict,
                "a rebase was begun in the workspace; end or abort it, then commit",
            )
            .with("workspace", self.root.display()));
        }
        let git = &self.repo.git;
        git.at(&self.root).args(["add", "--all", "--sparse"]).bytes().await?;
        let staged =
            git.at(&self.root).args(["diff", "--cached", "--quiet", "--ignore-submodules=none"]);
        let nothing = staged.codes(&[0, 1]).await?.code == Some(0);
        if nothing && !state.begun.contains(&"MERGE_HEAD") {
            return Ok(None);
        }
        let call = self.repo.identified(&self.root, git.at(&self.root)).await?;
        let call =
            call.args(["commit", "--quiet", "--no-verify", "--no-gpg-sign", "--cleanup=verbatim"]);
        call.args(["-F", "-"]).input(message).bytes().await?;
        self.repo.commit_in(&self.root, "HEAD").await
    }
}

impl Repo {
    /// A call that can write commits: with the user's identity, or ours when there is none.
    pub(super) async fn identified<'a>(&self, dir: &Path, call: Call<'a>) -> Result<Call<'a>> {
        for who in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
            let known = self.git.at(dir).args(["-c", "user.useConfigOnly=true", "var", who]);
            if known.codes(&[0, 128]).await?.code != Some(0) {
                return Ok(call
                    .args(["-c", "user.name=Maestro", "-c"])
                    .arg(format!("user.email={}", super::needs::EMAIL)));
            }
        }
        Ok(call)
    }
}

/// The commits of repositories inside a worktree that are in none of their remotes. Their objects
/// go away with the worktree.
fn nested(repo: &Repo, root: PathBuf) -> BoxFuture<'_, Result<usize>> {
    async move {
        let list = repo.git.at(&root).args(["ls-files", "--stage", "-z"]).bytes().await?;
        let links = list.split(|byte| *byte == 0).filter_map(|line| {
            let tab = line.iter().position(|byte| *byte == b'\t')?;
            line.starts_with(b"160000 ").then(|| path_of(&line[tab + 1..]))
        });
        let mut count = 0;
        for link in links {
            let dir = root.join(link);
            let git = dir.join(".git");
            if !repo.git.blocking("nested", move || super::settle::present(&git)).await? {
                continue;
            }
            let list = repo.git.at(&dir).args([
                "rev-list",
                "--count",
                "--branches",
                "HEAD",
                "--not",
                "--remotes",
            ]);
            count += list.text().await?.parse::<usize>().unwrap_or(1);
            count += nested(repo, dir).await?;
        }
        Ok(count)
    }
    .boxed()
}

/// The changes without the files.
pub(super) fn summary(state: State, own: &Own) -> Changes {
    Changes {
        files: Vec::new(),
        uncommitted: state.uncommitted || !state.begun.is_empty(),
        untracked: !state.untracked.is_empty(),
        unmerged: u32::try_from(own.count).unwrap_or(u32::MAX),
        head: state.head,
    }
}

/// Neither a worktree nor a branch is there.
pub(super) fn gone(root: &Path) -> Error {
    Error::new(ErrorKind::NotFound, "the workspace is not there; prepare it again")
        .with("workspace", root.display())
}

impl Site {
    /// The full name of the workspace's branch.
    pub(super) fn branch_ref(&self) -> String {
        branch_ref(&self.branch)
    }
}
