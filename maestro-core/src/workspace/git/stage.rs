//! Adding the files of a worktree to its index, without losing all of them to one that git or its
//! filter refuses.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::child::Finished;
use super::failure;
use super::landing::Landing;
use super::proof::parse_entries;
use super::reason::{Filtered, Reason};
use super::repo::{Repo, path_of, text_of};
use super::settle::present;
use super::site::Site;
use super::walk::Known;
use crate::error::{Error, ErrorKind, Result};
use crate::workspace::RefusedFile;

/// How many files may be refused before the rest is not tried. Each costs several commands.
const MAX_REFUSED: usize = 50;
/// How many files are named that a filter may have refused.
const MAX_NAMED: usize = 5;
/// How much is kept of what git said of one file.
const MAX_SAID: usize = 300;
/// Why a filter that only the repository defines does not run.
const WITHHELD: &str = "the filter is defined in the repository's own configuration alone, which is not trusted; define it by `git config --global`";

/// A file that was not added.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    path: Vec<u8>,
    /// The filter that the attributes name for it.
    filter: Option<String>,
    said: String,
}

impl Repo {
    /// The filter that the attributes name for each path that has one.
    async fn filters(&self, root: &Path, paths: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let call = self.git.at(root).args(["check-attr", "-z", "--stdin", "filter"]);
        Ok(named(&call.input(lines(paths)).bytes().await?))
    }

    /// Why the files of a worktree could not be written.
    pub(super) async fn not_checked_out(
        &self,
        root: &Path,
        branch: &str,
        done: &Finished,
    ) -> Error {
        let subject = format!("git reset in {}", root.display());
        let files = match Reason::of(done) {
            Some(Reason::Filter(Some(Filtered { file, filter }))) => {
                format!("{file} (filter {filter})")
            }
            // A filter that does not even start is not said with its file.
            Some(Reason::Filter(None) | Reason::Other) => {
                self.filtered(branch).await.unwrap_or_default()
            }
            _ => String::new(),
        };
        if files.is_empty() {
            return failure::error(&subject, done);
        }
        Error::new(
            ErrorKind::Unavailable,
            "files cannot be checked out, since their filter refuses them; install the filter's program or correct it in git's configuration, then try again",
        )
        .with("files", files)
        .with("said", said(done))
    }

    /// Some files of a branch that have a filter, for people.
    async fn filtered(&self, branch: &str) -> Result<String> {
        let call = self.git.at(&self.path).args(["ls-tree", "-r", "-z", "--name-only", branch]);
        let files = call.bytes().await?;
        let source = format!("--source={branch}");
        let call = self.git.at(&self.path).args(["check-attr", &source, "-z", "--stdin", "filter"]);
        let named = named(&call.input(files).bytes().await?);
        let named = named.iter().take(MAX_NAMED);
        let named: Vec<_> = named
            .map(|(path, filter)| format!("{} (filter {})", text_of(path), text_of(filter)))
            .collect();
        Ok(named.join(", "))
    }
}

impl Site {
    /// Adds everything to the index that a commit can hold. Gives the files that git or their filter
    /// refused; all others are added.
    pub(super) async fn stage(&self, landing: &Landing) -> Result<Vec<RefusedFile>> {
        let mut refused = self.withheld(landing).await?;
        let but: Vec<Vec<u8>> = refused.iter().map(|file| file.path.clone()).collect();
        let add = self.repo.git.at(&self.root).args(["add", "--all", "--sparse"]);
        let done = landing.limit_but(add, &but).run().await?;
        if done.code != Some(0) {
            let found = if is_of_one_file(&done) {
                self.one_by_one(landing, &but).await?
            } else {
                Vec::new()
            };
            if found.is_empty() {
                return Err(failure::error(&format!("git add in {}", self.root.display()), &done));
            }
            refused.extend(found);
        }
        Ok(refused.into_iter().map(Refused::for_people).collect())
    }

    /// The changed files with a filter that only the repository defines. Without the filter they
    /// would be committed as something else than what the repository is to hold.
    async fn withheld(&self, landing: &Landing) -> Result<Vec<Refused>> {
        let (git, root) = (self.repo.git.clone(), self.root.clone());
        let names = self.repo.git.blocking("settings", move || git.withheld(&root)).await??;
        let mut refused = Vec::new();
        if names.is_empty() {
            return Ok(refused);
        }
        let files = self.changed_but(landing, &[]).await?;
        for (path, filter) in self.repo.filters(&self.root, &files).await? {
            let name = text_of(&filter);
            if names.contains(&filter) && !self.is_users(&name).await? {
                refused.push(Refused { path, filter: Some(name), said: WITHHELD.to_owned() });
            }
        }
        Ok(refused)
    }

