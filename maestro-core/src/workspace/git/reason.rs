//! Why git failed, read in one place.
//!
//! Git ends with 128 for nearly every failure, and offers no porcelain for it. So what counts is its
//! error output, which is always in English (`LC_ALL=C`) and differs between the backends of refs.
//! The table in the tests has what each of them says.

use std::path::PathBuf;

use super::child::Finished;

/// Why git failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// Another git holds a lock; its file, if git names it.
    Busy(Option<String>),
    /// A ref is not what it should have been.
    Moved,
    /// The name of a ref is a part of the name of another one.
    InTheWay,
    /// A file may not be read or written; its path, if git names it.
    Denied(Option<String>),
    /// There is no room left on the disk, or for this user.
    Full,
    /// Something in the repository cannot be read any more.
    Damaged,
    /// The repository belongs to another user.
    Foreign,
    /// There is no repository.
    NoRepository,
    /// The branch is checked out elsewhere.
    CheckedOut,
    /// The filter of a file failed, or is not there. Of one that fails before it has begun, git names
    /// neither.
    Filter(Option<Filtered>),
    /// A signal ended it.
    Killed,
    Other,
}

/// A file, and the filter that its attributes name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filtered {
    pub(super) file: String,
    pub(super) filter: String,
}

const DENIED: &[&str] = &[
    "Permission denied",
    "Operation not permitted",
    "Read-only file system",
    "insufficient permission",
];
/// A program at the other end of a pipe went away. We run none but filters.
const HUNG_UP: &[&str] =
    &["fatal: the remote end hung up unexpectedly", "fatal: protocol error: bad line length"];
const FULL: &[&str] = &["No space left on device", "Disk quota exceeded", "File too large"];
/// A reftable that another git writes at this moment.
const BUSY: &[&str] = &["cannot lock references", "data is locked", "data concurrently modified"];
const IN_THE_WAY: &[&str] = &[
    "exists; cannot create",
    "blocking reference",
    "there are still refs under",
    "Not a directory",
    "Is a directory",
];
const MOVED: &[&str] = &["but expected", "reference already exists", "unable to resolve reference"];
const DAMAGED: &[&str] = &[
    "reference broken",
    "is corrupt",
    "corrupt reftable file",
    "object file is empty",
    "is empty\n",
    "bad object",
    "bad signature",
    "bad index file",
    "index file corrupt",
    "index file smaller than expected",
    "inflate:",
    "unable to read tree",
    "unable to read sha1 file",
    "unable to unpack",
    "zlib failure",
];

impl Reason {
    /// Why git failed; none when it did not.
    pub(super) fn of(finished: &Finished) -> Option<Self> {
        if finished.code == Some(0) {
            return None;
        }
        // Warnings and advice are no reasons.
        let lines = finished.stderr.lines();
        let said: Vec<&str> = lines
            .filter(|line| !line.starts_with("warning:") && !line.starts_with("hint:"))
            .collect();
        let said = said.join("\n") + "\n";
        let any = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let refs = any(&["cannot lock ref", "update_ref failed"]);
        Some(if let Some(filtered) = filtered(&said) {
            // First, since a filter may say anything.
            Self::Filter(Some(filtered))
        } else if any(HUNG_UP) {
            Self::Filter(None)
        } else if any(DENIED) {
            Self::Denied(denied_path(&said))
        } else if any(FULL) {
            Self::Full
        } else if let Some(lock) = lock(&said) {
            Self::Busy(Some(lock))
        } else if any(BUSY) {
            Self::Busy(None)
        } else if any(&["reference broken"]) {
            Self::Damaged
        } else if any(&IN_THE_WAY[..3]) || (refs && any(IN_THE_WAY)) {
            Self::InTheWay
        } else if refs && any(MOVED) {
            Self::Moved
        } else if any(&["dubious ownership"]) {
            Self::Foreign
        } else if any(&["not a git repository"]) {
            Self::NoRepository
        } else if any(DAMAGED) {
            Self::Damaged
        } else if any(&["is already used by worktree", "is already checked out"]) {
            Self::CheckedOut
        } else if finished.code.is_none() {
            Self::Killed
        } else {
            Self::Other
        })
    }
}

/// The lock file that another process holds, if that is why git failed.
fn lock(said: &str) -> Option<String> {
    if let Some((_, rest)) = said.split_once("Unable to create '") {
        let (path, why) = rest.split_once("': ")?;
        return (path.contains(".lock") && why.starts_with("File exists")).then(|| path.to_owned());
    }
    // Git reads the other worktrees' files, and fails when one is being made at that moment.
    if let Some((_, rest)) = said.split_once("failed to read ")
        && let Some((path, _)) = rest.split_once(": ")
        && path.contains("/worktrees/")
    {
        return Some(path.to_owned());
    }
    let (_, rest) = said.split_once("could not lock config file ")?;
    let (path, why) = rest.split_once(": ")?;
    why.starts_with("File exists").then(|| format!("{path}.lock"))
}

/// The file whose filter failed, and the filter.
fn filtered(said: &str) -> Option<Filtered> {
    said.lines().filter_map(|line| line.strip_prefix("fatal: ")?.strip_suffix(" failed")).find_map(
        |line| {
            let (file, filter) = [": clean filter ", ": smudge filter "]
                .iter()
                .find_map(|words| line.rsplit_once(words))?;
            let filter = filter.trim_matches('\'').to_owned();
            Some(Filtered { file: file.to_owned(), filter })
        },
    )
}

