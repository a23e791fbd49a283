//! Repositories and surroundings as they are found.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures::executor::block_on;
use maestro_core::ErrorKind;
use maestro_core::model::{FileStatus, PlacePath};
use maestro_core::workspace::git::GitEnvironment;
use maestro_core::workspace::{Fits, Merged, Release, Released, Workspace as _};

use crate::fixture::{Den, again, place, ready, spec, worked};

/// Writes a script by a process of its own: one that this process had open for writing could not be
/// started while a child of another test still has it from before its `exec`.
pub(crate) fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let source = path.with_extension("source");
    fs::write(&source, text).unwrap();
    let mut install = Command::new("install");
    let done = install.args(["-m", "755"]).args([&source, &path.to_owned()]).status().unwrap();
    assert!(done.success());
    fs::remove_file(source).unwrap();
}

#[test]
fn an_empty_repository_does_not_fit_and_says_what_to_do() {
    let den = Den::new();
    let (port, project) = (den.port(), den.path().join("empty"));
    fs::create_dir(&project).unwrap();
    den.git(&project, &["init", "--quiet"]);
    let fits = block_on(port.fits(&PlacePath::new(place(), &project), None)).unwrap();
    assert!(matches!(&fits, Fits::No { why } if why.contains("first commit")), "{fits:?}");
    let error = block_on(port.prepare(&spec(&project, 1))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("first commit"), "{error}");
}

#[test]
fn bare_repositories_and_linked_worktrees_are_projects_too() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let bare = den.path().join("bare.git");
    den.git(&project, &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let linked = den.path().join("a\nlinked tree");
    den.git(&project, &["worktree", "add", "--quiet", "-b", "linked", linked.to_str().unwrap()]);
    for (project, into) in [(&bare, "main"), (&linked, "linked"), (&linked, "main")] {
        let work = format!("work {into}");
        let workspace = block_on(worked(&port, project, 1, &work, &format!("{into}\n")));
        let merged = block_on(port.merge(&workspace, into, "Merge")).unwrap();
        assert!(matches!(merged, Merged::Done { already: false, .. }), "{merged:?}");
        den.git(project, &["cat-file", "-e", &format!("{into}:{work}")]);
        let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
        assert_eq!(released, Released::Removed);
    }
    assert!(linked.join("work linked").exists() && project.join("work main").exists());
}

#[test]
fn a_bare_repository_beside_its_worktrees_is_a_project() {
    let den = Den::new();
    for (number, layout) in ["file", "link", "directory"].into_iter().enumerate() {
        let (port, source) = (den.port(), den.project());
        let project = den.path().join(layout);
        let bare = project.join(if layout == "directory" { ".git" } else { ".bare" });
        fs::create_dir(&project).unwrap();
        den.git(&source, &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
        match layout {
            "file" => fs::write(project.join(".git"), "gitdir: ./.bare\n").unwrap(),
            "link" => std::os::unix::fs::symlink(".bare", project.join(".git")).unwrap(),
            _ => {}
        }
        let at = PlacePath::new(place(), &project);
        assert_eq!(block_on(port.fits(&at, None)).unwrap(), Fits::Yes, "{layout}");
        let task = 10 + number as u128;
        let workspace = block_on(worked(&port, &project, task, "work", "work\n"));
        block_on(port.merge(&workspace, "main", "Merge")).unwrap();
        assert_eq!(den.git(&bare, &["show", "main:work"]), "work", "{layout}");
        // A branch that is checked out in one of them moves with its files.
        let main = project.join("main");
        den.git(&bare, &["worktree", "add", "--quiet", main.to_str().unwrap(), "main"]);
        fs::write(workspace.root.as_path().join("more"), "more\n").unwrap();
        block_on(port.commit(&workspace, "More")).unwrap();
        block_on(port.merge(&workspace, "main", "Merge")).unwrap();
        assert!(main.join("more").exists(), "{layout}");
        let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
        assert_eq!(released, Released::Removed, "{layout}");
    }
}

#[test]
fn a_checkout_that_a_tool_called_bare_says_what_to_do() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    den.git(&project, &["config", "core.bare", "true"]);
    let error = block_on(port.prepare(&spec(&project, 1))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("core.bare false"), "{error}");
    den.git(&project, &["config", "core.bare", "false"]);
    block_on(ready(&port, &spec(&project, 1)));
}

