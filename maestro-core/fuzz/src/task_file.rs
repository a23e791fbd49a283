//! Files of tasks of the command line.

#[path = "../../../examples/cli/src/task_file.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a part of the command line, of which less is needed here"
)]
mod file;

/// What is taken has names that are its own, and needs that come before.
pub fn target(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(file) = file::parse(&text) else { return };
    for (at, task) in file.task.iter().enumerate() {
        let before = &file.task[..at];
        assert!(before.iter().all(|other| other.name != task.name));
        assert!(task.needs.iter().all(|need| before.iter().any(|other| other.name == *need)));
    }
}
