//! Lets git work in a repository without reading the repository's own configuration.
//!
//! Git finds what worktrees share through `GIT_COMMON_DIR`, the configuration among it. It is given
//! a directory of ours there: links to the repository's objects, refs and logs, and a configuration
//! file with the [`Settings`](super::settings::Settings) that count. The directory's name is a hash
//! of what is in it, and what is in it is compared before every command, so that whoever changes the
//! repository's configuration, at whatever moment, changes nothing of what git runs.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::child::Finished;
use super::layout::Target;
use super::settings::Settings;
use super::shallow;
use crate::workspace::file::{self, Links};
use crate::workspace::local;

/// What is linked, if it is there: all that git, and filters that keep files of their own beside
/// it, read and write in the shared directory. Hooks and configuration are not among it.
const LINKS: &[&str] = &[
    "annex",
    "git-crypt",
    "info",
    "logs",
    "modules",
    "objects",
    "refs",
    "reftable",
    "rr-cache",
    "worktrees",
];
/// What is linked in any case: git makes it where the link leads.
const ALWAYS: &str = "packed-refs";
/// The longest configuration file that is read. Git's own limit is 2 GiB; 1 MiB is 50 times the
/// largest that is known.
const MAX_CONFIG: u64 = 1 << 20;
/// How many repositories' settings are kept in memory. A miss costs one more git.
const MAX_KEPT: usize = 64;
/// How long a directory that nobody uses stays. A day, which is far longer than a command may take.
const UNUSED: Duration = Duration::from_hours(24);

/// Runs git with these arguments, variables and input.
pub(super) type Helper<'a> =
    &'a dyn Fn(&[&str], Vec<(OsString, OsString)>, Vec<u8>) -> io::Result<Finished>;
/// Gives what the text of a configuration file, which is the input, says.
const LIST: [&str; 8] = ["-C", "/", "config", "--file", "-", "--no-includes", "--list", "-z"];

/// The directories of settings, and what was read for them.
#[derive(Debug)]
pub(super) struct Seals {
    dir: PathBuf,
    filters_too: bool,
    read: Mutex<BTreeMap<Vec<u8>, Arc<Settings>>>,
    /// Commits of which all the history was there, by the repository.
    whole: Mutex<BTreeMap<PathBuf, BTreeSet<String>>>,
}

/// What git finds in place of the shared directory's own files.
#[derive(Debug, Clone, Copy)]
struct Given<'a> {
    config: &'a [u8],
    /// Empty where no history ends before its beginning.
    shallow: &'a [u8],
}

/// What a command is started with.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) env: Vec<(OsString, OsString)>,
    /// The directory that git takes for the shared one.
    pub(super) seal: PathBuf,
}

impl Seals {
    /// Directories below `dir`, which is made when it is needed.
    pub(super) fn new(dir: PathBuf, filters_too: bool) -> Self {
        Self { dir, filters_too, read: Mutex::default(), whole: Mutex::default() }
    }

    /// The environment of a command in a repository.
    pub(super) fn enter(&self, target: &Target, helper: Helper<'_>) -> io::Result<Entered> {
        let settings = self.settings(target, helper)?;
        let config = &settings.text[..];
        let ask = |args: &[&str], input: Vec<u8>, shallow: &[u8]| {
            helper(args, self.prepare(target, Given { config, shallow })?.env, input)
        };
        let mut whole = self.whole_of(&target.common);
        let shallow = shallow::ends(&target.common, &mut whole, &ask)?;
        if !whole.is_empty() {
            let mut known = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MAX_KEPT {
                known.clear();
            }
            known.insert(target.common.clone(), whole);
        }
        self.prepare(target, Given { config, shallow: &shallow })
    }

    fn whole_of(&self, common: &Path) -> BTreeSet<String> {
        let known = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(common).cloned().unwrap_or_default()
    }

    fn prepare(&self, target: &Target, given: Given<'_>) -> io::Result<Entered> {
        let mut links = BTreeSet::from([ALWAYS]);
        links.extend(LINKS.iter().filter(|name| target.common.join(name).exists()));
        let mut hash = Sha256::new();
        for part in links.iter().map(|name| name.as_bytes()).chain([given.shallow, given.config]) {
            hash.update(part);
            hash.update([0]);
        }
        let seal = self.of(&target.common).join(hex(&hash.finalize()));
        if !is_whole(&seal, &target.common, &links, given)? {
            self.make(&seal, &target.common, &links, given)?;
        }
        let mut env: Vec<(OsString, OsString)> = vec![
            ("GIT_DIR".into(), target.git_dir.clone().into()),
            ("GIT_COMMON_DIR".into(), seal.clone().into()),
        ];
        env.push(match &target.work_tree {
            Some(dir) => ("GIT_WORK_TREE".into(), dir.into()),
            None => ("GIT_IMPLICIT_WORK_TREE".into(), "0".into()),
        });
        Ok(Entered { env, seal })
    }

