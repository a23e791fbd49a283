//! Random work on storage backends, compared with the reference model after every step.
//!
//! `cargo test --test sim -- --seeds 2000 --first 1` does the work of 2000 seeds on every backend.
//! The last line counts seeds, steps on all backends together, and divergences.

#![expect(clippy::print_stdout, reason = "a test without a harness reports by printing")]

mod threads;

use std::process::ExitCode;

use maestro_core::storage::memory::Memory;
use maestro_core::testing::adversarial::Adversarial;
use maestro_core::testing::loopback::JsonLoopback;
use maestro_core::testing::patient::Patient;
use maestro_core::testing::sim;
use maestro_core::testing::storage::{Bench, Fresh};
use threads::Threads;

/// How many seeds a plain `cargo test` does.
const SEEDS: u64 = 50;
/// How many operations each seed does on each backend.
const STEPS: usize = 200;

/// A backend by its name, made for a seed.
type Backend = (&'static str, fn(u64) -> Bench);

const BACKENDS: &[Backend] = &[
    ("memory", memory),
    ("memory through JSON", |seed| memory(seed).wrapped(JsonLoopback)),
    ("memory beneath an adversary", |seed| {
        memory(seed).wrapped(move |inner| Adversarial { inner, seed }).wrapped(Patient)
    }),
    #[cfg(feature = "sqlite")]
    ("sqlite", sqlite),
];

fn memory(seed: u64) -> Bench {
    Bench::new(Threads::new(seed), || async { Fresh::new(Memory::new()) })
}

#[cfg(feature = "sqlite")]
fn sqlite(seed: u64) -> Bench {
    use maestro_core::storage::sqlite::Sqlite;

    Bench::new(Threads::new(seed), || async {
        let directory = tempfile::tempdir().expect("the machine has room for a directory");
        Fresh::guarded(Sqlite::at(directory.path().join("maestro.db")), directory)
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::read(std::env::args().skip(1));
    if arguments.is_list {
        println!("sim: test");
        return ExitCode::SUCCESS;
    }
    if !arguments.is_wanted {
        return ExitCode::SUCCESS;
    }
    let (mut steps, mut divergences) = (0, 0);
    for (name, bench) in BACKENDS {
        let mut here = 0;
        for seed in arguments.first..arguments.first.saturating_add(arguments.seeds) {
            match futures::executor::block_on(sim::run(&bench(seed), seed, STEPS)) {
                Ok(done) => here += done,
                Err(divergence) => {
                    here += divergence.step;
                    divergences += 1;
                    println!("{name}: {divergence}");
                }
            }
        }
        println!("{name}: {here} steps");
        steps += here;
    }
    println!("sim: seeds {} steps {steps} divergences {divergences}", arguments.seeds);
    if divergences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the command line says. Arguments that test runners give are understood or passed over.
#[derive(Debug)]
struct Arguments {
    seeds: u64,
    first: u64,
    is_list: bool,
    /// Whether the filters of a test runner, if any, name this test.
    is_wanted: bool,
}

impl Arguments {
    fn read(mut given: impl Iterator<Item = String>) -> Self {
        let mut read = Self { seeds: SEEDS, first: 1, is_list: false, is_wanted: true };
        let mut filters = Vec::new();
        while let Some(argument) = given.next() {
            match argument.split_once('=').unwrap_or((&argument, "")) {
                ("--seeds", value) => read.seeds = number(value, &mut given),
                ("--first", value) => read.first = number(value, &mut given),
                ("--list", _) => read.is_list = true,
                // There are no ignored tests to run here.
                ("--ignored", _) => read.is_wanted = false,
                ("--skip", value) => {
                    let skipped = if value.is_empty() { given.next() } else { Some(value.into()) };
                    read.is_wanted &= !skipped.is_some_and(|skipped| "sim".contains(&skipped));
                }
                ("--test-threads" | "--format" | "--color" | "--logfile" | "-Z", "") => {
                    given.next();
                }
                (option, _) if option.starts_with('-') => {}
                _ => filters.push(argument),
            }
        }
        read.is_wanted &= filters.is_empty() || filters.iter().any(|name| "sim".contains(name));
        read
    }
}

fn number(value: &str, given: &mut impl Iterator<Item = String>) -> u64 {
    let text = if value.is_empty() { given.next().unwrap_or_default() } else { value.to_owned() };
    text.parse().unwrap_or_else(|error| panic!("{text:?} is not a number: {error}"))
}
