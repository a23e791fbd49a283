//! What of a workspace a commit can hold, and what it cannot: repositories inside of it.
//!
//! A repository inside would become a link to a commit that nobody else has. A link is only good when
//! it is a submodule of the project and one of the submodule's remotes has the commit.

use std::collections::BTreeSet;

use super::call::Call;
use super::proof::{At, parse, parse_entries};
use super::repo::{path_of, text_of};
use super::settle::disk;
use super::site::Site;
use super::walk::{self, Known, Tree};
use crate::error::Result;

/// The mode of a link to a commit.
const LINK: &str = "160000";

/// What the next commit gets, and what stays out of it.
#[derive(Debug, Default)]
pub(super) struct Landing {
    /// The directories that `git add` is not to enter.
    pub(super) avoid: Vec<Vec<u8>>,
    /// What no commit can hold.
    pub(super) left_out: BTreeSet<Vec<u8>>,
}

impl Landing {
    /// Limits an `add` to what a commit can hold.
    pub(super) fn limit<'a>(&self, call: Call<'a>) -> Call<'a> {
        self.limit_but(call, &[])
    }

    /// The same, without some more files.
    pub(super) fn limit_but<'a>(&self, call: Call<'a>, but: &[Vec<u8>]) -> Call<'a> {
        let call = call.args(["--pathspec-from-file=-", "--pathspec-file-nul"]);
        let mut paths = b".".to_vec();
        for path in self.avoid.iter().chain(but) {
            paths.extend([b"\0:(exclude,literal)", &path[..]].concat());
        }
        call.env("GIT_LITERAL_PATHSPECS", "0").input(paths)
    }

    /// Whether a path is, or lies in, what a commit cannot hold.
    pub(super) fn avoids(&self, path: &[u8]) -> bool {
        self.avoid.iter().any(|avoided| {
            path.strip_prefix(&avoided[..])
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.left_out.iter().map(|path| text_of(path)).collect()
    }
}

impl Site {
    /// Finds the directories that a commit cannot hold. `head` is the workspace's last commit.
    pub(super) async fn landing(&self, head: Option<&str>) -> Result<Landing> {
        let mut landing = Landing::default();
        if !self.whole {
            return Ok(landing);
        }
        let tree = self.tree(head).await?;
        let (root, known) = (self.root.clone(), tree.clone());
        let find = move || walk::foreign(&root, &known);
        let found = self.repo.git.blocking("nested", find).await?.map_err(|error| disk(&error))?;
        let found: Vec<_> = found.iter().map(|path| walk::bytes(path.as_os_str())).collect();
        let ignored = self.ignored(&found).await?;
        for path in found.into_iter().zip(ignored).filter_map(|(path, it)| (!it).then_some(path)) {
            let good = match link_in(&tree, &path) {
                Some(known) => {
                    let inner = self.repo.inner(self.root.join(path_of(&path))).await?;
                    let head = inner.and_then(|inner| inner.head);
                    head.as_ref() == Some(known) || self.is_good(&path, head.as_deref()).await?
                }
                None => false,
            };
            if !good {
                landing.left_out.insert(path.clone());
            }
            landing.avoid.push(path);
        }
        Ok(landing)
    }

    /// The links of a commit to commits that nobody else has.
    pub(super) async fn bad_links(&self, head: Option<&str>) -> Result<Vec<Vec<u8>>> {
        let (tree, base) = (self.tree(head).await?, self.tree(self.base.as_deref()).await?);
        let mut bad = Vec::new();
        for (path, known) in tree.iter().filter(|(_, known)| known.mode == LINK) {
            if base.get(path) != Some(known) && !self.is_good(path, Some(&known.id)).await? {
                bad.push(path.clone());
            }
        }
        Ok(bad)
    }

    /// What has to change in the index before everything is added, as lines of `update-index
    /// --index-info`: links to commits that nobody else has become what they are in the base,
    /// submodules lead to the commits that they were moved to, and git believes nothing of files that
    /// changed behind its back.
    pub(super) async fn amendments(&self, landing: &mut Landing) -> Result<Vec<u8>> {
        let list = self.repo.git.at(&self.root).args(["ls-files", "--stage", "-z"]).bytes().await?;
        let entries = parse_entries(&list);
        let base = self.tree(self.base.as_deref()).await?;
        let mut lines = Vec::new();
        let mut set = |mode: &str, id: &str, path: &[u8]| {
            lines.extend([mode.as_bytes(), b" ", id.as_bytes(), b"\t", path, b"\0"].concat());
        };
        for (path, entry) in entries.iter().filter(|(_, entry)| entry.mode == LINK) {
            match self.link(path, &entry.id, link_in(&base, path), landing).await? {
                Some(id) if id == entry.id => {}
                Some(id) => set(LINK, &id, path),
                None => set("0", &"0".repeat(entry.id.len()), path),
            }
        }
        if let Some(admin) = self.repo.admin(&self.root).await? {
            let at = At { repo: &self.repo, dir: &self.root, admin: &admin, inner: None };
            for path in at.unseen(&entries).await? {
                if let Some(Known { mode, id }) = entries.get(&path) {
                    set(mode, id, &path);
                }
            }
        }
        Ok(lines)
    }

    /// The commit that a link in the next commit leads to; none takes the link away.
    async fn link(
        &self,
        path: &[u8],
        staged: &str,
        base: Option<&String>,
        landing: &mut Landing,
    ) -> Result<Option<String>> {
        let dir = self.root.join(path_of(path));
        let inside = landing.avoid.iter().any(|avoided| avoided == path);
        let inner = if inside { self.repo.inner(dir.clone()).await? } else { None };
        let checked_out = inner.and_then(|inner| inner.head);
        let wanted = checked_out.unwrap_or_else(|| staged.to_owned());
        if base == Some(&wanted) || self.is_good(path, Some(&wanted)).await? {
            return Ok(Some(wanted));
        }
        // Without its git directory it is a directory of files, which are committed.
        if inside || base.is_some() || !self.repo.occupied(&dir).await? {
            landing.left_out.insert(path.to_vec());
        }
        Ok(base.cloned())
    }

    /// Whether a link leads to a commit of a submodule that others can get too.
    async fn is_good(&self, path: &[u8], commit: Option<&str>) -> Result<bool> {
        let Some(commit) = commit else { return Ok(false) };
        let project = self.repo.commit("HEAD").await?;
        if link_in(&self.tree(project.as_deref()).await?, path).is_some_and(|id| id == commit) {
            return Ok(true);
        }
        if !self.is_submodule(path).await? {
            return Ok(false);
        }
        for dir in [self.root.join(path_of(path)), self.repo.path.join(path_of(path))] {
            if let Some(inner) = self.repo.inner(dir).await?
                && self.repo.is_published(&inner, commit).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the workspace says where others get the repository at a path.
    async fn is_submodule(&self, path: &[u8]) -> Result<bool> {
        let call = self.repo.git.at(&self.repo.path).args(["config", "--no-includes", "-z"]);
        let call = if self.whole {
            call.arg("--file").arg(self.root.join(".gitmodules"))
        } else {
            call.arg(format!("--blob={}:.gitmodules", self.branch_ref()))
        };
        let found =
            call.args(["--get-regexp", r"^submodule\..*\.path$"]).codes(&[0, 1, 128]).await?;
        Ok(found.stdout.split(|byte| *byte == 0).any(|entry| {
            entry.iter().position(|byte| *byte == b'\n').is_some_and(|at| &entry[at + 1..] == path)
        }))
    }

    async fn ignored(&self, paths: &[Vec<u8>]) -> Result<Vec<bool>> {
        let nothing = vec![false; paths.len()];
        if paths.is_empty() {
            return Ok(nothing);
        }
        let Some(admin) = self.repo.admin(&self.root).await? else { return Ok(nothing) };
        let at = At { repo: &self.repo, dir: &self.root, admin: &admin, inner: None };
        let rules = at.rules(paths).await?;
        Ok(rules.map_or(nothing, |rules| rules.iter().map(Option::is_some).collect()))
    }

    async fn tree(&self, commit: Option<&str>) -> Result<Tree> {
        let Some(commit) = commit else { return Ok(Tree::new()) };
        let call = self.repo.git.at(&self.repo.path);
        let call = call.args(["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit]);
        Ok(parse(&call.bytes().await?))
    }
}

/// The commit that a link leads to.
fn link_in<'a>(tree: &'a Tree, path: &[u8]) -> Option<&'a String> {
    tree.get(path).filter(|known| known.mode == LINK).map(|known| &known.id)
}
