//! What every [`Transport`] must do.

mod channel;
mod ending;
mod input;
mod keeping;
mod output;
#[cfg(feature = "process")]
mod process;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::id::NodeId;
use crate::model::PlacePath;
use crate::runtime::{Runtime, RuntimeExt as _};
use crate::transport::{Connection, Frame, ProgramSpec, Transport};

pub use channel::ChannelFixture;
#[cfg(feature = "process")]
pub use process::ProcessFixture;

/// What a program of the checks does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// Writes every line of its input back, and ends well with its input.
    Echo,
    /// Writes these bytes, and ends well.
    Write(Vec<u8>),
    /// Writes one line of that many `x`, and ends well.
    LongLine(usize),
    /// Writes that many `e` to its standard error, then the line `done`, and ends well.
    Complain(usize),
    /// Writes the lines `1` to this number without reading; then reads its input to the end, and
    /// writes how many bytes there were.
    Count(usize),
    /// Writes the value of a variable, or `unset`.
    Variable(String),
    /// Writes its directory.
    Directory,
    /// Writes `ready` and waits for ever, its input unread. What ends a program ends it.
    Wait,
    /// As [`Wait`](Self::Wait), but does not care when it is interrupted or asked to end.
    Refuse,
    /// Ends with this code.
    Exit(i32),
    /// Ends by this signal.
    Die(i32),
    /// Starts a process in a session of its own that has the same output and waits for ever; then
    /// writes `left` and ends well. For transports with processes.
    Leave,
}

/// A transport under test, and programs for it.
pub trait Fixture: fmt::Debug + Send + Sync + 'static {
    /// The runtime that the checks run on.
    fn runtime(&self) -> Arc<dyn Runtime>;

    /// The transport; the same at each call.
    fn transport(&self) -> Arc<dyn Transport>;

    /// What starts a program that does this, in [`directory`](Self::directory).
    fn spec(&self, owner: NodeId, act: Act) -> ProgramSpec;

    /// A directory at the transport's place.
    fn directory(&self) -> PlacePath;

    /// Whether programs are processes, with what comes with them: directories that can be missing
    /// and processes of their own.
    fn has_processes(&self) -> bool;
}

/// One demand of the contract. It panics when the transport does not meet it, or never ends.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Case {
    /// What is demanded.
    pub name: &'static str,
    /// Whether it is about processes only.
    pub needs_processes: bool,
    /// The check, on a fixture that nothing else uses. It closes the transport.
    pub run: fn(Arc<dyn Fixture>) -> BoxFuture<'static, ()>,
}

impl Case {
    const fn new(name: &'static str, run: fn(Arc<dyn Fixture>) -> BoxFuture<'static, ()>) -> Self {
        Self { name, needs_processes: false, run }
    }

    const fn with_processes(mut self) -> Self {
        self.needs_processes = true;
        self
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .field("needs_processes", &self.needs_processes)
            .finish_non_exhaustive()
    }
}

macro_rules! case {
    ($name:literal, $check:path) => {
        Case::new($name, |fixture| {
            Box::pin(async move {
                let stage = Stage::new(fixture);
                $check(&stage).await;
                stage.close().await;
            })
        })
    };
}

