//! Files that somebody saves while a merge replaces them: nothing that was written is lost, and
//! nothing is left half-way.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use futures::executor::block_on;
use maestro_core::model::WorkspaceRef;
use maestro_core::workspace::git::{GitEnvironment, GitWorkspace};
use maestro_core::workspace::{Merged, Workspace as _};
use maestro_core::{ErrorKind, Result};

use crate::edges::script;
use crate::fixture::{Den, ready, spec};

/// Stands before git. At the command that the test names, it does once what the test says, after git.
const MOMENT: &str = r#"#!/bin/sh
case "$* $GIT_INDEX_FILE" in
  *"$WHEN"*)
    if sh "$MOMENT/guard" && mkdir "$MOMENT/done" 2>/dev/null; then
      exec 3<&0
      if [ -e "$MOMENT/first" ]; then sh "$MOMENT/act"; git "$@" <&3; exit $?; fi
      git "$@" <&3; code=$?; sh "$MOMENT/act"; exit $code
    fi;;
esac
exec git "$@"
"#;

/// Git has looked at the checkout, and has written the new files aside.
const LOOKED: &str = "read-tree -m -u";
/// All files are in their places, which the guard of the moment finds.
const PLACED: &str = "update-index -q --refresh";

struct Scene {
    den: Den,
    project: PathBuf,
    workspace: WorkspaceRef,
}

const FILES: [&str; 4] = ["change/1", "change/2", "go/1", "new/1"];

impl Scene {
    fn new() -> Self {
        let den = Den::new();
        let (port, project) = (den.port(), den.project());
        for name in ["change/1", "change/2", "go/1"] {
            write(&project, name, "before\n");
        }
        den.git(&project, &["add", "--all"]);
        den.git(&project, &["commit", "--quiet", "--message=Before"]);
        let workspace = block_on(ready(&port, &spec(&project, 8)));
        let root = workspace.root.as_path();
        for name in ["change/1", "change/2", "new/1"] {
            write(root, name, "after\n");
        }
        fs::remove_file(root.join("go/1")).unwrap();
        block_on(port.commit(&workspace, "Work")).unwrap();
        Self { den, project, workspace }
    }

    /// A git that does something at a moment.
    fn port(&self, when: &str, first: bool, act: &str) -> GitWorkspace {
        let dir = self.den.path().join("moment");
        let _ = fs::remove_dir_all(&dir);
        script(&dir.join("git"), &MOMENT.replace("$WHEN", when));
        fs::write(dir.join("act"), format!("cd '{}'\n{act}\n", self.project.display())).unwrap();
        let guard = if when == PLACED { "grep -q after" } else { "test -e" };
        let guard = format!("{guard} '{}/change/1'\n", self.project.display());
        fs::write(dir.join("guard"), guard).unwrap();
        if first {
            fs::write(dir.join("first"), "").unwrap();
        }
        let mut options = self.den.options();
        options.program = dir.join("git");
        let mut environment = self.den.environment();
        environment.push(("MOMENT".into(), dir.into()));
        options.environment = GitEnvironment::Exactly(environment);
        self.den.port_with(options)
    }

    fn acted(&self) -> bool {
        self.den.path().join("moment/done").exists()
    }

    fn merge(&self, port: &GitWorkspace) -> Result<Merged> {
        block_on(port.merge(&self.workspace, "main", "Merge"))
    }

    /// What is in the files, with nothing for those that are not there.
    fn files(&self) -> [Option<String>; 4] {
        FILES.map(|name| fs::read_to_string(self.project.join(name)).ok())
    }

    fn is_clear(&self, what: &str) {
        let own = self.project.join(".git");
        for name in ["maestro-merge", "maestro-merge-files", "maestro-merge-replaced", "index.lock"]
        {
            assert!(!own.join(name).exists(), "{what}: {name}");
        }
    }
}

fn write(root: &Path, name: &str, content: &str) {
    fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
    fs::write(root.join(name), content).unwrap();
}

fn text(content: &str) -> Option<String> {
    Some(content.to_owned())
}

