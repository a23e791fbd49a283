//! Runs many sessions of the real Claude Code at once, against a scripted model.
//!
//! `fleet complete` runs them to their end and measures what Maestro adds to the agents. `fleet
//! leftovers` lets agents start processes that get away from them, ends everything in three ways,
//! and counts what an independent look at the process table still finds.
#![expect(clippy::print_stdout, reason = "a command line talks to a person")]

mod complete;
mod host;
mod leftovers;
mod model;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What can go wrong, for people.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Debug, Parser)]
struct Args {
    /// The Claude Code program; `examples/fetch-claude.sh` prints the path of one.
    #[arg(long, global = true, default_value = "claude")]
    claude: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs sessions to their end, all at once, and measures.
    Complete {
        #[arg(long, default_value_t = 20)]
        sessions: u32,
    },
    /// Counts what is left after a close, after a kill of the host, and after a kill of the host and
    /// the guardians followed by a new start.
    Leftovers {
        #[arg(long, default_value_t = 5)]
        sessions: u32,
    },
    /// A host of sessions, which the others start and kill.
    #[command(hide = true)]
    Host(host::HostArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.command {
        Command::Complete { sessions } => complete::run(&args.claude, sessions).await,
        Command::Leftovers { sessions } => leftovers::run(&args.claude, sessions).await,
        Command::Host(host) => host::run(&args.claude, host).await.map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            println!("fleet: {error}");
            ExitCode::from(2)
        }
    }
}
