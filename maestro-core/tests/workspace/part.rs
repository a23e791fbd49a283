//! Projects that are a part of a repository, and places where no worktree can be made.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use futures::executor::block_on;
use maestro_core::ErrorKind;
use maestro_core::model::{PlacePath, WorkspaceRef};
use maestro_core::workspace::git::GitWorkspace;
use maestro_core::workspace::{Fits, Merged, Release, Released, Workspace as _};

use crate::fixture::{Den, place, ready, spec};

/// A repository with two packages, of which one has another inside, and links to them.
fn monorepo(den: &Den) -> PathBuf {
    let top = den.project();
    for dir in ["packages/ä b", "packages/two", "packages/two/deep/er"] {
        fs::create_dir_all(top.join(dir)).unwrap();
        fs::write(top.join(dir).join("code"), "code\n").unwrap();
    }
    symlink("packages/two", top.join("linked")).unwrap();
    symlink(den.path(), top.join("leads out")).unwrap();
    den.git(&top, &["add", "--all"]);
    den.git(&top, &["commit", "--quiet", "--message=Packages"]);
    top
}

fn fits(port: &GitWorkspace, project: &Path) -> Fits {
    block_on(port.fits(&PlacePath::new(place(), project), None)).unwrap()
}

fn names(port: &GitWorkspace, workspace: &WorkspaceRef) -> Vec<String> {
    let changes = block_on(port.changes(workspace)).unwrap();
    changes.files.into_iter().map(|file| file.path).collect()
}

#[test]
fn a_part_of_a_repository_gets_a_worktree_of_the_whole_and_starts_in_its_part() {
    let den = Den::new();
    let (port, top) = (den.port(), monorepo(&den));
    for (number, (project, below)) in [
        ("packages/ä b", "packages/ä b"),
        ("packages/two", "packages/two"),
        ("packages/two/deep/er", "packages/two/deep/er"),
        ("linked", "packages/two"),
        ("linked/deep", "packages/two/deep"),
        ("packages/../packages/two/", "packages/two"),
    ]
    .into_iter()
    .enumerate()
    {
        let at = PlacePath::new(place(), top.join(project));
        assert_eq!(fits(&port, &at.path), Fits::Yes, "{project}");
        let located = block_on(port.locate(&at)).unwrap();
        assert_eq!(located.path, top.join(below), "{project}");
        let task = 100 + number as u128;
        let workspace = block_on(ready(&port, &spec(&located.path, task)));
        assert_eq!(workspace.subdirectory.as_deref(), Some(below), "{project}");
        let (root, cwd) = (workspace.root.as_path(), workspace.cwd());
        assert_eq!(cwd.path, root.join(below));
        assert!(root.join(".git").is_file() && !root.starts_with(&top), "{project}");
        fs::write(cwd.path.join("inside"), "inside\n").unwrap();
        fs::write(root.join(format!("outside {number}")), "outside\n").unwrap();
        // What was done outside of the part is work too, and every path begins at the top.
        let expected = [format!("outside {number}"), format!("{below}/inside")];
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(names(&port, &workspace), expected, "{project}");
        let patch = block_on(port.diff(&workspace)).unwrap();
        block_on(port.commit(&workspace, "Work")).unwrap().commit.unwrap();
        assert_eq!(block_on(port.diff(&workspace)).unwrap(), patch, "{project}");
        let file = den.path().join("patch");
        fs::write(&file, &patch).unwrap();
        den.git(&top, &["apply", "--check", file.to_str().unwrap()]);
        let merged = block_on(port.merge(&workspace, "main", "Merge")).unwrap();
        assert!(matches!(merged, Merged::Done { already: false, .. }), "{project}: {merged:?}");
        assert_eq!(fs::read_to_string(top.join(below).join("inside")).unwrap(), "inside\n");
        assert!(top.join(format!("outside {number}")).exists(), "{project}");
        den.git(&top, &["rm", "--quiet", &format!("{below}/inside")]);
        den.git(&top, &["commit", "--quiet", "--message=Next"]);
        let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
        assert_eq!(released, Released::Removed, "{project}");
    }
    assert_eq!(den.git(&top, &["status", "--porcelain"]), "");
}

#[test]
fn two_parts_of_one_repository_work_side_by_side() {
    let den = Den::new();
    let (port, top) = (den.port(), monorepo(&den));
    let works = [(1, "packages/ä b"), (2, "packages/two")].map(|(task, below)| {
        let workspace = block_on(ready(&port, &spec(&top.join(below), task)));
        fs::write(workspace.cwd().path.join("code"), format!("{below}\n")).unwrap();
        fs::write(workspace.root.as_path().join(format!("{task}")), "new\n").unwrap();
        block_on(port.commit(&workspace, "Work")).unwrap();
        workspace
    });
    let whole = block_on(ready(&port, &spec(&top, 3)));
    assert_eq!((&whole.subdirectory, whole.cwd()), (&None, whole.root.clone()));
    let branches: Vec<_> = works.iter().filter_map(|work| work.branch.as_deref()).collect();
    assert!(branches.len() == 2 && branches.iter().all(|name| name.starts_with("maestro/task-")));
    for workspace in &works {
        block_on(port.merge(workspace, "main", "Merge")).unwrap();
    }
    for (task, below) in [("1", "packages/ä b"), ("2", "packages/two")] {
        assert_eq!(fs::read_to_string(top.join(below).join("code")).unwrap(), format!("{below}\n"));
        assert!(top.join(task).exists());
    }
    // One that needs the other gets all of it.
    let mut needy = spec(&top.join("packages/ä b"), 4);
    needy.needs = vec![works[1].clone()];
    let workspace = block_on(ready(&port, &needy));
    assert!(workspace.root.as_path().join("2").exists());
}

