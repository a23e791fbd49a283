//! The command line, run as a person runs it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use maestro_core::model::Event;

const MAESTRO: &str = env!("CARGO_BIN_EXE_maestro");
/// Where stores lie by default here: neither where the user has theirs nor in the project.
const STATE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/state");

fn maestro() -> Command {
    let mut command = Command::new(MAESTRO);
    command.env("XDG_STATE_HOME", STATE);
    command
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = maestro();
    command.args(arguments).current_dir(directory).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn events(directory: &Path) -> Vec<Event> {
    let output = run(directory, &["--store=demo/maestro.db", "--json", "events"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A process that is killed when the test ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself needs no killing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn demo(directory: &Path, more: &[&str]) -> Running {
    let mut command = maestro();
    command.args(["demo", "--dir=demo"]).args(more).current_dir(directory);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Running(command.spawn().unwrap())
}

#[test]
fn mistakes_get_an_exit_code_and_a_message_that_names_them() {
    let directory = tempfile::tempdir().unwrap();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["frobnicate"], 2, "frobnicate"),
        (&["run"], 2, "prompt"),
        (&["ls"], 3, "`store`"),
        (&["run", "--file=nothing.toml", "--claude=/bin/false"], 2, "`file`"),
    ];
    for (arguments, code, message) in cases {
        let output = run(directory.path(), arguments);
        let said = text(&output.stderr).to_lowercase();
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
    }
}

#[test]
fn a_finished_demo_can_be_looked_at_and_says_where_everything_is() {
    let directory = tempfile::tempdir().unwrap();
    let output = run(directory.path(), &["demo", "--scripted", "--dir=demo"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", text(&output.stderr));
    assert!(said.starts_with("demo: a scripted agent, not the real one"), "{said}");
    for word in ["release", "succeeded", "repository", "worktrees"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let store = "--store=demo/maestro.db";
    let listed = text(&run(directory.path(), &[store, "ls"]).stdout);
    assert_eq!(listed.matches("succeeded").count(), 3, "{listed}");
    let id = listed.lines().next().unwrap().split(' ').next().unwrap();
    let shown = run(directory.path(), &[store, "show", id]);
    assert!(text(&shown.stdout).contains("workspace"), "{}", text(&shown.stdout));
    let diff = run(directory.path(), &[store, "diff", id]);
    assert!(text(&diff.stdout).starts_with("diff --git"), "{}", text(&diff.stdout));
    assert_eq!(run(directory.path(), &[store, "show", "nobody"]).status.code(), Some(3));
    assert_eq!(run(directory.path(), &[store, "ls", "--state=odd"]).status.code(), Some(2));
    let wrong = run(directory.path(), &[store, "events", "--after=nonsense"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong.stderr));
    assert!(text(&wrong.stderr).contains("`cursor`"));
    // Each of these commands was a node for a moment, and has left as one should: a node that works
    // finds none that is gone.
    assert!(run(directory.path(), &["demo", "--scripted", "--dir=demo"]).status.success());
    let lost = events(directory.path()).into_iter().filter(|e| e.event_type() == "node.lost");
    assert_eq!(lost.count(), 0);
    // Whoever reads the output may have enough of it.
    let mut command = maestro();
    command.args([store, "events"]).current_dir(directory.path());
    let mut unread = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(unread.stdout.take());
    let unread = unread.wait_with_output().unwrap();
    assert_eq!(unread.status.code(), Some(130), "{}", text(&unread.stderr));
    assert_eq!(text(&unread.stderr), "");
}

#[test]
fn ctrl_c_stops_cleanly_and_the_same_command_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = demo(directory.path(), &["--scripted"]);
    let mut lines = BufReader::new(first.0.stdout.take().unwrap()).lines();
    lines.find(|line| line.as_ref().unwrap().contains("attempt 1 started")).unwrap().unwrap();
    let pid = first.0.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    // Reads on, so that the demo never waits for its output.
    lines.for_each(drop);
    assert_eq!(first.0.wait().unwrap().code(), Some(130));
    let second = run(directory.path(), &["demo", "--scripted", "--dir=demo"]);
    assert!(second.status.success(), "{}{}", text(&second.stdout), text(&second.stderr));
    let crashed =
        events(directory.path()).into_iter().filter(|event| event.event_type() == "attempt.lost");
    assert_eq!(crashed.count(), 0, "a clean stop was taken for a crash");
}

/// Reads events until `enough`, then kills the follower without warning.
fn follow(directory: &Path, after: Option<&str>, enough: impl Fn(&[Event]) -> bool) -> Vec<Event> {
    let mut command = maestro();
    command.args(["--store=demo/maestro.db", "--json", "events", "--follow"]);
    command.args(after.map(|cursor| format!("--after={cursor}")));
    command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut follower = Running(command.stderr(Stdio::piped()).spawn().unwrap());
    let mut seen = Vec::new();
    let lines = BufReader::new(follower.0.stdout.take().unwrap()).lines();
    for line in lines {
        seen.push(serde_json::from_str(&line.unwrap()).unwrap());
        if enough(&seen) {
            return seen;
        }
    }
    let mut said = String::new();
    std::io::Read::read_to_string(&mut follower.0.stderr.take().unwrap(), &mut said).unwrap();
    panic!("the follower ended: {said}");
}

#[test]
fn a_follower_that_is_killed_and_resumed_has_each_event_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut demo = demo(path, &["--log=warn"]);
    let output = BufReader::new(demo.0.stdout.take().unwrap());
    let errors = demo.0.stderr.take().unwrap();
    let said = std::thread::scope(|scope| {
        let said = scope.spawn(move || output.lines().map(Result::unwrap).collect::<Vec<_>>());
        let errors = scope.spawn(move || {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut { errors }, &mut text).unwrap();
            text
        });
        // The follower needs a store to follow.
        while run(path, &["--store=demo/maestro.db", "ls"]).status.code() != Some(0) {}
        let mut seen = follow(path, None, |seen| seen.len() == 12);
        loop {
            let cursor = seen.last().unwrap().cursor.clone().unwrap();
            let merged = |seen: &[Event]| seen.last().unwrap().event_type() == "workspace.merged";
            seen.extend(follow(path, Some(cursor.as_str()), |new| merged(new) || new.len() == 25));
            if merged(&seen) {
                break;
            }
        }
        let mut once = std::collections::HashSet::new();
        for event in &seen {
            assert!(once.insert((event.stream.clone(), event.seq)), "twice: {event:?}");
        }
        let all = events(path);
        let end = all.iter().position(|event| event.event_type() == "workspace.merged").unwrap();
        for event in &all[..=end] {
            assert!(once.contains(&(event.stream.clone(), event.seq)), "missed: {event:?}");
        }
        (said.join().unwrap(), errors.join().unwrap())
    });
    assert!(demo.0.wait().unwrap().success(), "{said:?}");
    let locked = said.0.iter().any(|line| line.contains("locked")) || said.1.contains("locked");
    assert!(!locked, "{said:?}");
}