#[test]
fn what_is_saved_after_the_look_stays_and_all_is_taken_back() {
    let before = || [text("before\n"), text("before\n"), text("before\n"), None];
    let with = |at: usize, content: Option<String>| {
        let mut files = before();
        files[at] = content;
        files
    };
    let cases = [
        ("printf 'mine!!\\n' > change/2", with(1, text("mine!!\n"))),
        // The same length, by another file, and with the times of the old one.
        ("printf 'before.' > x; touch -r change/1 x; mv x change/1", with(0, text("before."))),
        ("printf 'mine\\n' >> go/1", with(2, text("before\nmine\n"))),
        ("mkdir new; echo mine > new/1", with(3, text("mine\n"))),
        ("chmod +x change/2", before()),
        ("mkdir new; echo mine > other; mv other new/1", with(3, text("mine\n"))),
    ];
    for (act, expected) in cases {
        let scene = Scene::new();
        let tip = scene.den.git(&scene.project, &["rev-parse", "main"]);
        let error = scene.merge(&scene.port(LOOKED, false, act)).unwrap_err();
        assert!(scene.acted(), "{act}");
        assert_eq!(error.kind(), ErrorKind::Conflict, "{act}: {error}");
        assert!(error.context().any(|(key, _)| key == "files"), "{act}: {error}");
        assert_eq!(scene.files(), expected, "{act}");
        assert_eq!(scene.den.git(&scene.project, &["rev-parse", "main"]), tip, "{act}");
        // Nothing else looks changed.
        let status = scene.den.git(&scene.project, &["status", "--porcelain"]);
        assert_eq!(status.lines().count(), 1, "{act}: {status}");
        scene.is_clear(act);
        // With the change out of the way, the work is merged.
        scene.den.git(&scene.project, &["stash", "--include-untracked", "--quiet"]);
        scene.merge(&scene.den.port()).unwrap();
        assert_eq!(
            scene.files(),
            [text("after\n"), text("after\n"), None, text("after\n")],
            "{act}"
        );
    }
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_written_through() {
    let scene = Scene::new();
    let outside = scene.den.path().join("outside");
    fs::write(&outside, "before\n").unwrap();
    let act = format!("rm change/1; ln -s '{}' change/1", outside.display());
    let error = scene.merge(&scene.port(LOOKED, false, &act)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(fs::read_link(scene.project.join("change/1")).unwrap(), outside);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "before\n");
    scene.is_clear("link");
}

/// An editor that had a file open before the merge, and the shell line that writes through it.
fn open(scene: &Scene, name: &str) -> (File, String) {
    let file = OpenOptions::new().append(true).open(scene.project.join(name)).unwrap();
    let line = format!("echo late >> /proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    (file, line)
}

#[cfg(target_os = "linux")]
#[test]
fn what_an_editor_writes_into_the_replaced_file_goes_back_with_it() {
    for (at, name) in [(0, "change/1"), (2, "go/1")] {
        let scene = Scene::new();
        let (mut editor, write) = open(&scene, name);
        let error = scene.merge(&scene.port(PLACED, false, &write)).unwrap_err();
        assert!(scene.acted(), "{name}");
        assert_eq!(error.kind(), ErrorKind::Conflict, "{name}: {error}");
        let mut expected = [text("before\n"), text("before\n"), text("before\n"), None];
        expected[at] = text("before\nlate\n");
        assert_eq!(scene.files(), expected, "{name}");
        // It still is the file that the editor has open.
        editor.write_all(b"later\n").unwrap();
        let content = fs::read_to_string(scene.project.join(name)).unwrap();
        assert_eq!(content, "before\nlate\nlater\n");
        scene.is_clear(name);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_an_editor_writes_after_the_branch_moved_is_kept_aside() {
    let scene = Scene::new();
    let (_editor, write) = open(&scene, "change/1");
    let merged = scene.merge(&scene.port("update-ref -m", false, &write)).unwrap();
    assert!(scene.acted());
    assert!(matches!(merged, Merged::Done { already: false, .. }), "{merged:?}");
    assert_eq!(scene.files(), [text("after\n"), text("after\n"), None, text("after\n")]);
    let kept = fs::read_dir(scene.project.join(".git/maestro-merge-kept")).unwrap();
    let kept: Vec<_> = kept.map(|entry| entry.unwrap().path().join("change/1")).collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(fs::read_to_string(&kept[0]).unwrap(), "before\nlate\n");
    scene.is_clear("kept");
}

#[test]
fn a_branch_that_moved_meanwhile_gets_its_checkout_back() {
    let scene = Scene::new();
    let other =
        scene.den.git(&scene.project, &["commit-tree", "main^{tree}", "-p", "main", "-m", "x"]);
    // Before our own, and past the checkout, as a push into it would be.
    let act = format!("git update-ref refs/heads/main {other}");
    let merged = scene.merge(&scene.port("update-ref -m", true, &act)).unwrap();
    assert!(scene.acted());
    assert!(matches!(merged, Merged::Done { already: false, .. }), "{merged:?}");
    assert_eq!(scene.files(), [text("after\n"), text("after\n"), None, text("after\n")]);
    assert_eq!(scene.den.git(&scene.project, &["status", "--porcelain"]), "");
    scene.is_clear("moved");
}

/// What a node leaves that is killed between taking a file that somebody has just saved and looking
/// at it.
#[test]
fn what_a_killed_merge_had_taken_goes_back_when_it_is_somebodys() {
    let scene = Scene::new();
    let tip = scene.den.git(&scene.project, &["rev-parse", "main"]);
    let commit = scene.den.git(scene.workspace.root.as_path(), &["rev-parse", "HEAD"]);
    let own = scene.project.join(".git");
    let note = format!("{tip}\n{commit}\n{}", scene.project.display());
    fs::write(own.join("maestro-merge"), note).unwrap();
    // In the order of the names: change/1, change/2, go/1, new/1.
    let record = [
        ("file 1", "file 2", "change/1"),
        ("file 1", "file 2", "change/2"),
        ("file 1", "", "go/1"),
        ("", "file 2", "new/1"),
    ];
    let record = record.map(|(before, after, path)| format!("{before}\0{after}\0{path}\0"));
    fs::write(own.join("maestro-merge-record"), record.concat()).unwrap();
    fs::create_dir(own.join("maestro-merge-replaced")).unwrap();
    fs::write(own.join("maestro-merge-replaced/2"), "mine\n").unwrap();
    fs::remove_file(scene.project.join("go/1")).unwrap();
    let error = scene.merge(&scene.den.port()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(scene.files(), [text("before\n"), text("before\n"), text("mine\n"), None]);
    scene.is_clear("killed");
}

/// A checkout on another file system than its git directory: no file can be renamed from there.
#[cfg(target_os = "linux")]
#[test]
fn the_same_holds_for_a_checkout_on_another_file_system() {
    use std::os::unix::fs::MetadataExt as _;

    let other = tempfile::tempdir_in("/dev/shm").unwrap();
    let here = std::env::temp_dir();
    if fs::metadata(other.path()).unwrap().dev() == fs::metadata(here).unwrap().dev() {
        println!("there is one file system only");
        return;
    }
    for (when, act, expected) in [
        (LOOKED, "true", "after\n"),
        (LOOKED, "echo mine > change/1", "mine\n"),
        (
            "update-ref -m",
            "git update-ref refs/heads/main $(git commit-tree main^{tree} -p main -m x)",
            "after\n",
        ),
    ] {
        let mut scene = Scene::new();
        let checkout = other.path().join(scene.den.path().file_name().unwrap());
        scene.den.git(&scene.project, &["switch", "--quiet", "--create", "other"]);
        let add = ["worktree", "add", "--quiet", checkout.to_str().unwrap(), "main"];
        scene.den.git(&scene.project, &add);
        scene.project = checkout;
        let merged = scene.merge(&scene.port(when, when != LOOKED, act));
        assert_eq!(merged.is_ok(), expected != "mine\n", "{act}: {merged:?}");
        assert_eq!(scene.files()[0], text(expected), "{act}");
        assert_eq!(scene.files()[3].is_some(), merged.is_ok(), "{act}");
        let status = scene.den.git(&scene.project, &["status", "--porcelain"]);
        assert_eq!(status.is_empty(), merged.is_ok(), "{act}: {status}");
    }
}