    /// What counts of a repository's configuration.
    pub(super) fn settings(
        &self,
        target: &Target,
        helper: Helper<'_>,
    ) -> io::Result<Arc<Settings>> {
        let repository = config(&target.common.join("config"))?;
        let worktree = config(&target.git_dir.join("config.worktree"))?;
        let path = target.common.as_os_str().as_encoded_bytes();
        let key = [path, &repository, &worktree].join(&b"\0"[..]);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(&key) {
            return Ok(Arc::clone(known));
        }
        let list = |text: Vec<u8>| {
            if text.is_empty() {
                return Ok(Vec::new());
            }
            let done = helper(&LIST, Vec::new(), text)?;
            if done.code == Some(0) {
                return Ok(done.stdout);
            }
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("git cannot read the repository's configuration: {}", done.stderr.trim()),
            ))
        };
        let (repository, worktree) = (list(repository)?, list(worktree)?);
        let settings =
            Arc::new(Settings::choose(&repository, &worktree, &target.common, self.filters_too));
        if read.len() >= MAX_KEPT {
            read.clear();
        }
        read.insert(key, Arc::clone(&settings));
        Ok(settings)
    }

    /// Where the directories for one repository are.
    fn of(&self, common: &Path) -> PathBuf {
        self.dir.join(hex(&Sha256::digest(common.as_os_str().as_encoded_bytes())))
    }

    fn make(
        &self,
        seal: &Path,
        common: &Path,
        links: &BTreeSet<&str>,
        given: Given<'_>,
    ) -> io::Result<()> {
        let parent = self.of(common);
        private(&self.dir)?;
        private(&parent)?;
        for old in fs::read_dir(&parent)?.flatten() {
            let unused = old.metadata().and_then(|found| found.modified());
            if unused.is_ok_and(|at| at.elapsed().is_ok_and(|elapsed| elapsed > UNUSED)) {
                fs::remove_dir_all(old.path())?;
            }
        }
        let new = tempfile_in(&parent)?;
        for name in links {
            link(&common.join(name), &new.join(name))?;
        }
        for (name, text) in given.files() {
            write_private(&new.join(name), text)?;
        }
        if fs::rename(&new, seal).is_ok() {
            return Ok(());
        }
        if is_whole(seal, common, links, given)? {
            // Another call has made the same meanwhile.
            return fs::remove_dir_all(new);
        }
        // Somebody has changed what is in it.
        let aside = new.with_extension("old");
        fs::rename(seal, &aside)?;
        fs::rename(new, seal)?;
        fs::remove_dir_all(aside)
    }
}

impl<'a> Given<'a> {
    fn files(self) -> impl Iterator<Item = (&'static str, &'a [u8])> {
        let shallow = (!self.shallow.is_empty()).then_some(("shallow", self.shallow));
        std::iter::once(("config", self.config)).chain(shallow)
    }
}

/// Whether a directory is exactly what it should be, as far as git reads it. Notes that it is used.
fn is_whole(
    seal: &Path,
    common: &Path,
    links: &BTreeSet<&str>,
    given: Given<'_>,
) -> io::Result<bool> {
    let Ok(found) = fs::symlink_metadata(seal) else {
        return Ok(false);
    };
    let is_file = |(name, text): (&str, &[u8])| {
        let there = file::read(&seal.join(name), Links::Refused, text.len() as u64);
        there.is_ok_and(|there| there == text)
    };
    let same = found.is_dir()
        && given.files().all(is_file)
        && links.iter().all(|name| {
            fs::read_link(seal.join(name)).is_ok_and(|leads| leads == common.join(name))
        })
        && !["hooks", "config.worktree"].iter().any(|name| seal.join(name).exists())
        && (!given.shallow.is_empty() || !seal.join("shallow").exists());
    let at = found.modified()?;
    if same
        && let Ok(elapsed) = at.elapsed()
        && elapsed > UNUSED / 24
    {
        file::touch(seal, at + elapsed)?;
    }
    Ok(same)
}

/// The first half of a hash, as a name.
pub(super) fn hex(hash: &[u8]) -> String {
    let digits = hash.iter().take(16).flat_map(|byte| [byte >> 4, byte & 0xF]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// The text of a configuration file; empty when there is none.
fn config(path: &Path) -> io::Result<Vec<u8>> {
    match file::read(path, Links::Followed, MAX_CONFIG) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        text => text,
    }
}

fn tempfile_in(parent: &Path) -> io::Result<PathBuf> {
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Tells directories apart that one process makes at the same time.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let new = parent.join(format!("new-{}-{number}", std::process::id()));
        match only_ours().create(&new) {
            // Of a process that was killed and had the same number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| new),
        }
    }
}

/// Makes a directory that nobody else may look into, unless it is there.
fn private(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent() {
        local::make_private(parent)?;
    }
    match only_ours().create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Writes a new file that only its user may read.
fn write_private(file: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(text)
}

#[cfg(unix)]
fn only_ours() -> fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;

    let mut builder = fs::DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn only_ours() -> fs::DirBuilder {
    fs::DirBuilder::new()
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(_to: &Path, _at: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "git needs symbolic links to be run apart"))
}
