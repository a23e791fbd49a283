//! Runs scripted sessions in one process, one batch after the other: `leaks SESSIONS`. After each batch
//! it prints how much memory is in use; `slope` judges that.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to a person")]

mod memory;
mod run;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::filter::LevelFilter;

/// What can go wrong, for people.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Debug, Parser)]
struct Args {
    /// How many.
    #[arg(default_value_t = 10_000)]
    sessions: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    // What the library warns of.
    tracing_subscriber::fmt().with_max_level(LevelFilter::WARN).with_writer(std::io::stderr).init();
    match run::run(Args::parse().sessions).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("leaks: {error}");
            ExitCode::from(1)
        }
    }
}
