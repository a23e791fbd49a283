//! Runs the driver's tests with the real Claude Code in each of several releases, writes their table
//! into the documentation, and ends with `passed P of N`.
//!
//! The cases are the tests of `maestro-core/tests/claude_real`; a release that cannot be had here
//! counts as failed in all of them.
#![expect(clippy::print_stdout, reason = "a command line talks to a person")]

mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;

/// Tries releases of Claude Code with every case of the driver's tests.
#[derive(Debug, Parser)]
struct Args {
    /// The releases, as 2.1.197; a column of the table each.
    #[arg(required = true, value_parser = release)]
    releases: Vec<String>,
    /// Where the table is written.
    #[arg(long, default_value = "docs/claude-releases.md")]
    table: PathBuf,
}

fn release(text: &str) -> Result<String, String> {
    let numbers: Vec<_> = text.split('.').map(str::parse::<u32>).collect();
    let is_release = numbers.len() == 3 && numbers.iter().all(Result::is_ok);
    is_release.then(|| text.to_owned()).ok_or_else(|| "a release has three numbers".to_owned())
}

/// Whether each case passed, by its name.
type Cases = BTreeMap<String, bool>;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            println!("matrix: {why}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<bool, String> {
    let mut columns: Vec<(String, Cases)> = Vec::new();
    for release in &args.releases {
        println!("== Claude Code {release}");
        let cases = if fetch(release)? { test(release)? } else { Cases::new() };
        let passed = cases.values().filter(|passed| **passed).count();
        println!("{release}: passed {passed} of {}", cases.len());
        columns.push((release.clone(), cases));
    }
    let names: std::collections::BTreeSet<_> =
        columns.iter().flat_map(|(_, cases)| cases.keys().cloned()).collect();
    if names.is_empty() {
        return Err("no release could be tried".to_owned());
    }
    write(&args.table, &table::render(&names, &columns))?;
    println!("the table is in {}", args.table.display());
    let passed = columns.iter().flat_map(|(_, cases)| cases.values()).filter(|passed| **passed);
    let (passed, all) = (passed.count(), names.len() * columns.len());
    println!("passed {passed} of {all}");
    Ok(passed == all)
}

/// False when the release cannot be had here, which is said.
fn fetch(release: &str) -> Result<bool, String> {
    let fetched = Command::new("examples/fetch-claude.sh")
        .arg(release)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| {
            format!("examples/fetch-claude.sh, from the root of the repository: {error}")
        })?;
    Ok(fetched.success())
}

fn test(release: &str) -> Result<Cases, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tests = ["test", "-p", "maestro-core", "--all-features", "--test", "claude_real", "--"];
    let output = Command::new(cargo)
        .args(tests)
        .args(["::chosen::", "--ignored"])
        .env("MAESTRO_CLAUDE", release)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let cases: Cases = said.lines().filter_map(case).collect();
    if cases.values().any(|passed| !passed) {
        // Which of them, and why.
        println!("{said}");
    }
    if cases.is_empty() {
        return Err(format!("no case ran:\n{said}"));
    }
    Ok(cases)
}

/// Reads `test interrupts::chosen::in_the_middle ... ok`.
fn case(line: &str) -> Option<(String, bool)> {
    let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let name = name.replace("::chosen::", "::");
    // What a test prints may follow.
    Some((name, result.starts_with("ok")))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
