//! Removing a workspace, as long as nothing is lost.
//!
//! The worktree is checked, moved to a name where nobody looks for it, checked again, and only then
//! does one transaction delete the branch, which verifies that the workspaces that hold its commits
//! still do: two workspaces that hold each other's work cannot both go. The two names that it moves
//! to tell the next call whether to undo or to finish.

use std::collections::BTreeSet;
use std::path::Path;

use super::name::{BRANCH_PREFIX, base_ref, branch_ref, checking, removing};
use super::proof::Beyond;
use super::repo::Swap;
use super::settle::present;
use super::site::{Own, Site, Survey};
use crate::error::{Error, ErrorKind, Result};
use crate::workspace::Released;

impl Site {
    pub(super) async fn release_if_empty(&self) -> Result<Released> {
        if !self.whole && self.repo.occupied(&self.root).await? {
            // Files, but no git to say which of them matter.
            return Ok(kept(&["untracked"]));
        }
        let survey = self.survey().await?;
        let holds = survey.summary().holds();
        if !holds.is_empty() {
            return Ok(Released::Kept { holds });
        }
        let own = &survey.own;
        if !self.whole {
            return self.finish(&own.below).await;
        }
        let Some(admin) = self.repo.admin(&self.root).await? else {
            return Ok(kept(&["untracked"]));
        };
        let (aside, removing) = (checking(&self.root), removing(&self.root));
        self.repo.rename(self.root.clone(), aside.clone()).await?;
        let again = self.check(&survey, &admin, &aside).await;
        if !again.as_ref().is_ok_and(Vec::is_empty) {
            self.repo.rename(aside, self.root.clone()).await?;
            return Ok(Released::Kept { holds: again? });
        }
        // From here on the worktree may go: all that is in it is in its branch.
        self.repo.rename(aside, removing).await?;
        self.finish(&own.below).await
    }

    /// What a worktree holds that was moved to where nobody looks for it, by the bytes of its files.
    async fn check(&self, survey: &Survey, admin: &Path, aside: &Path) -> Result<Vec<String>> {
        let state = self.repo.state(&self.root, Some((admin, aside))).await?;
        if state.head != survey.state.head {
            // Somebody works there.
            return Ok(vec!["uncommitted".to_owned()]);
        }
        let beyond = match &state.head {
            Some(head) => self.beyond(aside, admin, head, true).await?,
            None => Beyond::default(),
        };
        let own = Own { count: beyond.commits, ..Own::default() };
        Ok(Survey { state, beyond, stashed: false, own }.summary().holds())
    }

    /// Deletes the branch, then what is left of the worktree.
    async fn finish(&self, below: &BTreeSet<String>) -> Result<Released> {
        let elsewhere = self.elsewhere().await?;
        let mut lines = BTreeSet::new();
        for commit in below {
            match self.holder(commit, elsewhere).await? {
                Holder::Workspace(line) => {
                    lines.insert(line);
                }
                Holder::User => {}
                Holder::None => return self.undo().await,
            }
        }
        let lines: Vec<String> =
            lines.into_iter().chain(self.deletions(elsewhere).await?).collect();
        if let Swap::Lost(said) | Swap::InTheWay(said) = self.repo.swap(&lines).await? {
            tracing::debug!(
                branch = self.branch,
                said,
                "a workspace stays: what held its work changed"
            );
            return self.undo().await;
        }
        self.repo.delete_empty(&self.root).await?;
        self.repo.forget(&self.root, false).await?;
        self.repo.delete(&removing(&self.root)).await?;
        Ok(Released::Removed)
    }

    /// What held the work went away meanwhile: the workspace stays, with all of it.
    async fn undo(&self) -> Result<Released> {
        let removing = removing(&self.root);
        if self.present(&removing).await? {
            self.repo.rename(removing, self.root.clone()).await?;
        }
        Ok(kept(&["unmerged"]))
    }

    pub(super) async fn discard(&self) -> Result<Released> {
        let checkout = self.repo.checkout_of(&self.branch, &self.root).await?;
        if let Some(checkout) = checkout {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the workspace's branch is checked out somewhere else; switch that checkout to another branch",
            )
            .with("branch", &self.branch)
            .with("checkout", checkout.display()));
        }
        let removing = removing(&self.root);
        if self.present(&self.root).await? {
            self.repo.rename(self.root.clone(), removing.clone()).await?;
        }
        if let Swap::Lost(said) | Swap::InTheWay(said) =
            self.repo.swap(&self.deletions(false).await?).await?
        {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the workspace's branch was moved meanwhile; discard it again",
            )
            .with("branch", &self.branch)
            .with("said", said));
        }
        self.repo.forget(&self.root, true).await?;
        self.repo.delete(&removing).await?;
        Ok(Released::Removed)
    }

    /// Whether the branch is checked out in another worktree.
    async fn elsewhere(&self) -> Result<bool> {
        let checkout = self.repo.checkout_of(&self.branch, &self.root).await?;
        Ok(checkout.is_some())
    }

    /// What else holds a commit.
    async fn holder(&self, commit: &str, elsewhere: bool) -> Result<Holder> {
        let patterns = ["refs/heads", "refs/remotes", "refs/tags"].map(str::to_owned);
        let args: Vec<String> =
            [format!("--contains={commit}")].into_iter().chain(patterns).collect();
        let mut holders = self.repo.refs(&args).await?;
        holders.retain(|(name, _)| *name != self.branch_ref());
        let workspaces = branch_ref(BRANCH_PREFIX);
        if holders.iter().any(|(name, _)| !name.starts_with(&workspaces)) {
            return Ok(Holder::User);
        }
        if let Some((name, value)) = holders.into_iter().next() {
            return Ok(Holder::Workspace(format!("verify {name} {value}")));
        }
        let head = self.repo.commit("HEAD").await?;
        let held = match head {
            Some(head) if !elsewhere => self.repo.is_ancestor(commit, &head).await?,
            // The branch that somebody has checked out stays, and holds it.
            _ => elsewhere,
        };
        Ok(if held { Holder::User } else { Holder::None })
    }

    /// The lines that delete the workspace's refs. A branch that somebody checked out stays.
    async fn deletions(&self, elsewhere: bool) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        if !elsewhere && let Some(tip) = self.repo.branch(&self.branch).await? {
            lines.push(format!("delete {} {tip}", self.branch_ref()));
        }
        if let Some(base) = self.repo.commit(&base_ref(&self.branch)).await? {
            lines.push(format!("delete {} {base}", base_ref(&self.branch)));
        }
        Ok(lines)
    }

    async fn present(&self, path: &Path) -> Result<bool> {
        let path = path.to_owned();
        self.repo.git.blocking("look", move || present(&path)).await
    }
}

/// What holds a commit apart from the workspace.
enum Holder {
    /// A ref of the user's, or a checkout.
    User,
    /// Another workspace, which may be released at this moment: the line verifies that it was not.
    Workspace(String),
    /// Nothing any more.
    None,
}

fn kept(holds: &[&str]) -> Released {
    Released::Kept { holds: holds.iter().map(|&what| what.to_owned()).collect() }
}
