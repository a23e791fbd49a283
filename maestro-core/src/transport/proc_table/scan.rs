//! Reads `/proc` with the standard library alone.
//!
//! The guardian program compiles this same file, so host and guardian agree on what a process is
//! and on who descends from whom. It therefore uses nothing but `std`, and everything in it is used
//! by both.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::{fs, str};

/// A process, told apart from later ones that are given the same pid.
///
/// # Contract
/// Equal stamps name the same process within one boot and one pid namespace: the kernel would have
/// to hand out every other pid within one clock tick (10 ms) to break that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessStamp {
    /// The process id, as this pid namespace sees it.
    pub pid: u32,
    /// When it started: clock ticks since boot, field 22 of `/proc/<pid>/stat`.
    pub start: u64,
}

/// What `/proc/<pid>/stat` says, as far as containment needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) stamp: ProcessStamp,
    pub(crate) parent: u32,
    /// It runs no code any more: a zombie whose other threads are gone too.
    pub(crate) ended: bool,
}

/// Reads the state of one process; `None` when there is none with this pid.
pub(crate) fn stat(pid: u32) -> Option<Stat> {
    parse_stat(pid, &fs::read(format!("/proc/{pid}/stat")).ok()?)
}

fn parse_stat(pid: u32, line: &[u8]) -> Option<Stat> {
    // The name stands in parentheses and may hold anything, parentheses included: count from the
    // last one.
    let name_end = line.iter().rposition(|byte| *byte == b')')?;
    let fields: Vec<&str> =
        str::from_utf8(&line[name_end + 1..]).ok()?.split_ascii_whitespace().collect();
    // A main thread that ended before its siblings is a zombie too, with more than one thread left.
    let threads: u32 = fields.get(17)?.parse().ok()?;
    Some(Stat {
        stamp: ProcessStamp { pid, start: fields.get(19)?.parse().ok()? },
        parent: fields.get(1)?.parse().ok()?,
        ended: matches!(*fields.first()?, "Z" | "X" | "x") && threads <= 1,
    })
}

/// Every process below `root` (without it), parents before children.
///
/// One pass is a snapshot taken while the tree moves: a process whose parent ends during the pass
/// may be missed by it, so whoever needs all of them repeats it.
pub(crate) fn descendants(root: u32) -> io::Result<Vec<ProcessStamp>> {
    let mut found = Vec::new();
    if Path::new("/proc/thread-self/children").exists() {
        below(root, &mut found, children_of);
    } else {
        // A kernel without CONFIG_PROC_CHILDREN: build the same tree from everyone's parent.
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for pid in pids()? {
            if let Some(stat) = stat(pid) {
                children.entry(stat.parent).or_default().push(pid);
            }
        }
        below(root, &mut found, |pid| children.remove(&pid).unwrap_or_default());
    }
    Ok(found)
}

fn below(root: u32, found: &mut Vec<ProcessStamp>, mut children: impl FnMut(u32) -> Vec<u32>) {
    let mut next = 0;
    let mut parent = root;
    loop {
        for pid in children(parent) {
            // A pid that moved from one list to another during the pass must not be walked twice.
            if found.iter().all(|known| known.pid != pid)
                && let Some(stat) = stat(pid)
            {
                found.push(stat.stamp);
            }
        }
        let Some(process) = found.get(next) else {
            return;
        };
        parent = process.pid;
        next += 1;
    }
}

/// The direct children of a process: each of its threads has a list of its own.
fn children_of(pid: u32) -> Vec<u32> {
    let mut children = Vec::new();
    // A process that vanished meanwhile has no children left here: they moved to their reaper.
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return children;
    };
    for thread in threads.flatten() {
        if let Ok(list) = fs::read_to_string(thread.path().join("children")) {
            children
                .extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    children
}

/// Every pid that this process can see.
pub(crate) fn pids() -> io::Result<impl Iterator<Item = u32>> {
    Ok(fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok()))
}

/// The id of this boot: stamps of another boot mean nothing.
///
/// # Errors
/// `/proc` is not mounted.
pub fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// The inode of this process's pid namespace: stamps of another namespace mean nothing.
///
/// # Errors
/// `/proc` is not mounted.
pub fn pid_namespace() -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata("/proc/self/ns/pid")?.ino())
}
