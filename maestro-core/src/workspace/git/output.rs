//! Which ignored files are output of a build, and may go with an otherwise empty workspace.

/// Directories whose names no tool but their own uses: what is ignored in one of them is output.
const ALWAYS: &[&str] = &[
    "node_modules",
    "__pycache__",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".tox",
    ".nox",
    ".venv",
    ".eggs",
    ".gradle",
    ".next",
    ".nuxt",
    ".svelte-kit",
    ".turbo",
    ".parcel-cache",
    ".nyc_output",
    ".dart_tool",
    ".zig-cache",
    ".stack-work",
    "dist-newstyle",
    "elm-stuff",
    "DerivedData",
];

/// Directories that many tools write to and people too: what is in one of them is output when a
/// `.gitignore` that is a part of the workspace's last commit ignores it.
const WHEN_AGREED: &[&str] = &[
    "target", "build", ".build", "dist", "out", "bin", "obj", "venv", "coverage", "htmlcov",
    "_build", "zig-out", ".cache",
];

/// Files that tools leave beside sources.
const FILES: &[&str] = &[".DS_Store", "Thumbs.db", "desktop.ini", ".eslintcache", ".coverage"];

/// How files end that compilers leave beside sources.
const ENDINGS: &[&str] = &[".pyc", ".pyo", ".o", ".obj", ".class", ".tsbuildinfo"];

/// How a file begins that marks a directory as a cache, see <https://bford.info/cachedir/>.
pub(super) const CACHE_TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
/// The name of that file.
pub(super) const CACHE_TAG_FILE: &str = "CACHEDIR.TAG";

/// What the name of a directory says about the ignored files in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directory {
    /// They are output.
    Output,
    /// They are output when a committed rule ignores the directory.
    Agreed,
    /// Nothing.
    Unknown,
}

pub(super) fn directory(name: &[u8]) -> Directory {
    let is = |known: &&str| known.as_bytes() == name;
    if ALWAYS.iter().any(is) || name.ends_with(b".egg-info") {
        Directory::Output
    } else if WHEN_AGREED.iter().any(is) || name.starts_with(b"cmake-build-") {
        Directory::Agreed
    } else {
        Directory::Unknown
    }
}

/// Whether a file is what a tool leaves, by its name.
pub(super) fn is_file(name: &[u8]) -> bool {
    FILES.iter().any(|known| known.as_bytes() == name)
        || ENDINGS.iter().any(|ending| name.ends_with(ending.as_bytes()))
}
