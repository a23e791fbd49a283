//! Git processes that still work in a workspace, and the locks that they hold there.
//!
//! A process that only reads, such as a log in a pager, is in nobody's way. What counts are the
//! commands that we started ourselves and that may write, and whoever holds a lock in the
//! workspace's own git directory.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::repo::Repo;
use super::settle::disk;
use crate::error::{Error, ErrorKind, Result};

/// How what our own processes are doing is named.
const OURS: &str = "processes";

impl Repo {
    /// Waits for git commands of a killed node that work in the workspace, and removes the locks that
    /// nobody holds in its own git directory. It waits for those that somebody may hold.
    ///
    /// A command of ours may be about to write files, so that one that stays is an error. A lock that
    /// stays is none: git itself refuses what it is in the way of.
    ///
    /// Locks in the shared part of the repository are never removed: they may be anybody's.
    pub(super) async fn wait_for_others(&self, root: &Path, admin: Option<PathBuf>) -> Result<()> {
        let runtime = self.git.runtime();
        let deadline = runtime.monotonic() + self.git.patience();
        // Where processes cannot be seen, a lock has to be older than anybody would wait.
        let age = if cfg!(target_os = "linux") { Duration::ZERO } else { self.git.patience() };
        let mut starting = None;
        loop {
            let (dir, admin) = (root.to_owned(), admin.clone());
            let (program, before) = (self.git.options().program.clone(), starting.take());
            let busy = self.git.blocking("strays", move || {
                let found = system::ours(&dir, &program);
                // One that began since is of nobody who was killed before.
                let starts = match before {
                    Some(before) => found.starting.intersection(&before).copied().collect(),
                    None => found.starting,
                };
                if !found.ours.is_empty() || !starts.is_empty() {
                    return Ok((format!("{OURS} {:?}", found.ours.union(&starts)), starts));
                }
                let held = admin.map_or(Ok(Vec::new()), |admin| sweep_locks(&admin, &dir, age))?;
                let held: Vec<_> = held.iter().map(|lock| lock.display().to_string()).collect();
                Ok((held.join(", "), starts))
            });
            let (busy, starts) = busy.await?.map_err(|error: io::Error| disk(&error))?;
            starting = Some(starts);
            if busy.is_empty() {
                return Ok(());
            }
            if runtime.monotonic() >= deadline && busy.starts_with(OURS) {
                return Err(Error::new(
                    ErrorKind::Unavailable,
                    "git still works in the workspace; try again when it has ended, or end it",
                )
                .with("workspace", root.display())
                .with("busy", busy));
            }
            if runtime.monotonic() >= deadline {
                tracing::warn!(workspace = %root.display(), busy, "git still holds locks in the workspace");
                return Ok(());
            }
            runtime.sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The processes that count.
#[derive(Debug, Default)]
struct Found {
    /// Git commands that we started for the workspace and that may write.
    ours: BTreeSet<u32>,
    /// Processes that have just begun a program, and do not show yet which.
    starting: BTreeSet<u32>,
}

/// Removes the locks of a worktree's own git directory that nobody holds, and lists the others.
fn sweep_locks(admin: &Path, root: &Path, age: Duration) -> io::Result<Vec<PathBuf>> {
    let mut held = Vec::new();
    for dir in [admin.to_owned(), admin.join("reftable")] {
        let entries = match fs::read_dir(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let lock = name.ends_with(".lock");
            if !lock && !name.starts_with(super::status::SPARE_INDEX) {
                continue;
            }
            // Its owner may let it go at this moment.
            let Ok(found) = entry.metadata() else { continue };
            let path = entry.path();
            if lock && system::may_hold(&path, &found, root) {
                held.push(path);
            } else if found.modified()?.elapsed().unwrap_or_default() >= age {
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
    }
    Ok(held)
}

#[cfg(target_os = "linux")]
pub(super) use system::reads;

/// What the processes of the host tell.
#[cfg(target_os = "linux")]
mod system {
    use std::fs::{self, Metadata};
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    use super::Found;
    use crate::workspace::git::run::{ROLE, WORKSPACE};

    /// Commands that hold no lock without having its file open, however long they run.
    const READERS: &[&str] = &[
        "annotate",
        "archive",
        "blame",
        "cat-file",
        "cherry",
        "describe",
        "diff",
        "diff-files",
        "diff-index",
        "diff-tree",
        "for-each-ref",
        "format-patch",
        "fsck",
        "grep",
        "log",
        "ls-files",
        "ls-tree",
        "name-rev",
        "range-diff",
        "rev-list",
        "rev-parse",
        "shortlog",
        "show",
        "show-ref",
        "status",
        "whatchanged",
    ];

    /// Git processes that we started for a workspace, with this program.
    pub(super) fn ours(root: &Path, program: &Path) -> Found {
        let role = [ROLE.0.as_bytes(), b"=", ROLE.1.as_bytes()].concat();
        let ours = [WORKSPACE.as_bytes(), b"=", root.as_os_str().as_bytes()].concat();
        let mut found = Found::default();
        for (dir, pid) in processes().filter_map(|dir| pid(&dir).map(|pid| (dir, pid))) {
            if pid == std::process::id() {
                continue;
            }
            // What cannot be read is another user's, or has just ended.
            let Ok(environment) = fs::read(dir.join("environ")) else { continue };
            let has = |wanted: &[u8]| environment.split(|byte| *byte == 0).any(|set| set == wanted);
            if environment.is_empty() && is_starting(&dir) {
                found.starting.insert(pid);
            } else if has(&role) && has(&ours) && is_git(&dir, program) {
                let words = words(&dir);
                if !stays(&words) && !reads(&words) {
                    found.ours.insert(pid);
                }
            }
        }
        found
    }

    /// Whether a process is between the program that it was and the one that it will be: the kernel
    /// shows neither an environment nor a command line then.
    fn is_starting(dir: &Path) -> bool {
        /// Of the kernel's own threads.
        const KTHREAD: u64 = 0x0020_0000;
        let stat = fs::read_to_string(dir.join("stat")).unwrap_or_default();
        let mut words = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let state = words.next().unwrap_or("X");
        let flags: u64 = words.nth(5).and_then(|word| word.parse().ok()).unwrap_or(KTHREAD);
        let ended = matches!(state, "Z" | "X" | "x");
        let line = fs::read(dir.join("cmdline")).unwrap_or_default();
        !ended && flags & KTHREAD == 0 && line.is_empty()
    }

    /// Whether a process is git or the program that stands for it. What else has our marks was started
    /// by git, such as the server of a filter, and writes nothing by itself.
    fn is_git(dir: &Path, program: &Path) -> bool {
        // The kernel keeps this much of a name.
        const KEPT: usize = 15;
        let name = fs::read(dir.join("comm")).unwrap_or_default();
        let name = name.trim_ascii_end();
        let known = program.file_name().unwrap_or_default().as_bytes();
        name.starts_with(b"git") || name == &known[..known.len().min(KEPT)]
    }

    /// Whether somebody may hold a lock: a process that has it open, or a git in the workspace that
    /// was there before the lock and is not known to read only.
    pub(super) fn may_hold(lock: &Path, found: &Metadata, root: &Path) -> bool {
        let lock = fs::canonicalize(lock).unwrap_or_else(|_| lock.to_owned());
        let made = found.modified().ok();
        processes().any(|dir| {
            let files = fs::read_dir(dir.join("fd")).into_iter().flatten().flatten();
            if files.filter_map(|file| fs::read_link(file.path()).ok()).any(|open| open == lock) {
                return true;
            }
            let words = words(&dir);
            fs::read(dir.join("comm")).is_ok_and(|name| name.starts_with(b"git"))
                && fs::read_link(dir.join("cwd")).is_ok_and(|cwd| cwd.starts_with(root))
                && !words.is_empty()
                && !stays(&words)
                && !reads(&words)
                && !began_after(&dir, made)
        })
    }

    fn processes() -> impl Iterator<Item = PathBuf> {
        let all = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
        all.filter(|dir| pid(dir).is_some())
    }

    fn pid(dir: &Path) -> Option<u32> {
        dir.file_name()?.to_str()?.parse().ok()
    }

    /// The command line. An ended process has none.
    fn words(dir: &Path) -> Vec<String> {
        let line = fs::read(dir.join("cmdline")).unwrap_or_default();
        let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    }

    /// Helpers that stay, such as the credential cache, hold no locks.
    fn stays(words: &[String]) -> bool {
        words.iter().any(|word| word.contains("--daemon"))
    }

    /// Whether a git command is one of the readers.
    pub(in crate::workspace::git) fn reads(words: &[String]) -> bool {
        let mut words = words.iter().skip(1).map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                // These have a value of their own.
                "-C" | "-c" | "--git-dir" | "--work-tree" | "--namespace" | "--config-env"
                | "--exec-path" | "--attr-source" => drop(words.next()),
                _ if word.starts_with('-') => {}
                command => return READERS.contains(&command),
            }
        }
        false
    }

    /// Whether a process began after a file was made, so that it cannot have made it.
    fn began_after(dir: &Path, made: Option<SystemTime>) -> bool {
        // A clock that was set, and the ticks of the kernel, are allowed for.
        const MARGIN: Duration = Duration::from_secs(2);
        let began = || {
            let stat = fs::read_to_string(dir.join("stat")).ok()?;
            let ticks: u64 = stat.rsplit(')').next()?.split(' ').nth(20)?.parse().ok()?;
            let system = fs::read_to_string("/proc/stat").ok()?;
            let boot = system.lines().find_map(|line| line.strip_prefix("btime "))?;
            let hertz = rustix::param::clock_ticks_per_second();
            let since = Duration::from_millis(ticks.checked_mul(1000)?.checked_div(hertz)?);
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(boot.trim().parse().ok()?) + since)
        };
        matches!((began(), made), (Some(began), Some(made)) if began > made + MARGIN)
    }

    #[cfg(test)]
    mod tests {
        use super::reads;

        #[test]
        fn readers_are_known_behind_options() {
            let reads = |line: &str| reads(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
            assert!(reads("git log"));
            assert!(reads("git --no-pager -C /log -c a=b cat-file --batch"));
            assert!(!reads("git -C log commit file"));
            assert!(!reads("git"));
            assert!(!reads("git some-alias log"));
        }
    }
}

/// Elsewhere there is no way to look at other processes without unsafe code: the age of locks tells.
#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn ours(_root: &std::path::Path, _program: &std::path::Path) -> super::Found {
        super::Found::default()
    }

    pub(super) fn may_hold(
        _lock: &std::path::Path,
        _found: &std::fs::Metadata,
        _root: &std::path::Path,
    ) -> bool {
        false
    }
}
