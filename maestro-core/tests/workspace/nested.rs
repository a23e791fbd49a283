//! Repositories inside of a workspace: what a commit can hold lands, and the rest is named.

use std::fs;
use std::path::Path;

use futures::executor::block_on;
use maestro_core::ErrorKind;
use maestro_core::workspace::{Release, Released, Workspace as _};

use crate::fixture::{Den, ready, spec};

struct Row {
    name: &'static str,
    nest: fn(&Den, &Path, &Path),
    left_out: &'static [&'static str],
}

fn init(den: &Den, dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    den.git(dir, &["init", "--quiet"]);
    fs::write(dir.join("inner"), "inner\n").unwrap();
}

fn commit(den: &Den, dir: &Path) {
    den.git(dir, &["add", "--all"]);
    den.git(dir, &["commit", "--quiet", "--message=Inner"]);
}

const ROWS: &[Row] = &[
    Row {
        name: "with no commit",
        nest: |den, root, _| init(den, &root.join("sub")),
        left_out: &["sub"],
    },
    Row {
        name: "with a commit",
        nest: |den, root, _| {
            init(den, &root.join("sub"));
            commit(den, &root.join("sub"));
        },
        left_out: &["sub"],
    },
    Row {
        name: "added by the agent",
        nest: |den, root, _| {
            init(den, &root.join("sub"));
            commit(den, &root.join("sub"));
            den.git(root, &["add", "sub"]);
        },
        left_out: &["sub"],
    },
    Row {
        name: "committed by the agent",
        nest: |den, root, _| {
            init(den, &root.join("sub"));
            commit(den, &root.join("sub"));
            den.git(root, &["add", "sub"]);
            den.git(root, &["commit", "--quiet", "--message=Link"]);
        },
        left_out: &["sub"],
    },
    Row {
        name: "a worktree of the same repository",
        nest: |den, root, _| {
            den.git(root, &["worktree", "add", "--quiet", "-b", "inner", "sub"]);
            fs::write(root.join("sub/inner"), "inner\n").unwrap();
        },
        left_out: &["sub"],
    },
    Row {
        name: "bare",
        nest: |den, root, _| {
            den.git(root, &["init", "--quiet", "--bare", "deep/sub"]);
        },
        left_out: &["deep/sub"],
    },
    Row {
        name: "a git file that leads nowhere, and a name that git refuses",
        nest: |_, root, _| {
            fs::create_dir_all(root.join("sub")).unwrap();
            fs::write(root.join("sub/.git"), "gitdir: /nowhere\n").unwrap();
            fs::create_dir_all(root.join("other")).unwrap();
            fs::write(root.join("other/.GIT"), "x\n").unwrap();
            fs::write(root.join("other/kept"), "x\n").unwrap();
        },
        left_out: &["other/.GIT", "sub"],
    },
    Row {
        name: "two, with magic in their names",
        nest: |den, root, _| {
            init(den, &root.join("*"));
            init(den, &root.join(":(top)x"));
            init(den, &root.join("-a b"));
        },
        left_out: &["*", "-a b", ":(top)x"],
    },
    Row {
        name: "a clone of what others have, which no submodule says",
        nest: |den, root, project| {
            let project = project.to_str().unwrap();
            den.git(root, &["clone", "--quiet", project, "sub"]);
            den.git(root, &["add", "sub"]);
        },
        left_out: &["sub"],
    },
    Row {
        name: "ignored",
        nest: |den, root, _| init(den, &root.join("sub.ignored")),
        left_out: &[],
    },
];

#[test]
fn what_can_be_committed_is_and_the_rest_is_named() {
    for Row { name, nest, left_out } in ROWS {
        let den = Den::new();
        let (port, project) = (den.port(), den.project());
        let workspace = block_on(ready(&port, &spec(&project, 1)));
        let root = workspace.root.as_path();
        nest(&den, root, &project);
        fs::write(root.join("good"), "good\n").unwrap();
        fs::write(root.join("README"), "changed\n").unwrap();
        let patch =
            block_on(port.diff(&workspace)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let patch = String::from_utf8(patch).unwrap();
        assert!(patch.contains("+good") && patch.contains("+changed"), "{name}: {patch}");
        let changes = block_on(port.changes(&workspace)).unwrap();
        assert!(changes.files.iter().any(|file| file.path == "good"), "{name}: {changes:?}");
        let done = block_on(port.commit(&workspace, "Work"));
        let done = done.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(done.commit.is_some(), "{name}");
        assert_eq!(done.left_out, *left_out, "{name}");
        assert_eq!(den.git(root, &["show", "HEAD:good"]), "good", "{name}");
        let again = block_on(port.commit(&workspace, "Work")).unwrap();
        assert_eq!(again.left_out, *left_out, "{name}");
        assert_eq!(again.commit, None, "{name}");
        let merged = block_on(port.merge(&workspace, "main", "Merge"));
        if left_out.is_empty() {
            merged.unwrap();
        } else {
            let error = merged.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conflict, "{name}: {error}");
            for path in *left_out {
                assert!(error.to_string().contains(path), "{name}: {error}");
            }
        }
        let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
        assert!(matches!(released, Released::Kept { .. }), "{name}: {released:?}");
    }
}

/// A link that leads nowhere does not land, and is named once.
#[test]
fn a_link_that_an_agent_left_behind_does_not_land() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    let root = workspace.root.as_path();
    init(&den, &root.join("sub"));
    commit(&den, &root.join("sub"));
    den.git(root, &["add", "sub"]);
    den.git(root, &["commit", "--quiet", "--message=Link"]);
    fs::remove_dir_all(root.join("sub")).unwrap();
    fs::create_dir(root.join("sub")).unwrap();
    let error = block_on(port.merge(&workspace, "main", "Merge")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let done = block_on(port.commit(&workspace, "Work")).unwrap();
    assert_eq!(done.left_out, ["sub"]);
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    assert!(
        !den.try_git(&project, &["rev-parse", "--verify", "--quiet", "main:sub"]).status.success()
    );
}

/// What the advice says helps.
#[test]
fn without_its_git_directory_the_files_land() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    let root = workspace.root.as_path();
    init(&den, &root.join("sub"));
    commit(&den, &root.join("sub"));
    den.git(root, &["add", "sub"]);
    den.git(root, &["commit", "--quiet", "--message=Link"]);
    block_on(port.commit(&workspace, "Work")).unwrap();
    fs::remove_dir_all(root.join("sub/.git")).unwrap();
    assert_eq!(block_on(port.commit(&workspace, "Files")).unwrap().left_out, [""; 0]);
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    assert_eq!(fs::read_to_string(project.join("sub/inner")).unwrap(), "inner\n");
    let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    assert_eq!(released, Released::Removed);
}

/// A bare repository that the project has as files is files.
#[test]
fn a_bare_repository_that_is_tracked_is_files() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    den.git(&project, &["init", "--quiet", "--bare", "fixture"]);
    den.git(&project, &["add", "--all"]);
    den.git(&project, &["commit", "--quiet", "--message=Fixture"]);
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    let root = workspace.root.as_path();
    fs::create_dir_all(root.join("fixture/objects")).unwrap();
    fs::create_dir_all(root.join("fixture/refs")).unwrap();
    fs::write(root.join("fixture/config"), "[core]\n").unwrap();
    let done = block_on(port.commit(&workspace, "Work")).unwrap();
    assert!(done.commit.is_some() && done.left_out.is_empty(), "{done:?}");
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    assert_eq!(released, Released::Removed);
}
