//! Recordings of the real CLI, read again with the mapper.
//!
//! Those of this repository (`tests/fixtures/claude/VERSION/*.jsonl`, made by `make record`) are read
//! always. A folder of others is named by the variable `MAESTRO_RECORDINGS`; each of its `*.jsonl`
//! files but `*.aux.jsonl` must hold lines `{"dir","t","line"}`, `in` being what the host sent and `out`
//! what the CLI wrote. Files of other programs are told by their first line and left out.
#![expect(clippy::print_stdout, reason = "what was read is worth knowing")]

mod checks;
mod recording;

use std::path::{Path, PathBuf};

use checks::Tally;
use recording::Recording;

fn recordings(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| {
            let aux = path.file_stem().is_some_and(|stem| Path::new(stem).extension().is_some());
            path.extension().is_some_and(|extension| extension == "jsonl") && !aux
        })
        .collect();
    files.sort();
    files
}

/// Reads every recording of a folder, and gives how many there were.
fn check_all(folder: &Path) -> usize {
    let mut tally = Tally::default();
    let mut faults = Vec::new();
    let mut read = 0;
    for file in recordings(folder) {
        let recording = Recording::read(&file);
        if !recording.is_of_claude() {
            println!("left out: {}", file.display());
            continue;
        }
        read += 1;
        faults.extend(checks::check(&recording, &mut tally));
    }
    println!("{}: {read} recordings, {tally}", folder.display());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    read
}

#[test]
fn those_of_this_repository() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/claude");
    let mut versions: Vec<PathBuf> = std::fs::read_dir(&fixtures)
        .expect("fixtures")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.is_dir())
        .collect();
    versions.sort();
    assert!(!versions.is_empty(), "no recordings below {}", fixtures.display());
    for version in versions {
        assert!(check_all(&version) > 0, "{} is empty", version.display());
    }
}

#[test]
fn those_of_the_folder_that_is_named() {
    if let Some(folder) = std::env::var_os("MAESTRO_RECORDINGS") {
        assert!(check_all(Path::new(&folder)) > 0, "the folder holds no recording of Claude Code");
    }
}
