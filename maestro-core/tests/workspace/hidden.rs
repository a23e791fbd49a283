//! Every way to hide work from git: a workspace that is released when it is empty loses none of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use futures::executor::block_on;
use maestro_core::model::WorkspaceRef;
use maestro_core::workspace::{Release, Released, Workspace as _};

use crate::fixture::{Den, ready, spec};

/// Hides something in a workspace, and says what is held then.
struct Row {
    name: &'static str,
    hide: fn(&Den, &Path, &Path),
    holds: &'static str,
}

const fn row(name: &'static str, hide: fn(&Den, &Path, &Path), holds: &'static str) -> Row {
    Row { name, hide, holds }
}

fn write(root: &Path, path: &str, content: &str) {
    fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
    fs::write(root.join(path), content).unwrap();
}

fn append(path: &Path, line: &str) {
    let mut content = fs::read_to_string(path).unwrap_or_default();
    content.push_str(line);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn exclude(den: &Den, root: &Path) -> std::path::PathBuf {
    Path::new(
        &den.git(root, &["rev-parse", "--path-format=absolute", "--git-path", "info/exclude"]),
    )
    .to_owned()
}

const ROWS: &[Row] = &[
    row(
        "an edit behind skip-worktree",
        |den, root, _| {
            den.git(root, &["update-index", "--skip-worktree", "README"]);
            write(root, "README", "hidden\n");
        },
        "uncommitted",
    ),
    row(
        "a deletion behind skip-worktree",
        |den, root, _| {
            den.git(root, &["update-index", "--skip-worktree", "README"]);
            fs::remove_file(root.join("README")).unwrap();
        },
        "uncommitted",
    ),
    row(
        "an edit behind assume-unchanged",
        |den, root, _| {
            den.git(root, &["update-index", "--assume-unchanged", "README"]);
            write(root, "README", "hidden\n");
        },
        "uncommitted",
    ),
    row(
        "an edit behind both",
        |den, root, _| {
            den.git(root, &["update-index", "--assume-unchanged", "README"]);
            den.git(root, &["update-index", "--skip-worktree", "README"]);
            write(root, "README", "hidden\n");
        },
        "uncommitted",
    ),
    row(
        "an edit outside of a sparse checkout",
        |den, root, _| {
            den.git(root, &["sparse-checkout", "set", "--no-cone", "/.gitignore"]);
            den.git(root, &["config", "sparse.expectFilesOutsideOfPatterns", "true"]);
            write(root, "README", "hidden\n");
        },
        "uncommitted",
    ),
    row(
        "an edit with the size and time of before, where git looks at nothing else",
        |den, root, _| {
            den.git(root, &["config", "core.checkStat", "minimal"]);
            den.git(root, &["config", "core.trustctime", "false"]);
            let path = root.join("README");
            let long_ago =
                std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 30);
            let set = |path: &Path| {
                fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
            };
            set(&path);
            den.git(root, &["update-index", "--really-refresh"]);
            fs::write(&path, "HELLO\n").unwrap();
            set(&path);
        },
        "uncommitted",
    ),
    row(
        "a mode where git looks at none",
        |den, root, _| {
            den.git(root, &["config", "core.fileMode", "false"]);
            assert!(
                Command::new("chmod")
                    .arg("+x")
                    .arg(root.join("README"))
                    .status()
                    .unwrap()
                    .success()
            );
        },
        "uncommitted",
    ),
    row(
        "line ends that git converts",
        |den, root, _| {
            den.git(root, &["config", "core.autocrlf", "input"]);
            write(root, "README", "hello\r\n");
        },
        "uncommitted",
    ),
    row(
        "content that a filter takes away",
        |den, root, _| {
            den.git(root, &["config", "filter.hide.clean", "echo hello"]);
            append(&exclude(den, root).with_file_name("attributes"), "README filter=hide\n");
            write(root, "README", "hidden\n");
        },
        "uncommitted",
    ),
    row(
        "what an attribute rewrites",
        |den, root, _| {
            append(&exclude(den, root).with_file_name("attributes"), "README ident\n");
            den.git(root, &["config", "filter.x.clean", "head -c 6"]);
            append(&exclude(den, root).with_file_name("attributes"), "README filter=x\n");
            write(root, "README", "hello\nand more\n");
        },
        "uncommitted",
    ),
    row("an ignored file", |_, root, _| write(root, "notes.ignored", "by hand\n"), "ignored"),
    row(
        "a file that the agent's own rules ignore",
        |_, root, _| {
            write(root, "secret/.gitignore", "*\n");
            write(root, "secret/.env", "KEY=1\n");
        },
        "ignored",
    ),
    row(
        "a file that info/exclude ignores",
        |den, root, _| {
            append(&exclude(den, root), "/src/\n");
            write(root, "src/main.rs", "fn main() {}\n");
        },
        "ignored",
    ),
    row(
        "a file that core.excludesFile ignores",
        |den, root, _| {
            fs::write(den.path().join("excludes"), "*\n").unwrap();
            den.git(
                root,
                &["config", "core.excludesFile", den.path().join("excludes").to_str().unwrap()],
            );
            write(root, "src/main.rs", "fn main() {}\n");
        },
        "ignored",
    ),
    row(
        "a file in a directory with the name of output that no committed rule ignores",
        |den, root, _| {
            append(&exclude(den, root), "/build/\n");
            write(root, "build/release.sh", "by hand\n");
        },
        "ignored",
    ),
    row(
        "an untracked file that status is not to show",
        |den, root, _| {
            den.git(root, &["config", "status.showUntrackedFiles", "no"]);
            write(root, "new", "new\n");
        },
        "untracked",
    ),
    row(
        "content that only the index has",
        |den, root, _| {
            write(root, "new", "new\n");
            den.git(root, &["add", "new"]);
            fs::remove_file(root.join("new")).unwrap();
        },
        "uncommitted",
    ),
    row(
        "a stash",
        |den, root, _| {
            write(root, "README", "stashed\n");
            den.git(root, &["stash", "--quiet"]);
        },
        "stashed",
    ),
    row(
        "a stash of a detached head",
        |den, root, _| {
            den.git(root, &["checkout", "--quiet", "--detach"]);
            write(root, "README", "stashed\n");
            den.git(root, &["stash", "--quiet"]);
            den.git(root, &["checkout", "--quiet", "-"]);
        },
        "stashed",
    ),
    row(
        "a commit that was reset away",
        |den, root, _| {
            write(root, "new", "new\n");
            den.git(root, &["add", "new"]);
            den.git(root, &["commit", "--quiet", "--message=Gone"]);
            den.git(root, &["reset", "--quiet", "--hard", "HEAD~1"]);
        },
        "unmerged",
    ),
    row(
        "a commit on no branch that was left",
        |den, root, _| {
            den.git(root, &["checkout", "--quiet", "--detach"]);
            write(root, "new", "new\n");
            den.git(root, &["add", "new"]);
            den.git(root, &["commit", "--quiet", "--message=Gone"]);
            den.git(root, &["checkout", "--quiet", "-"]);
        },
        "unmerged",
    ),
    row(
        "a commit of a detached head",
        |den, root, _| {
            den.git(root, &["checkout", "--quiet", "--detach"]);
            den.git(root, &["commit", "--quiet", "--allow-empty", "--message=Detached"]);
        },
        "unmerged",
    ),
    row(
        "a bisection",
        |den, root, _| {
            den.git(root, &["bisect", "start"]);
        },
        "uncommitted",
    ),
    row(
        "a cherry-pick with a conflict that was resolved to nothing",
        |den, root, project| {
            den.git(project, &["checkout", "--quiet", "-b", "other"]);
            write(project, "README", "theirs\n");
            den.git(project, &["commit", "--quiet", "--all", "--message=Theirs"]);
            den.git(project, &["checkout", "--quiet", "main"]);
            den.git(root, &["cherry-pick", "--no-commit", "other"]);
            den.git(root, &["update-ref", "CHERRY_PICK_HEAD", "other"]);
            den.git(root, &["reset", "--quiet", "--", "README"]);
            den.git(root, &["checkout", "--quiet", "--", "README"]);
            let pick = den.git(
                root,
                &["rev-parse", "--path-format=absolute", "--git-path", "CHERRY_PICK_HEAD"],
            );
            let other = den.git(root, &["rev-parse", "other"]);
            fs::write(pick, other + "\n").unwrap();
        },
        "uncommitted",
    ),
    row(
        "a repository that a rule ignores",
        |den, root, _| {
            append(&exclude(den, root), "/nested/\n");
            write(root, "nested/file", "by hand\n");
            den.git(&root.join("nested"), &["init", "--quiet"]);
        },
        "ignored",
    ),
    row(
        "a link that hides where it leads",
        |den, root, _| {
            den.git(root, &["config", "core.symlinks", "false"]);
            den.git(root, &["update-index", "--assume-unchanged", "README"]);
            fs::remove_file(root.join("README")).unwrap();
            std::os::unix::fs::symlink("elsewhere", root.join("README")).unwrap();
        },
        "uncommitted",
    ),
    row(
        "a worktree of the same repository",
        |den, root, _| {
            append(&exclude(den, root), "/deeper/\n");
            den.git(root, &["worktree", "add", "--quiet", "--detach", "deeper"]);
            write(root, "deeper/new", "new\n");
        },
        "ignored",
    ),
];