/// The path that is named beside a refusal.
fn denied_path(said: &str) -> Option<String> {
    let line = said.lines().find(|line| DENIED.iter().any(|word| line.contains(word)))?;
    if let Some((_, path)) = line.split_once("repository database ") {
        return Some(path.to_owned());
    }
    let (before, _) = line.rsplit_once(": ")?;
    let quoted = before.strip_suffix('\'').and_then(|text| text.rsplit_once('\''));
    quoted.map(|(_, path)| path.to_owned())
}

/// The first of these paths that is there and that this process may not write.
#[cfg(unix)]
pub(super) fn unwritable(paths: &[PathBuf]) -> Option<PathBuf> {
    use rustix::fs::{Access, AtFlags, CWD, accessat};

    let refused = |path: &&PathBuf| {
        path.exists() && accessat(CWD, path.as_path(), Access::WRITE_OK, AtFlags::EACCESS).is_err()
    };
    paths.iter().find(refused).cloned()
}

#[cfg(not(unix))]
pub(super) fn unwritable(_paths: &[PathBuf]) -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(said: &str) -> Reason {
        Reason::of(&Finished {
            code: Some(128),
            stdout: Vec::new(),
            stderr: said.to_owned(),
            overflowed: false,
            interrupted: false,
        })
        .unwrap()
    }

    /// What git 2.47.3 says, with refs in files and in reftables.
    #[test]
    fn what_git_says_is_read_as_what_it_means() {
        let path = |path: &str| Some(path.to_owned());
        let filter = |file: &str| {
            Reason::Filter(Some(Filtered { file: file.to_owned(), filter: "lfs".to_owned() }))
        };
        let table = [
            (
                "fatal: Unable to create '/r a/.git/index.lock': File exists.\n\nAnother git process",
                Reason::Busy(path("/r a/.git/index.lock")),
            ),
            (
                "fatal: cannot lock ref 'refs/heads/l': Unable to create '/r/.git/refs/heads/l.lock': File exists.\n\nAnother",
                Reason::Busy(path("/r/.git/refs/heads/l.lock")),
            ),
            (
                "error: could not lock config file .git/config: File exists",
                Reason::Busy(path(".git/config.lock")),
            ),
            (
                "fatal: failed to read /r/.git/worktrees/a/commondir: Success",
                Reason::Busy(path("/r/.git/worktrees/a/commondir")),
            ),
            ("fatal: cannot lock references\n", Reason::Busy(None)),
            (
                "fatal: reftable: transaction prepare: data concurrently modified",
                Reason::Busy(None),
            ),
            ("fatal: cannot lock ref 'refs/heads/m': is at c987 but expected afa4", Reason::Moved),
            ("fatal: cannot lock ref 'refs/heads/m': reference already exists", Reason::Moved),
            (
                "fatal: cannot lock ref 'refs/heads/m': unable to resolve reference 'refs/heads/m'",
                Reason::Moved,
            ),
            (
                "fatal: cannot lock ref 'refs/heads/m': unable to resolve reference 'refs/heads/m': reference broken",
                Reason::Damaged,
            ),
            (
                "fatal: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'",
                Reason::InTheWay,
            ),
            ("fatal: 'refs/heads/c/d' exists; cannot create 'refs/heads/c'", Reason::InTheWay),
            (
                "fatal: cannot lock ref 'refs/heads/a': there is a non-empty directory '/r/.git/refs/heads/a' blocking reference 'refs/heads/a'",
                Reason::InTheWay,
            ),
            (
                "fatal: cannot lock ref 'refs/heads/z': Unable to create '/r/.git/refs/heads/z.lock': Permission denied",
                Reason::Denied(path("/r/.git/refs/heads/z.lock")),
            ),
            (
                "fatal: Unable to create '/r/.git/index.lock': Read-only file system",
                Reason::Denied(path("/r/.git/index.lock")),
            ),
            (
                "fatal: could not create leading directories of '.git/worktrees/w': Permission denied",
                Reason::Denied(path(".git/worktrees/w")),
            ),
            (
                "error: insufficient permission for adding an object to repository database .git/objects\nfatal: adding files failed",
                Reason::Denied(path(".git/objects")),
            ),
            (
                "warning: unable to access '/root/.config/git/ignore': Permission denied\nfatal: cannot lock references",
                Reason::Busy(None),
            ),
            (
                "error: unable to write file .git/objects/ab/cd: No space left on device",
                Reason::Full,
            ),
            (
                "fatal: cannot lock ref 'HEAD': Unable to create '/r/.git/HEAD.lock': No space left on device",
                Reason::Full,
            ),
            (
                "error: object file .git/objects/ab/cd is empty\nfatal: loose object abcd (stored in .git/objects/ab/cd) is corrupt",
                Reason::Damaged,
            ),
            ("fatal: .git/index: index file smaller than expected", Reason::Damaged),
            ("fatal: detected dubious ownership in repository at '/r'", Reason::Foreign),
            (
                "fatal: not a git repository (or any of the parent directories): .git",
                Reason::NoRepository,
            ),
            ("fatal: 'main' is already used by worktree at '/w'", Reason::CheckedOut),
            (
                "no-such: not found: Permission denied\nerror: external filter 'no-such' failed 127\nfatal: a b: clean filter 'lfs' failed",
                filter("a b"),
            ),
            (
                "error: external filter 'no-such' failed\nfatal: a: smudge filter lfs failed",
                filter("a"),
            ),
            (
                "no-such: not found\nfatal: the remote end hung up unexpectedly",
                Reason::Filter(None),
            ),
            ("fatal: something else", Reason::Other),
        ];
        for (said, expected) in table {
            assert_eq!(reason(said), expected, "{said}");
        }
    }
}
