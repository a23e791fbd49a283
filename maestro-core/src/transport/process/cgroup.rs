//! Control groups (cgroup v2): where they may be made, and who is in them.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::config::Cgroups;
use crate::transport::proc_table::ProcessStamp;

/// The directory in which groups may be made, if there is one.
pub(super) fn base(wish: &Cgroups) -> Option<PathBuf> {
    match wish {
        Cgroups::Never => None,
        Cgroups::In(directory) => Some(directory.clone()),
        Cgroups::Delegated => own().filter(|directory| is_delegated(directory)),
    }
}

/// The directory of one program's group.
pub(super) fn directory(base: &Path, owner: &str, mark: &str) -> PathBuf {
    base.join(format!("maestro-{owner}.{mark}"))
}

/// The groups of an incarnation's programs.
pub(super) fn of(base: &Path, owner: &str) -> Vec<PathBuf> {
    let prefix = format!("maestro-{owner}.");
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().as_bytes().starts_with(prefix.as_bytes()));
    ours.map(|entry| entry.path()).collect()
}

/// Who is in a group.
pub(super) fn members(directory: &Path) -> Vec<ProcessStamp> {
    let text = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| ProcessStamp::of(line.parse().ok()?)).collect()
}

/// The directory of this process's own group.
fn own() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let (root, point) = mounts.lines().find_map(mount)?;
    let below = Path::new(group).strip_prefix(root).ok()?;
    Some(Path::new(point).join(below))
}

/// Root and mount point of a line of `mountinfo`, if it is one of cgroup v2.
fn mount(line: &str) -> Option<(&str, &str)> {
    let (head, tail) = line.split_once(" - ")?;
    let mut fields = head.split(' ').skip(3);
    let (root, point) = (fields.next()?, fields.next()?);
    (tail.split(' ').next()? == "cgroup2").then_some((root, point))
}

fn is_delegated(directory: &Path) -> bool {
    if rustix::fs::access(directory.join("cgroup.procs"), Access::WRITE_OK).is_err() {
        return false;
    }
    let mut mark = [0; 8];
    let marked = rustix::fs::getxattr(directory, "user.delegate", &mut mark);
    !rustix::process::geteuid().is_root() || marked.is_ok_and(|length| &mark[..length] == b"1")
}

#[cfg(test)]
mod tests {
    use super::mount;

    #[test]
    fn the_mount_of_version_two_is_found() {
        let line = "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate";
        assert_eq!(mount(line), Some(("/", "/sys/fs/cgroup")));
        let line = "36 24 0:31 /a /sys/fs/cgroup/cpu rw shared:10 - cgroup cgroup rw,cpu";
        assert_eq!(mount(line), None);
        assert_eq!(mount("36 24 0:31"), None);
    }
}