#[test]
fn odd_names_bytes_and_renames_are_told_apart() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let text = "a line that is everywhere\n".repeat(40);
    fs::write(project.join("old"), text).unwrap();
    den.git(&project, &["add", "--all"]);
    den.git(&project, &["commit", "--quiet", "--message=Old"]);
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    let root = workspace.root.as_path();
    fs::rename(root.join("old"), root.join("new\nname")).unwrap();
    fs::write(root.join("-f \"tab\".\t"), "x\n").unwrap();
    fs::write(root.join("binary"), [0, 255, 0, 1]).unwrap();
    fs::remove_file(root.join("README")).unwrap();
    let expected = [
        ("-f \"tab\".\t", FileStatus::Added, Some(1)),
        ("README", FileStatus::Deleted, Some(0)),
        ("binary", FileStatus::Added, None),
        ("new\nname", FileStatus::Renamed, Some(0)),
    ];
    let check = || {
        let changes = block_on(port.changes(&workspace)).unwrap();
        let files: Vec<_> = changes
            .files
            .iter()
            .map(|file| (file.path.as_str(), file.status, file.added))
            .collect();
        assert_eq!(files, expected);
    };
    check();
    let diff = block_on(port.diff(&workspace)).unwrap();
    fs::write(den.path().join("patch"), &diff).unwrap();
    block_on(port.commit(&workspace, "Work")).unwrap();
    check();
    assert_eq!(block_on(port.diff(&workspace)).unwrap(), diff);
    // The text is a patch that gives the same tree.
    let other = den.path().join("other");
    den.git(&project, &["clone", "--quiet", ".", other.to_str().unwrap()]);
    den.git(&other, &["apply", "--index", den.path().join("patch").to_str().unwrap()]);
    let tree = den.git(&other, &["write-tree"]);
    assert_eq!(tree, den.git(root, &["rev-parse", "HEAD^{tree}"]));
}

/// Line by line in Latin-1, without a last line end, with a zero byte, and under a name that is no text.
#[test]
fn a_patch_is_bytes_that_apply() {
    use std::os::unix::ffi::OsStrExt as _;

    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    fs::write(project.join("latin"), b"caf\xe9\nna\xefve\n").unwrap();
    fs::write(project.join(".gitattributes"), "hidden -diff\n").unwrap();
    den.git(&project, &["add", "--all"]);
    den.git(&project, &["commit", "--quiet", "--message=Latin"]);
    for setting in ["diff.noprefix", "diff.mnemonicPrefix", "diff.suppressBlankEmpty"] {
        den.git(&project, &["config", setting, "true"]);
    }
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    let root = workspace.root.as_path();
    fs::write(root.join("latin"), b"th\xe9\r\nna\xefve\n\nno end \xff").unwrap();
    fs::write(root.join("binary"), [0, 255, 254, 10, 0]).unwrap();
    fs::write(root.join("hidden"), b"\xfe\xff").unwrap();
    fs::write(root.join(std::ffi::OsStr::from_bytes(b"n\xe4me \"x\"\n")), b"\xe4\n").unwrap();
    let untracked = block_on(port.diff(&workspace)).unwrap();
    block_on(port.commit(&workspace, "Work")).unwrap();
    assert_eq!(block_on(port.diff(&workspace)).unwrap(), untracked);
    assert!(std::str::from_utf8(&untracked).is_err(), "this proves nothing");
    let patch = den.path().join("patch");
    fs::write(&patch, &untracked).unwrap();
    den.git(&project, &["apply", "--index", patch.to_str().unwrap()]);
    let tree = den.git(&project, &["write-tree"]);
    assert_eq!(tree, den.git(root, &["rev-parse", "HEAD^{tree}"]));
}

#[test]
fn a_lock_of_a_dead_process_in_the_workspace_is_removed() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = block_on(worked(&port, &project, 1, "a", "a\n"));
    let root = workspace.root.as_path();
    let admin = den.git(root, &["rev-parse", "--absolute-git-dir"]);
    fs::write(Path::new(&admin).join("index.lock"), "").unwrap();
    fs::write(root.join("a"), "b\n").unwrap();
    assert!(block_on(port.commit(&workspace, "Work")).unwrap().commit.is_some());
}

#[test]
fn a_lock_that_somebody_holds_in_the_users_repository_is_named_and_stays() {
    let den = Den::new();
    let project = den.project();
    let mut options = den.options();
    options.patience = Duration::from_millis(50);
    let port = den.port_with(options);
    let workspace = block_on(worked(&port, &project, 1, "a", "a\n"));
    let lock = project.join(".git/index.lock");
    // Held open, as whoever writes an index does.
    let held = fs::File::create(&lock).unwrap();
    let error = block_on(port.merge(&workspace, "main", "Merge")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_retryable() && error.to_string().contains("index.lock"), "{error}");
    assert!(lock.exists());
    drop(held);
    fs::remove_file(lock).unwrap();
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    assert!(project.join("a").exists());
}

