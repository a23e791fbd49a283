//! Running the table.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;

use super::{Bench, CASES, Ctx, StorageCase};

/// What became of each case.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// How many promises were kept.
    pub kept: usize,
    /// The cases that were left out.
    pub skipped: Vec<&'static str>,
    /// The cases whose promise was broken, with what was seen.
    pub broken: Vec<(&'static str, String)>,
}

impl Report {
    /// Whether no promise was broken.
    pub fn passed(&self) -> bool {
        self.broken.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, seen) in &self.broken {
            writeln!(f, "broken: {name}: {seen}")?;
        }
        for name in &self.skipped {
            writeln!(f, "skipped: {name}")?;
        }
        let Self { kept, skipped, broken } = self;
        write!(f, "kept {kept}, skipped {}, broken {}", skipped.len(), broken.len())
    }
}

/// Runs the whole table, one case after another, each on a fresh store. A panic of a case is
/// caught and reported.
pub async fn check(bench: &Bench) -> Report {
    let mut report = Report::default();
    for case in CASES {
        if is_left_out(bench, case) {
            report.skipped.push(case.name);
            continue;
        }
        match AssertUnwindSafe(run_case(bench, case)).catch_unwind().await {
            Ok(()) => report.kept += 1,
            Err(panic) => report.broken.push((case.name, message(&*panic))),
        }
    }
    report
}

/// Runs one case by its name and gives whether it was run at all.
///
/// # Panics
/// When the promise is broken, or there is no such case.
pub async fn run(bench: &Bench, name: &str) -> bool {
    let case = CASES.iter().find(|case| case.name == name);
    let case = case.unwrap_or_else(|| panic!("there is no case {name:?}"));
    let runs = !is_left_out(bench, case);
    if runs {
        run_case(bench, case).await;
    }
    runs
}

fn is_left_out(bench: &Bench, case: &StorageCase) -> bool {
    case.needs_hints() && !bench.keeps_hints()
}

async fn run_case(bench: &Bench, case: &StorageCase) {
    (case.run)(Ctx::open(bench).await).await;
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}

/// Runs one case on the calling thread, for tests.
#[doc(hidden)]
pub fn block_on_case(bench: &Bench, name: &str) {
    futures::executor::block_on(run(bench, name));
}
