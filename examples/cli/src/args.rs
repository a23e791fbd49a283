//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use maestro_core::Result;

use crate::state;

/// Run coding agents on a repository, watch them, answer them, take their work.
#[derive(Debug, Parser)]
#[command(name = "maestro", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Given,
    /// What to log to the standard error, for example `info` or `maestro_core=debug`.
    #[arg(long, global = true, default_value = "error")]
    pub(crate) log: String,
    #[command(subcommand)]
    pub(crate) command: Command,
}

pub(crate) const EXIT_CODES: &str = "Exit codes: 0 done, 1 a task failed or was cancelled, 2 wrong usage, \
3 not found, 4 conflict or a person is needed, 5 something outside does not answer, \
70 a defect, 130 stopped by Ctrl-C (the last line says how to go on).";

/// What is given to every command.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Given {
    /// Where everything is kept. Default: in the user's state directory, apart for each directory
    /// that this is called in.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Which place this is: nodes of one place see the same files. Default: kept beside the store.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) place: Option<String>,
}

/// The same, when it is known where everything is kept.
#[derive(Debug, Clone)]
pub(crate) struct Common {
    pub(crate) store: PathBuf,
    /// Whether the command line named the store.
    pub(crate) named: bool,
    pub(crate) json: bool,
    pub(crate) place: Option<String>,
}

impl Given {
    /// With the store that is named, or the one of the current directory.
    ///
    /// # Errors
    /// `InvalidArgument` when none is named and there is no default.
    pub(crate) fn settle(&self) -> Result<Common> {
        let store = self.store.clone().map_or_else(state::store, Ok)?;
        Ok(Common { named: self.store.is_some(), ..self.over(store) })
    }

