//! The programs.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A release of the CLI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    Newest,
    Oldest,
}

impl Release {
    pub(crate) const ALL: [Self; 2] = [Self::Newest, Self::Oldest];

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Newest => "2.1.330",
            Self::Oldest => "2.1.197",
        }
    }

    pub(crate) fn is_newest(self) -> bool {
        self == Self::Newest
    }

    /// The program, fetched once for this process; none when it cannot be had here, which is said.
    pub(crate) fn program(self) -> Option<&'static Path> {
        static PROGRAMS: [OnceLock<Option<PathBuf>>; 2] = [const { OnceLock::new() }; 2];
        let cell = &PROGRAMS[usize::from(!self.is_newest())];
        cell.get_or_init(|| fetch(self.version())).as_deref()
    }
}

fn fetch(version: &str) -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/fetch-claude.sh");
    let output = std::process::Command::new(script).arg(version).output().expect("it starts");
    let reason = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {
            let path = String::from_utf8(output.stdout).expect("a path");
            Some(PathBuf::from(path.trim_end()))
        }
        Some(3) => {
            eprintln!("SKIPPED: no test with Claude Code {version}: {reason}");
            None
        }
        code => panic!("fetch-claude.sh ended with {code:?}: {reason}"),
    }
}
