//! A workspace to work on: what it holds, the difference to its base, and commits.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::begun::{Begun, said};
use super::call::Call;
use super::index::SpareIndex;
use super::name::branch_ref;
use super::proof::{At, Beyond};
use super::repo::Repo;
use super::status::State;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Changes, FileChange};
use crate::workspace::Committed;

/// Options that make a difference the same whatever the user has configured.
const DIFF: &[&str] = &[
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-relative",
    "--find-renames",
    "--ignore-submodules=dirty",
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

/// What a workspace holds.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) state: State,
    pub(super) beyond: Beyond,
    /// Whether a stash was made there.
    pub(super) stashed: bool,
    pub(super) own: Own,
}

impl Survey {
    /// The changes without the files.
    pub(super) fn summary(&self) -> Changes {
        let (state, beyond) = (&self.state, &self.beyond);
        // What git shows as changed or staged may be a file that the last commit does not have.
        let uncommitted = state.uncommitted || !state.begun.is_empty() || beyond.changed;
        Changes {
            files: Vec::new(),
            uncommitted,
            untracked: !state.untracked.is_empty() || (beyond.untracked && !uncommitted),
            ignored: beyond.ignored,
            stashed: self.stashed,
            unmerged: u32::try_from(self.own.count).unwrap_or(u32::MAX),
            head: state.head.clone(),
        }
    }
}

/// The commits that only this workspace holds.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// The commits that its branch and its worktree lead to.
    pub(super) tips: BTreeSet<String>,
    /// How many, without the merges that brought needs in.
    pub(super) count: usize,
    /// The commits below them. The workspace may go only as long as other branches hold these.
    pub(super) below: BTreeSet<String>,
}

impl Site {
    pub(super) async fn changes(&self) -> Result<Changes> {
        let survey = self.survey().await?;
        Ok(Changes { files: self.files(&survey.state).await?, ..survey.summary() })
    }

    /// What would be lost with the workspace, and what its commits stand on, seen at one moment. The
    /// bytes of tracked files are not compared yet.
    pub(super) async fn survey(&self) -> Result<Survey> {
        let state = self.state().await?;
        let mut own = self.own(&state).await?;
        let mut survey =
            Survey { state, beyond: Beyond::default(), stashed: false, own: Own::default() };
        if self.whole
            && let Some(admin) = self.repo.admin(&self.root).await?
        {
            if let Some(head) = &survey.state.head {
                survey.beyond = self.beyond(&self.root, &admin, head, false).await?;
                own.count += survey.beyond.commits;
            }
            own.count += self.dropped(&admin, &own.tips).await?;
            survey.stashed = self.stashed(&admin).await?;
        }
        Ok(Survey { own, ..survey })
    }

    /// What a directory of the worktree, which may stand aside for the moment, has beside its last commit.
    pub(super) async fn beyond(
        &self,
        dir: &Path,
        admin: &Path,
        head: &str,
        bytes: bool,
    ) -> Result<Beyond> {
        At { repo: &self.repo, dir, admin, inner: None }.beyond(head, bytes).await
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
            let spare = self.compared(state).await?;
            return self.repo.files(spare.used(self.diff(&raw, &[&base]))).await;
        };
        self.repo.files(self.diff(&raw, &[&base, head])).await
    }

    /// An index to compare with: nothing in it is hidden, and it knows the untracked files.
    async fn compared(&self, state: &State) -> Result<SpareIndex> {
        let spare = self.repo.spare_index(&self.root).await?;
        if !state.untracked.is_empty() {
            let landing = self.landing(state.head.as_deref()).await?;
            let add = self.repo.git.at(&self.root).args(["add", "--intent-to-add", "--sparse"]);
            landing.limit(spare.used(add)).bytes().await?;
        }
        Ok(spare)
    }

    /// The difference to the base, as `git apply` takes it.
    pub(super) async fn patch(&self) -> Result<Vec<u8>> {
        let state = self.state().await?;
        let Some(base) = self.base.clone().or_else(|| state.head.clone()) else {
            return Ok(Vec::new());
        };
        let form = ["--patch", "--binary", "--full-index"];
        if self.whole {
            let spare = self.compared(&state).await?;
            spare.used(self.diff(&form, &[&base])).bytes().await
        } else {
            let head = state.head.unwrap_or_else(|| base.clone());
            self.diff(&form, &[&base, &head]).bytes().await
        }
    }

    fn diff<'a>(&'a self, form: &[&str], commits: &[&str]) -> Call<'a> {
        let dir = if self.whole { &self.root } else { &self.repo.path };
        self.repo
            .git
            .at(dir)
            .arg("diff")
            .args(DIFF)
            .args(form)
            .args(commits)
            .arg("--")
            .without_broken_filters()
    }

    /// Which commits are in no other branch, remote branch or tag.
    async fn own(&self, state: &State) -> Result<Own> {
        let mut tips: BTreeSet<String> = state.head.iter().cloned().collect();
        tips.extend(self.repo.branch(&self.branch).await?);
        if tips.is_empty() {
            return Ok(Own { count: 0, below: tips.clone(), tips });
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
        let below = parents.chain(tips.iter().map(String::as_str));
        let below = below.filter(|commit| !own.contains(commit)).map(str::to_owned).collect();
        Ok(Own { tips, count, below })
    }

    /// Something that was begun in the workspace is to be ended first.
    pub(super) fn unended(&self, begun: &[Begun], then: &str) -> Error {
        let begun = said(begun);
        Error::new(
            ErrorKind::Conflict,
            format!("{begun} was begun in the workspace; end or abort it, then {then}"),
        )
        .with("workspace", self.root.display())
    }

    pub(super) async fn commit(&self, message: &str) -> Result<Committed> {
        if message.trim().is_empty() {
            return Err(Error::invalid("message", "is empty"));
        }
        if !self.whole {
            return if self.repo.branch(&self.branch).await?.is_some() {
                Ok(Committed::default())
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
        if state.begun.iter().any(|begun| begun.forbids_commits()) {
            return Err(self.unended(&state.begun, "commit"));
        }
        self.return_to_branch(&state).await?;
        let git = &self.repo.git;
        let mut landing = self.landing(state.head.as_deref()).await?;
        let spare = self.repo.spare_index(&self.root).await?;
        let amendments = self.amendments(&mut landing).await?;
        self.repo.replace_index(&self.root, spare, amendments).await?;
        let refused = self.stage(&landing).await?;
        let left_out = landing.names();
        let staged =
            git.at(&self.root).args(["diff", "--cached", "--quiet", "--ignore-submodules=dirty"]);
        let nothing = staged.codes(&[0, 1]).await?.code == Some(0);
        if nothing && !state.begun.contains(&Begun::Merge) {
            return Ok(Committed { commit: None, left_out, refused });
        }
        let call = self.repo.identified(&self.root, git.at(&self.root)).await?;
        let call =
            call.args(["commit", "--quiet", "--no-verify", "--no-gpg-sign", "--cleanup=verbatim"]);
        // It looks at the files that are not staged, too, and adds none of them.
        let call = call.args(["-F", "-"]).input(message).without_broken_filters();
        call.bytes().await?;
        let commit = self.repo.commit_in(&self.root, "HEAD").await?;
        Ok(Committed { commit, left_out, refused })
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
