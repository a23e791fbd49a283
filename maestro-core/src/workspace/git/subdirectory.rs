//! Projects that are a directory inside of a repository.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::open::Found;
use super::repo::Repo;
use super::run::Git;
use super::settle::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::workspace::Fits;

/// Whether a worktree can be made for a project.
pub(super) async fn fits(git: &Git, project: &Path, base: Option<&str>) -> Result<Fits> {
    let path = project.to_owned();
    if !git.blocking("look", move || is_in_repository(&path)).await? {
        return Ok(Fits::no(
            "no git repository is there; make one with `git init` and a first commit",
        ));
    }
    let repo = match Repo::find(git, project).await? {
        Found::Repository(repo) => repo,
        Found::Nothing(error) => return Ok(Fits::no(error.message())),
    };
    let named = match base {
        Some(base) if !base.is_empty() => repo.commit(base).await?,
        _ => None,
    };
    let start = match named {
        Some(commit) => Some(commit),
        None => repo.commit("HEAD").await?,
    };
    let Some(start) = start else {
        return Ok(Fits::no("the repository has no commit yet; make a first commit"));
    };
    match repo.require_subdirectory(&start).await {
        Err(error) if error.kind() == ErrorKind::InvalidArgument => Ok(Fits::no(MISSING)),
        done => done.map(|()| Fits::Yes),
    }
}

/// Why there is nothing to work on in a worktree.
const MISSING: &str = "the repository has no commit of a file in the project's directory, as when it is ignored; commit one first";

impl Repo {
    /// The project's own directory.
    pub(super) fn project(&self) -> PathBuf {
        self.subdirectory.as_ref().map_or_else(|| self.path.clone(), |below| self.path.join(below))
    }

    /// Makes sure that a commit has the project's directory.
    pub(super) async fn require_subdirectory(&self, commit: &str) -> Result<()> {
        let Some(below) = &self.subdirectory else { return Ok(()) };
        let call = self.git.at(&self.path).args(["ls-tree", "-d", "-z", "--full-tree"]);
        let found = call.args(["--end-of-options", commit, "--", below]).bytes().await?;
        if found.starts_with(b"040000 ") {
            return Ok(());
        }
        Err(Error::invalid(
            "base",
            "is a commit without the project's directory; commit a file in that directory first",
        )
        .with("directory", below)
        .with("commit", commit))
    }

    /// Makes sure that the project's directory is in a worktree: an agent may have moved it, and no
    /// other can start without one. One that leads out of the worktree is refused.
    pub(super) async fn make_subdirectory(&self, root: &Path) -> Result<()> {
        let Some(below) = &self.subdirectory else { return Ok(()) };
        let (top, dir) = (root.to_owned(), PathBuf::from(below));
        let made = self.git.blocking("subdirectory", move || make(&top, &dir)).await?;
        match made.map_err(|error| disk(&error))? {
            None => Ok(()),
            Some(wrong) => Err(Error::new(
                ErrorKind::Conflict,
                "a link or a file stands where the project's directory is in the workspace; make it a directory again",
            )
            .with("path", wrong.display())
            .with("workspace", root.display())),
        }
    }
}

/// Makes the directories that are missing, and gives the first thing that is none.
fn make(top: &Path, below: &Path) -> io::Result<Option<PathBuf>> {
    let mut at = top.to_owned();
    for name in below {
        at.push(name);
        match fs::symlink_metadata(&at) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Ok(Some(at)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(&at)?,
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Whether a directory, or one above it, looks like a repository, without asking git: where there is
/// none, no git has to be installed.
fn is_in_repository(path: &Path) -> bool {
    let Ok(path) = fs::canonicalize(path) else { return false };
    path.ancestors().any(|dir| {
        dir.join(".git").exists() || (dir.join("HEAD").is_file() && dir.join("objects").is_dir())
    })
}
