//! Git's own lock files that a killed git left in a repository.
//!
//! Git takes a lock by making a file, so a git that is killed leaves it behind and every other git
//! is refused. Such a lock is removed only when it is certain that nobody holds it: on a local disk,
//! and either it is older than the boot of this host, or every process of the host can be seen and
//! none of them has the file open or is a git that could work in the repository and does more than
//! read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::run::Git;
use super::settle::disk;
use crate::error::Result;

impl Git {
    /// Removes a lock that nobody holds any more. False when somebody may hold it.
    pub(super) async fn remove_abandoned(&self, lock: &Path, dir: Option<&Path>) -> Result<bool> {
        let lock = match dir {
            Some(dir) => dir.join(lock),
            None => lock.to_owned(),
        };
        // It was waited for; one that is younger has another owner by now.
        let age = self.patience() / 2;
        let name = lock.clone();
        let removed = self.blocking("abandoned", move || remove(&lock, age)).await?;
        let removed = removed.map_err(|error| disk(&error).with("lock", name.display()))?;
        if removed {
            tracing::warn!(lock = %name.display(), "removed the lock of a git that was killed");
        }
        Ok(removed)
    }
}

#[cfg(not(target_os = "linux"))]
fn remove(_lock: &Path, _age: Duration) -> std::io::Result<bool> {
    Ok(false)
}

#[cfg(target_os = "linux")]
fn remove(lock: &Path, age: Duration) -> std::io::Result<bool> {
    use std::fs::{self, OpenOptions};
    use std::os::unix::fs::MetadataExt as _;

    if lock.extension().is_none_or(|extension| extension != "lock") {
        return Ok(false);
    }
    let Some(common) = common_of(lock) else {
        return Ok(false);
    };
    let guard = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(common.join("maestro-locks.lock"))?;
    // Two that remove the same lock could remove the next one's, too.
    guard.lock()?;
    let Ok(found) = fs::symlink_metadata(lock) else {
        // Its owner has let it go.
        return Ok(true);
    };
    let old = found.modified()?.elapsed().is_ok_and(|elapsed| elapsed >= age);
    if !found.is_file() || !old || !linux::is_abandoned(lock, &common, &found) {
        return Ok(false);
    }
    let again = fs::symlink_metadata(lock)?;
    if (again.ino(), again.mtime_nsec()) != (found.ino(), found.mtime_nsec()) {
        return Ok(false);
    }
    fs::remove_file(lock)?;
    Ok(true)
}

/// The directory that all worktrees of the repository share.
#[cfg(target_os = "linux")]
fn common_of(lock: &Path) -> Option<PathBuf> {
    let lock = std::fs::canonicalize(lock.parent()?).ok()?;
    let common = |dir: &&Path| dir.join("objects").is_dir() && dir.join("HEAD").is_file();
    lock.ancestors().find(common).map(Path::to_owned)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, Metadata};
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    use crate::workspace::git::stray::reads;

    /// The inode of the first pid namespace: in every other one some processes cannot be seen.
    const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";
    /// File systems that other hosts may work on.
    const SHARED: [u64; 9] = [
        0x6969,      // NFS
        0x517B,      // SMB
        0xFE53_4D42, // SMB2
        0xFF53_4D42, // CIFS
        0x5346_414F, // AFS
        0x6573_5546, // FUSE
        0x0102_1997, // 9P
        0x00C3_6400, // Ceph
        0x7461_636F, // OCFS2
    ];

    pub(super) fn is_abandoned(lock: &Path, common: &Path, found: &Metadata) -> bool {
        let Ok(system) = rustix::fs::statfs(common) else { return false };
        let magic = u64::try_from(system.f_type).unwrap_or_default() & 0xFFFF_FFFF;
        if SHARED.contains(&magic) {
            return false;
        }
        if found.modified().is_ok_and(is_before_boot) {
            return true;
        }
        let sees_all = fs::read_link("/proc/self/ns/pid")
            .is_ok_and(|namespace| namespace.as_os_str() == FIRST_PID_NAMESPACE)
            && Path::new("/proc/1").exists();
        sees_all && nobody_holds(lock, &roots(common))
    }

    fn is_before_boot(time: SystemTime) -> bool {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let boot = stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok());
        // The boot is known to the second, and clocks are set after it.
        let margin = Duration::from_mins(10);
        boot.is_some_and(|boot| time + margin < SystemTime::UNIX_EPOCH + Duration::from_secs(boot))
    }

    /// Where a git of the repository may work: its own directory and every checkout.
    fn roots(common: &Path) -> Vec<PathBuf> {
        let mut roots = vec![common.to_owned()];
        if common.file_name().is_some_and(|name| name == ".git") {
            roots.extend(common.parent().map(Path::to_owned));
        }
        let worktrees = fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten();
        roots.extend(worktrees.filter_map(|entry| {
            let link = fs::read(entry.path().join("gitdir")).ok()?;
            let link = crate::workspace::git::repo::path_of(link.strip_suffix(b"\n")?);
            fs::canonicalize(link.parent()?).ok()
        }));
        roots
    }

    fn nobody_holds(lock: &Path, roots: &[PathBuf]) -> bool {
        let Ok(processes) = fs::read_dir("/proc") else { return false };
        let pids = processes.flatten().map(|entry| entry.path()).filter(|dir| {
            let name = dir.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        });
        !pids.into_iter().any(|dir| may_hold(&dir, lock, roots))
    }

    fn may_hold(process: &Path, lock: &Path, roots: &[PathBuf]) -> bool {
        let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
        if files.filter_map(|file| fs::read_link(file.path()).ok()).any(|open| open == lock) {
            return true;
        }
        let name = fs::read(process.join("comm")).unwrap_or_default();
        if !name.starts_with(b"git") && !name.starts_with(b"jj") && !name.starts_with(b"java") {
            return false;
        }
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        // Helpers that stay, such as the credential cache, hold no locks. An ended process has
        // no command line.
        if line.is_empty() || contains(&line, b"--daemon") {
            return false;
        }
        let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        let words: Vec<_> = words.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        if name.starts_with(b"git") && reads(&words) {
            return false;
        }
        let (Ok(cwd), Ok(environment)) =
            (fs::read_link(process.join("cwd")), fs::read(process.join("environ")))
        else {
            return true;
        };
        let dir =
            environment.split(|byte| *byte == 0).find_map(|set| set.strip_prefix(b"GIT_DIR="));
        let works_in =
            |dir: &Path| roots.iter().any(|root| dir.starts_with(root) || root.starts_with(dir));
        match dir.map(crate::workspace::git::repo::path_of) {
            // It works where it was told to, wherever it stands.
            Some(dir) => works_in(&cwd.join(dir)) || works_in(&cwd),
            None => contains(&line, b"--git-dir") || works_in(&cwd),
        }
    }

    fn contains(text: &[u8], word: &[u8]) -> bool {
        text.windows(word.len()).any(|window| window == word)
    }
}
