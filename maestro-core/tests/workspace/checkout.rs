//! Merges into a checkout: what comes, what goes, and what is in the way.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use futures::executor::block_on;
use maestro_core::ErrorKind;
use maestro_core::model::WorkspaceRef;
use maestro_core::workspace::git::GitWorkspace;
use maestro_core::workspace::{Merged, Workspace as _};

use crate::fixture::{Den, ready, spec};

fn commit(den: &Den, project: &Path) {
    den.git(project, &["add", "--all"]);
    den.git(project, &["commit", "--quiet", "--message=Before"]);
}

/// A workspace in which `change` was done and committed.
fn task(port: &GitWorkspace, project: &Path, change: impl FnOnce(&Path)) -> WorkspaceRef {
    let workspace = block_on(ready(port, &spec(project, 1)));
    change(workspace.root.as_path());
    block_on(port.commit(&workspace, "Work")).unwrap();
    workspace
}

fn same_as_branch(den: &Den, project: &Path) {
    assert_eq!(den.git(project, &["status", "--porcelain", "--ignored"]), "");
    let fresh = den.path().join("fresh");
    den.git(project, &["worktree", "add", "--quiet", "--detach", fresh.to_str().unwrap(), "main"]);
    let diff = std::process::Command::new("diff")
        .args(["--recursive", "--no-dereference", "--exclude=.git"])
        .args([project, &fresh])
        .output()
        .unwrap();
    assert!(diff.status.success(), "{}", String::from_utf8_lossy(&diff.stdout));
}

#[test]
fn files_links_modes_and_directories_change_into_each_other() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    for dir in ["becomes file/deep", "becomes link", "goes/deep"] {
        fs::create_dir_all(project.join(dir)).unwrap();
        fs::write(project.join(dir).join("file"), "x\n").unwrap();
    }
    for file in ["becomes dir", "becomes program"] {
        fs::write(project.join(file), "x\n").unwrap();
    }
    symlink("README", project.join("link becomes file")).unwrap();
    symlink("becomes link", project.join("link becomes dir")).unwrap();
    fs::write(project.join(".gitattributes"), "*.crlf text eol=crlf\n").unwrap();
    commit(&den, &project);
    let workspace = task(&port, &project, |root| {
        for dir in ["becomes file", "becomes link", "goes"] {
            fs::remove_dir_all(root.join(dir)).unwrap();
        }
        fs::write(root.join("becomes file"), "y\n").unwrap();
        symlink("/etc/passwd", root.join("becomes link")).unwrap();
        for file in ["becomes dir", "link becomes dir"] {
            fs::remove_file(root.join(file)).unwrap();
            fs::create_dir_all(root.join(file).join("a/b")).unwrap();
            fs::write(root.join(file).join("a/b/file"), "y\n").unwrap();
        }
        fs::remove_file(root.join("link becomes file")).unwrap();
        fs::write(root.join("link becomes file"), "y\n").unwrap();
        let program = fs::Permissions::from_mode(0o755);
        fs::set_permissions(root.join("becomes program"), program).unwrap();
        fs::write(root.join("new\nname.crlf"), "one\r\ntwo\r\n").unwrap();
        fs::write(root.join("empty"), "").unwrap();
    });
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    same_as_branch(&den, &project);
    assert!(!project.join("goes").exists());
    assert_eq!(fs::read(project.join("new\nname.crlf")).unwrap(), b"one\r\ntwo\r\n");
}

/// Does something in the checkout that must stay as it is, and looks that a merge refuses.
fn refused(file: &str, mine: impl FnOnce(&Den, &Path)) {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    fs::create_dir(project.join("dir")).unwrap();
    for name in ["dir/known", "gone", "other"] {
        fs::write(project.join(name), "before\n").unwrap();
    }
    commit(&den, &project);
    let workspace = task(&port, &project, |root| {
        for name in ["dir/known", "dir/new", "fresh/new", "new.ignored", "other"] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), "after\n").unwrap();
        }
        den.git(root, &["add", "--force", "new.ignored"]);
        fs::remove_file(root.join("gone")).unwrap();
    });
    mine(&den, &project);
    let before = |den: &Den| {
        let list = std::process::Command::new("sh")
            .args(["-c", "find . -path ./.git -prune -o -printf '%p %y %l %s %T@\\n' | sort"])
            .current_dir(&project)
            .output()
            .unwrap();
        (list.stdout, den.git(&project, &["status", "--porcelain", "--ignored"]))
    };
    let was = before(&den);
    let error = block_on(port.merge(&workspace, "main", "Merge")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{file}: {error}");
    assert!(error.to_string().contains(file), "{file}: {error}");
    assert_eq!(before(&den), was, "{file}");
    assert!(!project.join(".git/index.lock").exists());
    assert!(!project.join(".git/maestro-merge-files").exists());
}

