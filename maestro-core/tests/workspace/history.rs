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
