//! A workspace belongs to the branch that the store names, whatever its `.git` says.

use std::fs;
use std::path::Path;

use futures::executor::block_on;
use maestro_core::ErrorKind;
use maestro_core::workspace::{Release, Released, Workspace as _};

use crate::fixture::{Den, ready, spec, worked};

/// What an agent puts in the place of its `.git`.
const POINTERS: [&str; 8] =
    ["another task", "the project", "nested", "link", "nothing", "nonsense", "nowhere", "removed"];

fn overwrite(den: &Den, root: &Path, project: &Path, other: &Path, how: &str) {
    let file = root.join(".git");
    let text = |path: &Path| format!("gitdir: {}\n", path.display());
    let theirs = fs::read_to_string(other.join(".git")).unwrap();
    fs::create_dir_all(root.join("sub")).unwrap();
    den.git(&root.join("sub"), &["init", "--quiet", "--initial-branch=main"]);
    fs::remove_file(&file).unwrap();
    match how {
        "another task" => fs::write(&file, theirs).unwrap(),
        "the project" => fs::write(&file, text(&project.join(".git"))).unwrap(),
        "nested" => fs::write(&file, text(Path::new("sub/.git"))).unwrap(),
        "link" => std::os::unix::fs::symlink(other.join(".git"), &file).unwrap(),
        "nothing" => fs::write(&file, "").unwrap(),
        "nonsense" => fs::write(&file, [0xFF; 4096]).unwrap(),
        "nowhere" => fs::write(&file, text(Path::new("/nowhere"))).unwrap(),
        _ => {}
    }
    fs::remove_dir_all(root.join("sub/.git/refs")).unwrap();
    fs::rename(root.join("sub/.git"), root.join("sub.ignored")).unwrap();
    fs::remove_dir(root.join("sub")).unwrap();
}

#[test]
fn a_pointer_that_was_overwritten_moves_no_other_branch() {
    for how in POINTERS {
        let den = Den::new();
        let (port, project) = (den.port(), den.project());
        let mine = block_on(worked(&port, &project, 1, "mine", "1\n"));
        let other = block_on(worked(&port, &project, 2, "other", "2\n"));
        let branch = |name: &str| den.git(&project, &["rev-parse", name]);
        let (theirs, main) = (branch(other.branch.as_deref().unwrap()), branch("main"));
        let root = mine.root.as_path();
        overwrite(&den, root, &project, other.root.as_path(), how);
        fs::write(root.join("more"), "3\n").unwrap();
        let changes = block_on(port.changes(&mine)).unwrap();
        let files: Vec<_> = changes.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(files, ["mine", "more"], "{how}");
        block_on(port.commit(&mine, "More")).unwrap();
        assert_eq!(branch(other.branch.as_deref().unwrap()), theirs, "{how}");
        assert_eq!(branch("main"), main, "{how}");
        let ours = mine.branch.as_deref().unwrap();
        let tree = den.git(&project, &["ls-tree", "--name-only", ours]);
        assert_eq!(tree, ".gitignore\nREADME\nmine\nmore", "{how}");
        // The agent's own git is at home again, too.
        assert_eq!(den.git(root, &["symbolic-ref", "--short", "HEAD"]), ours, "{how}");
        block_on(port.merge(&mine, "main", "Merge")).unwrap();
        assert!(project.join("more").exists() && !project.join("other").exists(), "{how}");
        let held = block_on(port.changes(&other)).unwrap();
        assert_eq!(held.holds(), ["unmerged"], "{how}");
    }
}

#[test]
fn another_repository_in_the_place_of_the_worktree_is_refused() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = block_on(worked(&port, &project, 1, "a", "a\n"));
    let root = workspace.root.as_path();
    fs::remove_file(root.join(".git")).unwrap();
    den.git(root, &["init", "--quiet"]);
    den.git(root, &["add", "--all"]);
    den.git(root, &["commit", "--quiet", "--message=Elsewhere"]);
    let again = crate::fixture::again(spec(&project, 1), &workspace);
    for error in [
        block_on(port.prepare(&again)).unwrap_err(),
        block_on(port.changes(&workspace)).unwrap_err(),
        block_on(port.diff(&workspace)).map(drop).unwrap_err(),
        block_on(port.commit(&workspace, "Work")).map(drop).unwrap_err(),
        block_on(port.merge(&workspace, "main", "Merge")).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert!(error.to_string().contains("another repository"), "{error}");
    }
    let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    assert!(matches!(released, Released::Kept { .. }), "{released:?}");
    assert!(root.join("a").exists());
    assert_eq!(block_on(port.release(&workspace, Release::Discard)).unwrap(), Released::Removed);
}

#[test]
fn a_branch_that_is_not_the_workspaces_own_is_not_committed_to() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let other = block_on(worked(&port, &project, 2, "other", "2\n"));
    let (theirs, mine) =
        (other.branch.clone().unwrap(), block_on(ready(&port, &spec(&project, 1))));
    let (root, ours) = (mine.root.as_path(), mine.branch.as_deref().unwrap());
    let tip = |name: &str| den.git(&project, &["rev-parse", name]);
    // It goes on from ours: our branch follows, and the other one stays.
    den.git(root, &["switch", "--quiet", "--create", "side"]);
    fs::write(root.join("a"), "a\n").unwrap();
    let side = tip("side");
    block_on(port.commit(&mine, "Work")).unwrap();
    assert_eq!(
        (tip("side"), den.git(root, &["symbolic-ref", "--short", "HEAD"])),
        (side, ours.to_owned())
    );
    assert_eq!(den.git(&project, &["show", &format!("{ours}:a")]), "a");
    // It left ours behind: nothing is committed anywhere.
    let before = (tip(&theirs), tip(ours));
    den.git(root, &["switch", "--quiet", "--ignore-other-worktrees", &theirs]);
    fs::write(root.join("b"), "b\n").unwrap();
    let error = block_on(port.commit(&mine, "Work")).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.to_string().contains(&theirs), "{error}");
    assert_eq!((tip(&theirs), tip(ours)), before);
    // The private git directory says it, however it was written.
    let admin = den.git(root, &["rev-parse", "--absolute-git-dir"]);
    fs::write(Path::new(&admin).join("HEAD"), "ref: refs/heads/main\n").unwrap();
    let main = tip("main");
    let error = block_on(port.commit(&mine, "Work")).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(tip("main"), main);
}

/// Its pointer is taken for what it is only when the entry that it names is free and its own.
#[test]
fn another_tasks_entry_is_not_taken_over() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let mine = block_on(worked(&port, &project, 1, "mine", "1\n"));
    let other = block_on(worked(&port, &project, 2, "other", "2\n"));
    let (root, theirs) = (mine.root.as_path(), other.root.as_path());
    let entry = den.git(root, &["rev-parse", "--absolute-git-dir"]);
    fs::remove_dir_all(entry).unwrap();
    fs::copy(theirs.join(".git"), root.join(".git")).unwrap();
    let again = crate::fixture::again(spec(&project, 1), &mine);
    let error = block_on(port.prepare(&again)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(block_on(port.changes(&other)).unwrap().holds(), ["unmerged"]);
    let listed = den.git(&project, &["worktree", "list", "--porcelain"]);
    assert!(listed.contains(theirs.to_str().unwrap()), "{listed}");
}
