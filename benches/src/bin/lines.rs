//! Writes the lines of a long turn of Claude Code into a file, and says what they are.
#![expect(clippy::print_stdout, reason = "a command line talks to a person")]

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::PathBuf;

use benches::{Draft, Kind};
use clap::Parser;

#[derive(Debug, Parser)]
struct Args {
    /// The file.
    out: PathBuf,
    /// How many lines, at least: the last message is whole.
    #[arg(long, default_value_t = 200_000)]
    lines: usize,
    /// Leave out the pieces of messages: no `stream_event`.
    #[arg(long)]
    whole: bool,
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let mut draft = Draft::new(BufWriter::new(File::create(&args.out)?), args.seed, !args.whole);
    draft.turn(args.lines)?;
    let lines = &draft.lines;
    let share =
        |kind: Kind| lines.iter().filter(|line| line.0 == kind).count() * 1000 / lines.len();
    let mut sizes: Vec<usize> = lines.iter().map(|line| line.1).collect();
    sizes.sort_unstable();
    let at = |percent: usize| sizes[(sizes.len() - 1) * percent / 100];
    println!(
        "{} lines, {} bytes; of 1000 are {} stream_event, {} assistant, {} user; \
         bytes of a line: least {}, median {}, p90 {}, p99 {}, most {}",
        lines.len(),
        sizes.iter().sum::<usize>(),
        share(Kind::Stream),
        share(Kind::Assistant),
        share(Kind::User),
        at(0),
        at(50),
        at(90),
        at(99),
        at(100),
    );
    Ok(())
}