#[test]
fn a_part_that_an_agent_moved_is_there_again_and_one_that_leads_out_is_refused() {
    let den = Den::new();
    let (port, top) = (den.port(), monorepo(&den));
    let mut again = spec(&top.join("packages/two/deep"), 1);
    let workspace = block_on(ready(&port, &again));
    again.existing = Some(workspace.clone());
    let two = workspace.root.as_path().join("packages/two");
    fs::rename(&two, workspace.root.as_path().join("moved")).unwrap();
    assert_eq!(block_on(ready(&port, &again)), workspace);
    assert!(workspace.cwd().path.is_dir());
    assert!(workspace.root.as_path().join("moved/deep/er/code").exists());
    fs::remove_dir_all(&two).unwrap();
    symlink(den.path().join("home"), &two).unwrap();
    let error = block_on(port.prepare(&again)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("packages/two"), "{error}");
    assert!(!den.path().join("home/deep").exists());
}

#[test]
fn what_no_commit_has_is_no_part() {
    let den = Den::new();
    let (port, top) = (den.port(), monorepo(&den));
    fs::write(top.join(".gitignore"), "ignored\n").unwrap();
    for dir in ["ignored", "untracked", "staged", "packages/empty"] {
        fs::create_dir_all(top.join(dir)).unwrap();
        fs::write(top.join(dir).join("code"), "code\n").unwrap();
    }
    fs::remove_file(top.join("packages/empty/code")).unwrap();
    den.git(&top, &["add", "staged"]);
    for project in ["ignored", "untracked", "staged", "packages/empty"] {
        let project = top.join(project);
        let found = fits(&port, &project);
        assert!(matches!(&found, Fits::No { why } if why.contains("commit")), "{found:?}");
        let error = block_on(port.prepare(&spec(&project, 1))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("`base`"), "{error}");
    }
    assert_eq!(den.git(&top, &["branch", "--list", "maestro/*"]), "");
    // Another branch may have it; and one that is there may be a link in another.
    den.git(&top, &["switch", "--quiet", "--create=other"]);
    den.git(&top, &["add", "--force", "untracked"]);
    den.git(&top, &["commit", "--quiet", "--message=Other"]);
    den.git(&top, &["switch", "--quiet", "main"]);
    fs::create_dir_all(top.join("untracked")).unwrap();
    let at = PlacePath::new(place(), top.join("untracked"));
    assert_eq!(block_on(port.fits(&at, Some("other"))).unwrap(), Fits::Yes);
    let mut based = spec(&at.path, 2);
    based.base = Some("other".to_owned());
    let workspace = block_on(ready(&port, &based));
    assert!(workspace.cwd().path.join("code").exists());
    fs::remove_dir_all(top.join("packages")).unwrap();
    symlink(den.path().join("home"), top.join("packages")).unwrap();
    den.git(&top, &["switch", "--quiet", "--create=linked"]);
    den.git(&top, &["add", "packages"]);
    den.git(&top, &["commit", "--quiet", "--message=Linked"]);
    den.git(&top, &["switch", "--quiet", "main"]);
    let mut based = spec(&top.join("packages/two"), 3);
    based.base = Some("linked".to_owned());
    let error = block_on(port.prepare(&based)).unwrap_err();
    assert!(error.to_string().contains("`base`"), "{error}");
}

#[test]
fn where_no_worktree_can_be_made_the_reason_is_given() {
    let den = Den::new();
    let (port, top) = (den.port(), monorepo(&den));
    let unborn = den.path().join("unborn");
    fs::create_dir_all(unborn.join("sub")).unwrap();
    den.git(&unborn, &["init", "--quiet"]);
    let plain = den.path().join("plain");
    fs::create_dir(&plain).unwrap();
    let bare = den.path().join("bare.git");
    den.git(&top, &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let fresh = den.path().join("fresh.git");
    den.git(&top, &["init", "--quiet", "--bare", fresh.to_str().unwrap()]);
    for (project, says) in [
        (unborn.clone(), "first commit"),
        (unborn.join("sub"), "first commit"),
        (plain, "git init"),
        (fresh, "first commit"),
        (bare.join("refs"), "git's own files"),
        (top.join(".git"), "git's own files"),
        (top.join(".git/objects"), "git's own files"),
        (top.join("leads out"), "git init"),
    ] {
        let found = fits(&port, &project);
        assert!(
            matches!(&found, Fits::No { why } if why.contains(says)),
            "{}: {found:?}",
            project.display()
        );
    }
    assert_eq!(fits(&port, &bare), Fits::Yes);
    assert_eq!(fits(&port, &top), Fits::Yes);
}

#[test]
fn a_part_of_a_checkout_that_a_tool_called_bare_says_what_to_do() {
    let den = Den::new();
    let (port, top) = (den.port(), monorepo(&den));
    let project = top.join("packages/two");
    den.git(&top, &["config", "core.bare", "true"]);
    let error = block_on(port.prepare(&spec(&project, 1))).unwrap_err();
    assert!(error.to_string().contains("core.bare false"), "{error}");
    den.git(&top, &["config", "core.bare", "false"]);
    block_on(ready(&port, &spec(&project, 1)));
}
