//! Starts git: one command, its whole output, never a prompt.
//!
//! Hooks are off in every command. They are the user's policy for the user's own commits; in a
//! workspace they would run at times that nobody chose, could change files between two of our
//! steps, and would be left half-way by a kill. A product that wants checks runs them as tasks.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::child::{Finished, KillSwitch, Launch};
use super::failure;
use super::lock::Lock;
use super::options::GitEnvironment;
use super::run::{Git, ROLE, WORKSPACE};
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::RuntimeExt as _;

/// Says which node started it.
const NODE: &str = "MAESTRO_NODE";

/// How many locks of killed gits one command may find.
const MAX_REMOVED: u32 = 8;

/// Variables that would point git elsewhere, change its output, or ask somebody.
const REMOVED: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ASKPASS",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DEFAULT_HASH",
    "GIT_DIFF_OPTS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INDEX_VERSION",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REDIRECT_STDERR",
    "GIT_REDIRECT_STDIN",
    "GIT_REDIRECT_STDOUT",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_WORK_TREE",
    "SSH_ASKPASS",
];

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
    (ROLE.0, ROLE.1),
];

/// Configuration that wins over the user's for our own commands.
const CONFIG: &[&str] = &[
    "core.hooksPath=/dev/null",
    // A monitor would outlive the command, and an empty workspace has to be proven, not reported.
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "merge.autoStash=false",
    "color.ui=false",
];

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
}

impl<'a> Call<'a> {
    pub(super) fn new(git: &'a Git, dir: Option<PathBuf>) -> Self {
        Self { git, dir, args: Vec::new(), env: Vec::new(), input: Vec::new(), lock: None }
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
    pub(super) async fn run(self) -> Result<Finished> {
        let runtime = self.git.runtime();
        let deadline = runtime.monotonic() + self.git.patience();
        let mut pause = Duration::from_millis(20);
        let mut removed = 0;
        loop {
            let finished = self.once().await?;
            if finished.overflowed {
                return Err(failure::overflow(&self.subject(), &finished));
            }
            let Some(lock) = failure::lock(&finished) else {
                return Ok(finished);
            };
            if runtime.monotonic() >= deadline {
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

    async fn once(&self) -> Result<Finished> {
        let options = self.git.options();
        let switch = KillSwitch::default();
        let launch = self.launch();
        let running = {
            let (limit, switch) = (options.max_output, switch.clone());
            self.git.blocking("git", move || launch.run(limit, &switch))
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
                result?.map_err(|error| failure::start(&options.program, &subject, error))
            }
        }
    }

    fn launch(&self) -> Launch {
        let options = self.git.options();
        let mut args: Vec<OsString> = vec!["--no-pager".into()];
        if let Some(dir) = &self.dir {
            args.push("-C".into());
            args.push(dir.into());
        }
        for setting in CONFIG {
            args.push("-c".into());
            args.push(setting.into());
        }
        args.extend(self.args.iter().cloned());
        let mut env: Vec<(OsString, OsString)> =
            FIXED.iter().map(|(name, value)| (name.into(), value.into())).collect();
        if let Some(workspace) = &self.git.workspace {
            env.push((WORKSPACE.into(), workspace.into()));
        }
        if let Some(node) = self.git.node {
            env.push((NODE.into(), node.to_string().into()));
        }
        env.extend(self.env.iter().cloned());
        Launch {
            program: options.program.clone(),
            args,
            base: match &options.environment {
                GitEnvironment::Inherit => None,
                GitEnvironment::Exactly(variables) => Some(variables.clone()),
            },
            removed: REMOVED,
            env,
            input: self.input.clone(),
            lock: self.lock.clone(),
        }
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
