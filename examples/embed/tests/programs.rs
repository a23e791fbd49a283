//! Runs every program of the first week, and keeps it short.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

fn run(program: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(program).current_dir(directory.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {}\n{stderr}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn session_prompts_twice() {
    let out = run(env!("CARGO_BIN_EXE_session"));
    assert_eq!(out, "Noted: My favourite colour is blue.\nNoted: What is it?\n");
}

#[test]
fn tasks_run_one_after_the_other_and_their_events_end() {
    let out = run(env!("CARGO_BIN_EXE_tasks"));
    let types: Vec<_> = out.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(types.first(), Some(&"task.submitted"), "{out}");
    assert!(types.contains(&"turn.ended") && types.contains(&"task.ended"), "{out}");
    assert!(out.ends_with("done: Implement PLAN.md\n"), "{out}");
}

#[test]
fn approvals_are_answered() {
    assert_eq!(run(env!("CARGO_BIN_EXE_approvals")), "allowed Write\ndenied Bash\nDone.\n");
}

#[test]
fn an_agent_of_ones_own_answers() {
    assert_eq!(run(env!("CARGO_BIN_EXE_own_agent")), "You said: hello\n");
}

#[test]
fn a_task_of_ones_own_is_tried_again() {
    assert_eq!(run(env!("CARGO_BIN_EXE_own_task")), "checked shop in attempt 2\n");
}

#[test]
fn every_program_is_under_forty_lines() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin");
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines < 40, "{} has {lines} lines", path.display());
    }
}
