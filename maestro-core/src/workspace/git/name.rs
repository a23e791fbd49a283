//! The names of branches and directories.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::id::TaskId;

/// What all our branches begin with.
pub(super) const BRANCH_PREFIX: &str = "maestro/";
/// The refs that remember the base of a workspace whose needs are all merged in.
pub(super) const BASE_PREFIX: &str = "refs/maestro/base/";
/// The longest readable part of a name.
const MAX_SLUG: usize = 40;

/// `Add a "Save" button!` becomes `add-a-save-button`.
pub(super) fn slug(text: &str, otherwise: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if slug.len() >= MAX_SLUG {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { otherwise } else { slug }.to_owned()
}

/// The random end of a task's id. The beginning is a time, which tasks share.
pub(super) fn short(task: TaskId) -> String {
    let id = task.to_string();
    id[id.len() - 12..].to_owned()
}

/// The branch of a task that has none yet.
pub(super) fn branch(title: &str, task: TaskId) -> String {
    format!("{BRANCH_PREFIX}{}-{}", slug(title, "task"), short(task))
}

/// The directory of a task that has none yet.
pub(super) fn directory(title: &str, task: TaskId) -> String {
    format!("{}-{task}", slug(title, "task"))
}

/// The directory that holds a project's worktrees.
pub(super) fn project_directory(project: &Path) -> String {
    let name = project.file_name().unwrap_or_default().to_string_lossy();
    let hash = Sha256::digest(project.as_os_str().as_encoded_bytes());
    let hash = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    format!("{}-{hash:08x}", slug(&name, "project"))
}

/// Whether a branch has a name as the workspaces of tasks get it.
pub(super) fn is_branch(branch: &str) -> bool {
    let end = branch.strip_prefix(BRANCH_PREFIX).and_then(|rest| rest.rsplit_once('-'));
    end.is_some_and(|(_, end)| end.len() == 12 && end.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// Whether a directory has a name as the workspaces of tasks get it.
pub(super) fn is_directory(root: &Path) -> bool {
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let id = name.len().checked_sub(36).and_then(|at| name.split_at_checked(at));
    id.is_some_and(|(title, id)| title.ends_with('-') && id.parse::<TaskId>().is_ok())
}

/// The full name of a branch.
pub(super) fn branch_ref(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

/// The ref that remembers the base of a branch's workspace.
pub(super) fn base_ref(branch: &str) -> String {
    format!("{BASE_PREFIX}{branch}")
}

/// Where a worktree waits for its last check before it is removed.
pub(super) fn checking(root: &Path) -> PathBuf {
    beside(root, ".checking")
}

/// Where a worktree is that nobody needs any more.
pub(super) fn removing(root: &Path) -> PathBuf {
    beside(root, ".removing")
}

fn beside(root: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(root.file_name().unwrap_or_default());
    name.push(ending);
    root.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tasks_have_is_known_by_its_name() {
        let task = TaskId::from_uuid(uuid::Uuid::from_u128(7));
        assert!(is_branch(&branch("Fix it", task)) && is_branch(&branch("день", task)));
        assert!(is_directory(&Path::new("/x").join(directory("Fix it", task))));
        for other in ["main", "maestro/fix-it", "maestro/x-00000000000g", "x-000000000007"] {
            assert!(!is_branch(other), "{other}");
        }
        for other in ["/", "/x/main", "/x/ä-0000000000000000000000000000000000007", "/x"] {
            assert!(!is_directory(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn titles_become_names_that_git_and_file_systems_take() {
        assert_eq!(slug("Add a \"Save\" button!", "x"), "add-a-save-button");
        assert_eq!(slug("--exec=rm -rf ..", "x"), "exec-rm-rf");
        assert_eq!(slug("день", "task"), "task");
        assert!(slug(&"long ".repeat(99), "x").len() <= MAX_SLUG);
    }
}
