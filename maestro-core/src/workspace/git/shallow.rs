//! Where the history of a shallow clone ends, as its objects have it.
//!
//! The file `shallow` names commits that git takes for such without parents. It counts only as far as
//! it says what is so: a commit whose parents are there, with all that is below them, has its parents.
//! Otherwise whoever writes the file decides what two branches have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use super::child::Finished;
use crate::workspace::file::{self, Links};

/// The longest file that is read. 4 MiB are 100000 commits at which a history ends.
const MAX_FILE: u64 = 4 << 20;
/// How many commits may be named whose parents are there and whose history ends somewhere below. Each
/// costs a walk of that history; a clone has none unless somebody has removed a part of its objects.
const MAX_DOUBTFUL: usize = 16;

/// Runs git in the repository with some arguments and an input, and with these commits as the end of
/// its history.
pub(super) type Ask<'a> = &'a dyn Fn(&[&str], Vec<u8>, &[u8]) -> io::Result<Finished>;

/// The content of the file `shallow` that git is given. `whole` remembers commits of which all the
/// history was there.
pub(super) fn ends(
    common: &Path,
    whole: &mut BTreeSet<String>,
    ask: Ask<'_>,
) -> io::Result<Vec<u8>> {
    let text = match file::read(&common.join("shallow"), Links::Followed, MAX_FILE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let text = String::from_utf8_lossy(&text);
    let named: BTreeSet<&str> = text.lines().map(str::trim).filter(|id| is_id(id)).collect();
    let named: Vec<&str> = named.into_iter().filter(|id| !whole.contains(*id)).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let parents = parents(&said(ask(&["cat-file", "--batch"], lines(&named), b"")?)?);
    let all: BTreeSet<&str> = parents.values().flatten().map(String::as_str).collect();
    let all: Vec<&str> = all.into_iter().collect();
    let found = said(ask(&["cat-file", "--batch-check"], lines(&all), b"")?)?;
    let found = String::from_utf8_lossy(&found);
    let missing: BTreeSet<&str> =
        found.lines().filter_map(|line| line.strip_suffix(" missing")).collect();
    let (ends, mut doubtful): (BTreeSet<&str>, Vec<&str>) = {
        let is_end = |id: &&str| parents[*id].iter().any(|parent| missing.contains(&**parent));
        let known = parents.keys().map(String::as_str);
        let (ends, doubtful): (Vec<_>, Vec<_>) = known.partition(is_end);
        (ends.into_iter().collect(), doubtful)
    };
    doubtful.retain(|id| !parents[*id].is_empty());
    let walks = |below: &[&str], ends: &[&str]| {
        let from: Vec<&str> =
            below.iter().flat_map(|id| &parents[*id]).map(String::as_str).collect();
        let walk = ["rev-list", "--count", "--stdin"];
        Ok::<_, io::Error>(ask(&walk, lines(&from), &lines(ends))?.code == Some(0))
    };
    let mut kept: BTreeSet<&str> = ends.clone();
    if !doubtful.is_empty() {
        let ends: Vec<&str> = ends.into_iter().collect();
        if walks(&doubtful, &ends)? {
            whole.extend(doubtful.iter().map(ToString::to_string));
        } else if doubtful.len() > MAX_DOUBTFUL {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "{} names {} commits whose parents are there, and some history below them is not; run `git fetch --unshallow`",
                    common.join("shallow").display(),
                    doubtful.len()
                ),
            ));
        } else {
            kept.extend(&doubtful);
            for id in doubtful {
                kept.remove(id);
                let others: Vec<&str> = kept.iter().copied().collect();
                if !walks(&[id], &others)? {
                    kept.insert(id);
                }
            }
        }
    }
    let kept: Vec<&str> = kept.into_iter().collect();
    Ok(lines(&kept))
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn lines(ids: &[&str]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.bytes().chain([b'\n'])).collect()
}

fn said(done: Finished) -> io::Result<Vec<u8>> {
    if done.code == Some(0) && !done.overflowed {
        return Ok(done.stdout);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("git cannot tell where the history ends: {}", done.stderr.trim()),
    ))
}

/// The parents of each commit in the output of `cat-file --batch`. What is not there or no commit is
/// left out.
fn parents(mut list: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    while let Some(end) = list.iter().position(|byte| *byte == b'\n') {
        let head = String::from_utf8_lossy(&list[..end]).into_owned();
        list = &list[end + 1..];
        let words: Vec<&str> = head.split(' ').collect();
        let [id, kind, size] = words[..] else { continue };
        let Ok(size) = size.parse::<usize>() else { continue };
        let Some((content, rest)) = list.split_at_checked(size) else { break };
        list = rest.strip_prefix(b"\n").unwrap_or(rest);
        if kind == "commit" {
            let lines = content.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
            let named = lines.filter_map(|line| line.strip_prefix(b"parent "));
            let named = named.map(|id| String::from_utf8_lossy(id).into_owned());
            all.insert(id.to_owned(), named.collect());
        }
    }
    all
}
