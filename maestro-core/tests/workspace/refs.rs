//! Refs in files and in reftables: what is waited for, what is refused, and how that is named.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use futures::executor::block_on;
use maestro_core::ErrorKind;
use maestro_core::workspace::{Merged, Release, Released, Workspace as _};

use crate::concurrent::at_once;
use crate::fixture::{Den, spec, worked};

/// Both ways in which git keeps refs, and the lock of each.
const BACKENDS: [(&str, &str); 2] =
    [("files", "refs/heads/next.lock"), ("reftable", "reftable/tables.list.lock")];

/// A repository with one commit and a branch `next`. None when this git knows no such backend.
fn project(den: &Den, backend: &str) -> Option<PathBuf> {
    let project = den.path().join(backend);
    fs::create_dir(&project).unwrap();
    let format = format!("--ref-format={backend}");
    if !den.try_git(&project, &["init", "--quiet", "-b", "main", &format]).status.success() {
        assert_eq!(backend, "reftable", "files are always there");
        println!("this git has no reftables; nothing is shown about them");
        return None;
    }
    fs::write(project.join("README"), "hello\n").unwrap();
    den.git(&project, &["add", "--all"]);
    den.git(&project, &["commit", "--quiet", "--message=First"]);
    den.git(&project, &["branch", "next"]);
    Some(project)
}

#[test]
fn forty_tasks_eight_at_once_all_land() {
    for (backend, _) in BACKENDS {
        let den = Den::new();
        let Some(project) = project(&den, backend) else { continue };
        let port = den.port();
        at_once(8, |thread| {
            for number in (0..5).map(|round| 8 * round + thread) {
                let into = if number % 2 == 0 { "next" } else { "main" };
                let file = format!("file {number}");
                let workspace = block_on(worked(&port, &project, 100 + number, &file, "x\n"));
                let merged = block_on(port.merge(&workspace, into, "Merge"));
                let merged = merged.unwrap_or_else(|error| panic!("{backend} {number}: {error}"));
                assert!(matches!(merged, Merged::Done { already: false, .. }), "{merged:?}");
                let released = block_on(port.release(&workspace, Release::IfEmpty));
                let released =
                    released.unwrap_or_else(|error| panic!("{backend} {number}: {error}"));
                assert_eq!(released, Released::Removed);
            }
        });
        for (branch, first) in [("next", 0), ("main", 1)] {
            let list = den.git(&project, &["ls-tree", "--name-only", branch]);
            for number in (first..40).step_by(2) {
                let file = format!("file {number}");
                assert!(list.lines().any(|name| name == file), "{backend} {branch}: {file}");
            }
        }
        assert_eq!(den.git(&project, &["status", "--porcelain"]), "");
    }
}

#[test]
fn a_busy_backend_is_waited_for_and_never_read_as_another_branch() {
    for (backend, lock) in BACKENDS {
        let den = Den::new();
        let Some(project) = project(&den, backend) else { continue };
        let workspace = block_on(worked(&den.port(), &project, 1, "a", "a\n"));
        let lock = project.join(".git").join(lock);
        // Held open, as whoever writes refs does.
        let held = fs::File::create(&lock).unwrap();
        let mut options = den.options();
        options.patience = Duration::from_millis(100);
        let error =
            block_on(den.port_with(options).merge(&workspace, "next", "Merge")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{backend}: {error}");
        assert!(error.is_retryable() && error.to_string().contains(".lock"), "{backend}: {error}");
        assert!(lock.exists());
        let (waiting, other) = (lock.clone(), den.port());
        std::thread::scope(|scope| {
            scope.spawn(move || {
                drop(held);
                fs::remove_file(waiting).unwrap();
            });
            block_on(other.merge(&workspace, "next", "Merge")).unwrap();
        });
        assert_eq!(den.git(&project, &["show", "next:a"]), "a", "{backend}");
    }
}

#[test]
fn a_branch_whose_name_is_a_part_is_named() {
    for (backend, _) in BACKENDS {
        let den = Den::new();
        let Some(project) = project(&den, backend) else { continue };
        den.git(&project, &["branch", "maestro"]);
        let error = block_on(den.port().prepare(&spec(&project, 1))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{backend}: {error}");
        let said = error.to_string();
        assert!(said.contains("another branch is in the way"), "{backend}: {said}");
        assert!(said.contains("refs/heads/maestro"), "{backend}: {said}");
    }
}

#[test]
#[ignore = "`what_may_not_be_written_is_named` runs it as a user that modes count for"]
fn denied() {
    for (backend, _) in BACKENDS {
        let den = Den::new();
        let Some(project) = project(&den, backend) else { continue };
        let port = den.port();
        let git = project.join(".git");
        let work = block_on(worked(&port, &project, 1, "a", "a\n"));
        let refs = if backend == "files" { "refs/heads" } else { "reftable" };
        for name in ["", refs, "objects"] {
            let dir = git.join(name);
            for dir in fanned(&dir) {
                fs::set_permissions(dir, fs::Permissions::from_mode(0o555)).unwrap();
            }
            if name == "objects" {
                fs::write(work.root.as_path().join("b"), format!("{backend} {name}\n")).unwrap();
            }
            let error = match name {
                "objects" => block_on(port.commit(&work, "Work")).map(drop),
                _ if name == refs => block_on(port.merge(&work, "next", "Merge")).map(drop),
                _ => block_on(port.merge(&work, "main", "Merge")).map(drop),
            };
            for dir in fanned(&dir) {
                fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
            }
            let error = error.unwrap_err();
            let what = format!("{backend} {name:?}: {error}");
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{what}");
            assert!(error.to_string().contains(git.join(name).to_str().unwrap()), "{what}");
            block_on(port.commit(&work, "Work")).unwrap();
        }
    }
}

/// A directory with those right below it, such as the ones that objects are spread over.
fn fanned(dir: &Path) -> Vec<PathBuf> {
    let below = fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path());
    let objects = dir.ends_with("objects");
    std::iter::once(dir.to_owned()).chain(below.filter(|path| objects && path.is_dir())).collect()
}

#[test]
fn what_may_not_be_written_is_named() {
    let den = Den::new();
    let mut program = std::env::current_exe().unwrap();
    let mut command = if fs::metadata(den.path()).unwrap().uid() == 0 {
        // Nothing is denied to root, and others may not be able to look into where this is built.
        fs::set_permissions(den.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let copy = den.path().join("tests");
        fs::copy(&program, &copy).unwrap();
        program = copy;
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        command
    } else {
        Command::new(&program)
    };
    let done = command
        .args(["refs::denied", "--exact", "--ignored", "--nocapture"])
        .current_dir("/")
        .env_clear()
        .envs(den.environment())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(String::from_utf8_lossy(&done.stdout).contains("1 passed"), "{said}");
}
