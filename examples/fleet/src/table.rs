//! A look at the process table that shares nothing with the library's own.

use std::fs;

/// What `/proc` says about one process.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) name: String,
    /// Its own processor time, in ticks of 10 ms.
    pub(crate) ticks: u64,
    /// That of the children it has waited for.
    pub(crate) child_ticks: u64,
}

/// Every process there is.
pub(crate) fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(process).collect()
}

/// One process.
pub(crate) fn process(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = tail.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Process {
        pid,
        parent: u32::try_from(number(1)?).ok()?,
        name,
        ticks: number(11)? + number(12)?,
        child_ticks: number(13)? + number(14)?,
    })
}

/// Everyone below a process.
pub(crate) fn below(pid: u32) -> Vec<Process> {
    let all = all();
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![pid];
    while let Some(parent) = parents.pop() {
        let children = all.iter().filter(|process| process.parent == parent).cloned();
        for child in children {
            parents.push(child.pid);
            found.push(child);
        }
    }
    found
}

/// Who has a text in the command line or the environment, this process and zombies left out.
pub(crate) fn mentioning(text: &str) -> Vec<(u32, String)> {
    let own = std::process::id();
    let mut found = Vec::new();
    for process in all().into_iter().filter(|process| process.pid != own) {
        let read =
            |file: &str| fs::read(format!("/proc/{}/{file}", process.pid)).unwrap_or_default();
        let (command, environment) = (read("cmdline"), read("environ"));
        let mentions =
            |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        if mentions(&command) || mentions(&environment) {
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            found.push((process.pid, command.chars().take(120).collect()));
        }
    }
    found
}

/// A line of `/proc/<pid>/<file>` in KiB, for example `RssAnon` of `status`.
pub(crate) fn kib(pid: u32, file: &str, line: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let value = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
    value.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
