//! The tie between a workspace and its branch, checked from both sides.
//!
//! What the workspace says of itself can be written by the agent in it, so the shared git directory
//! says which private git directory belongs to the root, and the [`WorkspaceRef`] which branch.
//!
//! [`WorkspaceRef`]: crate::model::WorkspaceRef

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::layout::{self, Pointer, admin_of, line};
use super::lock::Of;
use super::name::branch_ref;
use super::repo::{Repo, Swap};
use super::settle::{disk, occupied};
use super::site::Site;
use super::status::State;
use crate::error::{Error, ErrorKind, Result};
use crate::workspace::file::{self, Links, MAX_NAME};

/// What stands at the root of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// The worktree, with the private git directory, and whether its pointer has to be written.
    Worktree { admin: PathBuf, unlinked: Option<Pointer> },
    /// Another repository.
    Repository,
    /// Nothing, or files that no entry of the repository names.
    Unknown,
}

impl Repo {
    /// The private git directory of the worktree at `root`, if the repository has one for it.
    pub(super) async fn admin(&self, root: &Path) -> Result<Option<PathBuf>> {
        let (common, at) = (self.common.clone(), root.to_owned());
        let found = self.git.blocking("admin", move || admin_of(&common, &at)).await?;
        found.map_err(|error| unclear(&error, root))
    }

    /// What stands at `root`.
    pub(super) async fn standing(&self, root: &Path) -> Result<Standing> {
        let (common, at) = (self.common.clone(), root.to_owned());
        let found = self.git.blocking("standing", move || standing(&common, &at)).await?;
        found.map_err(|error| unclear(&error, root))
    }

    /// Writes the pointer of a worktree again that was removed or overwritten: nothing but the
    /// pointer is lost.
    pub(super) async fn relink(&self, root: &Path) -> Result<()> {
        let Standing::Worktree { admin, unlinked: Some(was) } = self.standing(root).await? else {
            return Ok(());
        };
        if let Pointer::Other(said) = &was {
            tracing::warn!(
                workspace = %root.display(),
                said,
                "the workspace's `.git` named something else; it names the workspace again"
            );
        }
        let at = root.to_owned();
        let written = self.git.blocking("relink", move || layout::point(&at, &admin)).await?;
        written.map_err(|error| disk(&error))
    }

    /// Refuses to work where another repository stands in the place of the worktree.
    pub(super) async fn refuse_repository(&self, root: &Path) -> Result<()> {
        match self.standing(root).await? {
            Standing::Repository => Err(another_repository(root)),
            Standing::Worktree { .. } | Standing::Unknown => Ok(()),
        }
    }

    /// Takes a directory for the worktree again whose entry names a place where nothing is, as after
    /// its parent was moved. Its own pointer is believed only as far as the entry holds the branch.
    pub(super) async fn adopt(&self, root: &Path, branch: &str) -> Result<bool> {
        let (common, at) = (self.common.clone(), root.to_owned());
        let found = self.git.blocking("adopt", move || orphan(&common, &at)).await?;
        let Some(admin) = found else {
            return Ok(false);
        };
        let head = self.git.at(&self.path).env("GIT_DIR", &admin);
        let head = head.args(["symbolic-ref", "--quiet", "HEAD"]).codes(&[0, 1]).await?.stdout;
        if line(&head) != Path::new(&branch_ref(branch)) {
            return Ok(false);
        }
        let _lock = self.lock(Of::Worktrees).await?;
        let text = [root.join(".git").as_os_str().as_encoded_bytes(), b"\n"].concat();
        let written =
            self.git.blocking("adopt", move || file::replace(&admin.join("gitdir"), &text));
        written.await?.map_err(|error| disk(&error))?;
        Ok(true)
    }
}

impl Site {
    /// Makes sure that a commit goes to the workspace's own branch.
    ///
    /// An agent may have switched to another branch. Ours is moved on to where that one is, if
    /// nothing of ours is left behind, and checked out; the other one stays as it is.
    pub(super) async fn return_to_branch(&self, state: &State) -> Result<()> {
        let (Some(other), Some(head)) = (&state.branch, &state.head) else {
            return Ok(());
        };
        if *other == self.branch {
            return Ok(());
        }
        let ours = self.repo.branch(&self.branch).await?;
        let behind = match &ours {
            Some(ours) => !self.repo.is_ancestor(ours, head).await?,
            None => false,
        };
        let moved = if behind || self.repo.checkout_of(&self.branch, &self.root).await?.is_some() {
            Swap::Lost("it is not an ancestor, or is checked out elsewhere".to_owned())
        } else {
            let line = match &ours {
                Some(ours) => format!("update {} {head} {ours}", self.branch_ref()),
                None => format!("create {} {head}", self.branch_ref()),
            };
            self.repo.swap(&[line]).await?
        };
        if let Swap::Lost(said) | Swap::InTheWay(said) = moved {
            return Err(Error::new(
                ErrorKind::Conflict,
                "the workspace has another branch checked out than its own; switch it back, then commit",
            )
            .with("branch", &self.branch)
            .with("checked_out", other)
            .with("workspace", self.root.display())
            .with("said", said));
        }
        let call = self.repo.git.at(&self.root);
        call.args(["symbolic-ref", "HEAD", &self.branch_ref()]).bytes().await?;
        Ok(())
    }
}

fn standing(common: &Path, root: &Path) -> io::Result<Standing> {
    let Some(admin) = admin_of(common, root)? else {
        return Ok(Standing::Unknown);
    };
    Ok(match layout::pointer(root, &admin)? {
        Pointer::Right => Standing::Worktree { admin, unlinked: None },
        // All of it was removed, which is not what an agent does that works there.
        Pointer::Missing if !occupied(root) => Standing::Unknown,
        Pointer::Repository => Standing::Repository,
        was @ (Pointer::Missing | Pointer::Other(_)) => {
            Standing::Worktree { admin, unlinked: Some(was) }
        }
    })
}

/// The private git directory that a root names, if its own entry leads nowhere.
fn orphan(common: &Path, root: &Path) -> Option<PathBuf> {
    let read = |path: &Path| file::read(path, Links::Refused, MAX_NAME).ok();
    let text = read(&root.join(".git"))?;
    let path = line(text.strip_prefix(b"gitdir: ")?);
    let admin = fs::canonicalize(root.join(path)).ok()?;
    let worktrees = fs::canonicalize(common.join("worktrees")).ok()?;
    let names = admin.join(line(&read(&admin.join("gitdir"))?));
    let free = fs::symlink_metadata(names).is_err();
    (admin.parent() == Some(&worktrees) && free).then_some(admin)
}

/// Another repository stands where the worktree was.
pub(super) fn another_repository(root: &Path) -> Error {
    Error::new(
        ErrorKind::Conflict,
        "another repository stands in the workspace: its `.git` is a directory; take out of it what you need, move that `.git` away, then try again",
    )
    .with("workspace", root.display())
}

fn unclear(error: &io::Error, root: &Path) -> Error {
    if error.kind() == io::ErrorKind::InvalidData {
        return Error::new(
            ErrorKind::Conflict,
            format!("it is not clear which worktree this is: {error}; run `git worktree prune`"),
        )
        .with("workspace", root.display());
    }
    disk(error)
}
