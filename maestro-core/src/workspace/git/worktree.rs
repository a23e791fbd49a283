//! Worktrees: made, made again, and taken away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::lock::Of;
use super::repo::{MAKING, Repo};
use super::settle::{delete, disk, occupied, present};
use crate::error::{Error, ErrorKind, Result};

impl Repo {
    /// Whether `root` is a worktree of this repository that was made to its end.
    pub(super) async fn is_worktree(&self, root: &Path) -> Result<bool> {
        let entry = self.entry(root).await?;
        let whole = entry.is_some_and(|entry| !entry.half_made());
        Ok(whole && self.admin(root).await?.is_some())
    }

    /// Makes sure that `root` is a worktree, and says whether it had to be made.
    ///
    /// Work that is there is never touched: a directory that git does not know is an error.
    pub(super) async fn check_out(&self, root: &Path, branch: &str) -> Result<bool> {
        if self.is_worktree(root).await? {
            return Ok(false);
        }
        match self.entry(root).await? {
            // Nobody can have worked there: git was still writing the first files.
            Some(entry) if entry.half_made() => {
                self.delete(root).await?;
                self.forget(root, true).await?;
            }
            Some(entry) => {
                if self.occupied(root).await? {
                    return self.repair(root).await;
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
            None if self.occupied(root).await? => return self.repair(root).await,
            None => {}
        }
        self.sweep_half_made(root).await?;
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
        call.args(["reset", "--quiet", "--hard", "--no-recurse-submodules"]).bytes().await?;
        let call = self.git.at(&self.path);
        let call = call.args(["worktree", "unlock", "--"]).arg(root);
        call.under(&self.lock(Of::Worktrees).await?).bytes().await?;
        Ok(())
    }

    /// Restores the link between a directory with work in it and git.
    async fn repair(&self, root: &Path) -> Result<bool> {
        let call = self.git.at(&self.path);
        let call = call.args(["worktree", "repair", "--"]).arg(root);
        call.under(&self.lock(Of::Worktrees).await?).run().await?;
        if self.is_worktree(root).await? {
            return Ok(false);
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "the workspace's directory holds files but is no worktree any more; move it away, then try again",
        )
        .with("directory", root.display()))
    }

    /// Makes git forget a worktree whose directory is gone.
    pub(super) async fn forget(&self, root: &Path, locked_too: bool) -> Result<()> {
        if self.entry(root).await?.is_none() {
            return Ok(());
        }
        let mut call = self.git.at(&self.path).args(["worktree", "remove"]);
        if locked_too {
            call = call.args(["--force", "--force"]);
        }
        let call = call.arg("--").arg(root);
        call.under(&self.lock(Of::Worktrees).await?).bytes().await?;
        Ok(())
    }

    /// Removes what git leaves when it is killed before a worktree is in its list.
    async fn sweep_half_made(&self, root: &Path) -> Result<()> {
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let worktrees = self.common.join("worktrees");
        let swept = self.git.blocking("sweep", move || {
            // The name holds the task's id, so that it is nobody else's.
            let entries = fs::read_dir(worktrees).into_iter().flatten().flatten();
            for entry in
                entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&name))
            {
                if !present(&entry.path().join("gitdir")) {
                    delete(&entry.path())?;
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
