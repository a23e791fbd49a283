//! The real Claude Code CLI, where it can be had.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The program, fetched once for this process; none when it cannot be had here, which is said.
#[expect(clippy::print_stderr, reason = "a skipped test says why")]
pub(crate) fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let fetch = || {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/fetch-claude.sh");
        let output = std::process::Command::new(script).output().expect("it starts");
        let reason = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => {
                let path = String::from_utf8(output.stdout).expect("a path");
                Some(PathBuf::from(path.trim_end()))
            }
            Some(3) => {
                eprintln!("skipped: {reason}");
                None
            }
            code => panic!("fetch-claude.sh ended with {code:?}: {reason}"),
        }
    };
    PROGRAM.get_or_init(fetch).as_deref()
}
