//! `maestro`: a command line over maestro-core.
#![expect(clippy::print_stderr, reason = "a command line talks to a person")]

mod approvals;
mod args;
mod board;
mod demo;
mod doctor;
mod events;
mod exit;
mod follow;
mod list;
mod node;
mod out;
mod progress;
mod run;
mod screen;
mod table;
mod text;
mod view;
mod work;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Args, Command};
use crate::exit::Exit;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(args.log.as_str())
        .with_writer(screen::log_writer)
        .init();
    let common = &args.common;
    let result = match args.command {
        Command::Demo(command) => demo::demo(common, command).await,
        Command::Run(command) => run::run(common, command).await,
        Command::Resume(command) => run::resume(common, command).await,
        Command::Ls(command) => list::ls(common, command).await,
        Command::Show(command) => list::show(common, command).await,
        Command::Events(command) => events::events(common, command).await,
        Command::Approve(command) => approvals::approve(common, command).await,
        Command::Deny(command) => approvals::deny(common, command).await,
        Command::Cancel(command) => work::cancel(common, command).await,
        Command::Diff(command) => work::diff(common, command).await,
        Command::Merge(command) => work::merge(common, command).await,
        Command::Doctor => doctor::doctor(common).await,
    };
    let exit = result.unwrap_or_else(|error| {
        if out::is_closed_pipe(&error) {
            return Exit::Interrupted;
        }
        eprintln!("maestro: {error}");
        Exit::of(&error)
    });
    exit.into()
}
