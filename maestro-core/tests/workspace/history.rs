//! What is shown, committed and merged are the objects that their ids name, whatever an agent told git
//! to take for them.

use std::fs;
use std::path::Path;

use futures::executor::block_on;
use maestro_core::model::WorkspaceRef;
use maestro_core::workspace::Workspace as _;
use maestro_core::workspace::git::GitWorkspace;

use crate::fixture::{Den, ready, spec, worked};

/// The id of a blob with this content, and that of the workspace's last tree with it as `file`.
fn forged(den: &Den, root: &Path, file: &str, content: &str) -> (String, String) {
    fs::write(root.join("new.ignored"), content).unwrap();
    let blob = den.git(root, &["hash-object", "-w", "new.ignored"]);
    fs::remove_file(root.join("new.ignored")).unwrap();
    let index = root.join("index.ignored");
    fs::copy(den.git(root, &["rev-parse", "--git-path", "index"]), &index).unwrap();
    let entry = format!("100644,{blob},{file}");
    let mut command = std::process::Command::new("git");
    command.current_dir(root).env_clear().envs(den.environment()).env("GIT_INDEX_FILE", &index);
    let done = command.args(["update-index", "--cacheinfo", &entry]).status().unwrap();
    assert!(done.success());
    let mut command = std::process::Command::new("git");
    command.current_dir(root).env_clear().envs(den.environment()).env("GIT_INDEX_FILE", &index);
    let tree = command.arg("write-tree").output().unwrap().stdout;
    fs::remove_file(index).unwrap();
    (blob, String::from_utf8(tree).unwrap().trim().to_owned())
}

/// The difference shows these lines, and no forged one.
fn shows(port: &GitWorkspace, workspace: &WorkspaceRef, lines: &[&str], how: &str) {
    let patch = String::from_utf8(block_on(port.diff(workspace)).unwrap()).unwrap();
    for line in lines {
        assert!(patch.lines().any(|found| found == *line), "{how}: no {line:?} in {patch}");
    }
    assert!(!patch.contains("forged"), "{how}: {patch}");
}

/// A replacement says that one object is to be read as another one.
#[test]
fn a_replaced_object_is_shown_and_merged_as_what_it_is() {
    for how in ["commit", "tree", "blob", "base"] {
        let den = Den::new();
        let (port, project) = (den.port(), den.project());
        let workspace = block_on(worked(&port, &project, 1, "a", "true\n"));
        let root = workspace.root.as_path();
        fs::write(root.join("README"), "changed\n").unwrap();
        block_on(port.commit(&workspace, "More")).unwrap();
        let id = |name: &str| den.git(root, &["rev-parse", name]);
        let (blob, tree) = forged(&den, root, "a", "forged\n");
        let (of, by) = match how {
            "commit" => {
                let by = den.git(root, &["commit-tree", &tree, "-p", "main", "-m", "Forged"]);
                (id("HEAD"), by)
            }
            "tree" => (id("HEAD^{tree}"), tree),
            "blob" => (id("HEAD:a"), blob),
            // What was there before is made to look like what is there now.
            _ => (id("main:README"), id("HEAD:README")),
        };
        den.git(root, &["replace", &of, &by]);
        let own = den.git(root, &["diff", "main", "HEAD"]);
        assert!(own.contains("forged") || !own.contains("-hello"), "{how}: nothing is replaced");

        let expected = ["+true", "-hello", "+changed"];
        shows(&port, &workspace, &expected, how);
        let changes = block_on(port.changes(&workspace)).unwrap();
        let files: Vec<_> = changes.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(files, ["README", "a"], "{how}");
        if how != "commit" {
            fs::write(root.join("b"), "b\n").unwrap();
            block_on(port.commit(&workspace, "B")).unwrap();
            shows(&port, &workspace, &expected, how);
        }
        block_on(port.merge(&workspace, "main", "Merge")).unwrap();
        let read = |file: &str| fs::read_to_string(project.join(file)).unwrap();
        assert_eq!((read("a"), read("README")), ("true\n".into(), "changed\n".into()), "{how}");
        let after = block_on(ready(&port, &spec(&project, 2)));
        let there = fs::read_to_string(after.root.as_path().join("a")).unwrap();
        assert_eq!(there, "true\n", "{how}");
    }
}

/// A project with two commits, of which the second one makes `x` new, and two branches from there: a
/// workspace that has `c`, and `main`, which has made `x` old again. A merge of both has it old, unless
/// their history is taken for another one than it is.
fn taken_back(den: &Den, port: &GitWorkspace) -> (std::path::PathBuf, WorkspaceRef) {
    let project = den.project();
    let put = |content: &str| {
        fs::write(project.join("x"), content).unwrap();
        den.git(&project, &["add", "x"]);
        den.git(&project, &["commit", "--quiet", "--message=X"]);
    };
    put("old\n");
    put("new\n");
    let workspace = block_on(worked(port, &project, 1, "c", "c\n"));
    put("old\n");
    (project, workspace)
}

fn merged_is_old(port: &GitWorkspace, project: &Path, workspace: &WorkspaceRef, how: &str) {
    block_on(port.merge(workspace, "main", "Merge")).unwrap();
    let read = |file: &str| fs::read_to_string(project.join(file)).unwrap();
    assert_eq!((read("x"), read("c")), ("old\n".into(), "c\n".into()), "{how}");
}

