//! Whether a worktree holds what its last commit does not, by its bytes and not by git's index.
//!
//! An index can be made to hide a change: by flags, by times, by modes that are not looked at, and by
//! filters that take content away. The files here are hashed as they are. One that differs from its
//! blob must be what a fresh checkout would write.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::call::Call;
use super::inner::{Inner, quoted};
use super::output::{self, Directory};
use super::repo::{Repo, path_of};
use super::settle::disk;
use super::walk::{self, Known, Tree, Walked};
use crate::error::Result;
use crate::workspace::file::{self, Links};

/// How many paths one command gets.
const CHUNK: usize = 20_000;
/// How many bytes of files are compared with one command's output. A larger file is compared by what
/// git would store of it.
const MAX_COMPARED: u64 = 16 << 20;

/// What is in a worktree beside its last commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Beyond {
    /// Tracked files have other bytes, another mode or another kind, or are gone.
    pub(super) changed: bool,
    /// Files that no rule ignores.
    pub(super) untracked: bool,
    /// Ignored files that are no output of a build.
    pub(super) ignored: bool,
    /// Commits of submodules that none of their remotes has.
    pub(super) commits: usize,
}

/// A directory with the git that knows it.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) repo: &'a Repo,
    /// The files.
    pub(super) dir: &'a Path,
    /// The worktree's own git directory.
    pub(super) admin: &'a Path,
    /// Set for a submodule, whose commits are in its own objects.
    pub(super) inner: Option<&'a Inner>,
}

