//! Finding the repository of a project.

use std::fs;
use std::path::{Path, PathBuf};

use super::failure;
use super::layout::Layout;
use super::reason::Reason;
use super::repo::{Repo, path_of};
use super::run::Git;
use crate::error::{Error, ErrorKind, Result};
use crate::workspace::file::{self, Links, MAX_NAME};
use crate::workspace::local;

/// What is found at a project's directory.
#[derive(Debug)]
pub(super) enum Found {
    Repository(Box<Repo>),
    /// No worktree can be made from it.
    Nothing(Error),
}

/// What git says of a directory.
struct Facts {
    bare: bool,
    /// Whether it is among checked out files.
    inside: bool,
    /// The directory that all worktrees share.
    common: PathBuf,
    /// Where it is below the top of these files, with `/` at the end.
    prefix: String,
}

impl Repo {
    /// Opens the repository of a project.
    pub(super) async fn open(git: &Git, project: &Path) -> Result<Self> {
        match Self::find(git, project).await? {
            Found::Repository(repo) => Ok(*repo),
            Found::Nothing(error) => Err(error),
        }
    }

    /// Looks for the repository of a project: the directory itself, or one that it is a part of.
    pub(super) async fn find(git: &Git, project: &Path) -> Result<Found> {
        git.check().await?;
        let path = {
            let project = project.to_owned();
            git.blocking("open", move || local::directory(&project)).await??
        };
        let facts = match Facts::of(git, &path).await? {
            Ok(facts) => facts,
            Err(error) => return Ok(Found::Nothing(error.with("project", path.display()))),
        };
        let common = facts.common;
        let (top, subdirectory) = if facts.bare {
            let (looked, at) = (common.clone(), path.clone());
            match git.blocking("open", move || bare_around(&looked, &at)).await? {
                Some((_, true)) => return Err(set_bare(project)),
                Some((top, false)) if top == path => (Some(top), None),
                _ => (None, None),
            }
        } else if facts.inside {
            let below = facts.prefix.trim_end_matches('/');
            (top(&path, below), (!below.is_empty()).then(|| below.to_owned()))
        } else {
            (None, None)
        };
        let Some(top) = top else {
            return Ok(Found::Nothing(
                Error::new(
                    ErrorKind::Unsupported,
                    "the project is a directory among git's own files; make a checkout of the repository the project",
                )
                .with("project", path.display())
                .with("repository", common.display()),
            ));
        };
        let layout = Layout { common: common.clone(), project: top.clone(), bare: facts.bare };
        let git = git.within(layout);
        Ok(Found::Repository(Box::new(Self { git, path: top, subdirectory, common })))
    }
}

impl Facts {
    /// Asks git. The inner error says that there is no repository to work with.
    async fn of(git: &Git, path: &Path) -> Result<Result<Self>> {
        let call = git.at(path).args([
            "rev-parse",
            "--is-bare-repository",
            "--is-inside-work-tree",
            "--path-format=absolute",
            "--git-common-dir",
            "--show-prefix",
        ]);
        let done = call.run().await?;
        let failed = || failure::error("git rev-parse", &done).with("directory", path.display());
        match Reason::of(&done) {
            None => {}
            Some(Reason::NoRepository) => return Ok(Err(failed())),
            // Others can make a repository above a directory of this user, which is no reason to fail.
            Some(Reason::Foreign) if !path.join(".git").exists() => return Ok(Err(failed())),
            Some(_) => return Err(failed()),
        }
        let facts = Self::read(&done.stdout, path);
        Ok(Ok(facts.ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                "git describes a repository in a way that is not known",
            )
            .with("directory", path.display())
        })?))
    }

    fn read(said: &[u8], path: &Path) -> Option<Self> {
        let said = said.strip_suffix(b"\n")?;
        let mut lines = said.splitn(3, |byte| *byte == b'\n');
        let (bare, inside, rest) = (lines.next()?, lines.next()?, lines.next()?);
        // Both paths may have line breaks in them. The second one is the end of the directory.
        let breaks = (0..rest.len()).rev().filter(|at| rest[*at] == b'\n');
        let mut splits = breaks.map(|at| (&rest[..at], &rest[at + 1..]));
        let (common, prefix) = splits.find(|(_, prefix)| {
            prefix.is_empty() || (prefix.ends_with(b"/") && path.ends_with(path_of(prefix)))
        })?;
        Some(Self {
            bare: bare == b"true",
            inside: inside == b"true",
            common: path_of(common),
            prefix: String::from_utf8(prefix.to_owned()).ok()?,
        })
    }
}

/// The top of the files that a directory is below of. None when the two do not fit together.
fn top(path: &Path, below: &str) -> Option<PathBuf> {
    let ends = below.is_empty() || path.ends_with(below);
    ends.then(|| path.ancestors().nth(Path::new(below).components().count()).map(Path::to_owned))?
}

/// The directory, of one and those above it, that a bare repository is that of: it stands there, or
/// is what `.git` there leads to. Says then whether files are checked out beside it all the same,
/// which its index tells.
fn bare_around(common: &Path, path: &Path) -> Option<(PathBuf, bool)> {
    let common = fs::canonicalize(common).ok()?;
    path.ancestors().find_map(|dir| bare_at(&common, dir).map(|flipped| (dir.to_owned(), flipped)))
}

fn bare_at(common: &Path, path: &Path) -> Option<bool> {
    if common == path {
        return Some(false);
    }
    let git = path.join(".git");
    let leads = match file::read(&git, Links::Followed, MAX_NAME) {
        Ok(text) => path.join(path_of(text.strip_prefix(b"gitdir: ")?.trim_ascii_end())),
        Err(_) => git,
    };
    let its = fs::canonicalize(leads).ok()? == common;
    its.then(|| common.join("index").exists())
}

/// A tool has set `core.bare` in a repository with a checkout. A merge would leave that one behind.
fn set_bare(project: &Path) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the repository says that it is bare (`core.bare`), but files are checked out beside it; run `git config core.bare false` there, then try again",
    )
    .with("project", project.display())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Facts;

    #[test]
    fn paths_with_line_breaks_are_told_apart() {
        for (common, prefix) in [
            ("/r/.git", ""),
            ("/r\n/.git", ""),
            ("/r/.git", "a\nb/c/"),
            ("/x\ny/.git", "a/\nb/"),
            ("/\n/.git", "\n/"),
        ] {
            let path = Path::new(common).parent().unwrap().join(prefix);
            let said = format!("false\ntrue\n{common}\n{prefix}\n");
            let facts = Facts::read(said.as_bytes(), &path).unwrap();
            assert_eq!((facts.common.to_str(), &*facts.prefix), (Some(common), prefix));
            assert!(facts.inside && !facts.bare);
        }
    }
}