/// All demands.
pub const CASES: &[Case] = &[
    case!("lines come in order, then the exit, then nothing", output::in_order),
    case!("line breaks are cut off, empty lines left out", output::line_breaks),
    case!("a line of five megabytes passes", output::long_line),
    case!("a line that is too long keeps its head and length", output::too_long),
    case!("a line that is not UTF-8 is garbled", output::not_utf8),
    case!("a last line without a break is cut", output::cut),
    case!("standard error comes in small pieces", output::errors),
    case!("unread standard error is bounded, and says so", output::flood_of_errors),
    case!("a slow reader loses nothing", output::slow_reader),
    case!("a reader that gives up waiting loses nothing", output::impatient_reader),
    case!("two readers share the frames", output::two_readers),
    case!("what is sent comes back", input::echo),
    case!("what is sent at once is not mixed up", input::not_mixed),
    case!("a line break inside a line is refused", input::no_line_break),
    case!("closed input ends a program that reads", input::close),
    case!("sending to closed input is refused", input::send_after_close),
    case!("sending to an ended program is refused", input::send_after_end),
    case!("writing and reading much at once does not block", input::both_ways),
    case!("the environment is what was asked for", input::environment),
    case!("the directory is what was asked for", input::directory),
    case!("an exit code is told", ending::exit_code),
    case!("a deadly signal is told", ending::signal),
    case!("an interrupt reaches the program", ending::interrupt),
    case!("stopping begins with the end of the input", ending::stop_by_eof),
    case!("stopping asks next", ending::stop_by_term),
    case!("stopping forces last", ending::stop_by_force),
    case!("stopping without patience forces at once", ending::stop_at_once),
    case!("an impatient stop overtakes a patient one", ending::stop_overtakes),
    case!("frames can be read after a stop", ending::read_after_stop),
    case!("stopping an ended program tells how it ended", ending::stop_ended),
    case!("dropping a connection ends the program", ending::drop_ends),
    case!("an unknown program is not found", keeping::not_found),
    case!("a directory of another place is refused", keeping::other_place),
    case!("a process is alive, then dead", keeping::inspect),
    case!("processes of elsewhere are unknown", keeping::inspect_elsewhere),
    case!("a living incarnation is not ended", keeping::living_owner),
    case!("a dropped incarnation is ended, others are not", keeping::dropped_owner),
    case!("closing ends programs, and refuses new ones", keeping::close),
    case!("closing twice is closing once", keeping::close_twice),
    case!("a missing directory is refused by name", keeping::no_directory).with_processes(),
    case!("a left process ends with the program", ending::left_process).with_processes(),
];

/// Checks transports against all [`CASES`]: a new fixture each, which `drive` runs to its end as
/// `block_on` does, letting a panic through.
///
/// # Panics
/// Names the cases that failed; each has printed why.
pub fn check(make: impl Fn() -> Arc<dyn Fixture>, drive: impl Fn(BoxFuture<'static, ()>)) {
    let mut failed = Vec::new();
    for case in CASES {
        let fixture = make();
        if case.needs_processes && !fixture.has_processes() {
            continue;
        }
        let future = (case.run)(fixture);
        if catch_unwind(AssertUnwindSafe(|| drive(future))).is_err() {
            failed.push(case.name);
        }
    }
    assert!(failed.is_empty(), "failed: {failed:#?}");
}

/// What a case works with.
struct Stage {
    fixture: Arc<dyn Fixture>,
    runtime: Arc<dyn Runtime>,
    transport: Arc<dyn Transport>,
    node: NodeId,
}

impl Stage {
    fn new(fixture: Arc<dyn Fixture>) -> Self {
        let runtime = fixture.runtime();
        Self { transport: fixture.transport(), node: runtime.id(), runtime, fixture }
    }

    fn spec(&self, act: Act) -> ProgramSpec {
        self.fixture.spec(self.node, act)
    }

    async fn start(&self, act: Act) -> Box<dyn Connection> {
        self.start_spec(self.spec(act)).await
    }

    async fn start_spec(&self, spec: ProgramSpec) -> Box<dyn Connection> {
        let started = self.transport.start(spec).await;
        started.expect("a program of the fixture starts")
    }

    async fn close(&self) {
        let closed = self.transport.close().await;
        closed.expect("a transport closes");
    }
}

/// All frames to the end.
async fn frames(program: &dyn Connection) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some(frame) = program.next().await {
        frames.push(frame);
    }
    frames
}

/// The next frame, which must be a line.
async fn line(program: &dyn Connection) -> String {
    match program.next().await {
        Some(Frame::Line(line)) => line,
        other => panic!("a line was expected, and {other:?} came"),
    }
}