impl At<'_> {
    fn call(&self) -> Call<'_> {
        let call = self.repo.git.at(self.dir);
        let call = call.env("GIT_DIR", self.admin).env("GIT_WORK_TREE", self.dir);
        match self.inner {
            Some(inner) => inner.lend(call),
            None => call,
        }
    }

    /// The paths of a commit.
    pub(super) async fn tree(&self, commit: &str) -> Result<Tree> {
        let call = self.call().args(["ls-tree", "-r", "-z", "--full-tree", "--end-of-options"]);
        Ok(parse(&call.arg(commit).bytes().await?))
    }

    /// What the directory holds beside a commit. Files are only read when `bytes` is set.
    pub(super) fn beyond<'a>(
        &'a self,
        commit: &'a str,
        bytes: bool,
    ) -> BoxFuture<'a, Result<Beyond>> {
        async move {
            let tree = self.tree(commit).await?;
            let mut beyond = Beyond::default();
            let walked = self.look(&tree, &mut beyond).await?;
            self.others(&tree, &walked, &mut beyond).await?;
            if bytes {
                beyond.changed = walked.other_kind
                    || !self.missing_are_sparse(&walked.missing).await?
                    || !self.modes_agree(&tree, &walked).await?
                    || !self.links_agree(&tree, &walked).await?
                    || !self.files_agree(&tree, &walked).await?;
            }
            for path in &walked.foreign {
                match tree.get(path).filter(|known| known.mode == "160000") {
                    Some(known) => self.submodule(path, known, bytes, &mut beyond).await?,
                    None if self.inner.is_some() => beyond.untracked = true,
                    None => {
                        let found = self.rules(std::slice::from_ref(path)).await?;
                        match found.as_deref() {
                            Some([Some(_)]) => beyond.ignored = true,
                            _ => beyond.untracked = true,
                        }
                    }
                }
            }
            Ok(beyond)
        }
        .boxed()
    }

    async fn submodule(
        &self,
        path: &[u8],
        known: &Known,
        bytes: bool,
        beyond: &mut Beyond,
    ) -> Result<()> {
        let dir = self.dir.join(path_of(path));
        let Some(inner) = self.repo.inner(dir.clone()).await? else {
            beyond.commits += 1;
            return Ok(());
        };
        let mut own = inner.own.clone();
        own.extend(inner.head.clone());
        beyond.commits += self.repo.unpublished(&inner, &own).await?.unwrap_or(1);
        if inner.head.as_ref() != Some(&known.id) {
            beyond.changed = true;
            return Ok(());
        }
        let at = At { dir: &dir, inner: Some(&inner), ..*self };
        let below = at.beyond(&known.id, bytes).await?;
        // What no commit of the worktree can hold is held as what it is.
        beyond.changed |= below.changed;
        beyond.untracked |= below.untracked;
        beyond.ignored |= below.ignored;
        beyond.commits += below.commits;
        Ok(())
    }

    /// Walks until every directory with the name of output is known to be some, or was entered.
    async fn look(&self, tree: &Tree, beyond: &mut Beyond) -> Result<Walked> {
        let mut enter = BTreeSet::new();
        loop {
            let (dir, known, open) = (self.dir.to_owned(), tree.clone(), enter.clone());
            let walk = move || walk::walk(&dir, &known, &open);
            let walked =
                self.repo.git.blocking("walk", walk).await?.map_err(|error| disk(&error))?;
            if walked.agreed.is_empty() || self.inner.is_some() {
                return Ok(walked);
            }
            let Some(rules) = self.rules(&walked.agreed).await? else {
                beyond.untracked = true;
                return Ok(walked);
            };
            let more =
                walked.agreed.iter().zip(&rules).filter(|(_, rule)| !agreed(rule.as_ref(), tree));
            let before = enter.len();
            enter.extend(more.map(|(path, _)| path.clone()));
            if enter.len() == before {
                return Ok(walked);
            }
        }
    }

    /// Sorts the files that the commit does not have.
    async fn others(&self, tree: &Tree, walked: &Walked, beyond: &mut Beyond) -> Result<()> {
        let (inside, others): (Vec<_>, Vec<_>) =
            walked.others.iter().cloned().partition(|path| in_submodule(path, tree));
        if !inside.is_empty() || (self.inner.is_some() && !others.is_empty()) {
            beyond.untracked = true;
            return Ok(());
        }
        for chunk in others.chunks(CHUNK) {
            let Some(rules) = self.rules(chunk).await? else {
                beyond.untracked = true;
                return Ok(());
            };
            for (path, rule) in chunk.iter().zip(rules) {
                match rule {
                    None => beyond.untracked = true,
                    Some(rule) if in_output(path) && agreed(Some(&rule), tree) => {}
                    Some(_) => beyond.ignored = true,
                }
            }
            if beyond.untracked && beyond.ignored {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The file whose rule ignores each path, or none. Nothing at all when git cannot say.
    pub(super) async fn rules(&self, paths: &[Vec<u8>]) -> Result<Option<Vec<Option<Vec<u8>>>>> {
        let call =
            self.call().args(["check-ignore", "--verbose", "--non-matching", "-z", "--stdin"]);
        // It takes no literal ones. A path that begins with a dot has no other meaning.
        let call = call.env("GIT_LITERAL_PATHSPECS", "0");
        let mut input = Vec::new();
        for path in paths {
            input.extend([b"./", &path[..], b"\0"].concat());
        }
        let done = call.input(input).run().await?;
        if !matches!(done.code, Some(0 | 1)) {
            return Ok(None);
        }
        let mut parts = done.stdout.split(|byte| *byte == 0);
        let mut rules = Vec::with_capacity(paths.len());
        while let (Some(source), Some(_), Some(pattern), Some(_)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        {
            let ignores = !source.is_empty() && !pattern.starts_with(b"!");
            rules.push(ignores.then(|| source.to_vec()));
        }
        Ok((rules.len() == paths.len()).then_some(rules))
    }

    /// Whether the files that are not there are outside of a sparse checkout.
    async fn missing_are_sparse(&self, missing: &[Vec<u8>]) -> Result<bool> {
        if missing.is_empty() {
            return Ok(true);
        }
        if self.inner.is_some() || !self.repo.is_sparse(self.call()).await? {
            return Ok(false);
        }
        let list = self.call().args(["ls-files", "-t", "-z"]).bytes().await?;
        let skipped: BTreeSet<&[u8]> =
            list.split(|byte| *byte == 0).filter_map(|line| line.strip_prefix(b"S ")).collect();
        Ok(missing.iter().all(|path| skipped.contains(&path[..])))
    }

    async fn modes_agree(&self, tree: &Tree, walked: &Walked) -> Result<bool> {
        let differs = walked.files.iter().any(|(path, executes)| {
            tree.get(path).is_some_and(|known| (known.mode == "100755") != *executes)
        });
        if !differs || cfg!(not(unix)) {
            return Ok(true);
        }
        // A file system that keeps no modes lets everything be executed, also what git wrote itself.
        let git = self.dir.join(".git");
        let look = move || fs::metadata(git).is_ok_and(|found| walk::may_execute(&found));
        let keeps_none = self.repo.git.blocking("mode", look).await?;
        Ok(keeps_none && !self.repo.git_keeps_modes(self.call()).await?)
    }

    async fn links_agree(&self, tree: &Tree, walked: &Walked) -> Result<bool> {
        for chunk in walked.links.chunks(CHUNK) {
            let (mut input, mut expected) = (String::new(), Vec::new());
            for (path, says) in chunk {
                let Some(known) = tree.get(path) else { return Ok(false) };
                input.push_str(&known.id);
                input.push('\n');
                expected.extend([b"blob\n", &says[..], b"\n"].concat());
            }
            let call = self.call().args(["cat-file", "--batch=%(objecttype)"]);
            if call.input(input).bytes().await? != expected {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn files_agree(&self, tree: &Tree, walked: &Walked) -> Result<bool> {
        let Some(converted) = self.converted(tree, &walked.files).await? else {
            // A file went away or may not be read.
            return Ok(false);
        };
        if self.inner.is_some() && !converted.is_empty() {
            return Ok(false);
        }
        self.are_checkouts(tree, &converted).await
    }

    /// Files whose bytes are not those of their blobs. None when one of them cannot be read.
    async fn converted<'p>(
        &self,
        tree: &Tree,
        files: &'p [(Vec<u8>, bool)],
    ) -> Result<Option<Vec<&'p Vec<u8>>>> {
        let mut converted = Vec::new();
        for chunk in files.chunks(CHUNK) {
            let mut input = Vec::new();
            for (path, _) in chunk {
                input.extend(quoted(path));
                input.push(b'\n');
            }
            let call = self.call().args(["hash-object", "--no-filters", "--stdin-paths"]);
            let done = call.input(input).run().await?;
            let ids: Vec<&[u8]> = done.stdout.split(|byte| *byte == b'\n').collect();
            if done.code != Some(0) || ids.len() != chunk.len() + 1 {
                return Ok(None);
            }
            for ((path, _), id) in chunk.iter().zip(ids) {
                if tree.get(path).is_none_or(|known| known.id.as_bytes() != id) {
                    converted.push(path);
                }
            }
        }
        Ok(Some(converted))
    }

    /// Files of an index whose bytes changed without git seeing it, by the index's entries.
    pub(super) async fn unseen(&self, entries: &Tree) -> Result<Vec<Vec<u8>>> {
        let (dir, known) = (self.dir.to_owned(), entries.clone());
        let walk = move || walk::walk(&dir, &known, &BTreeSet::new());
        let walked = self.repo.git.blocking("walk", walk).await?.map_err(|error| disk(&error))?;
        let Some(converted) = self.converted(entries, &walked.files).await? else {
            return Ok(Vec::new());
        };
        if converted.is_empty() {
            return Ok(Vec::new());
        }
        let call =
            self.call().args(["diff-files", "--name-only", "-z", "--ignore-submodules=dirty"]);
        let seen = call.without_broken_filters().bytes().await?;
        let seen: BTreeSet<&[u8]> = seen.split(|byte| *byte == 0).collect();
        let left: Vec<&Vec<u8>> =
            converted.into_iter().filter(|path| !seen.contains(&path[..])).collect();
        if self.are_checkouts(entries, &left).await? {
            return Ok(Vec::new());
        }
        let mut unseen = Vec::new();
        for path in left {
            if !self.are_checkouts(entries, &[path]).await? {
                unseen.push(path.clone());
            }
        }
        Ok(unseen)
    }

    /// Whether files are what git writes of their blobs when it checks them out.
    async fn are_checkouts(&self, tree: &Tree, paths: &[&Vec<u8>]) -> Result<bool> {
        let mut left = paths.iter().peekable();
        while left.peek().is_some() {
            let (mut input, mut expected) = (Vec::new(), Vec::new());
            while let Some(path) = left.peek() {
                let at = self.dir.join(path_of(path));
                let allowed = MAX_COMPARED.saturating_sub(expected.len() as u64);
                let read = move || read_up_to(&at, allowed);
                let Some(Known { id, .. }) = tree.get(**path) else { return Ok(false) };
                match self.repo.git.blocking("read", read).await? {
                    Some(content) => {
                        input.extend([id.as_bytes(), b" ", &path[..], b"\0"].concat());
                        expected.extend([b"blob\n", &content[..], b"\n"].concat());
                    }
                    None if !expected.is_empty() => break,
                    None if !self.stores(path, id).await? => return Ok(false),
                    None => {}
                }
                left.next();
            }
            let call = self.call().args(["cat-file", "--batch=%(objecttype)", "--filters", "-z"]);
            let done = call.input(input).run().await?;
            // A filter that fails writes nothing.
            if done.code != Some(0) || done.stdout != expected {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether git would store a file as this blob.
    async fn stores(&self, path: &[u8], id: &str) -> Result<bool> {
        let call = self.call().args(["hash-object", "--stdin-paths"]);
        let done = call.input([&quoted(path)[..], b"\n"].concat()).run().await?;
        Ok(done.code == Some(0) && done.stdout.trim_ascii() == id.as_bytes())
    }
}

impl Repo {
    async fn git_keeps_modes(&self, call: Call<'_>) -> Result<bool> {
        let call = call.args(["config", "--type=bool", "--get", "core.fileMode"]);
        Ok(call.codes(&[0, 1]).await?.stdout.trim_ascii() != b"false")
    }
}

/// The lines of `ls-tree -z`.
pub(super) fn parse(list: &[u8]) -> Tree {
    let lines = list.split(|byte| *byte == 0).filter_map(|line| {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        let mut words = std::str::from_utf8(&line[..tab]).ok()?.split(' ');
        let (mode, _, id) = (words.next()?, words.next()?, words.next()?);
        Some((line[tab + 1..].to_vec(), Known { mode: mode.to_owned(), id: id.to_owned() }))
    });
    lines.collect()
}

/// The lines of `ls-files --stage -z`, without files in conflict.
pub(super) fn parse_entries(list: &[u8]) -> Tree {
    let lines = list.split(|byte| *byte == 0).filter_map(|line| {
        let tab = line.iter().position(|byte| *byte == b'\t')?;
        let mut words = std::str::from_utf8(&line[..tab]).ok()?.split(' ');
        let (mode, id, stage) = (words.next()?, words.next()?, words.next()?);
        let known = Known { mode: mode.to_owned(), id: id.to_owned() };
        (stage == "0").then(|| (line[tab + 1..].to_vec(), known))
    });
    lines.collect()
}

/// Whether a rule is one of a `.gitignore` that the commit has.
fn agreed(rule: Option<&Vec<u8>>, tree: &Tree) -> bool {
    rule.is_some_and(|source| tree.contains_key(source))
}

/// Whether one of the directories above a file has the name of output.
fn in_output(path: &[u8]) -> bool {
    let mut names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    names.pop();
    names.into_iter().any(|name| output::directory(name) != Directory::Unknown)
}

fn in_submodule(path: &[u8], tree: &Tree) -> bool {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    ends.into_iter().any(|at| tree.get(&path[..at]).is_some_and(|known| known.mode == "160000"))
}

/// A file's content, unless it is larger.
fn read_up_to(path: &Path, most: u64) -> Option<Vec<u8>> {
    file::read(path, Links::Refused, most).ok()
}