    /// Whether the user or the system defines a filter.
    async fn is_users(&self, filter: &str) -> Result<bool> {
        for key in ["process", "clean"] {
            let call = self.repo.git.at(&self.root).args(["config", "--get"]);
            let call = call.arg(format!("filter.{filter}.{key}"));
            if call.codes(&[0, 1]).await?.code == Some(0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The files that differ from the index, and those that it does not know, without some.
    async fn changed_but(&self, landing: &Landing, but: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
        let call = self.repo.git.at(&self.root);
        let call = call.args(["ls-files", "-z", "--modified", "--others", "--exclude-standard"]);
        let list = call.without_broken_filters().bytes().await?;
        let all: BTreeSet<Vec<u8>> = list
            .split(|byte| *byte == 0)
            .filter(|path| !path.is_empty() && !landing.avoids(path))
            .map(<[u8]>::to_vec)
            .filter(|path| !but.contains(path))
            .collect();
        let root = self.root.clone();
        // A directory is another repository.
        let is_file = move |path: &Vec<u8>| {
            fs::symlink_metadata(root.join(path_of(path))).map_or(true, |found| !found.is_dir())
        };
        let files = move || all.into_iter().filter(is_file).collect();
        self.repo.git.blocking("changed", files).await
    }

    /// Lets the index know nothing of when files were changed. Git compares what changed in the second
    /// of the last look whenever it writes the index, with the file's filter, also to add others.
    async fn distrust(&self, files: &[(Vec<u8>, Vec<u8>)]) -> Result<()> {
        let list = self.repo.git.at(&self.root).args(["ls-files", "--stage", "-z"]).bytes().await?;
        let entries = parse_entries(&list);
        let mut info = Vec::new();
        for (path, _) in files {
            if let Some(Known { mode, id }) = entries.get(path) {
                info.extend([mode.as_bytes(), b" ", id.as_bytes(), b"\t", path, b"\0"].concat());
            }
        }
        if info.is_empty() {
            return Ok(());
        }
        let call = self.repo.git.at(&self.root).args(["update-index", "-z", "--index-info"]);
        call.input(info).bytes().await.map(drop)
    }

    /// Adds all changed files that can be, and finds those that cannot.
    async fn one_by_one(&self, landing: &Landing, but: &[Vec<u8>]) -> Result<Vec<Refused>> {
        let mut refused: Vec<Refused> = Vec::new();
        let changed = self.changed_but(landing, but).await?;
        self.distrust(&self.repo.filters(&self.root, &changed).await?).await?;
        let mut left = vec![changed];
        while let Some(mut paths) = left.pop() {
            if paths.is_empty() {
                continue;
            }
            let call = self.repo.git.at(&self.root).args(["add", "--all", "--sparse"]);
            let call = call.args(["--pathspec-from-file=-", "--pathspec-file-nul"]);
            let done = call.input(lines(&paths)).run().await?;
            if done.code == Some(0) {
                continue;
            }
            if !is_of_one_file(&done) {
                return Err(failure::error(&format!("git add in {}", self.root.display()), &done));
            }
            if paths.len() > 1 {
                left.push(paths.split_off(paths.len() / 2));
                left.push(paths);
                continue;
            }
            let filter = self.repo.filters(&self.root, &paths).await?.pop();
            let filter = filter.map(|(_, name)| text_of(&name));
            for path in paths {
                let at = self.root.join(path_of(&path));
                // Nothing refuses a file that went away meanwhile.
                if self.repo.git.blocking("look", move || present(&at)).await? {
                    refused.push(Refused { path, filter: filter.clone(), said: said(&done) });
                }
            }
            if refused.len() >= MAX_REFUSED {
                let files: Vec<_> = refused.into_iter().map(Refused::for_people).collect();
                let names: Vec<_> = files.iter().map(ToString::to_string).collect();
                return Err(Error::new(
                    ErrorKind::Conflict,
                    "too many files cannot be committed, since git or their filter refuses them; install or correct the filter, then commit again",
                )
                .with("files", names.join(", ")));
            }
        }
        Ok(refused)
    }
}

impl Refused {
    fn for_people(self) -> RefusedFile {
        RefusedFile { path: text_of(&self.path), filter: self.filter, why: self.said }
    }
}

/// Whether git may have failed for one file: it can then add the others.
fn is_of_one_file(done: &Finished) -> bool {
    let reason = Reason::of(done);
    matches!(reason, Some(Reason::Filter(_) | Reason::Denied(None) | Reason::Other))
}

/// Reads the output of `check-attr -z filter`.
fn named(list: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let parts: Vec<&[u8]> = list.split(|byte| *byte == 0).collect();
    let named = parts.chunks_exact(3).map(|part| (part[0].to_vec(), part[2].to_vec()));
    named.filter(|(_, filter)| filter != b"unspecified" && filter != b"unset").collect()
}

fn lines(paths: &[Vec<u8>]) -> Vec<u8> {
    paths.iter().flat_map(|path| path.iter().copied().chain([0])).collect()
}

/// What git said, in one line.
fn said(done: &Finished) -> String {
    let lines: Vec<&str> = done.stderr.lines().filter(|line| !line.is_empty()).collect();
    lines.join("; ").chars().take(MAX_SAID).collect()
}
