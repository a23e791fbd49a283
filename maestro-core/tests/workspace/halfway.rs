//! Merges into the user's own checkout that are killed half-way, and locks that nobody holds.

use std::fs;
use std::path::Path;
use std::time::Duration;

use futures::executor::block_on;
use maestro_core::ErrorKind;
use maestro_core::model::WorkspaceRef;
use maestro_core::workspace::git::GitWorkspace;
use maestro_core::workspace::{Merged, Release, Workspace as _};

use crate::fixture::{Den, ready, spec};
use crate::kill::{Grim, TORN, insist};

fn write(root: &Path, name: &str, content: &str) {
    fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
    fs::write(root.join(name), content).unwrap();
}

/// More than git writes at once, so that a kill can leave a part of it.
fn after(round: &str) -> String {
    format!("after {round}\n").repeat(400)
}

/// A task's work: files that change, that are new and that go.
fn work(den: &Den, port: &GitWorkspace, project: &Path, task: u128, round: &str) -> WorkspaceRef {
    for name in ["change/1", "change/2", "go/1"] {
        write(project, name, &format!("before {round}\n").repeat(400));
    }
    den.git(project, &["add", "--all"]);
    den.git(project, &["commit", "--quiet", "--message=Before"]);
    let workspace = block_on(ready(port, &spec(project, task)));
    let root = workspace.root.as_path();
    for name in ["change/1", "change/2", "new/1", "new/2"] {
        write(root, name, &after(round));
    }
    fs::remove_file(root.join("go/1")).unwrap();
    block_on(port.commit(&workspace, "Work")).unwrap();
    workspace
}

fn merged(den: &Den, project: &Path, round: &str, what: &str) {
    assert_eq!(den.git(project, &["status", "--porcelain"]), "", "{what}");
    for name in ["change/1", "change/2", "new/1", "new/2"] {
        let content = fs::read_to_string(project.join(name)).unwrap();
        assert_eq!(content, after(round), "{what}");
    }
    assert!(!project.join("go/1").exists(), "{what}");
    assert!(!project.join(".git/maestro-merge").exists(), "{what}");
}

#[test]
fn a_killed_merge_into_a_checkout_is_finished_by_the_next() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    Grim::new(&den, 7).or(TORN).every_step(
        |step| {
            den.git(&project, &["rm", "-r", "--quiet", "--ignore-unmatch", "new"]);
            let round = format!("{step} {}", fastrand::u64(..));
            (work(&den, &port, &project, 8, &round), round)
        },
        &async |dying, (workspace, _)| dying.merge(workspace, "main", "Merge").await.map(drop),
        |(workspace, round), what| {
            let done =
                insist(&den, what, &async |port| port.merge(workspace, "main", "Merge").await);
            assert!(matches!(done, Merged::Done { .. }), "{what}: {done:?}");
            merged(&den, &project, round, what);
            insist(&den, what, &async |port| port.release(workspace, Release::Discard).await);
        },
    );
}

/// What a killed merge leaves: its note, and some of its files.
fn half(den: &Den, project: &Path, workspace: &WorkspaceRef, files: &[&str], index: bool) {
    let tip = den.git(project, &["rev-parse", "main"]);
    let branch = workspace.branch.clone().unwrap();
    let commit = den.git(project, &["rev-parse", &branch]);
    let note = format!("{tip}\n{commit}\n{}", project.display());
    fs::write(project.join(".git/maestro-merge"), note).unwrap();
    for file in files {
        let from = workspace.root.as_path().join(file);
        if from.exists() {
            write(project, file, &fs::read_to_string(from).unwrap());
        } else {
            fs::remove_file(project.join(file)).unwrap();
        }
    }
    if index {
        den.git(project, &["read-tree", &commit]);
    }
}

