//! How much memory does each session of a program leave behind?
//!
//! `slope NAME -- COMMAND` runs a program that prints `sample SESSIONS BYTES RESIDENT_KIB` from time to
//! time, fits a line to what it printed, and fails if the line is too steep. Exit code 1 says so; 2 that
//! there is nothing to judge.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to a person")]

mod judge;

use std::process::ExitCode;

use clap::Parser;

/// What can go wrong, for people.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Fits a line to what a program prints. The first fifth of its sessions does not count: caches fill.
#[derive(Debug, Parser)]
struct Args {
    /// What to call it.
    name: String,
    /// How many bytes a session may leave behind.
    #[arg(long, default_value_t = 200)]
    most: u32,
    /// The program, after `--`.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

fn main() -> ExitCode {
    let Args { name, most, command } = Args::parse();
    match judge::judge(&name, most, &command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("slope: {error}");
            ExitCode::from(2)
        }
    }
}
