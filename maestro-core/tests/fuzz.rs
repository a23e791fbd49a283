//! The targets of `fuzz/`: what is committed of their corpus, and changes of it by seeds.
//!
//! `MAESTRO_FUZZ` says how many changed inputs each target is given, `MAESTRO_FUZZ_SEED` where they begin.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../fuzz/src/lib.rs"]
#[allow(unreachable_pub, missing_docs, reason = "the crate that cargo-fuzz builds")]
mod fuzz;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// How many changed inputs each target is given, unless the environment says: about a second for all of them.
const ROUNDS: u64 = 2_000;
/// What is put in by changes: what the readers look for.
const WORDS: &[&str] = &[
    "\n",
    "\\\n",
    "\"",
    "'",
    "\\",
    "$(",
    "`",
    "<<",
    ">(",
    "&&",
    "||",
    ";",
    "|",
    "*",
    "**",
    "..",
    "/",
    "~",
    "{",
    "}",
    "[",
    "]",
    "\\ud83d",
    "\\u0000",
    "sk-ant-test-",
    "\u{202e}",
    "=",
    "[[task]]",
    "#",
    "!",
    ":*",
    " ",
    "\t",
    "\r",
    "\0",
];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn changed(random: &mut fastrand::Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut data = random.choice(corpus).unwrap().clone();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(0..=data.len());
        let end = random.usize(at..=data.len().min(at + 8));
        let new: Vec<u8> = match random.u8(0..4) {
            0 => vec![random.u8(..)],
            1 => Vec::new(),
            2 => random.choice(WORDS).unwrap().as_bytes().to_vec(),
            _ => {
                let other = random.choice(corpus).unwrap();
                let from = random.usize(0..=other.len());
                other[from..other.len().min(from + 16)].to_vec()
            }
        };
        data.splice(at..end, new);
    }
    data
}

#[test]
fn every_target_holds_for_its_corpus_and_for_what_becomes_of_it() {
    let (rounds, first) = (number("MAESTRO_FUZZ", ROUNDS), number("MAESTRO_FUZZ_SEED", 1));
    for (name, target) in fuzz::TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        let holds = |data: &[u8], of: &dyn Fn() -> String| {
            if catch_unwind(AssertUnwindSafe(|| target(data))).is_err() {
                panic!("{name} does not hold for {}: {:?}", of(), String::from_utf8_lossy(data));
            }
        };
        for data in &corpus {
            holds(data, &|| "a file of its corpus".to_owned());
        }
        for seed in first..first + rounds {
            let data = changed(&mut fastrand::Rng::with_seed(seed), &corpus);
            holds(&data, &|| format!("seed {seed}"));
        }
    }
}
