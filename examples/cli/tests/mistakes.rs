//! Mistakes on the command line: each gets its exit code and a message that names what is wrong,
//! and what was there before still is.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const BOOK: &str = include_str!("../../../docs/errors.md");

/// Where stores lie by default here: neither where the user has theirs nor in the project.
const STATE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/state");

fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maestro"));
    command.env("XDG_STATE_HOME", STATE);
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Makes a mistake, and gives what was said about it.
fn refused(directory: &Path, arguments: &[&str], code: i32, names: &str) -> String {
    let output = run(directory, arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.contains(names), "{arguments:?} does not name {names}: {said}");
    said
}

/// The same, with a message that `docs/errors.md` prints too, up to its context.
fn in_the_book(directory: &Path, arguments: &[&str], code: i32, names: &str) {
    let said = refused(directory, arguments, code, names);
    let message = said.lines().find_map(|line| line.strip_prefix("maestro: ")).unwrap();
    let message = message.split(" (").next().unwrap();
    assert!(BOOK.contains(message), "not in docs/errors.md: {message}");
}

fn repository(directory: &Path) {
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]);
        let output = command.args(arguments).current_dir(directory).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["commit", "--quiet", "--allow-empty", "--message=First"]);
}

#[test]
fn arguments_and_files_that_are_wrong_are_refused_before_anything_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let claude = "--claude=/bin/false";
    refused(here, &["run", "--nonsense"], 2, "--nonsense");
    refused(here, &["run", "--help me"], 2, "'--help me'");
    refused(here, &["run", "hello", "--concurrency=-1"], 2, "--concurrency");
    refused(here, &["run", "hello", "--concurrency=many"], 2, "--concurrency");
    assert_eq!(fs::read_dir(here).unwrap().count(), 0);
    in_the_book(here, &["run", "", claude], 2, "`prompt`");
    let file = |content: &str| fs::write(here.join("tasks.toml"), content).unwrap();
    let tasks = ["run", "--file=tasks.toml", claude];
    file("[[task]]\nname = \"a\"\nprompt = \"x\"\npromt = \"y\"\n");
    refused(here, &tasks, 2, "promt");
    file("[[task]]\nname = \"a\"\nprompt = \"x\"\nneeds = [\"b\"]\n");
    refused(here, &tasks, 2, "`needs`");
    file("[[task]]\nname = \"a\"\nprompt = \"x\"\nneeds = [\"a\"]\n");
    refused(here, &tasks, 2, "`needs`");
    file("not a file of tasks");
    refused(here, &tasks, 2, "`file`");
    let listed = run(here, &["ls"]);
    assert_eq!((listed.status.code(), text(&listed.stdout).trim()), (Some(0), ""));
}

#[test]
fn stores_that_cannot_be_opened_are_named_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    refused(here, &["ls"], 3, "`store`");
    in_the_book(here, &["--store=.", "ls"], 2, "`path` is a directory");
    let text = "this is no database, whatever its name says ".repeat(200);
    fs::write(here.join("text.db"), &text).unwrap();
    in_the_book(here, &["--store=text.db", "ls"], 2, "`path` is not a database");
    assert_eq!(fs::read_to_string(here.join("text.db")).unwrap(), text);
}

#[test]
fn a_task_whose_agent_does_not_start_fails_and_keeps_everything() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    repository(here);
    // A prompt like an option, behind the two dashes.
    let missing = run(here, &["run", "--claude=/nowhere/claude", "--", "--help me"]);
    let said = text(&missing.stdout) + &text(&missing.stderr);
    assert_eq!(missing.status.code(), Some(1), "{said}");
    assert!(said.contains("`program` is not there"), "{said}");
    let listed = text(&run(here, &["--json", "ls"]).stdout);
    let task: serde_json::Value = serde_json::from_str(listed.trim()).unwrap();
    assert_eq!(task["spec"]["prompt"], "--help me");
    assert_eq!(task["state"], "failed");
    assert_eq!(task["outcome"]["error"]["kind"], "not_found");
    let id = task["id"].as_str().unwrap();
    let shown = run(here, &["show", id]);
    assert!(text(&shown.stdout).contains("workspace"), "{}", text(&shown.stdout));

    refused(here, &["show", "nobody"], 3, "`task`");
    in_the_book(here, &["merge", id, "--into=mian"], 2, "`into`");
    refused(here, &["approve", "yes"], 3, "`approval`");
    let nobody = "00000000-0000-7000-8000-000000000000";
    in_the_book(here, &["approve", nobody], 3, "approval");
    in_the_book(here, &["deny", nobody], 3, "approval");
    assert_eq!(text(&run(here, &["--json", "ls"]).stdout), listed);
}
