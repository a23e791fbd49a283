//! What an agent, a repository or a file of tasks says is shown, and obeyed by no terminal.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "the terminal has more than this test needs")]

mod terminal;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use terminal::{STATE, Terminal};

/// Writes to the clipboard, asks the terminal, colours by C1, turns the direction, overwrites its line,
/// and hides.
const EVIL: &str =
    "a\u{1b}]52;c;cm0gLXJm\u{7}b\u{1b}[6n\u{9b}31m\u{202e}c\u{2066}\rd\u{200b}\u{85}e";
/// How it begins where it is shown.
const SHOWN: &str = "a\\u{1b}]52;c;cm0gLXJm\\u{7}b";
/// A title may have none of the characters that a terminal obeys.
const TITLE: &str = "t\u{202e}u\u{2066}v\u{200b}w";
const SIZE: (u16, u16) = (50, 240);

/// Fails where a terminal was told something that is not ours.
fn harmless(written: &[u8], what: &str) {
    let text = std::str::from_utf8(written).unwrap_or_else(|error| panic!("{what}: {error}"));
    for bad in ["\u{1b}]", "\u{1b}P", "\u{7}", "\u{8}", "\u{1b}[6n", "\u{9b}", "\u{85}"] {
        assert!(!text.contains(bad), "{what} has {bad:?}: {text:?}");
    }
    for bad in ['\u{202e}', '\u{2066}', '\u{200b}'] {
        assert!(!text.contains(bad), "{what} has {bad:?}: {text:?}");
    }
    // The terminal itself makes a line feed of ours two.
    let text = text.replace("\r\n", "\n");
    assert!(!text.contains('\r'), "{what} returns the carriage: {text:?}");
}

/// The same, and it was shown.
fn shown(written: &[u8], what: &str) {
    harmless(written, what);
    let text = String::from_utf8_lossy(written);
    assert!(text.contains(SHOWN), "{what} does not show it: {text}");
}

/// Runs to the end in a terminal, and gives everything that was written.
fn in_terminal(directory: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut terminal = Terminal::start(directory, SIZE, arguments, &[]);
    terminal.end();
    std::mem::take(&mut terminal.written)
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maestro"));
    command.env("XDG_STATE_HOME", STATE);
    command.args(arguments).current_dir(directory).stdin(Stdio::null()).output().unwrap()
}

fn git(directory: &Path, arguments: &[&str]) -> Output {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=T", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]);
    let output = git.arg("-C").arg(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    output
}

/// A repository with a file that is no UTF-8, a task with that name, and a script.
fn prepare(directory: &Path, script: &Value) {
    let repository = directory.join("repo");
    fs::create_dir(&repository).unwrap();
    git(&repository, &["init", "--quiet", "--initial-branch=main"]);
    fs::write(repository.join("latin.txt"), b"caf\xe9 \x9b31m\n").unwrap();
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "--message=Begin"]);
    fs::write(directory.join("script.json"), script.to_string()).unwrap();
    let (name, prompt) = (Value::from(TITLE).to_string(), Value::from(EVIL).to_string());
    let tasks = format!("[[task]]\nname = {name}\nprompt = {prompt}\n");
    fs::write(directory.join("tasks.toml"), tasks).unwrap();
}

const RUN: [&str; 4] = ["run", "--file=tasks.toml", "--project=repo", "--script=script.json"];