    /// With this store, whatever is named.
    pub(crate) fn over(&self, store: PathBuf) -> Common {
        Common { store, named: true, json: self.json, place: self.place.clone() }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Three agents on a scratch repository. Kill it and run it again: it goes on.
    Demo(Demo),
    /// Ask an agent, or run a file of tasks.
    Run(Run),
    /// Go on with tasks that are not over, or try those again that are named.
    Resume(Resume),
    #[command(flatten)]
    Look(Look),
    /// Say what is installed and what is missing.
    Doctor,
}

/// What needs no agent.
#[derive(Debug, Subcommand)]
pub(crate) enum Look {
    /// List tasks.
    Ls(Ls),
    /// Show one task: attempts, session, workspace, why it waits, what it asks.
    Show(TaskArg),
    /// Show a live session in the terminal: answer it, ask it. Ctrl-C leaves it running.
    Attach(Attach),
    /// Print events.
    Events(Events),
    /// Allow what an agent asks for; without an id, list what is asked.
    Approve(Approve),
    /// Deny what an agent asks for.
    Deny(Deny),
    /// What waits for an answer, and what was answered.
    #[command(subcommand)]
    Approvals(Approvals),
    /// The rules that answer without a person.
    #[command(subcommand)]
    Policy(Policy),
    /// Call a task off.
    Cancel(Cancel),
    /// Print what a task changed.
    Diff(TaskArg),
    /// Merge a task's work into a branch.
    Merge(Merge),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Where the demo lives: repository, store, worktrees.
    #[arg(long, default_value = ".maestro-demo")]
    pub(crate) dir: PathBuf,
    /// Use your own Claude Code and login instead of the scripted model. This costs money.
    #[arg(long)]
    pub(crate) live: bool,
    /// Use the built-in scripted agent even where the real one can be had.
    #[arg(long, conflicts_with = "live")]
    pub(crate) scripted: bool,
    /// Throw a finished demo away and begin a new one.
    #[arg(long)]
    pub(crate) fresh: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// What to ask.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub(crate) prompt: Option<String>,
    /// A file of tasks. Running it again goes on where it was.
    #[arg(short, long)]
    pub(crate) file: Option<PathBuf>,
    /// The directory to work on.
    #[arg(long, default_value = ".")]
    pub(crate) project: PathBuf,
    /// Tools that run without asking, for example `Edit` or `Bash(cargo test:*)`.
    #[arg(long)]
    pub(crate) allow: Vec<String>,
    /// The model.
    #[arg(long)]
    pub(crate) model: Option<String>,
    #[command(flatten)]
    pub(crate) node: Node,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Resume {
    /// The tasks' ids, or the ends of them. Those that failed, were cancelled or need a person are
    /// tried again. All that are not over when none is given.
    pub(crate) tasks: Vec<String>,
    #[command(flatten)]
    pub(crate) node: Node,
}

/// How tasks are worked on.
#[derive(Debug, clap::Args)]
pub(crate) struct Node {
    /// How many tasks run at once.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) concurrency: u32,
    /// The Claude Code program; the one in PATH when not given.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) claude: Option<PathBuf>,
    /// Play this script instead of asking Claude Code: a JSON array of steps. No account, no cost.
    #[arg(long, value_name = "FILE", conflicts_with = "claude")]
    pub(crate) script: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    /// Only tasks in these states.
    #[arg(long)]
    pub(crate) state: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TaskArg {
    /// The task's id, or the end of it.
    pub(crate) task: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Attach {
    /// The session's id; or the task's, or the end of it.
    pub(crate) session: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Events {
    /// Only of this task.
    #[arg(long)]
    pub(crate) task: Option<String>,
    /// Go on with what happens from now on.
    #[arg(long)]
    pub(crate) follow: bool,
    /// Start after this cursor.
    #[arg(long)]
    pub(crate) after: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Approve {
    /// The approval's id, or the end of it.
    pub(crate) approval: Option<String>,
    /// Also allow calls like this one from now on, by a rule.
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "session")]
    pub(crate) remember: Option<Lasting>,
}

/// For how long an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lasting {
    /// For the rest of the session.
    Session,
    /// In the whole project.
    Project,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Approvals {
    /// List what waits for an answer.
    Ls {
        /// Also what was answered or is void.
        #[arg(long)]
        all: bool,
        /// Only what this one is to answer.
        #[arg(long)]
        assignee: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Put a rule, for example `maestro policy put allow 'Bash(git status:*)'`.
    Put {
        /// What becomes of the calls.
        #[arg(value_enum)]
        effect: Effect,
        /// Which calls.
        rule: String,
        #[command(flatten)]
        level: Level,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// List the rules.
    Ls,
    /// Remove a rule.
    Rm {
        /// The rule's id.
        rule: String,
    },
    /// Say what the rules answer to a call, for example `maestro policy test Bash 'git push'`.
    Test {
        /// The tool.
        tool: String,
        /// Its input as a JSON object, or just the command, file or address.
        input: String,
        #[command(flatten)]
        level: Level,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Effect {
    /// They may run.
    Allow,
    /// They may not.
    Deny,
    /// A person is asked.
    Ask,
}

/// Whose calls; those of everybody when nothing is given.
#[derive(Debug, clap::Args)]
pub(crate) struct Level {
    /// Those of this project, by id or name.
    #[arg(long, conflicts_with = "session")]
    pub(crate) project: Option<String>,
    /// Those of this session.
    #[arg(long)]
    pub(crate) session: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Deny {
    /// The approval's id, or the end of it.
    pub(crate) approval: String,
    /// What the agent is told.
    #[arg(long, default_value = "A person denied this.")]
    pub(crate) message: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    /// The task's id, or the end of it.
    pub(crate) task: String,
    /// Why.
    #[arg(long, default_value = "cancelled on the command line")]
    pub(crate) reason: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Merge {
    /// The task's id, or the end of it.
    pub(crate) task: String,
    /// The branch to merge into.
    #[arg(long, default_value = "main")]
    pub(crate) into: String,
}
