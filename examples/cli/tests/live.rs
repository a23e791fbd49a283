//! What a person sees in a terminal while tasks run.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and reads what a real process writes"
)]

mod terminal;

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use terminal::{STATE, Terminal};

const DEMO: [&str; 3] = ["demo", "--scripted", "--dir=demo"];

/// A row of the live block: its mark, and the title of its task.
fn row(terminal: &Terminal, mark: &str, title: &str) -> bool {
    let screen = terminal.text();
    screen.lines().any(|line| line.split_whitespace().take(2).eq([mark, title]))
}

/// A git repository to work on, and a script beside it.
fn repository(directory: &Path, script: &Value) {
    std::fs::write(directory.join("script.json"), script.to_string()).unwrap();
    let git = |arguments: &[&str]| {
        let git =
            Command::new("git").arg("-C").arg(directory.join("repo")).args(arguments).status();
        assert!(git.unwrap().success(), "{arguments:?}");
    };
    std::fs::create_dir(directory.join("repo")).unwrap();
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&[
        "-c",
        "user.name=T",
        "-c",
        "user.email=t@localhost",
        "-c",
        "commit.gpgsign=false",
        "commit",
        "--quiet",
        "--allow-empty",
        "--message=Begin",
    ]);
}

const RUN: [&str; 4] = ["run", "Tidy up", "--project=repo", "--script=script.json"];

#[test]
fn the_demo_shows_a_row_per_task_and_ends_with_the_table() {
    let directory = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(directory.path(), (24, 100), &DEMO, &[]);
    terminal.until("a row per task", |terminal| {
        row(terminal, "●", "theme")
            && row(terminal, "●", "guide")
            && row(terminal, "·", "release")
            && terminal.shows("waits for: theme, guide")
    });
    assert!(!terminal.has_cursor());
    terminal.until("the last task", |terminal| {
        row(terminal, "✓", "theme") && row(terminal, "✓", "guide") && row(terminal, "●", "release")
    });
    // What is over scrolls above.
    assert!(terminal.shows("theme: succeeded: src/theme.txt is written."), "{}", terminal.text());
    assert_eq!(terminal.end(), 0, "{}", terminal.text());
    assert!(terminal.has_cursor());
    let screen = terminal.text();
    assert!(!row(&terminal, "✓", "theme"), "the block is still there: {screen}");
    let header = screen.lines().position(|line| line.starts_with("task  ")).unwrap();
    let table: Vec<&str> = screen.lines().skip(header + 1).take(3).collect();
    for (line, title) in table.iter().zip(["theme", "guide", "release"]) {
        assert!(line.starts_with(title) && line.contains("succeeded"), "{screen}");
    }
}

#[test]
fn ctrl_c_gives_the_terminal_back_and_a_second_run_finishes() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = Terminal::start(directory.path(), (24, 100), &DEMO, &[]);
    first.until("two agents at work", |terminal| {
        row(terminal, "●", "theme") && row(terminal, "●", "guide")
    });
    first.press(b"\x03");
    assert_eq!(first.end(), 130, "{}", first.text());
    assert!(first.has_cursor());
    assert!(first.shows("nothing is lost"), "{}", first.text());
    assert!(first.shows("to go on: run `maestro demo`"), "{}", first.text());
    assert!(!row(&first, "●", "theme"), "the block is still there: {}", first.text());
    let mut second = Terminal::start(directory.path(), (24, 100), &DEMO, &[]);
    assert_eq!(second.end(), 0, "{}", second.text());
    assert!(second.shows("merged into main"), "{}", second.text());
}

