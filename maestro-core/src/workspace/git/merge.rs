//! Getting the work out: into a branch of the project.

use super::lock::{Lock, Of};
use super::name::branch_ref;
use super::needs::Combined;
use super::repo::Swap;
use super::site::{Site, gone};
use crate::error::{Error, ErrorKind, Result};
use crate::workspace::{LEFT_OUT, Merged};

/// How often somebody else may move the branch while we merge.
const ATTEMPTS: u32 = 8;

impl Site {
    /// Computes the merge first, so that a conflict changes nothing, then moves the branch.
    pub(super) async fn merge(&self, into: &str, message: &str) -> Result<Merged> {
        let into = into.strip_prefix("refs/heads/").unwrap_or(into);
        if into == self.branch {
            return Err(Error::invalid(
                "into",
                "is the workspace's own branch; name the branch that is to get the work",
            ));
        }
        if !self.repo.is_branch_name(into).await? {
            return Err(Error::invalid(
                "into",
                format!("cannot be the name of a branch: {into:?}"),
            ));
        }
        if message.trim().is_empty() {
            return Err(Error::invalid("message", "is empty"));
        }
        let source = self.source().await?;
        // Two merges into one checkout would write each other's files.
        let lock = self.repo.lock(Of::Merges).await?;
        self.repo.mend(&lock).await?;
        for _ in 0..ATTEMPTS {
            let Some(tip) = self.repo.branch(into).await? else {
                return Err(Error::invalid(
                    "into",
                    format!("names no branch of the project: {into:?}; make it first"),
                ));
            };
            if self.repo.is_ancestor(&source, &tip).await? {
                return Ok(Merged::Done { commit: tip, already: true });
            }
            let commit = if self.repo.is_ancestor(&tip, &source).await? {
                source.clone()
            } else {
                match self.repo.combine(&tip, &source).await? {
                    Combined::Conflicts(files) => return Ok(Merged::Conflicted { files }),
                    Combined::Clean(tree) => self.write(&tree, [&tip, &source], message).await?,
                }
            };
            if self.advance(into, [&tip, &commit], &lock).await? {
                return Ok(Merged::Done { commit, already: false });
            }
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "the branch is moved by others all the time; try again later",
        )
        .with("into", into)
        .retryable(true))
    }

    /// The commit with all of the workspace's work.
    async fn source(&self) -> Result<String> {
        let state = self.state().await?;
        let mut landing = self.landing(state.head.as_deref()).await?;
        landing.left_out.extend(self.bad_links(state.head.as_deref()).await?);
        if !landing.left_out.is_empty() {
            return Err(Error::new(ErrorKind::Conflict, LEFT_OUT)
                .with("directories", landing.names().join(", "))
                .with("workspace", self.root.display()));
        }
        if !state.begun.is_empty() {
            return Err(self.unended(&state.begun, "commit and merge again"));
        }
        if !state.clean() {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the workspace holds uncommitted work; commit it first",
            )
            .with("workspace", self.root.display()));
        }
        let branch = self.repo.branch(&self.branch).await?;
        match (state.head, branch) {
            (Some(head), None) => Ok(head),
            (None, Some(branch)) => Ok(branch),
            (Some(head), Some(branch)) if self.repo.is_ancestor(&branch, &head).await? => Ok(head),
            (Some(head), Some(branch)) if self.repo.is_ancestor(&head, &branch).await? => Ok(branch),
            (Some(_), Some(_)) => Err(Error::new(
                ErrorKind::Conflict,
                "the workspace has something else checked out than its branch, and both hold work; merge one into the other first",
            )
            .with("branch", &self.branch)
            .with("workspace", self.root.display())),
            (None, None) => Err(gone(&self.root)),
        }
    }

    async fn write(&self, tree: &str, parents: [&str; 2], message: &str) -> Result<String> {
        let call = self.repo.git.at(&self.repo.path);
        let call = self.repo.identified(&self.repo.path, call).await?;
        let call = call.args([
            "commit-tree",
            "--no-gpg-sign",
            "-p",
            parents[0],
            "-p",
            parents[1],
            "-F",
            "-",
            tree,
        ]);
        call.input(message).text().await
    }

    /// Moves the branch on, with its checkout if it has one. False when somebody moved it.
    async fn advance(&self, into: &str, [tip, commit]: [&str; 2], lock: &Lock) -> Result<bool> {
        self.repo.refuse_in_use(into).await?;
        if let Some(checkout) = self.repo.only_checkout_of(into, &self.root).await? {
            return self.repo.fast_forward(&checkout, into, [tip, commit], lock).await;
        }
        let line = format!("update {} {commit} {tip}", branch_ref(into));
        Ok(matches!(self.repo.move_on(&line, commit).await?, Swap::Done))
    }
}
