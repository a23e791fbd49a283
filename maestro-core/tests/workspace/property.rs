//! Releasing never loses a file, whatever was done in the workspace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use futures::executor::block_on;
use maestro_core::workspace::{Release, Released, Workspace as _};

use crate::fixture::{Den, ready, spec};

const SEEDS: u64 = 60;

/// Every file of a worktree, repositories inside it included.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(dir: &Path, root: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, found);
            } else if path != root.join(".git") {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

fn act(den: &Den, project: &Path, root: &Path, branch: &str, random: &mut Rng) -> &'static str {
    let name = ["README", "a", "dir/b", "c d", "x.ignored", "dir/y.ignored"][random.usize(0..6)];
    let all = |message: &str| {
        den.git(root, &["add", "--all"]);
        den.try_git(root, &["commit", "--quiet", "--message", message]);
    };
    match random.u8(0..14) {
        0..=2 => {
            fs::create_dir_all(root.join("dir")).unwrap();
            fs::write(root.join(name), format!("{}\n", random.u32(..))).unwrap();
            "write"
        }
        3 => {
            let _ = fs::remove_file(root.join(name));
            "remove"
        }
        4 | 5 => {
            all("Work");
            "commit"
        }
        6 => {
            den.git(root, &["add", "--all"]);
            "stage"
        }
        7 => {
            den.git(root, &["checkout", "--quiet", "--detach"]);
            "detach"
        }
        8 => {
            den.try_git(root, &["checkout", "--quiet", branch]);
            "back to the branch"
        }
        9 => {
            den.try_git(root, &["checkout", "--quiet", "-B", &format!("side-{}", random.u32(..))]);
            "another branch"
        }
        10 => {
            all("Merged");
            den.try_git(project, &["merge", "--quiet", branch]);
            "merge the branch"
        }
        11 => {
            den.git(root, &["update-index", "--assume-unchanged", ".gitignore"]);
            fs::write(root.join(".gitignore"), "*.ignored\n# hidden\n").unwrap();
            "hide a change"
        }
        12 => {
            fs::create_dir_all(root.join("nested")).unwrap();
            den.git(&root.join("nested"), &["init", "--quiet"]);
            fs::write(root.join("nested/n"), "n\n").unwrap();
            den.git(&root.join("nested"), &["add", "--all"]);
            den.try_git(&root.join("nested"), &["commit", "--quiet", "--message=Nested"]);
            "a repository inside"
        }
        _ => {
            den.try_git(root, &["stash", "--include-untracked"]);
            "stash"
        }
    }
}

#[test]
fn releasing_never_loses_a_file() {
    let den = Den::new();
    let port = den.port();
    let (mut kept, mut removed) = (0, 0);
    for seed in 0..SEEDS {
        let mut random = Rng::with_seed(seed);
        let project = den.project();
        let workspace = block_on(ready(&port, &spec(&project, 300 + u128::from(seed))));
        let root = workspace.root.as_path();
        let branch = workspace.branch.as_deref().unwrap();
        let actions: Vec<_> =
            (0..random.u8(0..7)).map(|_| act(&den, &project, root, branch, &mut random)).collect();
        let what = format!("seed {seed}: {actions:?}");
        let before = files(root);
        let commits =
            [den.git(root, &["rev-parse", "HEAD"]), den.git(&project, &["rev-parse", branch])];
        let tree = den.git(root, &["ls-tree", "-r", "-z", "--name-only", "HEAD"]);
        match block_on(port.release(&workspace, Release::IfEmpty)).unwrap() {
            Released::Kept { holds } => {
                kept += 1;
                assert!(!holds.is_empty(), "{what}");
                assert_eq!(files(root), before, "{what}");
                assert_eq!(den.git(root, &["rev-parse", "HEAD"]), commits[0], "{what}");
                assert_eq!(den.git(&project, &["rev-parse", branch]), commits[1], "{what}");
            }
            Released::Removed => {
                removed += 1;
                assert!(!root.exists(), "{what}");
                for commit in &commits {
                    let held =
                        den.git(&project, &["for-each-ref", "--contains", commit, "refs/heads"]);
                    assert_ne!(held, "", "{what}");
                }
                let tree: Vec<&str> = tree.split('\0').filter(|name| !name.is_empty()).collect();
                for (name, content) in before {
                    let name = name.to_str().unwrap();
                    if tree.contains(&name) {
                        let held =
                            den.try_git(&project, &["show", &format!("{}:{name}", commits[0])]);
                        assert_eq!(held.stdout, content, "{what}: {name}");
                    } else {
                        // The stated exception.
                        assert!(name.ends_with(".ignored"), "{what}: lost {name}");
                    }
                }
            }
            other => panic!("{what}: {other:?}"),
        }
    }
    assert!(kept > 5 && removed > 5, "{kept} kept and {removed} removed prove nothing");
}
