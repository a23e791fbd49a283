//! What an agent does in the repository, but outside of its workspace, is found.

use std::fs;
use std::path::Path;

use futures::executor::block_on;
use maestro_core::model::{WorkElsewhere, WorkspaceRef};
use maestro_core::workspace::git::GitWorkspace;
use maestro_core::workspace::{Release, Workspace as _};

use crate::fixture::{Den, ready, spec, worked};

/// What is found, as `kind name`.
fn found(port: &GitWorkspace, workspace: &WorkspaceRef) -> Vec<String> {
    let found = block_on(port.elsewhere(workspace)).unwrap();
    found.iter().map(ToString::to_string).collect()
}

fn commit(den: &Den, dir: &Path, file: &str) -> String {
    fs::write(dir.join(file), "elsewhere\n").unwrap();
    den.git(dir, &["add", "--all"]);
    den.git(dir, &["commit", "--quiet", "--message=Elsewhere"]);
    den.git(dir, &["rev-parse", "HEAD"])
}

struct Row {
    name: &'static str,
    /// What an agent does, given its workspace and the project.
    work: fn(&Den, &Path, &Path),
    /// What is found; `*` stands for the directory of the test.
    found: &'static [&'static str],
}

const ROWS: &[Row] = &[
    Row { name: "nothing", work: |_, _, _| {}, found: &[] },
    Row {
        name: "work in the workspace, on its branch and on another",
        work: |den, root, _| {
            fs::write(root.join("file"), "x\n").unwrap();
            commit(den, root, "committed");
            den.git(root, &["switch", "--quiet", "--create=side"]);
            commit(den, root, "on another");
            fs::write(root.join("open"), "x\n").unwrap();
        },
        found: &[],
    },
    Row {
        name: "a worktree as the agent's own tool makes it, with open files",
        work: |den, _, project| {
            let at = project.join(".claude/worktrees/x");
            den.git(project, &["worktree", "add", "--quiet", "-b", "x", at.to_str().unwrap()]);
            fs::write(at.join("file"), "x\n").unwrap();
        },
        found: &["worktree */project/.claude/worktrees/x"],
    },
    Row {
        name: "a worktree with a commit on a branch",
        work: |den, root, _| {
            let at = den.path().join("beside");
            den.git(root, &["worktree", "add", "--quiet", "-b", "x", at.to_str().unwrap()]);
            commit(den, &at, "file");
        },
        found: &["branch x", "worktree */beside"],
    },
    Row {
        name: "a detached worktree in the workspace that its repository ignores",
        work: |den, root, _| {
            den.git(root, &["worktree", "add", "--quiet", "--detach", "x.ignored"]);
            commit(den, &root.join("x.ignored"), "file");
        },
        found: &["worktree */root/x.ignored"],
    },
    Row {
        name: "a worktree with nothing in it, and a branch at a commit that was there",
        work: |den, root, project| {
            let at = den.path().join("beside");
            den.git(root, &["worktree", "add", "--quiet", "-b", "x", at.to_str().unwrap()]);
            den.git(project, &["branch", "y"]);
        },
        found: &[],
    },
    Row {
        name: "a branch that was made and left",
        work: |den, root, _| {
            den.git(root, &["switch", "--quiet", "--create=side/näme"]);
            commit(den, root, "file");
            den.git(root, &["switch", "--quiet", "-"]);
        },
        found: &["branch side/näme"],
    },
    Row {
        name: "a commit in the user's own checkout",
        work: |den, _, project| drop(commit(den, project, "file")),
        found: &["branch main"],
    },
    Row {
        name: "a commit in the user's checkout, which has no branch",
        work: |den, _, project| {
            den.git(project, &["switch", "--quiet", "--detach"]);
            commit(den, project, "file");
        },
        found: &["worktree */project"],
    },
    Row {
        name: "stashes, of the workspace and of the user's checkout",
        work: |den, root, project| {
            for dir in [root, project] {
                fs::write(dir.join("README"), "changed\n").unwrap();
                den.git(dir, &["stash", "--quiet"]);
            }
        },
        found: &["stash WIP on maestro/task-1-000000000001: #", "stash WIP on main: #"],
    },
    Row {
        name: "a branch with a name like that of a task, but of none",
        work: |den, root, _| {
            den.git(root, &["switch", "--quiet", "--create=maestro/mine"]);
            commit(den, root, "file");
            den.git(root, &["switch", "--quiet", "-"]);
        },
        found: &["branch maestro/mine"],
    },
];

