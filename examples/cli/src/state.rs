//! Where everything is kept when nobody says otherwise: below the user's state directory, since what
//! lies in the project can be written by the agents that work there.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use maestro_core::{Error, Result};
use sha2::{Digest as _, Sha256};

use crate::out;

/// Where stores were kept by default before; anybody who works in the project can write one there.
const OLD: &str = ".maestro/maestro.db";
/// How much of the hash of a path its store's directory has, in bytes: directories of one name are
/// told apart, and nobody makes two paths by chance that share it.
const HASH: usize = 8;
/// How much of a directory's name its store's directory has, in characters.
const NAME: usize = 64;

/// The store of the current directory.
///
/// # Errors
/// `InvalidArgument` when no variable names a state directory, or it lies in the current directory.
pub(crate) fn store() -> Result<PathBuf> {
    let here = env::current_dir().and_then(|here| here.canonicalize()).map_err(|error| {
        Error::invalid("store", "has no default here; name one with `--store`").caused_by(error)
    })?;
    let maestro = directory()?.join("maestro");
    if resolved(&maestro).starts_with(&here) {
        let why = "would lie in the directory that agents work on; name one with `--store`";
        return Err(Error::invalid("store", why).with("directory", maestro.display()));
    }
    if Path::new(OLD).exists() {
        out::note(format_args!(
            "maestro: {OLD} is not used any more, since agents can write it; `--store={OLD}` opens it"
        ));
    }
    Ok(maestro.join(name(&here)).join("maestro.db"))
}

/// Where programs keep what is theirs, on this system and for this user.
fn directory() -> Result<PathBuf> {
    let path = |variable: &str| {
        // One that is relative means another place in each directory, and is to be ignored.
        env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
    };
    let home = |home: PathBuf| {
        let below =
            if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/state" };
        home.join(below)
    };
    path("XDG_STATE_HOME").or_else(|| path("HOME").map(home)).ok_or_else(|| {
        let why = "has no default: neither XDG_STATE_HOME nor HOME is an absolute path; \
            name one with `--store`";
        Error::invalid("store", why)
    })
}

/// What the directory of a store is called: the name is for people, the hash tells paths apart.
fn name(path: &Path) -> OsString {
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name = path.file_name().unwrap_or(OsStr::new("root")).to_string_lossy();
    let mut name: String = name.chars().take(NAME).map(safe).collect();
    name.push('-');
    let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
    for byte in hash.iter().take(HASH) {
        // A `String` takes everything.
        let _ = write!(name, "{byte:02x}");
    }
    name.into()
}

/// A path of which a part may not be there yet, with the links of the rest followed.
fn resolved(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    there.map_or_else(
        || path.to_owned(),
        |(part, found)| path.strip_prefix(part).map_or(found.clone(), |rest| found.join(rest)),
    )
}