#[test]
fn a_text_is_shown_while_it_is_written_and_the_rows_follow_the_size() {
    let directory = tempfile::tempdir().unwrap();
    let text = "An answer of many words whose end is not yet ";
    let long =
        json!([{ "do": "say", "text": format!("{text}written"), "pause_ms": 1 }, { "do": "hang" }]);
    let hangs = json!([
        { "do": "say", "text": "hidden\u{1b}[2Jtext" },
        { "do": "tool", "name": "Read", "input": { "file_path": "docs/a-long-name.txt" }, "ms": 86_400_000 },
    ]);
    // The words come one by one; a day passes before the second.
    let slow =
        json!([{ "do": "say", "text": "halfway-along-a-road that ends", "pause_ms": 86_400_000 }]);
    for (script, shown, missing) in [
        (slow, "halfway-along-a-road", "ends"),
        (long, "is not yet", "succeeded"),
        (hangs, "Read: docs/a-long-name.txt", "succeeded"),
    ] {
        let directory = directory.path().join(shown.replace([' ', '/'], "-"));
        std::fs::create_dir(&directory).unwrap();
        repository(&directory, &script);
        let mut terminal = Terminal::start(&directory, (10, 90), &RUN, &[]);
        let in_row = |terminal: &Terminal| {
            terminal.line("● Tidy up").is_some_and(|line| line.contains(shown))
        };
        terminal.until(shown, in_row);
        assert!(!terminal.line("● Tidy up").unwrap().contains(missing), "{}", terminal.text());
        terminal.resize(8, 24);
        // The terminal cuts what was drawn; only a new row says that something is missing.
        terminal.until("a row of 24 columns", |terminal| {
            terminal.line("● Tidy").is_some_and(|line| line.contains('…'))
                && !terminal.wraps("● Tidy")
        });
        terminal.resize(10, 90);
        terminal.until("a row of 90 columns", in_row);
        terminal.press(b"\x03");
        assert_eq!(terminal.end(), 130, "{}", terminal.text());
        assert!(terminal.shows("maestro resume --script=script.json"), "{}", terminal.text());
    }
}

#[test]
fn a_question_says_how_to_answer_it() {
    let directory = tempfile::tempdir().unwrap();
    let asks = json!([{ "do": "write", "path": "a.txt", "content": "a", "ask": true }, { "do": "say", "text": "Written." }]);
    repository(directory.path(), &asks);
    let mut terminal = Terminal::start(directory.path(), (20, 110), &RUN, &[]);
    terminal.until("a question", |terminal| {
        terminal.shows("? Tidy up  needs a person: ") && terminal.shows("maestro deny ")
    });
    let command = terminal.line("maestro approve ").unwrap();
    let id = command.rsplit(' ').next().unwrap();
    assert!(terminal.line("? Tidy up").unwrap().contains(id), "{}", terminal.text());
    assert!(terminal.shows("a.txt"), "{}", terminal.text());
    let mut other = Command::new(env!("CARGO_BIN_EXE_maestro"));
    other.env("XDG_STATE_HOME", STATE);
    other.args(command.trim().split(' ').skip(1)).current_dir(directory.path());
    let answered = other.output().unwrap();
    assert!(answered.status.success(), "{answered:?}");
    assert_eq!(terminal.end(), 0, "{}", terminal.text());
    assert!(terminal.shows("succeeded"), "{}", terminal.text());
}

/// The lines that a person gets where no block is shown.
fn is_plain(text: &str) {
    assert!(!text.contains('\u{1b}'), "an escape code: {text:?}");
    for line in ["theme: attempt 1 started", "release: succeeded", "merged into main"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains('●'), "a row of the block: {text}");
}

#[test]
fn what_is_no_terminal_or_a_plain_one_gets_plain_lines() {
    for environment in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        let directory = tempfile::tempdir().unwrap();
        let mut terminal = Terminal::start(directory.path(), (24, 100), &DEMO, &environment);
        assert_eq!(terminal.end(), 0, "{}", terminal.text());
        is_plain(&String::from_utf8_lossy(&terminal.written));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut piped = Command::new(env!("CARGO_BIN_EXE_maestro"));
    piped.env("XDG_STATE_HOME", STATE);
    piped.args(DEMO).current_dir(directory.path()).stdin(Stdio::null());
    let output = piped.output().unwrap();
    is_plain(&String::from_utf8_lossy(&output.stdout));
    assert!(!output.stderr.contains(&0x1b), "{output:?}");
}

#[test]
fn json_is_json_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = [&["--json"], &DEMO[..]].concat();
    let mut piped = Command::new(env!("CARGO_BIN_EXE_maestro"));
    piped.env("XDG_STATE_HOME", STATE);
    let output = piped.args(&arguments).current_dir(directory.path()).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let values: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(values.iter().any(|event| event["type"] == "task.submitted"), "{lines}");
    assert_eq!(values.last().unwrap()["state"], "succeeded", "{lines}");
    // On a terminal as well.
    let arguments = ["--json", "--store=demo/maestro.db", "ls"];
    let mut terminal = Terminal::start(directory.path(), (24, 100), &arguments, &[]);
    assert_eq!(terminal.end(), 0, "{}", terminal.text());
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    let tasks = written.lines().map(serde_json::from_str::<Value>);
    assert_eq!(tasks.map(Result::unwrap).count(), 3, "{written}");
}
