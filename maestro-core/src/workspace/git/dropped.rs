//! Work that only a worktree's own records lead to: commits that were left behind, and stashes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::call::Call;
use super::site::Site;
use crate::error::Result;

/// The refs of a worktree that nothing else has. They go away with it.
const PRIVATE: &[&str] = &["refs/worktree", "refs/bisect", "refs/rewritten"];

/// One step of a reflog.
struct Step {
    before: String,
    after: String,
    why: String,
}

impl Site {
    /// How many commits, with content that no branch has, are held by the worktree's reflogs and by
    /// its private refs alone.
    ///
    /// A commit that was amended or rebased counts when it changed a file that the commits of now do
    /// not change. One that was left in another way counts when it holds a file's content that they
    /// do not.
    pub(super) async fn dropped(&self, admin: &Path, tips: &BTreeSet<String>) -> Result<usize> {
        let mut steps = self.steps(self.at_admin(admin), "HEAD").await?;
        if self.repo.branch(&self.branch).await?.is_some() {
            steps.extend(self.steps(self.repo.git.at(&self.repo.path), &self.branch_ref()).await?);
        }
        let private = self.private(admin).await?;
        let mut left: BTreeSet<String> = steps.iter().map(|step| step.before.clone()).collect();
        left.extend(private.iter().cloned());
        let alone = self.alone(&left, tips).await?;
        let (mut contents, mut count) = (None, BTreeSet::new());
        for commit in private.into_iter().filter(|commit| alone.contains(commit)) {
            count.insert(commit);
        }
        for Step { before, after, why } in steps {
            if !alone.contains(&before)
                || count.contains(&before)
                || self.repo.is_ancestor(&before, &after).await?
            {
                continue;
            }
            let changed = self.changed(&before).await?;
            if contents.is_none() {
                contents = Some(self.contents(tips).await?);
            }
            let Some((paths, blobs)) = &contents else { continue };
            let replaced = why.starts_with("commit (amend)") || why.starts_with("rebase");
            let held = |(path, blob): (&Vec<u8>, &String)| {
                if replaced { paths.contains(path) } else { blobs.contains(blob) }
            };
            if !changed.iter().all(held) {
                count.insert(before);
            }
        }
        Ok(count.len())
    }

    /// Whether there is a stash that was made in this workspace.
    pub(super) async fn stashed(&self, admin: &Path) -> Result<bool> {
        if self.repo.commit("refs/stash").await?.is_none() {
            return Ok(false);
        }
        let call = self.repo.git.at(&self.repo.path);
        let list = call
            .args(["log", "-g", "--no-show-signature", "--format=%P%x00%gs", "refs/stash", "--"])
            .text()
            .await?;
        let named = format!("{}:", self.branch);
        let mut detached = Vec::new();
        for line in list.lines() {
            let (parents, says) = line.split_once('\0').unwrap_or_default();
            let on = says.strip_prefix("WIP on ").or_else(|| says.strip_prefix("On "));
            let Some(on) = on else { continue };
            if on.starts_with(&named) {
                return Ok(true);
            }
            if on.starts_with("(no branch):") {
                detached.extend(parents.split(' ').next().map(str::to_owned));
            }
        }
        if detached.is_empty() {
            return Ok(false);
        }
        let steps = self.steps(self.at_admin(admin), "HEAD").await?;
        Ok(steps
            .iter()
            .any(|step| detached.contains(&step.after) || detached.contains(&step.before)))
    }

    fn at_admin(&self, admin: &Path) -> Call<'_> {
        // Only refs and commits are asked for, so that it does not matter where the files are.
        self.repo.git.at(&self.repo.path).env("GIT_DIR", admin)
    }

    /// The steps of a reflog.
    async fn steps(&self, call: Call<'_>, name: &str) -> Result<Vec<Step>> {
        let call =
            call.args(["log", "-g", "--no-show-signature", "--format=%H%x00%gs", name, "--"]);
        let done = call.codes(&[0, 128]).await?;
        if done.code != Some(0) {
            // There is no commit yet.
            return Ok(Vec::new());
        }
        let text = String::from_utf8_lossy(&done.stdout);
        let entries: Vec<(&str, &str)> =
            text.lines().filter_map(|line| line.split_once('\0')).collect();
        let steps = entries.windows(2).filter_map(|pair| match pair {
            [(after, why), (before, _)] => Some(Step {
                before: (*before).to_owned(),
                after: (*after).to_owned(),
                why: (*why).to_owned(),
            }),
            _ => None,
        });
        Ok(steps.collect())
    }

    async fn private(&self, admin: &Path) -> Result<Vec<String>> {
        let call = self.at_admin(admin).args(["for-each-ref", "--format=%(objectname)"]);
        let list = call.args(PRIVATE).text().await?;
        Ok(list.lines().map(str::to_owned).collect())
    }

    /// Those of some commits that no branch, remote branch or tag holds.
    async fn alone(
        &self,
        of: &BTreeSet<String>,
        tips: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>> {
        if of.is_empty() {
            return Ok(BTreeSet::new());
        }
        let call = self.repo.git.at(&self.repo.path).args(["rev-list", "--ignore-missing"]);
        let call =
            call.args(of).arg("--not").args(tips).args(["--branches", "--remotes", "--tags"]);
        let list = call.text().await?;
        let list: BTreeSet<&str> = list.lines().collect();
        Ok(of.iter().filter(|commit| list.contains(commit.as_str())).cloned().collect())
    }

    /// The files that a commit has and its base has not, with their blobs.
    async fn changed(&self, commit: &str) -> Result<BTreeMap<Vec<u8>, String>> {
        let call = self.repo.git.at(&self.repo.path);
        let Some(base) = &self.base else {
            let tree = call.args(["ls-tree", "-r", "-z", "--full-tree", commit]).bytes().await?;
            let tree = super::proof::parse(&tree);
            return Ok(tree.into_iter().map(|(path, known)| (path, known.id)).collect());
        };
        let call = call.args(["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev"]);
        let list = call.args([base, commit]).bytes().await?;
        let mut changed = BTreeMap::new();
        let mut parts = list.split(|byte| *byte == 0);
        while let (Some(raw), Some(path)) = (parts.next(), parts.next()) {
            let raw = String::from_utf8_lossy(raw);
            let mut words = raw.split(' ').skip(1);
            let (Some(mode), Some(blob)) = (words.next(), words.nth(1)) else { continue };
            if mode != "000000" {
                changed.insert(path.to_owned(), blob.to_owned());
            }
        }
        Ok(changed)
    }

    /// The files that the commits of now change, and all objects that came with these commits.
    async fn contents(
        &self,
        tips: &BTreeSet<String>,
    ) -> Result<(BTreeSet<Vec<u8>>, BTreeSet<String>)> {
        let mut paths = BTreeSet::new();
        for tip in tips {
            paths.extend(self.changed(tip).await?.into_keys());
        }
        let call = self.repo.git.at(&self.repo.path);
        let call = call.args(["rev-list", "--objects", "--no-object-names"]).args(tips);
        let call = call.arg("--not").args(&self.base);
        let list = call.text().await?;
        Ok((paths, list.lines().map(str::to_owned).collect()))
    }
}
