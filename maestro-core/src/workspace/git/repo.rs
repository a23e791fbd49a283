//! A project's repository: its refs, commits and worktrees.

use std::path::{Path, PathBuf};

use super::call::Call;
use super::child::Finished;
use super::elsewhere::MERGED;
use super::failure;
use super::lock::Of;
use super::name::branch_ref;
use super::reason::{Reason, unwritable};
use super::run::Git;
use super::settle::present;
use crate::error::{Error, ErrorKind, Result};

/// Why a worktree is locked whose files are being written.
pub(super) const MAKING: &str = "maestro is making it";

/// A repository that worktrees are made from.
#[derive(Debug, Clone)]
pub(super) struct Repo {
    pub(super) git: Git,
    /// The repository's checkout, a linked worktree of it, or a bare repository.
    pub(super) path: PathBuf,
    /// Where the project is in it, with `/`, unless it is all of it.
    pub(super) subdirectory: Option<String>,
    /// The directory that all worktrees share.
    pub(super) common: PathBuf,
}

/// A worktree as git knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    /// The full name of the branch that is checked out.
    pub(super) branch: Option<String>,
    /// Why it is locked, if it is.
    pub(super) locked: Option<String>,
}

impl Entry {
    /// Whether nobody ever got to work in this worktree: git, or we, were ended while making it.
    pub(super) fn half_made(&self) -> bool {
        self.locked.as_deref().is_some_and(tells_half_made)
    }
}

/// Whether the reason of a worktree's lock says that its files are still being written.
pub(super) fn tells_half_made(why: &str) -> bool {
    why == "initializing" || why == MAKING
}

/// What a transaction of refs came to.
#[derive(Debug)]
pub(super) enum Swap {
    Done,
    /// A ref was not what it should have been; nothing was changed. Git says which.
    Lost(String),
    /// The name of a ref is a part of another one's name; nothing was changed. Git says which.
    InTheWay(String),
}

impl Repo {
    /// The commit of a branch.
    pub(super) async fn branch(&self, branch: &str) -> Result<Option<String>> {
        self.commit(&branch_ref(branch)).await
    }

    /// The commit that a name means in the project.
    pub(super) async fn commit(&self, name: &str) -> Result<Option<String>> {
        self.commit_in(&self.path, name).await
    }

    /// The commit that a name means in one of the worktrees.
    pub(super) async fn commit_in(&self, dir: &Path, name: &str) -> Result<Option<String>> {
        if name.contains('\0') {
            // No program can be asked.
            return Ok(None);
        }
        let found = self
            .git
            .at(dir)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(format!("{name}^{{commit}}"))
            .codes(&[0, 1])
            .await?;
        let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        Ok((found.code == Some(0)).then_some(commit))
    }

    /// Whether a text can be a branch's name.
    pub(super) async fn is_branch_name(&self, name: &str) -> Result<bool> {
        if name.contains('\0') {
            return Ok(false);
        }
        // Given to git as a part of a longer word, it cannot be an option.
        let checked = self
            .git
            .at(&self.path)
            .arg("check-ref-format")
            .arg(branch_ref(name))
            .codes(&[0, 1])
            .await?;
        Ok(checked.code == Some(0))
    }

    pub(super) async fn is_ancestor(&self, ancestor: &str, commit: &str) -> Result<bool> {
        if ancestor == commit {
            return Ok(true);
        }
        let found = self
            .git
            .at(&self.path)
            .args(["merge-base", "--is-ancestor", ancestor, commit])
            .codes(&[0, 1])
            .await?;
        Ok(found.code == Some(0))
    }

    /// The last commit that two commits share.
    pub(super) async fn merge_base(&self, a: &str, b: &str) -> Result<Option<String>> {
        let found = self.git.at(&self.path).args(["merge-base", a, b]).codes(&[0, 1]).await?;
        let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        Ok((!commit.is_empty()).then_some(commit))
    }

    /// Changes refs all together or not at all. Each line is an `update-ref --stdin` command.
    pub(super) async fn swap(&self, lines: &[String]) -> Result<Swap> {
        if lines.is_empty() {
            return Ok(Swap::Done);
        }
        self.transact(self.git.at(&self.path).arg("update-ref"), lines).await
    }

    /// Moves a branch to a commit of a task's work. Its log says so, also in a bare repository, which
    /// has none by itself: that tells what tasks did from what others did.
    pub(super) async fn move_on(&self, line: &str, commit: &str) -> Result<Swap> {
        let call = self.git.at(&self.path).args(["update-ref", "--create-reflog", "-m"]);
        self.transact(call.arg(format!("{MERGED}{commit}")), &[line.to_owned()]).await
    }

    async fn transact(&self, call: Call<'_>, lines: &[String]) -> Result<Swap> {
        let mut input = lines.join("\n");
        input.push('\n');
        let done = call.arg("--stdin").input(input).run().await?;
        self.swapped(&done).await
    }

