//! The acts as async functions.

use std::future::pending;
use std::sync::Arc;

use super::{Act, Fixture};
use crate::id::NodeId;
use crate::model::PlacePath;
use crate::runtime::Runtime;
use crate::transport::channel::{ChannelTransport, ProgramIo};
use crate::transport::{ExitStatus, ProgramSpec, Transport};

/// A [`ChannelTransport`] whose programs do what is asked of them.
#[derive(Debug)]
pub struct ChannelFixture {
    runtime: Arc<dyn Runtime>,
    transport: Arc<ChannelTransport>,
}

impl ChannelFixture {
    /// A transport of its own on `runtime`.
    pub fn new(runtime: Arc<dyn Runtime>) -> Self {
        let transport = ChannelTransport::new(Arc::clone(&runtime))
            .program("echo", echo)
            .program("write", write)
            .program("long line", long_line)
            .program("complain", complain)
            .program("count", count)
            .program("variable", variable)
            .program("directory", directory)
            .program("wait", wait)
            .program("refuse", refuse)
            .program("exit", exit)
            .program("die", die);
        Self { runtime, transport: Arc::new(transport) }
    }
}

impl Fixture for ChannelFixture {
    fn runtime(&self) -> Arc<dyn Runtime> {
        Arc::clone(&self.runtime)
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.transport) as Arc<dyn Transport>
    }

    fn spec(&self, owner: NodeId, act: Act) -> ProgramSpec {
        let (program, args) = match act {
            Act::Echo => ("echo", Vec::new()),
            Act::Write(bytes) => ("write", bytes.iter().map(u8::to_string).collect()),
            Act::LongLine(length) => ("long line", vec![length.to_string()]),
            Act::Complain(length) => ("complain", vec![length.to_string()]),
            Act::Count(number) => ("count", vec![number.to_string()]),
            Act::Variable(name) => ("variable", vec![name]),
            Act::Directory => ("directory", Vec::new()),
            Act::Wait => ("wait", Vec::new()),
            Act::Refuse => ("refuse", Vec::new()),
            Act::Exit(code) => ("exit", vec![code.to_string()]),
            Act::Die(signal) => ("die", vec![signal.to_string()]),
            // Not there: nothing of this process can be left.
            Act::Leave => ("leave", Vec::new()),
        };
        let mut spec = ProgramSpec::new(program, self.directory(), owner);
        spec.args = args;
        spec
    }

    fn directory(&self) -> PlacePath {
        PlacePath::new(self.transport.place(), "/a/directory")
    }

    fn has_processes(&self) -> bool {
        false
    }
}

/// The first argument as a number.
fn number<T: std::str::FromStr + Default>(io: &ProgramIo) -> T {
    let number = io.args().first().and_then(|arg| arg.parse().ok());
    number.unwrap_or_default()
}

async fn echo(io: ProgramIo) -> ExitStatus {
    while let Some(line) = io.read_line().await {
        io.write_line(&line).await;
    }
    ExitStatus::SUCCESS
}

async fn write(io: ProgramIo) -> ExitStatus {
    for byte in io.args().iter().filter_map(|arg| arg.parse().ok()) {
        io.write(&[byte]).await;
    }
    ExitStatus::SUCCESS
}

async fn long_line(io: ProgramIo) -> ExitStatus {
    let mut left: usize = number(&io);
    while left > 0 {
        let piece = left.min(100_000);
        io.write("x".repeat(piece).as_bytes()).await;
        left -= piece;
    }
    io.write(b"\n").await;
    ExitStatus::SUCCESS
}

async fn complain(io: ProgramIo) -> ExitStatus {
    let mut left: usize = number(&io);
    while left > 0 {
        let piece = left.min(10_000);
        io.write_error("e".repeat(piece));
        left -= piece;
    }
    io.write_line("done").await;
    ExitStatus::SUCCESS
}

async fn count(io: ProgramIo) -> ExitStatus {
    for number in 1..=number::<usize>(&io) {
        io.write_line(&number.to_string()).await;
    }
    let mut bytes = 0;
    while let Some(line) = io.read_line().await {
        bytes += line.len() + 1;
    }
    io.write_line(&bytes.to_string()).await;
    ExitStatus::SUCCESS
}

async fn variable(io: ProgramIo) -> ExitStatus {
    let name = io.args().first().map_or("", String::as_str);
    io.write_line(io.env(name).unwrap_or("unset")).await;
    ExitStatus::SUCCESS
}

async fn directory(io: ProgramIo) -> ExitStatus {
    io.write_line(&io.cwd().to_string()).await;
    ExitStatus::SUCCESS
}

async fn wait(io: ProgramIo) -> ExitStatus {
    io.write_line("ready").await;
    pending().await
}

async fn refuse(io: ProgramIo) -> ExitStatus {
    // Listening is enough; what is heard is not heeded.
    drop((io.interrupted(), io.terminated()));
    io.write_line("ready").await;
    pending().await
}

async fn exit(io: ProgramIo) -> ExitStatus {
    ExitStatus { code: Some(number(&io)), signal: None }
}

async fn die(io: ProgramIo) -> ExitStatus {
    ExitStatus { code: None, signal: Some(number(&io)) }
}
