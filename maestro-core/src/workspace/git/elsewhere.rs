//! Work that an agent may have done in the repository, but not in its workspace.
//!
//! Git does not say who made a branch. So what is found is what was made since the workspace was
//! prepared, apart from what other tasks have in their workspaces and what was merged from them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::name::{self, branch_ref};
use super::repo::Repo;
use super::seen::{Seen, Worktree};
use super::site::Site;
use crate::error::Result;
use crate::model::WorkElsewhere;

/// How the reason begins that a merge leaves in the log of a branch.
pub(super) const MERGED: &str = "maestro: merge ";
/// The most that is named.
const MAX_FOUND: usize = 100;

const BRANCH: &str = "branch";
const WORKTREE: &str = "worktree";
const STASH: &str = "stash";

/// Something to look at more closely.
struct Candidate {
    work: WorkElsewhere,
    /// The commits that it was made to have by others than merges of tasks.
    steps: Vec<String>,
    /// The files, when it is new and they may be changed.
    files: Option<PathBuf>,
}

impl Site {
    /// The work that was done elsewhere since the workspace was prepared.
    pub(super) async fn find_elsewhere(&self) -> Result<Vec<WorkElsewhere>> {
        let Some(admin) = self.repo.admin(&self.root).await? else { return Ok(Vec::new()) };
        let Some(before) = self.repo.noted(&admin).await? else { return Ok(Vec::new()) };
        let now = self.repo.seen().await?;
        let mut found = self.stashes(&before, &now);
        let candidates = self.candidates(&before, &now).await?;
        if !candidates.is_empty() {
            let new = self.new_commits(&before, &now, &candidates).await?;
            let others = self.made_by_others(now).await?;
            for candidate in candidates {
                if self.is_work(&candidate, &new, &others).await? {
                    found.push(candidate.work);
                }
            }
        }
        found.sort();
        found.truncate(MAX_FOUND);
        Ok(found)
    }

    /// The work that is still there, and not in a branch.
    pub(super) async fn still_elsewhere(
        &self,
        work: &[WorkElsewhere],
        branch: &str,
    ) -> Result<Vec<WorkElsewhere>> {
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
        // What is wrong with the branch is for the merge to say.
        let Some(tip) = self.repo.branch(branch).await? else { return Ok(Vec::new()) };
        let seen = self.repo.seen().await?;
        let mut still = Vec::new();
        for work in work {
            let (mut stands, mut commit) = (false, None);
            match work.kind.as_str() {
                STASH => {
                    stands = work.commit.as_ref().is_some_and(|it| seen.stashes.contains_key(it));
                }
                WORKTREE => {
                    if let Some(found) = seen.worktrees.get(&work.name) {
                        commit = found.head(&seen);
                        // The user's own checkout was there before, with whatever is open in it.
                        stands =
                            found.admin != self.repo.common && self.has_files(&found.root).await;
                    }
                }
                _ => commit = seen.branches.get(&branch_ref(&work.name)).cloned(),
            }
            if let Some(commit) = commit.filter(|_| !stands) {
                stands = !self.repo.is_ancestor(&commit, &tip).await?;
            }
            if stands {
                still.push(work.clone());
            }
        }
        Ok(still)
    }

    fn stashes(&self, before: &Seen, now: &Seen) -> Vec<WorkElsewhere> {
        let new = now.stashes.iter().filter(|(commit, _)| !before.stashes.contains_key(*commit));
        // A stash says on which branch it was made.
        let on = |subject: &str| {
            let on = subject.strip_prefix("WIP on ").or_else(|| subject.strip_prefix("On "));
            on.and_then(|on| on.split_once(':')).map(|(branch, _)| branch.to_owned())
        };
        let of_another = |subject: &str| {
            on(subject).is_some_and(|branch| branch != self.branch && name::is_branch(&branch))
        };
        new.filter(|(_, subject)| !of_another(subject))
            .map(|(commit, subject)| WorkElsewhere::new(STASH, subject, Some(commit.clone())))
            .collect()
    }

