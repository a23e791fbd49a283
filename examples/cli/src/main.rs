//! `maestro`: a command line over maestro-core.

mod approvals;
mod args;
mod attach;
mod board;
mod demo;
mod doctor;
mod events;
mod exit;
mod follow;
mod list;
mod node;
mod out;
mod policy;
mod progress;
mod run;
mod state;
mod table;
mod task_file;
mod text;
mod view;
mod work;

use std::process::ExitCode;

use clap::Parser as _;
use maestro_core::{Error, Maestro, Result};
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Command, Common, Look};
use crate::exit::Exit;

#[tokio::main]
async fn main() -> ExitCode {
    out::tell_panics();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            out::usage(&error);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8));
        }
    };
    let result = act(args).await;
    let exit = result.unwrap_or_else(|error| {
        if out::is_closed_pipe(&error) {
            return Exit::Interrupted;
        }
        out::note(format_args!("maestro: {error}"));
        Exit::of(&error)
    });
    exit.into()
}

async fn act(args: Args) -> Result<Exit> {
    // Reading it leniently would print what is wrong, as it is.
    let filter = EnvFilter::try_new(&args.log)
        .map_err(|error| Error::invalid("log", "is no filter of logs").caused_by(error))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(out::log).init();
    let given = &args.common;
    match args.command {
        Command::Demo(command) => demo::demo(given, command).await,
        Command::Run(command) => run::run(&given.settle()?, command).await,
        Command::Resume(command) => run::resume(&given.settle()?, command).await,
        Command::Doctor => doctor::doctor(given).await,
        Command::Look(look) => {
            let common = &given.settle()?;
            node::observe(common, async |maestro| self::look(maestro, common, look).await).await
        }
    }
}

async fn look(maestro: &Maestro, common: &Common, look: Look) -> Result<Exit> {
    match look {
        Look::Ls(command) => list::ls(maestro, common, command).await,
        Look::Show(command) => list::show(maestro, common, command).await,
        Look::Attach(command) => attach::attach(maestro, command).await,
        Look::Events(command) => events::events(maestro, common, command).await,
        Look::Approve(command) => approvals::approve(maestro, common, command).await,
        Look::Deny(command) => approvals::deny(maestro, common, command).await,
        Look::Approvals(command) => approvals::list(maestro, common, command).await,
        Look::Policy(command) => policy::policy(maestro, common, command).await,
        Look::Cancel(command) => work::cancel(maestro, common, command).await,
        Look::Diff(command) => work::diff(maestro, common, command).await,
        Look::Merge(command) => work::merge(maestro, common, command).await,
    }
}
