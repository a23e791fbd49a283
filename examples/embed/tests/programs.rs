//! Runs every program: those with Claude Code with the real one, which talks to a scripted model on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod house;

use house::House;

/// Files of this name anywhere below a directory.
fn found(directory: &std::path::Path, name: &str) -> usize {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let found = |path: std::path::PathBuf| {
        if path.is_dir() { found(&path, name) } else { usize::from(path.ends_with(name)) }
    };
    entries.map(found).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn quickstart_writes_a_file_and_merges_it() {
    let Some(house) = House::with_claude().await else { return };
    let program = env!("CARGO_BIN_EXE_quickstart");
    let out = house.run(program, "Write hello.txt\nscenario: write-file", "").await;
    assert!(out.contains("I will write hello.txt."), "{out}");
    assert!(out.ends_with("merged into main\n"), "{out}");
    assert_eq!(house.git(&["show", "main:hello.txt"]), "hello\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn quickstart_allows_nothing_but_writing() {
    let Some(house) = House::with_claude().await else { return };
    let program = env!("CARGO_BIN_EXE_quickstart");
    house.run(program, "Run it\nscenario: bash command=\"touch made.txt\"", "").await;
    assert_eq!(found(house.directory.path(), "made.txt"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_shows_what_is_there_and_what_happens() {
    let Some(house) = House::with_claude().await else { return };
    let out = house.run(env!("CARGO_BIN_EXE_events"), "Say hello\nscenario: hello", "").await;
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].ends_with(" Plan"), "{out}");
    let at = |line: &str| {
        lines.iter().position(|&found| found == line).unwrap_or_else(|| panic!("{line}: {out}"))
    };
    assert!(at("succeeded Plan") < at("succeeded Build"), "{out}");
    assert_eq!(lines.last(), Some(&"assistant: Hello from the scripted model."), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_asks_a_person_what_no_rule_answers() {
    let Some(house) = House::with_claude().await else { return };
    let program = env!("CARGO_BIN_EXE_approvals");
    let prompt = "Go\nscenario: two-tools first=\"touch made.txt\" second=\"git push\"";
    let out = house.run(program, prompt, "y\n").await;
    assert_eq!(out.matches("May Bash run with").count(), 1, "{out}");
    assert!(out.contains("touch made.txt") && out.contains("a rule answered Bash"), "{out}");
    assert!(out.ends_with("Ran both.\n"), "{out}");
    assert_eq!(found(house.directory.path(), "made.txt"), 1, "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn own_agent_asks_before_it_shouts() {
    let house = House::new();
    let program = env!("CARGO_BIN_EXE_own_agent");
    assert_eq!(house.run(program, "one two three", "").await, "3 words\n");
    assert_eq!(house.run(program, "one two!", "y\n").await, "Shout? [y/N] 2 WORDS\n");
    assert_eq!(house.run(program, "one two!", "n\n").await, "Shout? [y/N] 2 words\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn own_task_is_let_pass_once_and_tried_again() {
    let house = House::new();
    let program = env!("CARGO_BIN_EXE_own_task");
    let out = house.run(program, "start about", "y\n").await;
    assert_eq!(out, "Publish 2 pages? [y/N] start\nabout\npublished 2 pages in attempt 2\n");
    let out = house.run(program, "start", "n\n").await;
    assert_eq!(out, "Publish 1 pages? [y/N] nothing published\n");
}

#[test]
fn every_program_is_under_seventy_lines() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin");
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines < 70, "{} has {lines} lines", path.display());
    }
}