#[test]
fn every_place_of_work_is_found_and_nothing_else() {
    for Row { name, work, found: expected } in ROWS {
        let den = Den::new();
        let (port, project) = (den.port(), den.project());
        // All of this was there before.
        let old = den.path().join("old");
        den.git(&project, &["worktree", "add", "--quiet", "-b", "old", old.to_str().unwrap()]);
        commit(&den, &old, "old");
        fs::write(old.join("open"), "x\n").unwrap();
        fs::write(project.join("README"), "old\n").unwrap();
        den.git(&project, &["stash", "--quiet"]);
        let workspace = block_on(ready(&port, &spec(&project, 1)));
        work(&den, workspace.root.as_path(), &project);
        block_on(port.commit(&workspace, "Work")).unwrap();
        let roots = ["rev-list", "--max-parents=0", "--format=%h %s", "--no-commit-header", "main"];
        let first = den.git(&project, &roots);
        let said: Vec<_> = found(&port, &workspace)
            .into_iter()
            .map(|said| {
                let said = said.replace(&*workspace.root.path.to_string_lossy(), "*/root");
                let said = said.replace(&*project.to_string_lossy(), "*/project");
                said.replace(&*den.path().to_string_lossy(), "*").replace(&first, "#")
            })
            .collect();
        assert_eq!(said, *expected, "{name}");
    }
}

#[test]
fn tasks_do_not_accuse_each_other() {
    for bare in [false, true] {
        let den = Den::new();
        let (port, mut project) = (den.port(), den.project());
        if bare {
            let clone = den.path().join("bare.git");
            den.git(&project, &["clone", "--quiet", "--bare", ".", clone.to_str().unwrap()]);
            project = clone;
        }
        let early = block_on(ready(&port, &spec(&project, 1)));
        let others: Vec<_> = [2, 3]
            .map(|task| block_on(worked(&port, &project, task, &format!("file {task}"), "x\n")))
            .into();
        let late = block_on(ready(&port, &spec(&project, 4)));
        // One leaves a branch and a stash of its own workspace behind, and has another now.
        let root = others[0].root.as_path();
        den.git(root, &["switch", "--quiet", "--create=side"]);
        commit(&den, root, "side");
        den.git(root, &["switch", "--quiet", "-"]);
        fs::write(root.join("README"), "changed\n").unwrap();
        den.git(root, &["stash", "--quiet"]);
        assert_eq!(found(&port, &others[0])[0], "branch side", "bare {bare}");
        for other in &others {
            block_on(port.merge(other, "main", "Merge")).unwrap();
        }
        for workspace in [&early, &late] {
            assert_eq!(found(&port, workspace), [""; 0], "bare {bare}");
        }
        block_on(port.release(&others[1], Release::Discard)).unwrap();
        for workspace in [&early, &late] {
            assert_eq!(found(&port, workspace), [""; 0], "bare {bare}");
        }
        // A commit of somebody between two merges is nobody's known work.
        if !bare {
            commit(&den, &project, "somebody's");
            block_on(worked(&port, &project, 5, "file 5", "x\n"));
            let five = block_on(ready(&port, &spec(&project, 5)));
            block_on(port.merge(&five, "main", "Merge")).unwrap();
            assert_eq!(found(&port, &early), ["branch main"]);
        }
    }
}

#[test]
fn what_came_from_a_remote_is_nobodys_work_here() {
    let den = Den::new();
    let (port, remote) = (den.port(), den.project());
    let project = den.path().join("clone");
    den.git(&remote, &["clone", "--quiet", ".", project.to_str().unwrap()]);
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    commit(&den, &remote, "news");
    den.git(&project, &["pull", "--quiet"]);
    assert_eq!(found(&port, &workspace), [""; 0]);
}

#[test]
fn an_attempt_counts_what_a_lost_one_made_and_another_begins_anew() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let mut again = spec(&project, 1);
    let workspace = block_on(ready(&port, &again));
    commit(&den, &project, "file");
    again.existing = Some(workspace.clone());
    again.continues = true;
    block_on(ready(&port, &again));
    assert_eq!(found(&port, &workspace), ["branch main"]);
    again.continues = false;
    block_on(ready(&port, &again));
    assert_eq!(found(&port, &workspace), [""; 0]);
}

#[test]
fn work_that_a_branch_has_or_that_is_gone_stands_nowhere_else() {
    let den = Den::new();
    let (port, project) = (den.port(), den.project());
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    let at = den.path().join("beside");
    den.git(&project, &["worktree", "add", "--quiet", "-b", "x", at.to_str().unwrap()]);
    commit(&den, &at, "file");
    fs::write(at.join("open"), "x\n").unwrap();
    fs::write(project.join("README"), "changed\n").unwrap();
    den.git(&project, &["stash", "--quiet"]);
    let work = block_on(port.elsewhere(&workspace)).unwrap();
    let still = |work: &[WorkElsewhere]| {
        let still = block_on(port.still_elsewhere(&workspace, work, "main")).unwrap();
        still.into_iter().map(|work| work.kind).collect::<Vec<_>>()
    };
    assert_eq!(still(&work), ["branch", "stash", "worktree"]);
    den.git(&project, &["merge", "--quiet", "x"]);
    assert_eq!(still(&work), ["stash", "worktree"]);
    fs::remove_file(at.join("open")).unwrap();
    assert_eq!(still(&work), ["stash"]);
    den.git(&project, &["stash", "drop", "--quiet"]);
    assert_eq!(still(&work), [""; 0]);
}
