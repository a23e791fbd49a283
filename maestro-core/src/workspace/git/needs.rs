//! Merges that are made without a checkout: nothing is ever half merged.

use super::failure;
use super::repo::{Repo, text_of};
use crate::error::Result;
use crate::id::TaskId;
use crate::model::WorkspaceRef;

/// Who makes the merges that bring needs in. Also how they are recognised.
const NAME: &str = "Maestro";
pub(super) const EMAIL: &str = "maestro@localhost";
/// The trailer that names the merged branch.
const TRAILER: &str = "Maestro-Need";

/// Two commits put together.
#[derive(Debug)]
pub(super) enum Combined {
    /// The tree of both.
    Clean(String),
    /// They do not go together in these files.
    Conflicts(Vec<String>),
}

/// What bringing needs in came to.
#[derive(Debug)]
pub(super) struct Brought {
    /// The last commit.
    pub(super) commit: String,
    /// The branch that does not go in, with the files in conflict.
    pub(super) conflict: Option<(String, Vec<String>)>,
}

/// A branch whose work a workspace needs.
#[derive(Debug, Clone)]
pub(super) struct Need {
    pub(super) branch: String,
    pub(super) tip: String,
}

impl Repo {
    /// The tree that merging two commits gives.
    pub(super) async fn combine(&self, ours: &str, theirs: &str) -> Result<Combined> {
        let call = self.git.at(&self.path);
        let merged = call
            .args([
                "merge-tree",
                "--write-tree",
                "-z",
                "--name-only",
                "--no-messages",
                ours,
                theirs,
            ])
            .codes(&[0, 1])
            .await?;
        let mut parts = merged.stdout.split(|byte| *byte == 0).filter(|part| !part.is_empty());
        let tree = parts.next().map(|part| String::from_utf8_lossy(part).into_owned());
        match (merged.code, tree) {
            (Some(0), Some(tree)) => Ok(Combined::Clean(tree)),
            (Some(1), Some(_)) => Ok(Combined::Conflicts(parts.map(text_of).collect())),
            _ => Err(failure::error("git merge-tree", &merged)),
        }
    }

    /// The needs that have a branch here. A branch that is gone was merged or empty when its
    /// workspace was removed, and other projects' branches have nothing to merge here.
    pub(super) async fn needs(&self, needs: &[WorkspaceRef]) -> Result<Vec<Need>> {
        let mut found = Vec::new();
        for need in needs.iter().filter(|need| need.kind == super::KIND) {
            if let Some(branch) = &need.branch
                && let Some(tip) = self.branch(branch).await?
            {
                found.push(Need { branch: branch.clone(), tip });
            }
        }
        Ok(found)
    }

    /// Merges needs onto a commit, in order, up to the first that does not go in.
    pub(super) async fn bring_in(
        &self,
        onto: &str,
        needs: &[Need],
        task: TaskId,
    ) -> Result<Brought> {
        let mut commit = onto.to_owned();
        for need in needs {
            if self.is_ancestor(&need.tip, &commit).await? {
                continue;
            }
            match self.combine(&commit, &need.tip).await? {
                Combined::Clean(tree) => commit = self.record(&commit, need, &tree, task).await?,
                Combined::Conflicts(files) => {
                    let conflict = Some((need.branch.clone(), files));
                    return Ok(Brought { commit, conflict });
                }
            }
        }
        Ok(Brought { commit, conflict: None })
    }

    /// Writes one merge commit. The same merge is always the same commit: repeating it after a kill
    /// adds nothing.
    async fn record(&self, onto: &str, need: &Need, tree: &str, task: TaskId) -> Result<String> {
        let call = self.git.at(&self.path);
        let date = call.args(["show", "-s", "--format=@%ct +0000", &need.tip, "--"]).text().await?;
        let message =
            format!("Merge {}\n\n{TRAILER}: {}\nMaestro-Task: {task}\n", need.branch, need.branch);
        let mut call = self.git.at(&self.path);
        for who in ["AUTHOR", "COMMITTER"] {
            call = call
                .env(&format!("GIT_{who}_NAME"), NAME)
                .env(&format!("GIT_{who}_EMAIL"), EMAIL)
                .env(&format!("GIT_{who}_DATE"), &date);
        }
        call.args(["commit-tree", "--no-gpg-sign", "-p", onto, "-p", &need.tip, "-F", "-", tree])
            .input(message)
            .text()
            .await
    }

    /// The merges of needs that a base ends with, newest first: commit and branch.
    pub(super) async fn brought(&self, base: &str) -> Result<Vec<(String, String)>> {
        let format =
            format!("--format=%H%x00%ce%x00%(trailers:key={TRAILER},valueonly,separator=%x20)");
        let call = self.git.at(&self.path);
        let log = call
            .args(["log", "--first-parent", "--max-count=256", &format, base, "--"])
            .text()
            .await?;
        let merges = log.lines().map_while(|line| {
            let mut fields = line.split('\0');
            let (commit, by, branch) = (fields.next()?, fields.next()?, fields.next()?);
            (by == EMAIL && !branch.is_empty()).then(|| (commit.to_owned(), branch.to_owned()))
        });
        Ok(merges.collect())
    }
}
