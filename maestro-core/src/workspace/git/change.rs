//! The files that differ between two commits.

use std::collections::{BTreeMap, BTreeSet};

use super::call::Call;
use super::repo::Repo;
use crate::error::Result;

/// Files, as bytes.
pub(super) type Paths = BTreeSet<Vec<u8>>;
/// What happens to each file.
pub(super) type Changed = BTreeMap<Vec<u8>, Change>;

/// What a commit has at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Side {
    mode: String,
    id: String,
}

impl Side {
    fn new(mode: &str, id: &str) -> Option<Self> {
        let there = mode.bytes().any(|byte| byte != b'0');
        there.then(|| Self { mode: mode.to_owned(), id: id.to_owned() })
    }

    /// Whether it is a commit of another repository: of a submodule.
    pub(super) fn is_repository(&self) -> bool {
        self.mode == "160000"
    }
}

/// What two commits have at one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) from: Option<Side>,
    pub(super) to: Option<Side>,
}

impl Change {
    /// The same, the other way.
    pub(super) fn reversed(&self) -> Self {
        Self { from: self.to.clone(), to: self.from.clone() }
    }
}

impl Repo {
    /// The files that differ between two commits.
    pub(super) async fn changed(&self, from: &str, to: &str) -> Result<Changed> {
        let call = self.git.at(&self.path);
        let call = call.args(["diff-tree", "-r", "--raw", "--no-renames", "--no-abbrev", "-z"]);
        let list = call.args([from, to]).bytes().await?;
        let mut parts = list.split(|byte| *byte == 0);
        let mut changed = Changed::new();
        while let (Some(facts), Some(path)) = (parts.next(), parts.next()) {
            let facts = String::from_utf8_lossy(facts);
            let facts: Vec<&str> = facts.trim_start_matches(':').split(' ').collect();
            let [from_mode, to_mode, from, to, ..] = facts[..] else { continue };
            let change = Change { from: Side::new(from_mode, from), to: Side::new(to_mode, to) };
            changed.insert(path.to_vec(), change);
        }
        Ok(changed)
    }
}

/// Lines for `update-index -z --index-info` that give an index one side of each change.
pub(super) fn index_info(changed: &Changed, side: impl Fn(&Change) -> Option<&Side>) -> Vec<u8> {
    let mut info = Vec::new();
    // A file can be where a directory was only after that one is gone.
    for gone in [true, false] {
        for (path, change) in changed {
            let side = side(change);
            if side.is_none() != gone {
                continue;
            }
            let id_length = change.from.as_ref().or(change.to.as_ref()).map_or(40, |s| s.id.len());
            let line = match side {
                Some(side) => format!("{} {}\t", side.mode, side.id),
                None => format!("0 {}\t", "0".repeat(id_length)),
            };
            info.extend(line.as_bytes());
            info.extend(path);
            info.push(0);
        }
    }
    info
}

/// The paths that a command lists.
pub(super) async fn names(call: Call<'_>) -> Result<Paths> {
    let list = call.bytes().await?;
    let names = list.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(<[u8]>::to_vec).collect())
}