#[test]
fn hooks_stay_off_and_the_identity_is_ours_only_when_there_is_none() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    for hook in
        ["pre-commit", "commit-msg", "post-checkout", "post-commit", "reference-transaction"]
    {
        script(&project.join(".git/hooks").join(hook), "#!/bin/sh\nexit 1\n");
    }
    let author = |root: &Path| den.git(root, &["log", "-1", "--format=%an <%ae>"]);
    let first = block_on(worked(&port, &project, 1, "a", "a\n"));
    assert_eq!(author(first.root.as_path()), "Maestro <maestro@localhost>");
    den.git(&project, &["config", "user.name", "Zoe"]);
    den.git(&project, &["config", "user.email", "zoe@example.com"]);
    let second = block_on(worked(&port, &project, 2, "b", "b\n"));
    assert_eq!(author(second.root.as_path()), "Zoe <zoe@example.com>");
    for workspace in [&first, &second] {
        block_on(port.merge(workspace, "main", "Merge")).unwrap();
    }
    assert_eq!(author(&project), "Zoe <zoe@example.com>");
}

#[test]
fn an_old_git_and_no_git_are_unsupported() {
    let den = Den::new();
    let project = den.project();
    let old = den.path().join("old/git");
    script(&old, "#!/bin/sh\necho git version 2.30.1\n");
    for program in [old, den.path().join("none/git")] {
        let mut options = den.options();
        options.program = program;
        let error = block_on(den.port_with(options).prepare(&spec(&project, 1))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains("2.38"), "{error}");
    }
}

#[test]
fn a_command_that_hangs_is_killed() {
    let den = Den::new();
    let project = den.project();
    let slow = den.path().join("slow/git");
    script(&slow, "#!/bin/sh\necho $$ > \"$HOME/pid\"\nsleep 1000\n");
    let mut options = den.options();
    options.program = slow;
    options.time_limit = Duration::from_millis(200);
    let error = block_on(den.port_with(options).prepare(&spec(&project, 1))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

/// Ctrl-C at a terminal reaches a child that has not left the group of its parent yet.
#[test]
fn a_command_that_an_interrupt_ends_before_it_began_is_started_again() {
    let den = Den::new();
    let project = den.project();
    let unlucky = den.path().join("unlucky/git");
    script(
        &unlucky,
        "#!/bin/sh\n\
         if [ ! -e \"$HOME/interrupted\" ]; then : >\"$HOME/interrupted\"; kill -INT $$; fi\n\
         rm \"$HOME/interrupted\"\nexec git \"$@\"\n",
    );
    let mut options = den.options();
    options.program = unlucky;
    let port = den.port_with(options);
    let workspace = block_on(worked(&port, &project, 1, "a", "a\n"));
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    assert_eq!(den.git(&project, &["show", "main:a"]), "a");
}

#[test]
fn too_much_output_is_said_and_not_cut() {
    let den = Den::new();
    let project = den.project();
    let mut options = den.options();
    options.max_output = 4096;
    let port = den.port_with(options);
    let workspace = block_on(worked(&port, &project, 1, "a", &"long\n".repeat(4096)));
    let error = block_on(port.diff(&workspace)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{error}");
    assert_eq!(error.limit().unwrap().max, 4096);
}

#[test]
fn a_workspace_whose_link_to_git_was_deleted_is_repaired_with_its_work() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = block_on(worked(&port, &project, 1, "a", "a\n"));
    let root = workspace.root.as_path();
    fs::write(root.join("untracked"), "x\n").unwrap();
    fs::remove_file(root.join(".git")).unwrap();
    let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    assert!(matches!(released, Released::Kept { .. }), "{released:?}");
    let again = again(spec(&project, 1), &workspace);
    assert_eq!(block_on(ready(&port, &again)), workspace);
    assert!(root.join("untracked").exists());
    assert_eq!(block_on(port.changes(&workspace)).unwrap().holds(), ["untracked", "unmerged"]);
}

#[test]
fn a_directory_that_git_does_not_know_is_never_taken() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    let root = workspace.root.as_path();
    fs::create_dir_all(root).unwrap();
    fs::write(root.join("precious"), "x\n").unwrap();
    let error = block_on(port.prepare(&spec(&project, 1))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    assert_eq!(released, Released::Kept { holds: vec!["untracked".to_owned()] });
    assert!(root.join("precious").exists());
}

#[test]
fn a_branch_that_an_agent_renamed_keeps_its_work() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = block_on(worked(&port, &project, 1, "a", "a\n"));
    den.git(workspace.root.as_path(), &["branch", "--move", "better-name"]);
    let again = again(spec(&project, 1), &workspace);
    let again = block_on(ready(&port, &again));
    assert_eq!(again.branch.as_deref(), Some("better-name"));
    assert_eq!(again.base, workspace.base);
    let changes = block_on(port.changes(&again)).unwrap();
    assert_eq!(changes.holds(), ["unmerged"]);
    assert_eq!(changes.files.len(), 1);
}

#[test]
fn a_merge_that_an_agent_left_open_is_work_and_is_not_committed() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let first = block_on(worked(&port, &project, 1, "same", "1\n"));
    let second = block_on(worked(&port, &project, 2, "same", "2\n"));
    let root = second.root.as_path();
    let merge = den.try_git(root, &["merge", first.branch.as_deref().unwrap()]);
    assert!(!merge.status.success());
    let error = block_on(port.commit(&second, "Work")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("same"), "{error}");
    let again = again(spec(&project, 2), &second);
    block_on(ready(&port, &again));
    fs::write(root.join("same"), "3\n").unwrap();
    den.git(root, &["add", "same"]);
    assert!(block_on(port.commit(&second, "Both")).unwrap().commit.is_some());
    assert_eq!(den.git(root, &["rev-list", "--merges", "--count", "HEAD"]), "1");
}

