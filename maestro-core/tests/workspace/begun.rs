//! What somebody has begun and not ended: a merge, a rebase, a bisect. Nothing moves underneath it.

use std::fs;
use std::path::Path;

use futures::executor::block_on;
use maestro_core::ErrorKind;
use maestro_core::model::WorkspaceRef;
use maestro_core::workspace::git::GitWorkspace;
use maestro_core::workspace::{Release, Released, Workspace as _};

use crate::fixture::{Den, ready, spec};

/// Two branches that are in conflict, `main` and `side` with two commits, and patches of `side`.
fn prepared(den: &Den, project: &Path) {
    let commit = |name: &str, text: &str| {
        fs::write(project.join(name), text).unwrap();
        den.git(project, &["add", "--all"]);
        den.git(project, &["commit", "--quiet", "--message", text.trim()]);
    };
    commit("same", "before\n");
    den.git(project, &["switch", "--quiet", "--create", "side"]);
    commit("same", "side\n");
    commit("other", "side\n");
    den.git(project, &["format-patch", "--quiet", "--output-directory", "../patches", "main"]);
    den.git(project, &["switch", "--quiet", "main"]);
    commit("same", "main\n");
}

/// Commands that begin something, and what it is called.
const BEGIN: &[(&str, &str)] = &[
    ("git merge side", "a merge"),
    ("git rebase side", "a rebase"),
    ("git rebase --exec false HEAD~1", "a rebase"),
    ("git rebase --apply side", "a rebase"),
    ("git cherry-pick side~1", "a cherry-pick"),
    ("git cherry-pick side~1 side", "a sequence"),
    ("git revert --no-edit HEAD~1", "a revert"),
    (r#"git am "$PATCHES"/*"#, "git am"),
    ("git bisect start HEAD HEAD~1~1", "a bisect"),
];

fn begin(den: &Den, dir: &Path, command: &str) {
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", command]).current_dir(dir).env_clear().envs(den.environment());
    shell
        .env("PATCHES", den.path().join("patches"))
        .env("GIT_EDITOR", "true")
        .env("GIT_AUTHOR_NAME", "Ann")
        .env("GIT_COMMITTER_NAME", "Ann");
    shell.env("GIT_AUTHOR_EMAIL", "a@example.com").env("GIT_COMMITTER_EMAIL", "a@example.com");
    shell.output().unwrap();
}

fn task(port: &GitWorkspace, project: &Path) -> WorkspaceRef {
    let workspace = block_on(ready(port, &spec(project, 1)));
    fs::write(workspace.root.as_path().join("new"), "new\n").unwrap();
    block_on(port.commit(&workspace, "Work")).unwrap();
    workspace
}

/// Everything that a merge could change.
fn standing(den: &Den, project: &Path) -> String {
    let refs = den.git(project, &["for-each-ref", "refs/heads"]);
    let status = den.git(project, &["status", "--porcelain=v2", "--branch"]);
    format!("{refs}\n{status}")
}

#[test]
fn no_merge_goes_into_a_checkout_where_something_was_begun() {
    for (command, name) in BEGIN {
        let den = Den::new();
        let (port, project) = (den.port(), den.project());
        prepared(&den, &project);
        let workspace = task(&port, &project);
        begin(&den, &project, command);
        let before = standing(&den, &project);
        let error = block_on(port.merge(&workspace, "main", "Merge")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{command}: {error}");
        assert!(error.to_string().contains(name), "{command}: {error}");
        assert_eq!(standing(&den, &project), before, "{command}");
        assert!(!project.join("new").exists(), "{command}");
    }
}

#[test]
fn the_same_holds_in_another_worktree() {
    for (command, name) in BEGIN {
        let den = Den::new();
        let (port, project) = (den.port(), den.project());
        prepared(&den, &project);
        let workspace = task(&port, &project);
        den.git(&project, &["switch", "--quiet", "--detach"]);
        let other = den.path().join("other");
        den.git(&project, &["worktree", "add", "--quiet", other.to_str().unwrap(), "main"]);
        begin(&den, &other, command);
        let before = standing(&den, &other);
        let error = block_on(port.merge(&workspace, "main", "Merge")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{command}: {error}");
        assert!(error.to_string().contains(name), "{command}: {error}");
        assert!(error.to_string().contains(other.to_str().unwrap()), "{command}: {error}");
        assert_eq!(standing(&den, &other), before, "{command}");
    }
}

#[test]
fn what_was_begun_in_a_workspace_is_not_committed_and_not_removed() {
    for (command, name) in BEGIN {
        let den = Den::new();
        let (port, project) = (den.port(), den.project());
        prepared(&den, &project);
        let workspace = block_on(ready(&port, &spec(&project, 1)));
        let root = workspace.root.as_path();
        // The workspace's own branch is where `main` is.
        begin(&den, root, command);
        let before = standing(&den, root);
        let error = match block_on(port.commit(&workspace, "Work")) {
            // Nothing is missing in what ends a bisect or a merge; the rest is not ended by a commit.
            Ok(done) => panic!("{command}: {done:?}"),
            Err(error) => error,
        };
        assert_eq!(error.kind(), ErrorKind::Conflict, "{command}: {error}");
        let conflict = error.to_string().contains("files are in conflict");
        assert!(conflict || error.to_string().contains(name), "{command}: {error}");
        let error = block_on(port.merge(&workspace, "main", "Merge")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{command}: {error}");
        assert!(error.to_string().contains(name), "{command}: {error}");
        let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
        assert!(matches!(released, Released::Kept { .. }), "{command}: {released:?}");
        assert_eq!(standing(&den, root), before, "{command}");
    }
}

#[test]
fn a_branch_whose_checkout_is_not_there_or_not_the_only_one_is_not_moved() {
    let refused = |den: &Den, project: &Path, workspace: &WorkspaceRef, named: &Path| {
        let tip = den.git(project, &["rev-parse", "side"]);
        let error = block_on(den.port().merge(workspace, "side", "Merge")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert!(error.to_string().contains(named.to_str().unwrap()), "{error}");
        assert_eq!(den.git(project, &["rev-parse", "side"]), tip);
    };
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    den.git(&project, &["branch", "side"]);
    let workspace = task(&port, &project);
    let (one, two) = (den.path().join("one"), den.path().join("two"));
    den.git(&project, &["worktree", "add", "--quiet", one.to_str().unwrap(), "side"]);
    let add = ["worktree", "add", "--quiet", "--force", two.to_str().unwrap(), "side"];
    den.git(&project, &add);
    refused(&den, &project, &workspace, &two);
    den.git(&project, &["worktree", "remove", two.to_str().unwrap()]);
    // A disk that was taken out, with and without its mount point.
    den.git(&project, &["worktree", "lock", one.to_str().unwrap()]);
    let away = den.path().join("away");
    fs::rename(&one, &away).unwrap();
    refused(&den, &project, &workspace, &one);
    fs::create_dir(&one).unwrap();
    refused(&den, &project, &workspace, &one);
    fs::remove_dir(&one).unwrap();
    fs::rename(&away, &one).unwrap();
    block_on(port.merge(&workspace, "side", "Merge")).unwrap();
    assert_eq!(fs::read_to_string(one.join("new")).unwrap(), "new\n");
    assert_eq!(den.git(&one, &["status", "--porcelain"]), "");
}