    /// What a transaction of refs came to.
    pub(super) async fn swapped(&self, done: &Finished) -> Result<Swap> {
        let said = done.stderr.trim().to_owned();
        let subject = format!("git update-ref in {}", self.path.display());
        match Reason::of(done) {
            None => Ok(Swap::Done),
            Some(Reason::Moved) => Ok(Swap::Lost(said)),
            Some(Reason::InTheWay) => Ok(Swap::InTheWay(said)),
            // A reftable says only that it could not be written.
            Some(Reason::Other) => {
                let paths = ["reftable", "refs", "."].map(|name| self.common.join(name));
                let refused = self.git.blocking("look", move || unwritable(&paths)).await?;
                Err(match refused {
                    Some(path) => failure::denied(&subject, &path).with("said", said),
                    None => failure::error(&subject, done),
                })
            }
            Some(_) => Err(failure::error(&subject, done)),
        }
    }

    /// The refs that match patterns of `for-each-ref`, with their values.
    pub(super) async fn refs(&self, args: &[String]) -> Result<Vec<(String, String)>> {
        let found = self
            .git
            .at(&self.path)
            .args(["for-each-ref", "--format=%(refname) %(objectname) %(symref)"])
            .args(args)
            .text()
            .await?;
        // A symbolic ref follows another one, which is in the list too.
        let plain = found.lines().filter_map(|line| {
            let mut words = line.splitn(3, ' ');
            let (name, value) = (words.next()?, words.next()?);
            words.next().unwrap_or_default().is_empty().then(|| (name.to_owned(), value.to_owned()))
        });
        Ok(plain.collect())
    }

    /// The worktrees of the repository, the project's own checkout included.
    pub(super) async fn worktrees(&self) -> Result<Vec<Entry>> {
        let lock = self.lock(Of::WorktreesToRead).await?;
        let list = self
            .git
            .at(&self.path)
            .args(["worktree", "list", "--porcelain", "-z"])
            .under(&lock)
            .bytes()
            .await?;
        let mut entries = Vec::new();
        for line in list.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
            let text = String::from_utf8_lossy(line);
            if let Some(path) = line.strip_prefix(b"worktree ") {
                entries.push(Entry { path: path_of(path), ..Entry::default() });
            } else if let Some(entry) = entries.last_mut() {
                match text.split_once(' ').unwrap_or((&text, "")) {
                    ("branch", name) => entry.branch = Some(name.to_owned()),
                    ("locked", why) => entry.locked = Some(why.to_owned()),
                    _ => {}
                }
            }
        }
        Ok(entries)
    }

    /// The entry of a worktree, if git has one.
    pub(super) async fn entry(&self, root: &Path) -> Result<Option<Entry>> {
        Ok(self.worktrees().await?.into_iter().find(|entry| entry.path == root))
    }

    /// The worktree in which a branch is checked out, apart from the one at `root`.
    pub(super) async fn checkout_of(&self, branch: &str, root: &Path) -> Result<Option<PathBuf>> {
        let found = self.checkouts_of(branch, root).await?.into_iter().next();
        Ok(found.map(|entry| entry.path))
    }

    /// The same, of a branch that is to be moved on with its files: they have to be there.
    pub(super) async fn only_checkout_of(
        &self,
        branch: &str,
        root: &Path,
    ) -> Result<Option<PathBuf>> {
        let entries = self.checkouts_of(branch, root).await?;
        let refused = |why: &'static str| {
            let worktrees = entries.iter().map(|entry| entry.path.display().to_string());
            let worktrees = worktrees.collect::<Vec<_>>().join(", ");
            let error = Error::new(ErrorKind::Conflict, why).with("into", branch);
            error.with("worktrees", worktrees)
        };
        let [entry] = &entries[..] else {
            return if entries.is_empty() {
                Ok(None)
            } else {
                Err(refused(
                    "the branch is checked out in more than one worktree; switch all but one to another branch, then merge again",
                ))
            };
        };
        if entry.half_made() {
            return Err(refused(
                "the branch is checked out in a worktree that is being made; merge again later",
            )
            .retryable(true));
        }
        let pointer = entry.path.join(".git");
        if self.git.blocking("look", move || present(&pointer)).await? {
            return Ok(Some(entry.path.clone()));
        }
        Err(refused(
            "the branch is checked out in a worktree whose files are not there; bring it back, or run `git worktree unlock` and `git worktree prune`, then merge again",
        ))
    }

    async fn checkouts_of(&self, branch: &str, root: &Path) -> Result<Vec<Entry>> {
        let name = branch_ref(branch);
        let mut entries = self.worktrees().await?;
        entries.retain(|entry| entry.branch.as_ref() == Some(&name) && entry.path != root);
        Ok(entries)
    }
}

/// A path as git writes it: bytes, where paths are bytes.
#[cfg(unix)]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A path as git writes it: UTF-8, where paths are text.
#[cfg(not(unix))]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// A path for people and JSON: bytes that are no text are replaced.
pub(super) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