#[test]
fn a_task_is_harmless_in_every_view() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let input = json!({ "description": "Harmless", "command": EVIL, "a": EVIL, EVIL: 1 });
    prepare(
        here,
        &json!([
            { "do": "think", "text": EVIL },
            { "do": "say", "text": EVIL },
            { "do": "write", "path": format!("{EVIL}.txt"), "content": format!("{EVIL}\n") },
            { "do": "write", "path": "latin.txt", "content": format!("{EVIL}\n") },
            { "do": "tool", "name": format!("Bash{EVIL}"), "input": input, "ask": true, "result": EVIL },
            { "do": "say", "text": format!("{EVIL} is done") },
        ]),
    );
    let mut running = Terminal::start(here, SIZE, &RUN, &[]);
    running.until("a question", |terminal| terminal.shows("to answer, in another terminal"));

    let listed = run(here, &["--json", "approvals", "ls"]).stdout;
    let asked: Value = serde_json::from_slice(&listed).unwrap();
    let (id, task) = (asked["id"].as_str().unwrap(), asked["task_id"].as_str().unwrap());
    for arguments in [
        ["ls"].as_slice(),
        &["show", task],
        &["approve"],
        &["approvals", "ls"],
        &["events"],
        &["policy", "test", "Bash", EVIL],
    ] {
        let written = in_terminal(here, arguments);
        if arguments[0] == "policy" {
            harmless(&written, "policy test");
        } else {
            shown(&written, arguments[0]);
        }
        harmless(&in_terminal(here, &[&["--json"], arguments].concat()), arguments[0]);
    }
    // What runs stands first, not what the model calls it.
    let text = String::from_utf8(in_terminal(here, &["approve"])).unwrap();
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(at("command: a\\u{1b}]52") < at("description: Harmless"));

    let mut attached = Terminal::start(here, SIZE, &["attach", task], &[]);
    attached.until("the question", |terminal| terminal.shows("y allow once"));
    assert!(attached.shows("command: a\\u{1b}]52;c;"), "{}", attached.text());
    attached.press(b"\x03");
    attached.end();
    harmless(&attached.written, "attach");

    shown(&in_terminal(here, &["approve", id]), "approve");
    assert_eq!(running.end(), 0, "{}", running.text());
    shown(&running.written, "run");
    let text = in_terminal(here, &["ls"]);
    harmless(&text, "ls at the end");
    assert!(String::from_utf8_lossy(&text).contains("t\\u{202e}u\\u{2066}v\\u{200b}w"));
    shown(&in_terminal(here, &["show", task]), "show at the end");

    // A terminal gets escapes, and a program the bytes.
    let written = in_terminal(here, &["diff", task]);
    shown(&written, "diff");
    let text = String::from_utf8(written).unwrap();
    assert!(text.contains("-caf\\xe9 \\x9b31m"), "{text}");
    let patch = run(here, &["diff", task]).stdout;
    for content in [b"caf\xe9 \x9b31m".as_slice(), EVIL.as_bytes()] {
        assert!(patch.windows(content.len()).any(|bytes| bytes == content), "{patch:?}");
    }
    let mut apply = Command::new("git");
    apply.args(["apply", "--check", "-"]).current_dir(here.join("repo")).stdin(Stdio::piped());
    let mut apply = apply.spawn().unwrap();
    apply.stdin.take().unwrap().write_all(&patch).unwrap();
    assert!(apply.wait().unwrap().success());
}

#[test]
fn a_failure_is_harmless_as_plain_lines_too() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    prepare(
        here,
        &json!([
            { "do": "tool", "name": "Read", "input": { "file_path": EVIL }, "fails": true, "result": EVIL },
            { "do": "say", "text": EVIL },
            { "do": "fail", "message": EVIL },
        ]),
    );
    let mut running = Terminal::start(here, SIZE, &RUN, &[("TERM", "dumb")]);
    assert_eq!(running.end(), 1, "{}", running.text());
    shown(&running.written, "run");
    let listed = run(here, &["--json", "ls"]).stdout;
    let task: Value = serde_json::from_slice(&listed).unwrap();
    let task = task["id"].as_str().unwrap();
    shown(&in_terminal(here, &["show", task]), "show");
    let mut followed = Terminal::start(here, SIZE, &["events", "--follow"], &[]);
    followed.until("the end", |terminal| terminal.shows("failed: "));
    followed.press(b"\x03");
    followed.end();
    // The terminal shows the key that was pressed as `^C`.
    shown(&followed.written, "follow");
    let mut attached = Terminal::start(here, SIZE, &["attach", task], &[("TERM", "dumb")]);
    attached.until("the failure", |terminal| terminal.shows("a\\u{1b}]52"));
    attached.press(b"\x03");
    attached.end();
    shown(&attached.written, "attach");
}

#[test]
fn mistakes_are_harmless() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    prepare(here, &json!([]));
    let store = format!("--store={EVIL}/x.db");
    let log = format!("--log={EVIL}");
    let unknown = format!("--{EVIL}");
    fs::write(here.join("wrong.toml"), format!("[[task]]\nname = \"{EVIL}\n")).unwrap();
    assert!(run(here, &RUN).status.success());
    for arguments in [
        ["ls", &format!("--state={EVIL}")].as_slice(),
        &["show", EVIL],
        &["attach", EVIL],
        &["approve", EVIL],
        &[&store, "ls"],
        &["run", "x", &format!("--project={EVIL}"), "--script=script.json"],
        &["run", "x", &format!("--script={EVIL}")],
    ] {
        shown(&in_terminal(here, arguments), &format!("{arguments:?}"));
    }
    for arguments in [
        [EVIL].as_slice(),
        &[&unknown],
        &[&log, "ls"],
        &["run", "--file=wrong.toml", "--script=script.json"],
        &["events", &format!("--after={EVIL}")],
        &["--help"],
    ] {
        let written = in_terminal(here, arguments);
        harmless(&written, &format!("{arguments:?}"));
        assert!(!written.is_empty());
    }
}
