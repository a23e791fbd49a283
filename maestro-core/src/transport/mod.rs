//! The transport port: starts a program somewhere and carries lines. Agent drivers know no process.

pub mod channel;
mod frames;
pub mod framing;
#[cfg(feature = "process")]
pub mod guardian;
#[cfg(all(feature = "process", target_os = "linux"))]
pub mod proc_table;
#[cfg(feature = "process")]
pub mod process;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::id::NodeId;
use crate::model::{Place, PlacePath, ProcessRef, Secret};

/// Names the incarnation that a program belongs to, in the environment of the program and of
/// everything that it starts. This is the marker of [`Transport`]'s contract.
pub const OWNER_VARIABLE: &str = "MAESTRO_NODE";

/// Names what a process does for Maestro itself, in its environment. Processes with `git` here get
/// time to finish when their node is dead: stopped halfway they would leave lock files.
pub const ROLE_VARIABLE: &str = "MAESTRO_ROLE";

/// Starts programs at one place.
///
/// # Contract
/// - A started program and everything that it starts ends when the node's process ends, however
///   that ends, and carries a marker that names the node's incarnation.
/// - What a program is handed ([`ProgramSpec::handed`]) is in no command line, no environment and no
///   file, and can be read once.
/// - A [`ProcessRef`] stays valid for ever: it never matches another process that got the same pid.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// The place that programs start at.
    fn place(&self) -> Place;

    /// The process that this node itself runs in, if it has one at this place.
    fn own_process(&self) -> Option<ProcessRef>;

    /// Starts a program.
    ///
    /// # Errors
    /// `NotFound` when there is no such program, `InvalidArgument` naming the field for a directory
    /// that is not there, `Unavailable` when the place does not answer or has no room.
    async fn start(&self, spec: ProgramSpec) -> Result<Box<dyn Connection>>;

    /// Whether a process is still there.
    async fn inspect(&self, process: &ProcessRef) -> Result<ProcessStatus>;

    /// Ends everything that a node's incarnation started and that is still there, by `process` and
    /// by the marker, and returns when it is gone. Only for an incarnation that is dead.
    ///
    /// # Errors
    /// `Timeout` when something does not go away.
    async fn end_all_of(&self, owner: NodeId, processes: &[ProcessRef]) -> Result<Ended>;

    /// Stops the transport's own threads. Programs that still run are ended.
    async fn close(&self) -> Result<()>;
}

/// A program that runs, or ran.
///
/// # Contract
/// - Frames come in the order in which the program wrote them to each of its two outputs.
/// - [`Frame::Exited`] is the last frame and comes exactly once.
/// - Dropping the connection ends the program without waiting.
#[async_trait]
pub trait Connection: fmt::Debug + Send + Sync {
    /// The process.
    fn process(&self) -> &ProcessRef;

    /// Writes one line; the line break is added. Returns when it is handed over to the program.
    ///
    /// # Errors
    /// `InvalidArgument` for a line with a line break inside, `Closed` when the input is closed or
    /// the program has ended.
    async fn send(&self, line: String) -> Result<()>;

    /// The next frame, or none after [`Frame::Exited`].
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    async fn next(&self) -> Option<Frame>;

    /// The next frame, if it is there already. A connection that gives none here gives all by `next`;
    /// while a program writes much, this way is the shorter one.
    fn ready(&self) -> Option<Frame> {
        None
    }

    /// Closes the program's input.
    async fn close_input(&self) -> Result<()>;

    /// Asks the program to abort what it does now (an interrupt signal, for processes).
    async fn interrupt(&self) -> Result<()>;

    /// Ends the program: closes its input, waits, asks, waits, forces. Returns when the program
    /// and everything that it started is gone; frames can still be read.
    async fn stop(&self, grace: StopGrace) -> Result<ExitStatus>;
}

/// How patiently a program is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopGrace {
    /// How long it may go on after its input closed. Zero skips this step. Default 5 s.
    pub after_eof: Duration,
    /// How long it may go on after it was asked to end. Default 5 s.
    pub after_term: Duration,
}

impl StopGrace {
    /// No patience at all: what a node does that has lost its lease.
    pub const NONE: Self = Self { after_eof: Duration::ZERO, after_term: Duration::ZERO };
}

impl Default for StopGrace {
    fn default() -> Self {
        Self { after_eof: Duration::from_secs(5), after_term: Duration::from_secs(5) }
    }
}

/// What to start.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramSpec {
    /// The program: a path, or a name to look up in the child's `PATH`.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment.
    pub env: EnvPolicy,
    /// Secrets that it reads by itself, outside of its environment; at most [`Handed::MAX_COUNT`].
    pub handed: Vec<Handed>,
    /// Its directory.
    pub cwd: PlacePath,
    /// The incarnation that it belongs to.
    pub owner: NodeId,
    /// How long a line may be.
    pub max_line_bytes: usize,
}

impl ProgramSpec {
    /// How long a line of output may be by default: 64 MiB. Five megabytes were seen in the wild
    /// from an agent that wrote one large file.
    pub const DEFAULT_MAX_LINE_BYTES: usize = 64 * 1024 * 1024;

    /// A program without arguments in a directory, with an empty environment.
    pub fn new(program: impl Into<String>, cwd: PlacePath, owner: NodeId) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: EnvPolicy::default(),
            handed: Vec::new(),
            cwd,
            owner,
            max_line_bytes: Self::DEFAULT_MAX_LINE_BYTES,
        }
    }
}

