//! What a project says to coding agents in its `CLAUDE.md`, as text.
//!
//! The CLI reads it only together with the settings of the project, whose hooks, servers and variables
//! run programs. So it is read here, and given to the CLI beside the system prompt.

use std::path::{Path, PathBuf};

use crate::workspace::file::{self, Links};

/// Where it stands, in each directory.
const NAMES: [&str; 2] = ["CLAUDE.md", ".claude/CLAUDE.md"];

/// The longest text that is taken, of all files together.
pub(super) const MAX_BYTES: usize = 64 * 1024;

const ABOUT: &str = "The project that you work in keeps these instructions for coding agents. Files that they name are not included.";

/// A file of instructions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instructions {
    /// Where it was found, and where that leads.
    pub(super) written: PathBuf,
    pub(super) path: PathBuf,
}

/// The files for a directory, the outermost first: those in it and above it, up to the top of its
/// repository. A link that leads out of the repository, or into `.git`, is none of the project's.
pub(super) fn find(cwd: &Path) -> Vec<Instructions> {
    let Ok(cwd) = cwd.canonicalize() else { return Vec::new() };
    let is_top = |directory: &&Path| directory.join(".git").symlink_metadata().is_ok();
    let top = cwd.ancestors().find(is_top).unwrap_or(&cwd).to_owned();
    let mut directories: Vec<&Path> =
        cwd.ancestors().take_while(|directory| directory.starts_with(&top)).collect();
    directories.reverse();
    let mut found: Vec<Instructions> = Vec::new();
    for written in directories.iter().flat_map(|directory| NAMES.map(|name| directory.join(name))) {
        let Ok(path) = written.canonicalize() else { continue };
        let inside = path.strip_prefix(&top).is_ok_and(|rest| !rest.starts_with(".git"));
        let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
        if inside && is_file && found.iter().all(|other| other.path != path) {
            found.push(Instructions { written, path });
        }
    }
    found
}

/// What the CLI is given of some files; none when they say nothing.
pub(super) fn text(files: &[Instructions]) -> Option<String> {
    let mut all = String::new();
    for Instructions { written, path } in files {
        let room = MAX_BYTES.saturating_sub(all.len());
        let read = file::read_start(path, Links::Refused, room as u64 + 1);
        let Ok(mut bytes) = read else { continue };
        let whole = bytes.len() <= room;
        bytes.truncate(room);
        let said = String::from_utf8_lossy(&bytes);
        let said = said.trim_end_matches('\u{fffd}').trim();
        if !said.is_empty() {
            let cut = if whole { "" } else { "\n\n(The rest is left out: it is too long.)" };
            all.push_str(&format!("\n\nContents of {}:\n\n{said}{cut}", written.display()));
        }
        if !whole {
            break;
        }
    }
    (!all.is_empty()).then(|| format!("{ABOUT}{all}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn texts(cwd: &Path) -> String {
        text(&find(cwd)).unwrap_or_default()
    }

    #[test]
    fn those_of_the_repository_are_found_from_the_outermost() {
        let home = tempfile::tempdir().expect("a directory");
        let top = home.path().join("shop");
        fs::create_dir_all(top.join("web/.claude")).expect("it is ours");
        fs::create_dir_all(top.join("other")).expect("it is ours");
        for (name, text) in [
            ("CLAUDE.md", "outside"),
            ("shop/CLAUDE.md", "all of it @secret.md"),
            ("shop/web/CLAUDE.md", "web"),
            ("shop/web/.claude/CLAUDE.md", "hidden"),
            ("shop/other/CLAUDE.md", "elsewhere"),
            ("shop/secret.md", "imported"),
        ] {
            fs::write(home.path().join(name), text).expect("it is ours");
        }
        assert!(
            texts(&top.join("web")).contains("web"),
            "without a repository the directory's own"
        );
        assert!(!texts(&top.join("web")).contains("all of it"));
        fs::write(top.join(".git"), "gitdir: elsewhere").expect("it is ours");
        let said = texts(&top.join("web"));
        let places: Vec<_> =
            ["all of it @secret.md", "web\n", "hidden"].map(|s| said.find(s)).into();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{said}");
        assert!(!said.contains("elsewhere") && !said.contains("outside"), "{said}");
        assert!(!said.contains("imported"), "{said}");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_of_the_project_is_not_read() {
        let home = tempfile::tempdir().expect("a directory");
        let top = home.path().join("shop");
        fs::create_dir_all(top.join(".git")).expect("it is ours");
        fs::write(home.path().join("key"), "outside").expect("it is ours");
        fs::write(top.join(".git/config"), "inside git").expect("it is ours");
        fs::write(top.join("AGENTS.md"), "shared").expect("it is ours");
        let file = top.join("CLAUDE.md");
        for (target, expected) in [
            ("../key", ""),
            (".git/config", ""),
            ("/dev/zero", ""),
            (".", ""),
            ("missing", ""),
            ("AGENTS.md", "shared"),
        ] {
            let _ = fs::remove_file(&file);
            std::os::unix::fs::symlink(target, &file).expect("it is ours");
            assert_eq!(texts(&top).split(":\n\n").nth(1).unwrap_or_default(), expected, "{target}");
        }
    }

    #[test]
    fn a_long_one_is_cut_and_says_so() {
        let home = tempfile::tempdir().expect("a directory");
        fs::write(home.path().join("CLAUDE.md"), "é".repeat(MAX_BYTES)).expect("it is ours");
        let said = texts(home.path());
        assert!(said.len() < MAX_BYTES + 500 && said.contains("left out"));
        assert!(!said.contains('\u{fffd}'));
    }
}
