//! Kills `maestro demo` with SIGKILL at random moments, runs it again to its end, and counts.
//!
//! The last line is `rounds R lost L stale S stuck T orphans O gaps G`; the exit code is 1 when any
//! of the counts is not 0.
#![expect(clippy::print_stdout, reason = "a command line talks to a person")]

mod check;
mod phase;
mod round;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::check::Counts;

/// Kills the demo at random moments and counts what got lost.
#[derive(Debug, Parser)]
struct Args {
    /// How many rounds. Each begins with a new demo and kills it once to three times.
    #[arg(long, default_value_t = 40)]
    rounds: u32,
    /// Begins the random numbers, to repeat a run; printed in any case.
    #[arg(long)]
    seed: Option<u64>,
    /// The `maestro` program; the one beside this when not given.
    #[arg(long)]
    maestro: Option<PathBuf>,
    /// Keep the directories of rounds in which something was found.
    #[arg(long)]
    keep: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(seed);
    let beside = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("maestro")));
    let Some(maestro) = args.maestro.or(beside).filter(|path| path.is_file()) else {
        println!("kills: there is no maestro program; build it, or name it with --maestro");
        return ExitCode::from(2);
    };
    println!("kills: seed {seed}, {}", maestro.display());
    let course = match round::calibrate(&maestro).await {
        Ok(course) => course,
        Err(why) => {
            println!("kills: the demo does not even run undisturbed: {why}");
            return ExitCode::from(1);
        }
    };
    println!("kills: undisturbed the demo takes {:.1} s", course.whole.as_secs_f64());
    if course.scripted {
        println!(
            "kills: the demo has no real agent here, so the checks of attempts are not counted"
        );
    }

    let mut total = Counts::default();
    let mut phases: BTreeMap<&'static str, u32> = BTreeMap::new();
    for number in 1..=args.rounds {
        let outcome = round::play(&maestro, &course, &mut phases, &mut random, args.keep).await;
        for finding in &outcome.findings {
            println!("round {number}: {finding}");
        }
        total.add(&outcome.counts);
        println!("round {number}: {}", outcome.counts);
    }
    println!("killed while:");
    for phase in phase::ALL {
        let count = phases.get(phase).copied().unwrap_or(0);
        println!("  {phase:<22} {count:>4} {}", "#".repeat(count as usize));
    }
    let missed: Vec<_> =
        phase::ALL.iter().filter(|phase| !phases.contains_key(*phase)).copied().collect();
    if !missed.is_empty() {
        println!("not met: {}", missed.join(", "));
    }
    println!("rounds {} {total}", args.rounds);
    ExitCode::from(u8::from(total != Counts::default()))
}
