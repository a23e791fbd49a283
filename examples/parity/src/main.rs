//! `parity run FILE` writes what Rust does; `parity compare LANGUAGE=FILE…` compares, and prints a table;
//! `parity write FILE` makes what is in a file the expected traces. `run` is there with the feature `drive`.
#![expect(clippy::print_stdout, reason = "it is a command line program")]
#![expect(clippy::print_stderr, reason = "it is a command line program")]

use std::process::ExitCode;
use std::{env, fs};

#[cfg(feature = "drive")]
use parity::drive;
use parity::{case, compare, normal};
use serde_json::Value;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        #[cfg(feature = "drive")]
        ["run", file, only @ ..] => run(file, only),
        ["compare", traces @ ..] if !traces.is_empty() => return compared(traces),
        ["write", file] => write(file),
        _ => Err("usage: parity run FILE [CASE…] | compare LANGUAGE=FILE… | write FILE".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("parity: {why}");
            ExitCode::from(2)
        }
    }
}

#[cfg(feature = "drive")]
fn run(file: &str, only: &[&str]) -> Result<(), String> {
    let mut cases = case::all(&case::directory())?;
    cases.retain(|case| only.is_empty() || only.contains(&case.name.as_str()));
    let text = drive::all(&cases)?;
    fs::write(file, text).map_err(|error| format!("{file}: {error}"))
}

fn compared(given: &[&str]) -> ExitCode {
    match compare(given) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("parity: {why}");
            ExitCode::from(2)
        }
    }
}

fn compare(given: &[&str]) -> Result<usize, String> {
    let cases = case::all(&case::directory())?;
    let (mut languages, mut differences) = (Vec::new(), Vec::new());
    for trace in given {
        let (language, file) = trace.split_once('=').ok_or("name each trace: LANGUAGE=FILE")?;
        // One that was not written has no case at all.
        let text = fs::read_to_string(file).unwrap_or_default();
        let traces = case::read(&text).map_err(|why| format!("{file}, {why}"))?;
        differences.extend(compare::language(&cases, language, &traces));
        languages.push(language);
    }
    print!("{}", compare::report(&cases, &languages, &differences));
    let (cases, traces, found) = (cases.len(), languages.len(), differences.len());
    println!("parity: {cases} cases x {traces} traces, {found} differences");
    Ok(found)
}

fn write(file: &str) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let traces = case::read(&text)?;
    for case in case::all(&case::directory())? {
        let Some(trace) = traces.get(&case.name) else { continue };
        let path = case::directory().join(format!("{}.json", case.name));
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let kept = text.split("  \"expected\": [").next().unwrap_or_default().trim_end();
        let kept = kept.trim_end_matches(['}', '\n', ' ', ',']);
        let lines: Option<Vec<Value>> = normal::entries(&case, trace).into_iter().collect();
        let lines = lines.ok_or_else(|| format!("{}: a step is missing", case.name))?;
        let lines: Vec<String> = lines.iter().map(|line| format!("    {line}")).collect();
        let text = format!("{kept},\n  \"expected\": [\n{}\n  ]\n}}\n", lines.join(",\n"));
        fs::write(&path, text).map_err(|error| error.to_string())?;
    }
    Ok(())
}