#[test]
fn whatever_a_killed_merge_wrote_is_taken_back_and_done_again() {
    let cases: [(&[&str], bool); 5] = [
        (&[], false),
        (&["change/1"], false),
        (&["go/1", "new/1"], false),
        (&["change/1", "change/2", "go/1", "new/1", "new/2"], false),
        (&["change/1", "change/2", "go/1", "new/1", "new/2"], true),
    ];
    for (files, index) in cases {
        let den = Den::new();
        let (port, project) = (den.port(), den.project());
        let workspace = work(&den, &port, &project, 8, "it");
        half(&den, &project, &workspace, files, index);
        // What has nothing to do with the merge stays as it is.
        write(&project, "README", "mine\n");
        write(&project, "untracked", "mine\n");
        let what = format!("{files:?} {index}");
        block_on(port.merge(&workspace, "main", "Merge")).unwrap_or_else(|error| {
            panic!("{what}: {error}");
        });
        assert_eq!(
            den.git(&project, &["status", "--porcelain"]),
            "M README\n?? untracked",
            "{what}"
        );
        assert_eq!(fs::read_to_string(project.join("README")).unwrap(), "mine\n");
        assert_eq!(fs::read_to_string(project.join("new/1")).unwrap(), after("it"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_locks_of_a_merge_that_had_moved_the_branch_go_too() {
    let den = Den::new();
    let project = den.project();
    let mut options = den.options();
    options.patience = Duration::from_millis(500);
    let port = den.port_with(options);
    let workspace = work(&den, &port, &project, 8, "it");
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    half(&den, &project, &workspace, &[], false);
    for lock in ["HEAD.lock", "index.lock", "refs/heads/main.lock"] {
        fs::write(project.join(".git").join(lock), "").unwrap();
    }
    let again = async |port: &GitWorkspace| port.merge(&workspace, "main", "Merge").await;
    // A git of another test may look like the owner, and the note stays until the locks are gone.
    for _ in 0..20 {
        insist(&den, "again", &again);
        if !project.join(".git/maestro-merge").exists() {
            break;
        }
    }
    merged(&den, &project, "it", "after the locks");
    den.git(&project, &["commit", "--quiet", "--allow-empty", "--message=Mine"]);
}

#[test]
fn a_file_that_somebody_changed_since_is_left_alone_with_all_others() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = work(&den, &port, &project, 8, "it");
    half(&den, &project, &workspace, &["change/1", "new/1"], false);
    write(&project, "change/2", "mine\n");
    let before = den.git(&project, &["status", "--porcelain"]);
    let error = block_on(port.merge(&workspace, "main", "Merge")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(den.git(&project, &["status", "--porcelain"]), before);
    assert_eq!(fs::read_to_string(project.join("change/2")).unwrap(), "mine\n");
    assert_eq!(fs::read_to_string(project.join("change/1")).unwrap(), after("it"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_lock_that_nobody_holds_is_removed_and_one_of_a_living_git_is_not() {
    let den = Den::new();
    let project = den.project();
    let mut options = den.options();
    options.patience = Duration::from_millis(100);
    let port = den.port_with(options);
    let workspace = work(&den, &port, &project, 8, "it");
    let lock = project.join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let waiting = |args: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args(args).current_dir(&project).env_clear().envs(den.environment());
        git.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
        git.spawn().unwrap()
    };
    // A git that waits for its input in the checkout, as one with an editor open would.
    let mut writer = waiting(&["hash-object", "--stdin"]);
    // What reads is in nobody's way.
    let mut reader = waiting(&["cat-file", "--batch"]);
    let error = block_on(port.merge(&workspace, "main", "Merge")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(lock.exists());
    drop(writer.stdin.take());
    writer.wait().unwrap();
    insist(&den, "a lock", &async |port| port.merge(&workspace, "main", "Merge").await);
    merged(&den, &project, "it", "after the lock");
    assert!(reader.try_wait().unwrap().is_none());
    drop(reader.stdin.take());
    reader.wait().unwrap();
}