#[test]
fn commits_in_a_submodule_are_work() {
    let den = Den::new();
    let (port, project, library) = (den.port(), den.project(), den.project());
    let allow = ["-c", "protocol.file.allow=always"];
    let add = ["submodule", "--quiet", "add", library.to_str().unwrap(), "lib"];
    den.git(&project, &[&allow[..], &add[..]].concat());
    den.git(&project, &["commit", "--quiet", "--message=Library"]);
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    let root = workspace.root.as_path();
    assert_eq!(block_on(port.changes(&workspace)).unwrap().holds(), Vec::<String>::new());
    den.git(root, &[&allow[..], &["submodule", "--quiet", "update", "--init"][..]].concat());
    den.git(&root.join("lib"), &["commit", "--quiet", "--allow-empty", "--message=In the library"]);
    assert_eq!(block_on(port.commit(&workspace, "Take it")).unwrap().left_out, ["lib"]);
    let error = block_on(port.merge(&workspace, "main", "Merge")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(block_on(port.changes(&workspace)).unwrap().holds().contains(&"unmerged".to_owned()));
    let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    assert!(matches!(released, Released::Kept { .. }), "{released:?}");
    den.git(&root.join("lib"), &["push", "--quiet", "origin", "HEAD:refs/heads/taken"]);
    assert_eq!(block_on(port.commit(&workspace, "Take it")).unwrap().left_out, [""; 0]);
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    let taken = den.git(&root.join("lib"), &["rev-parse", "HEAD"]);
    assert_eq!(den.git(&project, &["rev-parse", "main:lib"]), taken);
    fs::write(root.join("lib/README"), "edited\n").unwrap();
    let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    assert_eq!(released, Released::Kept { holds: vec!["uncommitted".to_owned()] });
    den.git(&root.join("lib"), &["checkout", "--quiet", "--", "README"]);
    let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    assert_eq!(released, Released::Removed);
}

#[test]
fn sparse_checkouts_lose_nothing() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    for dir in ["in", "out"] {
        fs::create_dir(project.join(dir)).unwrap();
        fs::write(project.join(dir).join("file"), "x\n").unwrap();
    }
    den.git(&project, &["add", "--all"]);
    den.git(&project, &["commit", "--quiet", "--message=Both"]);
    den.git(&project, &["sparse-checkout", "set", "in"]);
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    let root = workspace.root.as_path();
    assert!(root.join("in/file").exists() && !root.join("out").exists());
    fs::create_dir(root.join("out")).unwrap();
    fs::write(root.join("out/new"), "x\n").unwrap();
    let changes = block_on(port.changes(&workspace)).unwrap();
    assert_eq!(changes.files.len(), 1, "{changes:?}");
    assert!(block_on(port.commit(&workspace, "Work")).unwrap().commit.is_some());
    let tree = den.git(root, &["ls-tree", "-r", "--name-only", "HEAD", "out"]);
    assert_eq!(tree, "out/file\nout/new");
}

#[test]
fn another_repository_in_the_environment_is_not_looked_at() {
    let den = Den::new();
    let (project, other) = (den.project(), den.project());
    let mut options = den.options();
    let mut environment = den.environment();
    environment.push(("GIT_CEILING_DIRECTORIES".into(), "/".into()));
    options.environment = GitEnvironment::Exactly(environment);
    let port = den.port_with(options);
    let workspace = block_on(worked(&port, &project, 1, "a", "a\n"));
    // A worktree of one repository is none of another.
    let mut wrong = workspace.clone();
    wrong.project = PlacePath::new(place(), &other);
    let released = block_on(port.release(&wrong, Release::IfEmpty)).unwrap();
    assert_eq!(released, Released::Kept { holds: vec!["untracked".to_owned()] });
    assert!(workspace.root.as_path().join("a").exists());
    let mut elsewhere = workspace;
    elsewhere.root.place = maestro_core::model::Place::new("host:other");
    let error = block_on(port.changes(&elsewhere)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}
