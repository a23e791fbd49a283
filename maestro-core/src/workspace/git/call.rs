//! Starts git: one command, its whole output, never a prompt.
//!
//! This is the only place where git is started. Which repository it works in, and with which
//! settings, is decided in [`Git::run_in`]; its environment begins with [`environment::base`].
//!
//! Hooks are off in every command. They are the user's policy for the user's own commits; in a
//! workspace they would run at times that nobody chose, could change files between two of our
//! steps, and would be left half-way by a kill. A product that wants checks runs them as tasks.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::child::{Finished, KillSwitch, Launch};
use super::environment;
use super::failure;
use super::lock::Lock;
use super::reason::{Filtered, Reason};
use super::run::{Git, Place, ROLE, WORKSPACE};
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::RuntimeExt as _;

/// Says which node started it.
const NODE: &str = "MAESTRO_NODE";

/// How many locks of killed gits one command may find.
const MAX_REMOVED: u32 = 8;
/// How many filters one command may find to fail before it fails itself.
const MAX_BROKEN: usize = 16;
/// How often a repository is looked at again that seems to be damaged.
const MAX_LOOKS: u32 = 2;

/// Set for every command.
const FIXED: &[(&str, &str)] = &[
    ("LC_ALL", "C"),
    ("LANGUAGE", "C"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GCM_INTERACTIVE", "never"),
    ("GIT_EDITOR", "true"),
    ("GIT_SEQUENCE_EDITOR", "true"),
    ("GIT_PAGER", "cat"),
    ("GIT_LITERAL_PATHSPECS", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_MERGE_AUTOEDIT", "no"),
    // Nothing is fetched: neither objects that are missing, nor by any protocol.
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    // An id names its own object: whoever writes refs could have another one read in its place.
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    // A commit has the parents that it names. Where nothing can be, git finds no other list of them.
    ("GIT_GRAFT_FILE", "/dev/null/none"),
    (ROLE.0, ROLE.1),
];

/// Configuration that wins over the user's for our own commands.
const CONFIG: &[&str] = &[
    "core.hooksPath=/dev/null",
    // A monitor would outlive the command, and an empty workspace has to be proven, not reported.
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.alternateRefsCommand=",
    // It says for commits what their trees and parents are, and nothing compares it with them.
    "core.commitGraph=false",
    "protocol.allow=never",
    // It would run the user's `gpg.program` on what an agent signed.
    "log.showSignature=false",
    "diff.ignoreSubmodules=dirty",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "merge.autoStash=false",
    "color.ui=false",
];

/// Events of hooks that are configured by name, which `core.hooksPath` says nothing about.
const EVENTS: &[&str] = &[
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-rewrite",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "commit-msg",
    "prepare-commit-msg",
    "reference-transaction",
];

/// What every command begins with.
pub(super) fn fixed_args() -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["--no-pager".into()];
    for setting in CONFIG {
        args.push("-c".into());
        args.push(setting.into());
    }
    for event in EVENTS {
        args.push("-c".into());
        args.push(format!("hook.{event}.enabled=false").into());
    }
    args
}

/// What every command finds in its environment.
pub(super) fn fixed_env() -> Vec<(OsString, OsString)> {
    FIXED.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// A git command.
///
/// # Cancel safety
/// Dropping the future leaves the command to its end, as a killed node does.
#[derive(Debug)]
pub(super) struct Call<'a> {
    git: &'a Git,
    dir: Option<PathBuf>,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    input: Vec<u8>,
    lock: Option<Arc<File>>,
    /// Whether it goes on without a filter that fails.
    lenient: bool,
    /// The filters that it goes on without.
    without: BTreeSet<String>,
}

impl<'a> Call<'a> {
    pub(super) fn new(git: &'a Git, dir: Option<PathBuf>) -> Self {
        Self {
            git,
            dir,
            args: Vec::new(),
            env: Vec::new(),
            input: Vec::new(),
            lock: None,
            lenient: false,
            without: BTreeSet::new(),
        }
    }

    pub(super) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub(super) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub(super) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.into(), value.as_ref().to_owned()));
        self
    }

    pub(super) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs it under a lock, which it keeps until it ends. It can have no input then.
    pub(super) fn under(mut self, lock: &Lock) -> Self {
        self.lock = Some(Arc::clone(&lock.0));
        self
    }

    /// Runs it again without a filter that fails, as one of a program that is not there. The bytes of
    /// its files then count as they are: right for looking at them, and wrong for adding them.
    pub(super) fn without_broken_filters(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Runs it and gives the output of success; every other exit code is an error.
    pub(super) async fn bytes(self) -> Result<Vec<u8>> {
        Ok(self.codes(&[0]).await?.stdout)
    }

    /// Runs it and gives its output as text without the last line end.
    pub(super) async fn text(self) -> Result<String> {
        let bytes = self.bytes().await?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }

    /// Runs it; exit codes other than these are errors.
    pub(super) async fn codes(self, codes: &[i32]) -> Result<Finished> {
        let subject = self.subject();
        let finished = self.run().await?;
        if finished.code.is_some_and(|code| codes.contains(&code)) {
            Ok(finished)
        } else {
            Err(failure::error(&subject, &finished))
        }
    }

    /// Runs it, again while another process holds a lock that it needs, and gives whatever came.
    pub(super) async fn run(mut self) -> Result<Finished> {
        let runtime = self.git.runtime();
        let deadline = runtime.monotonic() + self.git.patience();
        let mut pause = Duration::from_millis(20);
        let (mut removed, mut looks) = (0, 0);
        loop {
            let finished = self.once().await?;
            if finished.overflowed {
                return Err(failure::overflow(&self.subject(), &finished));
            }
            let lock = match Reason::of(&finished) {
                Some(Reason::Busy(lock)) => lock,
                Some(Reason::Filter(which)) if self.lenient => {
                    let broken = match which {
                        Some(Filtered { filter, .. }) => vec![filter],
                        None => Box::pin(self.filters()).await?,
                    };
                    let before = self.without.len();
                    self.without.extend(broken);
                    if self.without.len() == before || before >= MAX_BROKEN {
                        return Ok(finished);
                    }
                    continue;
                }
                // What another git writes or takes away at this moment can look like damage.
                Some(Reason::Damaged) if looks < MAX_LOOKS => {
                    looks += 1;
                    runtime.sleep(runtime.jitter(pause)).await;
                    continue;
                }
                _ => return Ok(finished),
            };
            if runtime.monotonic() >= deadline {
                let lock = lock.unwrap_or_else(|| self.tables());
                if removed < MAX_REMOVED
                    && self.git.remove_abandoned(lock.as_ref(), self.dir.as_deref()).await?
                {
                    removed += 1;
                    continue;
                }
                return Err(failure::locked(&self.subject(), &lock));
            }
            runtime.sleep(runtime.jitter(pause)).await;
            pause = (pause * 2).min(Duration::from_millis(400));
        }
    }

    /// The lock of the reftables, which git does not name: the shared one's, or that of a worktree.
    fn tables(&self) -> String {
        let lock = "reftable/tables.list.lock";
        let Some(common) = self.git.common() else { return lock.to_owned() };
        let worktrees = std::fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten();
        let dirs = std::iter::once(common.to_owned()).chain(worktrees.map(|entry| entry.path()));
        let found = dirs.map(|dir| dir.join(lock)).find(|lock| lock.exists());
        found.unwrap_or_else(|| common.join(lock)).to_string_lossy().into_owned()
    }

    async fn once(&self) -> Result<Finished> {
        let options = self.git.options();
        let switch = KillSwitch::default();
        let launch = self.launch();
        let place = self.place();
        let running = {
            let (limit, switch, git) = (options.max_output, switch.clone(), self.git.clone());
            self.git.blocking("git", move || git.run_in(launch, &place, limit, &switch))
        };
        let subject = self.subject();
        match self.git.runtime().timeout(options.time_limit, running).await {
            None => {
                switch.kill();
                Err(Error::new(ErrorKind::Timeout, "git took too long and was killed")
                    .with("command", subject)
                    .with("limit_ms", options.time_limit.as_millis()))
            }
            Some(result) => {
                result??.map_err(|error| failure::start(&options.program, &subject, error))
            }
        }
    }

    /// Where it works.
    fn place(&self) -> Place {
        let given = |name: &str| {
            self.env.iter().find(|(known, _)| known == name).map(|(_, value)| PathBuf::from(value))
        };
        match (&self.dir, given("GIT_DIR")) {
            (None, _) => Place::Nowhere,
            // It writes the path of the shared directory into the worktree, and runs no filters.
            _ if self.args.first().is_some_and(|word| word == "worktree") => Place::Shared,
            (Some(_), Some(git_dir)) => Place::Given(git_dir, given("GIT_WORK_TREE")),
            (Some(dir), None) => Place::At(dir.clone()),
        }
    }

    fn launch(&self) -> Launch {
        let options = self.git.options();
        let mut args = fixed_args();
        if let Some(dir) = &self.dir {
            args.push("-C".into());
            args.push(dir.into());
        }
        args.extend(self.args.iter().cloned());
        let mut env = fixed_env();
        if let Some(workspace) = &self.git.workspace {
            env.push((WORKSPACE.into(), workspace.into()));
        }
        if let Some(node) = self.git.node {
            env.push((NODE.into(), node.to_string().into()));
        }
        env.extend(self.env.iter().cloned());
        env.extend(self.no_filters());
        Launch {
            program: options.program.clone(),
            args,
            base: environment::base(&options.environment),
            env,
            input: self.input.clone(),
            lock: self.lock.clone(),
        }
    }

    /// The filters that are defined where it works.
    async fn filters(&self) -> Result<Vec<String>> {
        let Some(dir) = &self.dir else { return Ok(Vec::new()) };
        let mut call = self.git.at(dir);
        call.env.clone_from(&self.env);
        let keys =
            ["config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process)$"];
        let list = call.args(keys).codes(&[0, 1]).await?.stdout;
        let list = String::from_utf8_lossy(&list);
        let names =
            list.split('\0').filter_map(|key| Some(key.split_once('.')?.1.rsplit_once('.')?.0));
        Ok(names.map(str::to_owned).collect())
    }

    /// Settings, as variables since a name may hold any byte, that take filters away.
    fn no_filters(&self) -> Vec<(OsString, OsString)> {
        let keys = [("required", "false"), ("clean", ""), ("smudge", ""), ("process", "")];
        let all = self.without.iter().flat_map(|name| {
            keys.iter().map(move |(key, value)| (format!("filter.{name}.{key}"), value))
        });
        let mut env = Vec::new();
        let mut count = 0;
        for (key, value) in all {
            env.push((format!("GIT_CONFIG_KEY_{count}").into(), key.into()));
            env.push((format!("GIT_CONFIG_VALUE_{count}").into(), value.into()));
            count += 1;
        }
        if count > 0 {
            env.push(("GIT_CONFIG_COUNT".into(), count.to_string().into()));
        }
        env
    }

    /// What is run, for people.
    fn subject(&self) -> String {
        let mut words = vec!["git".to_owned()];
        words.extend(self.args.iter().map(|arg| arg.to_string_lossy().into_owned()));
        match &self.dir {
            Some(dir) => format!("{} in {}", words.join(" "), dir.display()),
            None => words.join(" "),
        }
    }
}