    /// Branches that were made or moved, and worktrees that were made or have another commit.
    async fn candidates(&self, before: &Seen, now: &Seen) -> Result<Vec<Candidate>> {
        let mut candidates = Vec::new();
        for (full, commit) in &now.branches {
            let was = before.branches.get(full);
            if was == Some(commit) || self.is_of_a_task(full) {
                continue;
            }
            let short = full.strip_prefix("refs/heads/").unwrap_or(full);
            let work = WorkElsewhere::new(BRANCH, short, Some(commit.clone()));
            let log = self.repo.log_of(full).await?;
            let steps = if log.is_empty() {
                vec![commit.clone()]
            } else {
                let steps = log.into_iter().take_while(|(commit, _)| Some(commit) != was);
                let steps = steps.filter(|(_, why)| !why.starts_with(MERGED));
                steps.map(|(commit, _)| commit).collect()
            };
            candidates.push(Candidate { work, steps, files: None });
        }
        for (root, worktree) in &now.worktrees {
            let was = before.worktrees.get(root);
            let moved =
                |was: &Worktree| worktree.detached.is_some() && was.detached != worktree.detached;
            if worktree.is_workspace() || worktree.root == self.root || !was.is_none_or(moved) {
                continue;
            }
            let head = worktree.head(now);
            let steps = head.iter().cloned().collect();
            let work = WorkElsewhere::new(WORKTREE, root, head);
            let files = was.is_none().then(|| worktree.root.clone());
            candidates.push(Candidate { work, steps, files });
        }
        Ok(candidates)
    }

    /// Whether a branch is that of this or another task.
    fn is_of_a_task(&self, full: &str) -> bool {
        let short = full.strip_prefix("refs/heads/");
        short.is_some_and(|short| short == self.branch || name::is_branch(short))
    }

    /// Those commits of the candidates that nothing had before, and no task has made in its workspace.
    async fn new_commits(
        &self,
        before: &Seen,
        now: &Seen,
        candidates: &[Candidate],
    ) -> Result<BTreeSet<String>> {
        let known = before.branches.values();
        let known = known.chain(before.worktrees.values().filter_map(|it| it.detached.as_ref()));
        let known: BTreeSet<&String> = known.collect();
        let own = self.repo.commit_in(&self.root, "HEAD").await?;
        let tips = candidates.iter().filter_map(|it| it.work.commit.as_ref());
        let mut new = self.repo.beyond(tips, known.iter().copied().chain(&own)).await?;
        if !new.is_empty() {
            let tasks = now.branches.iter().filter(|(full, _)| self.is_of_a_task(full));
            let tips = tasks.map(|(_, commit)| commit);
            let of_tasks = self.repo.beyond(tips, known.into_iter().chain(&now.bases)).await?;
            new.retain(|commit| !of_tasks.contains(commit));
        }
        Ok(new)
    }

    /// The commits that were made in the workspaces of other tasks.
    async fn made_by_others(&self, now: Seen) -> Result<BTreeSet<String>> {
        let root = self.root.clone();
        let read = move || {
            let others = now.worktrees.into_values();
            let others = others.filter(|it| it.is_workspace() && it.root != root);
            others.flat_map(|worktree| worktree.made()).collect()
        };
        self.repo.git.blocking("logs", read).await
    }

    /// Whether a candidate holds something new that nobody else is known to have made.
    async fn is_work(
        &self,
        candidate: &Candidate,
        new: &BTreeSet<String>,
        others: &BTreeSet<String>,
    ) -> Result<bool> {
        if let Some(files) = &candidate.files
            && self.has_files(files).await
        {
            return Ok(true);
        }
        Ok(candidate.steps.iter().any(|step| new.contains(step) && !others.contains(step)))
    }

    /// Whether there is something in a worktree that is not committed, or cannot be found out.
    async fn has_files(&self, root: &Path) -> bool {
        match self.repo.state(root, None).await {
            Ok(state) => !state.clean(),
            Err(error) => {
                tracing::warn!(worktree = %root.display(), %error, "a worktree cannot be looked at");
                true
            }
        }
    }
}

impl Repo {
    /// The commits that some lead to, without those that others or remotes lead to.
    async fn beyond<'a>(
        &self,
        tips: impl Iterator<Item = &'a String>,
        known: impl Iterator<Item = &'a String>,
    ) -> Result<BTreeSet<String>> {
        let mut input = String::new();
        for commit in tips {
            input.push_str(commit);
            input.push('\n');
        }
        for commit in known {
            input.push('^');
            input.push_str(commit);
            input.push('\n');
        }
        let call = self.git.at(&self.path).args(["rev-list", "--ignore-missing"]);
        let call = call.args(["--stdin", "--not", "--remotes"]).input(input);
        Ok(call.text().await?.lines().map(str::to_owned).collect())
    }
}