/// A secret that a program reads from a file descriptor: a pipe with nothing else in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// How the program learns of it.
    pub by: HandedBy,
    /// What it reads there, to the end; at most [`Handed::MAX_BYTES`].
    pub secret: Secret,
}

/// How a program learns where it reads what it is handed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedBy {
    /// This variable has the descriptor's number.
    Variable(String),
    /// This option, the last of its arguments, has the descriptor's path: `--option=/dev/fd/N`.
    Option(String),
}

impl Handed {
    /// What is handed over at most, where the system's pipes take as much: 1 MiB. Those of Linux do.
    pub const MAX_BYTES: usize = 1024 * 1024;
    /// How many a program is handed at most: their descriptors stay below those that the start needs.
    pub const MAX_COUNT: usize = 32;
    /// What fits into a pipe on every system.
    pub const FITS_ALWAYS: usize = 4096;
}

/// Which environment a program gets. Nothing is taken over unless asked for.
///
/// Its values may be secrets: printing it for debugging shows the names alone.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EnvPolicy {
    /// Whether to start from the environment of the node's own process. What points git at one
    /// repository ([`EnvPolicy::GIT_LOCAL`]) is left out of it: a node that was started by a git hook
    /// would send every program to the repository of that hook.
    pub inherit: bool,
    /// Names left out of what is inherited; a name that ends with `*` is a prefix.
    pub deny: Vec<String>,
    /// Variables that are set in any case.
    pub set: BTreeMap<String, String>,
}

impl EnvPolicy {
    /// The environment of the node's own process, without [`EnvPolicy::GIT_LOCAL`].
    pub fn inherited() -> Self {
        Self { inherit: true, ..Self::default() }
    }

    /// These variables and no others.
    pub fn exactly<N: Into<String>, V: Into<String>>(
        set: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let set = set.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { set, ..Self::default() }
    }

    /// What is never inherited: the variables that `git rev-parse --local-env-vars` lists in any
    /// release of git, and those that git sets for its own children while it works in a repository.
    /// As in [`EnvPolicy::deny`], a name that ends with `*` is a prefix. [`EnvPolicy::set`] may still
    /// name them.
    pub const GIT_LOCAL: &[&str] = &[
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_ATTR_SOURCE",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_KEY_*",
        "GIT_CONFIG_PARAMETERS",
        "GIT_CONFIG_VALUE_*",
        "GIT_DEFAULT_REF_FORMAT",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_*",
        "GIT_NAMESPACE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_PUSH_*",
        "GIT_QUARANTINE_PATH",
        "GIT_REFLOG_ACTION",
        "GIT_REF_STORAGE_FORMAT",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    ];
}

impl fmt::Debug for EnvPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvPolicy")
            .field("inherit", &self.inherit)
            .field("deny", &self.deny)
            .field("set", &self.set.keys())
            .finish()
    }
}

/// Something that a program wrote, or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A whole line of valid UTF-8, without its line break. Empty lines are left out.
    Line(String),
    /// Output that is not a whole line of valid UTF-8. Nothing is dropped silently.
    Garbled(Garbled),
    /// Text on the standard error, in pieces of at most 8 KiB. After
    /// [`Frame::MAX_STDERR_BYTES`] unread bytes older pieces are dropped, and the text says so.
    Stderr(String),
    /// The program ended, and everything that it wrote was read.
    Exited(ExitStatus),
}

impl Frame {
    /// How much unread standard error is kept.
    pub const MAX_STDERR_BYTES: usize = 256 * 1024;
}

/// Output that is not a whole line of valid UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Garbled {
    /// What is wrong with it.
    pub reason: GarbledReason,
    /// The text with invalid UTF-8 replaced; of a line that is too long, the first 64 KiB.
    pub text: String,
    /// How many bytes there were, without the line break.
    pub bytes: u64,
}

impl Garbled {
    /// Output that is no line, with what is kept of its text.
    pub fn new(reason: GarbledReason, text: impl Into<String>, bytes: u64) -> Self {
        Self { reason, text: text.into(), bytes }
    }

    /// How much of a line that is too long is kept.
    pub const HEAD_BYTES: usize = 64 * 1024;
}

/// What is wrong with a piece of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GarbledReason {
    /// Not UTF-8.
    NotUtf8,
    /// Longer than [`ProgramSpec::max_line_bytes`].
    TooLong,
    /// The last line, cut off by the program's end.
    Cut,
}

impl GarbledReason {
    /// The wire value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::TooLong => "too_long",
            Self::Cut => "cut",
        }
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ExitStatus {
    /// Its exit code, if it gave one.
    pub code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
}

impl ExitStatus {
    /// An end by itself.
    pub fn of_code(code: i32) -> Self {
        Self { code: Some(code), signal: None }
    }

    /// An end by a signal.
    pub fn of_signal(signal: i32) -> Self {
        Self { code: None, signal: Some(signal) }
    }

    /// A good end: code 0.
    pub const SUCCESS: Self = Self { code: Some(0), signal: None };

    /// Whether it ended well.
    pub fn is_success(self) -> bool {
        self.code == Some(0)
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit code {code}"),
            (None, Some(signal)) => write!(f, "signal {signal}"),
            (None, None) => f.write_str("an unknown end"),
        }
    }
}

/// Whether a process is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessStatus {
    /// It runs.
    Alive,
    /// It is gone.
    Dead,
    /// It is at a place, or in a pid namespace, that this transport cannot see.
    Unknown,
}

/// What was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Ended {
    /// How many processes were still there.
    pub processes: u32,
}

impl Ended {
    /// So many processes.
    pub fn new(processes: u32) -> Self {
        Self { processes }
    }
}
