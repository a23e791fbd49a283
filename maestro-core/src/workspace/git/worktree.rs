//! Worktrees: made, made again, and taken away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::link::Standing;
use super::lock::Of;
use super::repo::{MAKING, Repo, tells_half_made};
use super::settle::{delete, disk, occupied, present};
use crate::error::{Error, ErrorKind, Result};
use crate::workspace::file::{self, Links, MAX_NAME};

impl Repo {
    /// Whether `root` is a worktree of this repository that was made to its end.
    pub(super) async fn is_worktree(&self, root: &Path) -> Result<bool> {
        let Standing::Worktree { admin, .. } = self.standing(root).await? else {
            return Ok(false);
        };
        let read = move || file::read(&admin.join("locked"), Links::Refused, MAX_NAME);
        match self.git.blocking("locked", read).await? {
            Ok(why) => Ok(!tells_half_made(String::from_utf8_lossy(&why).trim_end())),
            // Not locked, or for a reason that cannot be read.
            Err(_) => Ok(true),
        }
    }

    /// Makes sure that `root` is a worktree, and says whether it had to be made.
    ///
    /// Work that is there is never touched: a directory that git does not know is an error.
    pub(super) async fn check_out(&self, root: &Path, branch: &str) -> Result<bool> {
        if self.is_worktree(root).await? {
            self.relink(root).await?;
            return Ok(false);
        }
        // Before the list is read, which git refuses as long as one of them is unreadable.
        self.sweep_half_made(root).await?;
        match self.entry(root).await? {
            // Nobody can have worked there: git was still writing the first files.
            Some(entry) if entry.half_made() => {
                self.delete(root).await?;
                self.forget(root, true).await?;
            }
            Some(entry) => {
                if self.occupied(root).await? {
                    return self.repair(root, branch).await;
                }
                if let Some(why) = entry.locked {
                    return Err(Error::new(
                        ErrorKind::Unavailable,
                        "the worktree is locked and not there; bring it back or run `git worktree unlock`",
                    )
                    .with("worktree", root.display())
                    .with("locked", why));
                }
                self.forget(root, false).await?;
            }
            None if self.occupied(root).await? => return self.repair(root, branch).await,
            None => {}
        }
        self.add(root, branch).await?;
        Ok(true)
    }

    /// Makes a worktree in two steps, since others wait while the first one runs, and the files of
    /// a large project take their time. Git's own lock says that the second is not done yet.
    async fn add(&self, root: &Path, branch: &str) -> Result<()> {
        let call = self.git.at(&self.path);
        let call = call.args(["worktree", "add", "--quiet", "--no-checkout", "--lock", "--reason"]);
        let call = call.args([MAKING, "--"]).arg(root).arg(branch);
        call.under(&self.lock(Of::Worktrees).await?).bytes().await?;
        let call = self.git.at(root);
        let call = call.args(["reset", "--quiet", "--hard", "--no-recurse-submodules"]);
        let done = call.run().await?;
        if done.code != Some(0) {
            let error = self.not_checked_out(root, branch, &done).await;
            // Nobody can have worked there, and what is left would look like a worktree. One that
            // stays is known by its lock.
            let gone = match self.delete(root).await {
                Ok(()) => self.forget(root, true).await,
                failed => failed,
            };
            if let Err(error) = gone {
                tracing::warn!(workspace = %root.display(), %error, "a half-made worktree stays");
            }
            return Err(error);
        }
        let call = self.git.at(&self.path);
        let call = call.args(["worktree", "unlock", "--"]).arg(root);
        call.under(&self.lock(Of::Worktrees).await?).bytes().await?;
        Ok(())
    }

    /// Restores the link between a directory with work in it and git.
    async fn repair(&self, root: &Path, branch: &str) -> Result<bool> {
        self.refuse_repository(root).await?;
        if self.adopt(root, branch).await? && self.is_worktree(root).await? {
            return Ok(false);
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "the workspace's directory holds files but is no worktree any more; move it away, then try again",
        )
        .with("directory", root.display()))
    }

    /// Makes git forget a worktree whose directory is gone.
    ///
    /// `git worktree remove` does the same, and would look into the directory if something is there.
    pub(super) async fn forget(&self, root: &Path, locked_too: bool) -> Result<()> {
        let _lock = self.lock(Of::Worktrees).await?;
        let Some(admin) = self.admin(root).await? else {
            return Ok(());
        };
        let locked = admin.join("locked");
        let worktrees = self.common.join("worktrees");
        let gone = self.git.blocking("forget", move || {
            if !locked_too && present(&locked) {
                return Ok(false);
            }
            delete(&admin)?;
            // Git removes the list with its last entry.
            match fs::remove_dir(worktrees) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(true),
                done => done.map(|()| true),
            }
        });
        if gone.await?.map_err(|error| disk(&error))? {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unavailable,
            "the worktree is locked; run `git worktree unlock`, then try again",
        )
        .with("worktree", root.display()))
    }

    /// Removes what git leaves when it is killed before a worktree can be read: one of the files that
    /// say what it is was not made, or not filled. Until it is gone, git lists no worktree at all.
    async fn sweep_half_made(&self, root: &Path) -> Result<()> {
        let _lock = self.lock(Of::Worktrees).await?;
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (worktrees, root) = (self.common.join("worktrees"), root.to_owned());
        let swept = self.git.blocking("sweep", move || {
            let filled = |file: PathBuf| fs::metadata(file).is_ok_and(|found| found.len() > 0);
            // The name holds the task's id, so that it is nobody else's.
            let entries = fs::read_dir(worktrees).into_iter().flatten().flatten();
            for entry in
                entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&name))
            {
                let admin = entry.path();
                if ["gitdir", "commondir", "HEAD"].iter().all(|file| filled(admin.join(file))) {
                    continue;
                }
                delete(&admin)?;
                // Git had written no more than the pointer there.
                let inside: Vec<_> = fs::read_dir(&root).into_iter().flatten().flatten().collect();
                if inside.iter().all(|entry| entry.file_name() == ".git")
                    && !root.join(".git").is_dir()
                {
                    delete(&root)?;
                }
            }
            Ok(())
        });
        swept.await?.map_err(|error: io::Error| disk(&error))
    }

    pub(super) async fn delete(&self, path: &Path) -> Result<()> {
        let path = path.to_owned();
        let deleted = self.git.blocking("delete", move || delete(&path)).await?;
        deleted.map_err(|error| disk(&error))
    }

    /// Deletes a directory only if nothing is in it.
    pub(super) async fn delete_empty(&self, path: &Path) -> Result<()> {
        let path = path.to_owned();
        let deleted = self.git.blocking("delete", move || match fs::remove_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        });
        deleted.await?.map_err(|error| disk(&error))
    }

    pub(super) async fn rename(&self, from: PathBuf, to: PathBuf) -> Result<()> {
        let renamed = self.git.blocking("rename", move || fs::rename(from, to)).await?;
        renamed.map_err(|error| disk(&error))
    }

    /// Whether there is something at a path that is more than an empty directory.
    pub(super) async fn occupied(&self, path: &Path) -> Result<bool> {
        let path = path.to_owned();
        self.git.blocking("look", move || occupied(&path)).await
    }
}
