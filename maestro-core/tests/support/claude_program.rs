//! The real Claude Code CLI, where it can be had.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The newest release that the tests run with.
pub(crate) const NEWEST: &str = "2.1.331";

/// A release of the program, fetched once for this process; none when it cannot be had here, which is
/// said.
pub(crate) fn program(version: &'static str) -> Option<&'static Path> {
    static PROGRAMS: Mutex<BTreeMap<&str, Option<&Path>>> = Mutex::new(BTreeMap::new());
    // Locked meanwhile, so that others wait for it.
    let mut programs = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    *programs.entry(version).or_insert_with(|| fetch(version))
}

#[expect(clippy::print_stderr, reason = "a skipped test says why")]
fn fetch(version: &str) -> Option<&'static Path> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/fetch-claude.sh");
    let output = std::process::Command::new(script).arg(version).output().expect("it starts");
    let reason = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {
            let path = String::from_utf8(output.stdout).expect("a path");
            Some(Box::leak(PathBuf::from(path.trim_end()).into_boxed_path()))
        }
        Some(3) => {
            eprintln!("SKIPPED: no test with Claude Code {version}: {reason}");
            None
        }
        code => panic!("fetch-claude.sh ended with {code:?}: {reason}"),
    }
}