/// A graft says which parents a commit has.
#[test]
fn a_graft_does_not_change_what_is_merged() {
    let den = Den::new();
    let port = den.port();
    let (project, workspace) = taken_back(&den, &port);
    let id = |name: &str| den.git(&project, &["rev-parse", name]);
    let graft = format!("{} {}\n", id(workspace.branch.as_deref().unwrap()), id("main~2"));
    fs::write(project.join(".git/info/grafts"), graft).unwrap();
    let own = den.git(&project, &["merge-base", "main", workspace.branch.as_deref().unwrap()]);
    assert_eq!(own, id("main~2"), "nothing is grafted");
    merged_is_old(&port, &project, &workspace, "graft");
}

/// A shallow file says which commits have no parents.
#[test]
fn a_shallow_file_counts_only_where_history_ends() {
    for how in ["whole", "shallow", "damaged"] {
        let den = Den::new();
        let port = den.port();
        let (project, workspace) = taken_back(&den, &port);
        let root = workspace.root.as_path();
        // The old common commit is reached in another way than the new one.
        let tree = den.git(root, &["rev-parse", "HEAD^{tree}"]);
        let args = ["commit-tree", &tree, "-p", "HEAD", "-p", "main~2", "-m", "Both"];
        let both = den.git(root, &args);
        den.git(root, &["reset", "--quiet", &both]);
        let id = |name: &str| den.git(root, &["rev-parse", name]);
        let mut named = vec![id("HEAD^1")];
        if how != "whole" {
            // As in a clone that has the last commits only, of which one has two parents or one.
            let first = id("main~3");
            let end = id("main~2");
            let loose = Path::new(&first[..2]).join(&first[2..]);
            fs::remove_file(project.join(".git/objects").join(loose)).unwrap();
            if how == "damaged" {
                named.push(id("main~1"));
            }
            named.push(end);
        }
        let shallow = named.join("\n") + "\nnonsense\n" + &"1".repeat(40) + "\n";
        fs::write(project.join(".git/shallow"), shallow.replace("nonsense\n", "")).unwrap();
        let own = den.try_git(root, &["merge-base", "main", "HEAD"]);
        let own = String::from_utf8(own.stdout).unwrap();
        assert_ne!(own.trim(), id("main~1"), "{how}: nothing is cut off");
        fs::write(project.join(".git/shallow"), &shallow).unwrap();
        merged_is_old(&port, &project, &workspace, how);
    }
}

#[test]
fn a_shallow_clone_is_worked_in() {
    let den = Den::new();
    let origin = den.project();
    for number in 0..4 {
        fs::write(origin.join("n"), format!("{number}\n")).unwrap();
        den.git(&origin, &["add", "n"]);
        den.git(&origin, &["commit", "--quiet", "--message=N"]);
    }
    for depth in ["1", "2"] {
        let project = den.path().join(depth);
        let url = format!("file://{}", origin.display());
        let to = project.to_str().unwrap();
        den.git(&origin, &["clone", "--quiet", "--depth", depth, &url, to]);
        assert!(project.join(".git/shallow").exists());
        let port = den.port();
        let workspace = block_on(worked(&port, &project, 1, "a", "a\n"));
        shows(&port, &workspace, &["+a"], depth);
        block_on(port.merge(&workspace, "main", "Merge")).unwrap();
        assert_eq!(den.git(&project, &["show", "main:a"]), "a");
        assert_eq!(den.git(&project, &["status", "--porcelain"]), "");
        // And when it gets more of its history.
        den.git(&project, &["fetch", "--quiet", "--unshallow"]);
        let next = block_on(worked(&port, &project, 2, "b", "b\n"));
        den.git(&project, &["commit", "--quiet", "--allow-empty", "--message=Other"]);
        // And less of it again, with the objects still there.
        den.git(&project, &["fetch", "--quiet", "--depth=1"]);
        assert!(project.join(".git/shallow").exists());
        block_on(port.merge(&next, "main", "Merge")).unwrap();
        assert_eq!(den.git(&project, &["show", "main:b"]), "b");
    }
}

/// A commit graph says which trees and parents commits have.
#[test]
fn a_commit_graph_does_not_change_what_is_merged() {
    for how in ["own", "common"] {
        let den = Den::new();
        let port = den.port();
        let (project, workspace) = taken_back(&den, &port);
        let root = workspace.root.as_path();
        let head = den.git(root, &["rev-parse", "HEAD^{tree}"]);
        let (_, by) = forged(&den, root, "c", "forged\n");
        let old = den.git(root, &["rev-parse", "main~2^{tree}"]);
        let new = den.git(root, &["rev-parse", "main~1^{tree}"]);
        let (of, by) = if how == "own" { (head, by) } else { (new, old) };
        den.git(&project, &["commit-graph", "write", "--reachable"]);
        let file = project.join(".git/objects/info/commit-graph");
        let mut graph = fs::read(&file).unwrap();
        let bytes = |id: &str| -> Vec<u8> {
            let digit = |at: usize| u8::from_str_radix(&id[at..at + 2], 16).unwrap();
            (0..id.len()).step_by(2).map(digit).collect()
        };
        let (of, by) = (bytes(&of), bytes(&by));
        let found = graph.windows(of.len()).position(|part| part == of).unwrap();
        graph[found..found + of.len()].copy_from_slice(&by);
        fs::remove_file(&file).unwrap();
        fs::write(&file, graph).unwrap();
        shows(&port, &workspace, &["+c"], how);
        merged_is_old(&port, &project, &workspace, how);
    }
}