#[test]
fn nothing_of_somebodys_is_overwritten_or_deleted() {
    refused("dir/known", |_, root| fs::write(root.join("dir/known"), "mine\n").unwrap());
    refused("dir/known", |_, root| fs::write(root.join("dir/known"), "").unwrap());
    refused("dir/known", |den, root| {
        fs::write(root.join("dir/known"), "mine\n").unwrap();
        den.git(root, &["add", "--all"]);
    });
    for bit in ["--assume-unchanged", "--skip-worktree"] {
        refused("dir/known", |den, root| {
            den.git(root, &["update-index", bit, "dir/known"]);
            fs::write(root.join("dir/known"), "mine\n").unwrap();
        });
    }
    refused("dir/new", |_, root| fs::write(root.join("dir/new"), "mine\n").unwrap());
    refused("dir/new", |_, root| {
        fs::create_dir(root.join("dir/new")).unwrap();
        fs::write(root.join("dir/new/mine"), "mine\n").unwrap();
    });
    refused("fresh/new", |_, root| fs::write(root.join("fresh"), "mine\n").unwrap());
    refused("fresh/new", |den, root| {
        symlink(den.path().join("home"), root.join("fresh")).unwrap();
    });
    refused("new.ignored", |_, root| fs::write(root.join("new.ignored"), "mine\n").unwrap());
    refused("gone", |_, root| fs::write(root.join("gone"), "mine\n").unwrap());
    refused("dir/known", |_, root| {
        fs::rename(root.join("dir"), root.join("moved")).unwrap();
        symlink("moved", root.join("dir")).unwrap();
    });
    refused("under way", |den, root| {
        let head = den.git(root, &["rev-parse", "HEAD"]);
        fs::write(root.join(".git/MERGE_HEAD"), format!("{head}\n")).unwrap();
    });
}

#[test]
fn what_does_not_touch_the_work_stays_and_what_is_the_same_is_taken() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    fs::write(project.join("missing"), "before\n").unwrap();
    commit(&den, &project);
    let workspace = task(&port, &project, |root| {
        for name in ["missing", "new", "same"] {
            fs::write(root.join(name), "after\n").unwrap();
        }
    });
    fs::write(project.join("README"), "mine\n").unwrap();
    fs::write(project.join("staged"), "mine\n").unwrap();
    den.git(&project, &["add", "staged"]);
    fs::write(project.join("same"), "after\n").unwrap();
    fs::remove_file(project.join("missing")).unwrap();
    fs::create_dir(project.join("new")).unwrap();
    let merged = block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    assert!(matches!(merged, Merged::Done { already: false, .. }), "{merged:?}");
    assert_eq!(den.git(&project, &["status", "--porcelain"]), "M README\nA  staged");
    for name in ["missing", "new", "same"] {
        assert_eq!(fs::read_to_string(project.join(name)).unwrap(), "after\n");
    }
    let log = den.git(&project, &["reflog", "-1", "HEAD"]);
    assert!(log.contains("maestro: merge "), "{log}");
}

#[test]
fn a_sparse_checkout_stays_sparse() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    for dir in ["in", "out"] {
        fs::create_dir(project.join(dir)).unwrap();
        fs::write(project.join(dir).join("file"), "before\n").unwrap();
    }
    commit(&den, &project);
    let workspace = task(&port, &project, |root| {
        for name in ["in/file", "in/new", "out/file", "out/new"] {
            fs::write(root.join(name), "after\n").unwrap();
        }
    });
    den.git(&project, &["sparse-checkout", "set", "in"]);
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    assert_eq!(den.git(&project, &["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(project.join("in/new")).unwrap(), "after\n");
    assert_eq!(fs::read_to_string(project.join("in/file")).unwrap(), "after\n");
    assert!(!project.join("out").exists());
    assert_eq!(den.git(&project, &["show", "main:out/file"]), "after");
}
