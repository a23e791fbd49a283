//! Does memory grow with every session that was there?
//!
//! `leaks run` runs scripted sessions in this process, one batch after the other, and prints after each
//! batch how much memory is in use. `leaks judge NAME -- COMMAND` runs a program that prints the same,
//! in whatever language, fits a line to what it printed and fails if the line is too steep.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to a person")]

mod judge;
mod memory;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What can go wrong, for people.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs sessions in this process.
    Run {
        #[arg(long, default_value_t = 10_000)]
        sessions: u64,
    },
    /// Fits a line to what a program prints. The first fifth of its sessions does not count: caches
    /// fill.
    Judge {
        /// What to call it.
        name: String,
        /// How many bytes a session may leave behind.
        #[arg(long, default_value_t = 200)]
        most: u64,
        /// The program, after `--`.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    // What the library warns of.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .init();
    let done = match Args::parse().command {
        Command::Run { sessions } => run::run(sessions).await.map(|()| true),
        Command::Judge { name, most, command } => judge::judge(&name, most, &command),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("leaks: {error}");
            ExitCode::from(2)
        }
    }
}