fn released(den: &Den, workspace: &WorkspaceRef) -> Released {
    block_on(den.port().release(workspace, Release::IfEmpty)).unwrap()
}

#[test]
fn no_way_to_hide_work_loses_it() {
    let mut lost = Vec::new();
    for Row { name, hide, holds } in ROWS {
        let den = Den::new();
        let project = den.project();
        let workspace = block_on(ready(&den.port(), &spec(&project, 1)));
        let root = workspace.root.as_path();
        hide(&den, root, &project);
        let said = block_on(den.port().release(&workspace, Release::IfEmpty));
        let kept = matches!(&said, Ok(Released::Kept { holds: held }) if held.iter().any(|what| what == holds));
        if !kept || !root.exists() {
            lost.push(format!("{name}: {said:?} and not {holds}"));
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn what_tools_make_goes_with_an_empty_workspace() {
    let den = Den::new();
    let project = den.project();
    append(
        &project.join(".gitignore"),
        "target/\n/build/*\n*.pyc\n.DS_Store\nnode_modules\n.cargo-like/\n",
    );
    den.git(&project, &["commit", "--quiet", "--all", "--message=Rules"]);
    let workspace = block_on(ready(&den.port(), &spec(&project, 1)));
    let root = workspace.root.as_path();
    write(root, "target/debug/a.o", "x");
    write(root, "build/out.bin", "x");
    write(root, "node_modules/left/pad.js", "x");
    write(root, "src/node_modules/left/pad.js", "x");
    write(root, "a.pyc", "x");
    write(root, "lib/.DS_Store", "x");
    write(root, "py/.venv/bin/python", "x");
    write(root, "py/.venv/.gitignore", "*\n");
    write(root, ".cargo-like/x", "x");
    write(root, ".cargo-like/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
    den.git(root, &["commit", "--quiet", "--allow-empty", "--message=Once"]);
    den.git(root, &["commit", "--quiet", "--allow-empty", "--amend", "--message=Again"]);
    let merged = block_on(den.port().merge(&workspace, "main", "Merge"));
    merged.unwrap();
    assert_eq!(released(&den, &workspace), Released::Removed);
}

#[test]
fn a_checkout_that_git_converts_is_empty_when_nothing_was_done() {
    let den = Den::new();
    let project = den.project();
    fs::write(project.join(".gitattributes"), "*.txt text eol=crlf\n*.up filter=up\n").unwrap();
    den.git(&project, &["config", "filter.up.clean", "tr A-Z a-z"]);
    den.git(&project, &["config", "filter.up.smudge", "tr a-z A-Z"]);
    fs::write(project.join("a.txt"), "one\ntwo\n").unwrap();
    fs::write(project.join("b.up"), "SOME\n").unwrap();
    std::os::unix::fs::symlink("a.txt", project.join("link")).unwrap();
    fs::write(project.join("\"odd\\\n name\r"), "odd\n").unwrap();
    den.git(&project, &["add", "--all"]);
    den.git(&project, &["commit", "--quiet", "--message=Converted"]);
    let mut options = den.options();
    options.repository_filters = true;
    let port = den.port_with(options);
    let workspace = block_on(ready(&port, &spec(&project, 1)));
    let text = fs::read_to_string(workspace.root.as_path().join("b.up")).unwrap();
    assert_eq!(text, "SOME\n");

    assert_eq!(
        fs::read_to_string(workspace.root.as_path().join("a.txt")).unwrap(),
        "one\r\ntwo\r\n"
    );
    let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    assert_eq!(released, Released::Removed);
}

#[test]
fn an_edit_behind_a_flag_is_shown_and_committed() {
    for flag in ["--skip-worktree", "--assume-unchanged"] {
        let den = Den::new();
        let (port, project) = (den.port(), den.project());
        let workspace = block_on(ready(&port, &spec(&project, 1)));
        let root = workspace.root.as_path();
        den.git(root, &["update-index", flag, "README"]);
        write(root, "README", "hidden\n");
        let changes = block_on(port.changes(&workspace)).unwrap();
        assert_eq!(changes.holds(), ["uncommitted"], "{flag}");
        assert_eq!(changes.files.len(), 1, "{flag}");
        block_on(port.commit(&workspace, "Work")).unwrap();
        block_on(port.merge(&workspace, "main", "Merge")).unwrap();
        assert_eq!(fs::read_to_string(project.join("README")).unwrap(), "hidden\n");
        assert_eq!(released(&den, &workspace), Released::Removed);
    }
}
