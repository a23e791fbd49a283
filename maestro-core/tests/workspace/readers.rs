//! Git processes of others in a workspace: those that read are in nobody's way, those that hold a
//! lock are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use maestro_core::ErrorKind;
use maestro_core::workspace::{Merged, Release, Released, Workspace as _};

use crate::fixture::{Den, worked};
use crate::support::Threads;

/// Longer than any of these tests takes on a busy machine.
const LONG: Duration = Duration::from_secs(300);

fn wait_for(what: &Path) {
    while !what.exists() {
        block_on(Threads::shared().sleep(Duration::from_millis(5)));
    }
}

/// A git that reads in a directory until it is ended.
struct Reader(Child);

impl Reader {
    fn new(den: &Den, dir: &Path, args: &[&str]) -> Self {
        let mut git = Command::new("git");
        let git = git.args(args).current_dir(dir).env_clear().envs(den.environment());
        let git = git.stdin(Stdio::piped());
        Self(git.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let ended = self.0.try_wait().unwrap();
        assert!(ended.is_none() || std::thread::panicking(), "it ended by itself");
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn admin(den: &Den, root: &Path) -> PathBuf {
    den.git(root, &["rev-parse", "--absolute-git-dir"]).into()
}

#[test]
fn whoever_reads_in_a_workspace_is_not_waited_for() {
    let den = Den::new();
    let project = den.project();
    let mut options = den.options();
    options.patience = LONG;
    let port = den.port_with(options);
    // More than fits into a pipe that nobody reads, as while a pager shows the first page.
    let workspace = block_on(worked(&port, &project, 1, "a", &"line\n".repeat(100_000)));
    let root = workspace.root.as_path();
    let _readers = [
        Reader::new(&den, root, &["cat-file", "--batch"]),
        Reader::new(&den, root, &["log", "-p"]),
        Reader::new(&den, root, &["cat-file", "--batch-check"]),
        Reader::new(&den, root, &["hash-object", "--stdin"]),
    ];
    let began = Instant::now();
    fs::write(root.join("a"), "b\n").unwrap();
    assert!(block_on(port.commit(&workspace, "More")).unwrap().commit.is_some());
    let merged = block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    assert!(matches!(merged, Merged::Done { already: false, .. }), "{merged:?}");
    // A reader does not keep the lock of a git that was killed, either.
    let lock = admin(&den, root).join("index.lock");
    fs::write(&lock, "").unwrap();
    drop(_readers);
    let _reader = Reader::new(&den, root, &["cat-file", "--batch"]);
    fs::write(root.join("a"), "c\n").unwrap();
    assert!(block_on(port.commit(&workspace, "More")).unwrap().commit.is_some());
    assert!(!lock.exists());
    block_on(port.merge(&workspace, "main", "Merge")).unwrap();
    let released = block_on(port.release(&workspace, Release::IfEmpty)).unwrap();
    assert_eq!(released, Released::Removed);
    assert!(began.elapsed() < LONG, "a reader was waited for");
}

#[test]
fn a_commit_that_holds_its_lock_is_waited_for_and_keeps_it() {
    let den = Den::new();
    let project = den.project();
    let mut options = den.options();
    options.patience = Duration::from_millis(200);
    let hasty = den.port_with(options.clone());
    options.patience = LONG;
    let patient = den.port_with(options);
    let workspace = block_on(worked(&patient, &project, 1, "a", "a\n"));
    let root = workspace.root.as_path();
    fs::write(root.join("a"), "b\n").unwrap();
    fs::write(root.join("other"), "b\n").unwrap();
    // A commit of one file keeps the lock while its editor is open, and not the file of the lock.
    let editor = "sh -c ': > \"$HOME/open\"; while [ ! -e \"$HOME/go\" ]; do sleep 0.02; done; echo Theirs > \"$0\"'";
    let home = den.path().join("home");
    let mut git = Command::new("git")
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "commit", "a"])
        .current_dir(root)
        .env_clear()
        .envs(den.environment())
        .env("GIT_EDITOR", editor)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&home.join("open"));
    let lock = admin(&den, root).join("index.lock");
    assert!(lock.exists());
    let error = block_on(hasty.commit(&workspace, "Ours")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.is_retryable() && error.to_string().contains("index.lock"), "{error}");
    assert!(lock.exists());
    fs::write(home.join("go"), "").unwrap();
    assert!(block_on(patient.commit(&workspace, "Ours")).unwrap().commit.is_some());
    assert!(git.wait().unwrap().success());
    let log = den.git(root, &["log", "-2", "--format=%s"]);
    assert_eq!(log, "Ours\nTheirs");
}

#[test]
fn a_file_that_is_open_is_held_by_whoever_has_it_open() {
    let den = Den::new();
    let project = den.project();
    let mut options = den.options();
    options.patience = Duration::from_millis(100);
    let port = den.port_with(options);
    let workspace = block_on(worked(&port, &project, 1, "a", "a\n"));
    let root = workspace.root.as_path();
    let lock = admin(&den, root).join("index.lock");
    let held = fs::File::create(&lock).unwrap();
    fs::write(root.join("a"), "b\n").unwrap();
    let error = block_on(port.commit(&workspace, "Work")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(lock.exists());
    drop(held);
    assert!(block_on(port.commit(&workspace, "Work")).unwrap().commit.is_some());
}

/// What a killed node left behind: a program with the marks of its git.
fn left_behind(den: &Den, root: &Path, program: &str, args: &[&str]) -> Reader {
    let mut command = Command::new(program);
    let command = command.args(args).current_dir(root).env_clear().envs(den.environment());
    let command = command.env("MAESTRO_ROLE", "git").env("MAESTRO_WORKSPACE", root);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    Reader(command.spawn().unwrap())
}

#[test]
fn of_what_a_node_left_only_a_git_that_may_write_is_waited_for() {
    let den = Den::new();
    let project = den.project();
    let mut options = den.options();
    options.patience = Duration::from_millis(200);
    let hasty = den.port_with(options.clone());
    options.patience = LONG;
    let patient = den.port_with(options);
    let workspace = block_on(worked(&patient, &project, 1, "a", "a\n"));
    let root = workspace.root.as_path();
    let began = Instant::now();
    let _readers = [
        // The server of a filter stays, and so does a look at a large history.
        left_behind(&den, root, "sleep", &["1000"]),
        left_behind(&den, root, "git", &["--no-pager", "-c", "a.b=c", "cat-file", "--batch"]),
    ];
    fs::write(root.join("a"), "b\n").unwrap();
    assert!(block_on(patient.commit(&workspace, "More")).unwrap().commit.is_some());
    assert!(began.elapsed() < LONG, "a reader was waited for");
    let writer = left_behind(&den, root, "git", &["hash-object", "-w", "--stdin"]);
    fs::write(root.join("a"), "c\n").unwrap();
    let error = block_on(hasty.commit(&workspace, "More")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.is_retryable() && error.context().any(|(key, _)| key == "busy"), "{error}");
    drop(writer);
    assert!(block_on(hasty.commit(&workspace, "More")).unwrap().commit.is_some());
}
